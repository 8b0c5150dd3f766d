"""The circuit that flat settings ask for: logical, transpiled, and prepared under its noise.

What is prepared is kept in the process for the next step on the same circuit.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from nisqdl.circuits.build import build_model, num_qubits
from nisqdl.circuits.options import ModelOptions
from nisqdl.engines import find_engine
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import NoiseChannels
from nisqdl.store.record import Json
from nisqdl.studies.data import data_shape, dataset_options
from nisqdl.studies.named import device_named, recipe_named
from nisqdl.studies.settings import nested
from nisqdl.targets.layout import region_edges, regions
from nisqdl.targets.serial import isa_from_bytes

if TYPE_CHECKING:
    from nisqdl.circuits.model import Model
    from nisqdl.engines.contract import Evaluator
    from nisqdl.targets.isa import IsaModel


def model_options(settings: Mapping[str, Json]) -> ModelOptions:
    """The model's options in flat settings."""
    return ModelOptions.model_validate(nested(settings, "model"))


def logical_model(settings: Mapping[str, Json]) -> Model:
    """The logical model; it is the same for every seed."""
    shape = data_shape(dataset_options(settings))
    edges = device_edges(settings)
    return build_model(model_options(settings), shape.features, shape.classes, edges)


def device_edges(settings: Mapping[str, Json]) -> list[tuple[int, int]] | None:
    """The pairs of the entangler ``device``; ``None`` for all others."""
    region = device_region(settings)
    return region_edges(device_named(settings["target"]), region) if region else None


def device_region(settings: Mapping[str, Json]) -> tuple[int, ...] | None:
    """Where a model with the device's own edges lives; ``None`` lets the transpiler choose."""
    if settings["model.entangler"] != "device":
        return None
    qubits = num_qubits(model_options(settings), data_shape(dataset_options(settings)).features)
    return regions(device_named(settings["target"]), qubits, 1)[0]


@lru_cache(maxsize=256)
def isa_model(isa: bytes) -> IsaModel:
    """The ISA model in an artifact, read once."""
    return isa_from_bytes(isa)


def evaluator(settings: Mapping[str, Json], isa: bytes) -> Evaluator:
    """The ISA model under the point's noise scale."""
    return _prepared(
        settings["engine"],
        isa,
        settings["target"],
        settings["noise.recipe"],
        settings["noise.scale"],
        switched(settings),
    )


@lru_cache(maxsize=64)
def _prepared(
    engine: str,
    isa: bytes,
    target: str,
    recipe: str,
    scale: float,
    channels: tuple[str, ...] | None,
) -> Evaluator:
    noise = noise_of(isa, target, recipe, scale, channels)
    return find_engine(engine).prepare(isa_model(isa), noise)


def noise_of(
    isa: bytes, target: str, recipe: str, scale: float, channels: tuple[str, ...] | None
) -> NoiseChannels:
    """The channels of the qubits that an artifact's circuit uses."""
    return channels_for(
        recipe_named(recipe), device_named(target), isa_model(isa).physical_qubits, scale, channels
    )


def switched(settings: Mapping[str, Json]) -> tuple[str, ...] | None:
    """The channels that are switched on by name; ``None`` leaves the recipe's own."""
    channels = settings["noise.channels"]
    return None if channels is None else tuple(channels)
