"""The circuit whose plateau is looked at: its model, its data, its ISA form, what suits it.

Functions of flat settings and artifacts: they run in any process.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.circuits.ansatzes import ANSATZES
from nisqdl.circuits.build import build_model, build_without_features, encode
from nisqdl.circuits.options import ModelOptions
from nisqdl.circuits.structure import Structure, structure_of
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import IDEAL
from nisqdl.seeds import derive
from nisqdl.store.record import Json
from nisqdl.studies.data import dataset_options, split_for
from nisqdl.studies.named import device_named, recipe_named
from nisqdl.studies.settings import nested
from nisqdl.targets.cost import circuit_cost
from nisqdl.targets.layout import region_edges, regions
from nisqdl.targets.serial import isa_from_bytes, isa_to_bytes
from nisqdl.targets.transpile import transpile_model

if TYPE_CHECKING:
    from nisqdl.circuits.model import Model
    from nisqdl.engines.contract import Array
    from nisqdl.noise.channels import NoiseChannels
    from nisqdl.targets.isa import IsaModel

_PURE_QUBITS = 16
_MIXED_QUBITS = 8
"""Most qubits of the sampling method: without and with noise on gates."""

_CHAIN_QUBITS = 8
"""Up to so many qubits, the Pauli paths are followed exactly."""


def refusals(settings: Mapping[str, Json]) -> dict[str, str]:
    """The methods that do not apply to these settings, each with the sentence that says why."""
    found: dict[str, str] = {}
    noisy = settings["target"] is not None and settings["noise.scale"] > 0
    most = _MIXED_QUBITS if noisy else _PURE_QUBITS
    if settings["qubits"] > most:
        under = "under noise" if noisy else "without noise"
        found["sampling"] = (
            f"the method 'sampling' takes at most {most} qubits {under}, but `qubits` is "
            f"{settings['qubits']}"
        )
    name = settings["initialisation"]
    if has_data(settings):
        found["pauli_paths"] = (
            "the method 'pauli_paths' averages over angles and not over a data set: leave "
            "`dataset` out, or set `method` to sampling"
        )
    elif name not in ("uniform", "small_normal", "gaussian"):
        found["pauli_paths"] = (
            f"the method 'pauli_paths' needs independent angles, but the initialisation {name!r} "
            "draws them together"
        )
    elif settings["qubits"] > _CHAIN_QUBITS and (why := _beyond_walks(settings, noisy)):
        found["pauli_paths"] = (
            f"the method 'pauli_paths' takes {why} on at most {_CHAIN_QUBITS} qubits, but "
            f"`qubits` is {settings['qubits']}"
        )
    return found


def _beyond_walks(settings: Mapping[str, Json], noisy: bool) -> str | None:
    """What keeps Pauli strings correlated, so that walks on them do not do; ``None``: nothing."""
    if ANSATZES[settings["model.ansatz.name"]].trains_pairs:
        return "controlled rotations"
    if settings["initialisation"] != "uniform":
        if noisy:
            return "angles that are not uniform, under noise,"
        if settings["observable"] in ("mean_z", "projector", "reflection"):
            return "angles that are not uniform, with an observable of many Pauli strings,"
    return None


def transpile(settings: Mapping[str, Json]) -> bytes:
    """The ISA model of these settings, serialised."""
    isa = transpile_model(
        model_of(settings),
        device_named(settings["target"]),
        schedule=settings["scheduled"],
        seed=derive(settings["root_seed"], "transpile") % 2**31,
        region=_device_region(settings),
    )
    return isa_to_bytes(isa)


def circuit_row(settings: Mapping[str, Json], isa: bytes) -> Json:
    """What one transpiled circuit costs, for plans."""
    model = isa_of(isa)
    found = circuit_cost(model, device_named(settings["target"]))
    return {
        "model": title(settings),
        "target": settings["target"],
        "qubits": list(model.physical_qubits),
        "depth": found.depth,
        "two_qubit_gates": found.two_qubit_gates,
        "duration_us": found.duration_ns / 1000,
        "expected_fidelity": found.expected_fidelity,
    }


def needs_schedule(settings: Mapping[str, Json]) -> bool:
    """Whether the noise acts during idle times, so that the circuit has to be scheduled."""
    recipe = recipe_named(settings["noise.recipe"])
    return recipe.restricted(switched_of(settings)).needs_schedule


def title(settings: Mapping[str, Json]) -> str:
    """The circuit in a few words, for progress and plans."""
    data = f", {settings['dataset.name']}" if has_data(settings) else ""
    return (
        f"{settings['model.ansatz.name']} ×{layers(settings)} {settings['model.entangler']}, "
        f"{settings['qubits']} qubits, {settings['observable']}{data}"
    )


GROWN = "grown"
"""The setting of a point of layer-wise training: how many layers its circuit has in that phase."""


def layers(settings: Mapping[str, Json]) -> int:
    """Layers of the ansatz: by the depth rule, or as many as it has in this phase."""
    if GROWN in settings:
        return int(settings[GROWN])
    depth: int = settings["model.ansatz.depth"]
    qubits: int = settings["qubits"]
    each = {"constant": 1, "per_qubit": qubits, "per_doubling": (qubits - 1).bit_length()}
    return depth * each[settings["depth_rule"]]


def has_data(settings: Mapping[str, Json]) -> bool:
    """Whether features come from a data set; else there is no feature map."""
    return settings.get("dataset.name") is not None


def options_of(settings: Mapping[str, Json]) -> ModelOptions:
    """The model's options, with as many layers as the depth rule says."""
    given = {**nested(settings, "model"), "observables": (settings["observable"],)}
    ansatz = {**given["ansatz"], "depth": layers(settings)}
    return ModelOptions.model_validate({**given, "ansatz": ansatz})


def model_of(settings: Mapping[str, Json]) -> Model:
    """The logical model: with a data set its feature map and ansatz, without the ansatz alone."""
    if has_data(settings):
        features = _data_rows(settings).shape[1]
        return build_model(options_of(settings), features, None, edges_of(settings))
    return build_without_features(options_of(settings), settings["qubits"], edges_of(settings))


def rows_of(settings: Mapping[str, Json]) -> Array:
    """The data's training rows as the circuit's features, (N, E); one row of none without data."""
    if not has_data(settings):
        return np.zeros((1, 0))
    return encode(options_of(settings), _data_rows(settings))


def _data_rows(settings: Mapping[str, Json]) -> Array:
    return split_for(dataset_options(settings), settings["root_seed"], 0).train_features


def edges_of(settings: Mapping[str, Json]) -> list[tuple[int, int]] | None:
    """The device's own pairs, for the entangler ``device``."""
    region = _device_region(settings)
    return region_edges(device_named(settings["target"]), region) if region else None


def _device_region(settings: Mapping[str, Json]) -> tuple[int, ...] | None:
    """Where a circuit with the device's own edges lives; ``None`` lets the transpiler choose."""
    if settings["model.entangler"] != "device":
        return None
    return regions(device_named(settings["target"]), settings["qubits"], 1)[0]


@lru_cache(maxsize=64)
def isa_of(isa: bytes) -> IsaModel:
    """The ISA model of a transpiling step's artifact."""
    return isa_from_bytes(isa)


def switched_of(settings: Mapping[str, Json]) -> tuple[str, ...] | None:
    """The channels that are switched on by name; ``None`` leaves the recipe's own."""
    channels = settings["noise.channels"]
    return None if channels is None else tuple(channels)


def circuit_structure(settings: Mapping[str, Json]) -> Structure:
    """Layers and blocks of the circuit, for initialisations."""
    return structure_of(options_of(settings), model_of(settings), edges_of(settings))


def noisy_model(
    settings: Mapping[str, Json], isa: bytes | None
) -> tuple[Model | IsaModel, NoiseChannels]:
    """The model, for its device where there is one, and the noise of its qubits there."""
    if isa is None:
        return model_of(settings), IDEAL
    model = isa_of(isa)
    recipe, device = recipe_named(settings["noise.recipe"]), device_named(settings["target"])
    scale, switched = settings["noise.scale"], switched_of(settings)
    return model, channels_for(recipe, device, model.physical_qubits, scale, switched)
