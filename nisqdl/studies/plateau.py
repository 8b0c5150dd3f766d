"""The work on one plateau: transpile the circuit, then its gradient's moments by each method.

Functions of flat settings and artifacts: they run in any process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from nisqdl.circuits.ansatzes import ANSATZES
from nisqdl.circuits.build import build_without_features
from nisqdl.circuits.layers import laid_layers
from nisqdl.circuits.options import ModelOptions
from nisqdl.circuits.structure import structure_of
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import IDEAL
from nisqdl.seeds import derive, generator
from nisqdl.store.record import Json, Point, Record
from nisqdl.studies.contract import Cost, Step
from nisqdl.studies.moments import Moment, around, mean_of_squares
from nisqdl.studies.named import device_named, recipe_named
from nisqdl.studies.provenance import provenance
from nisqdl.studies.settings import nested
from nisqdl.targets.cost import circuit_cost
from nisqdl.targets.layout import region_edges, regions
from nisqdl.targets.serial import isa_from_bytes, isa_to_bytes
from nisqdl.targets.transpile import transpile_model
from nisqdl.training.initialisation import INITIALISATIONS, SmallNormal, gaussian_variance

if TYPE_CHECKING:
    from nisqdl.circuits.model import Model
    from nisqdl.engines.contract import Array
    from nisqdl.engines.pauli_paths.initialisation import Distribution
    from nisqdl.noise.channels import NoiseChannels
    from nisqdl.targets.isa import IsaModel

MOST_LISTED = 256
"""Up to so many parameters, a record lists each one's variance."""

_PURE_QUBITS = 16
_MIXED_QUBITS = 8
"""Most qubits of the sampling method: without and with noise on gates."""

_CHAIN_QUBITS = 8
"""Up to so many qubits, the Pauli paths are followed exactly."""

_AT_ONCE = 64
"""Weight vectors that are evaluated together."""

Gradients: TypeAlias = "Callable[[Array], tuple[Array, Array]]"
"""From weights (R, W) to values (R,) and gradients (R, W)."""


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
    if name not in ("uniform", "small_normal", "gaussian"):
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
        _model(settings),
        device_named(settings["target"]),
        schedule=settings["scheduled"],
        seed=derive(settings["root_seed"], "transpile") % 2**31,
        region=_device_region(settings),
    )
    return isa_to_bytes(isa)


def measure(point: Point, isa: bytes | None = None) -> Record:
    """The record of one point.

    Every ``var_grad_…`` is E[(∂C)²] over the initialisation. With uniform angles the gradient's
    mean is 0, so that it is the variance.
    """
    start = time.perf_counter()
    settings = point.settings
    values = METHODS[settings["method"]](settings, isa)
    calibration = {}
    if isa is not None:
        calibration = {"device": _isa(isa).device, "snapshot": settings["snapshot"]}
    seeds = {"root": settings["root_seed"], "angles": _angle_seed(settings)}
    return Record(
        point,
        values={**values, **_circuit_values(settings, isa)},
        provenance=provenance(seeds, calibration),
        seconds=time.perf_counter() - start,
    )


def sampled(settings: Mapping[str, Json], isa: bytes | None) -> dict[str, Json]:
    """Moments over random weights, each with its bootstrap interval."""
    model, noise = _noisy(settings, isa)
    gradients = _gradients(model, noise)
    total = np.zeros(len(model.weights))
    values, first, mean = [], [], []
    for weights in _drawn(settings):
        costs, slopes = gradients(weights)
        squares = slopes**2
        total += squares.sum(axis=0)
        values.append(costs)
        first.append(squares[:, 0])
        mean.append(squares.mean(axis=1))
    rng = generator(settings["root_seed"], "bootstrap", settings["qubits"])
    cost = np.concatenate(values)
    centred = (cost - cost.mean()) ** 2 * len(cost) / (len(cost) - 1)
    return {
        "mean_c": float(cost.mean()),
        **_told("second_moment", mean_of_squares(cost**2, rng)),
        **_told("var_c", mean_of_squares(centred, rng)),
        **_told("var_grad_first", mean_of_squares(np.concatenate(first), rng)),
        **_told("var_grad_mean", mean_of_squares(np.concatenate(mean), rng)),
        **_by_parameter(settings, total / len(cost)),
    }


def walked(settings: Mapping[str, Json], isa: bytes | None) -> dict[str, Json]:
    """Moments along Pauli paths: exact on few qubits, by guided walks on more.

    The errors of different parameters are not independent, since walks are shared; the mean's
    standard error is the largest that they allow, the mean of theirs.
    """
    from nisqdl.engines.pauli_paths.variance import gradient_variance

    model, noise = _noisy(settings, isa)
    found = gradient_variance(
        model.circuit,
        model.observables[0],
        noise_model=None if noise.is_ideal else noise,
        walks=settings["walks"],
        seed=derive(settings["root_seed"], "walks", settings["qubits"]) % 2**31,
        initialisation=_distribution(settings),
        threads=1,
    )
    place = {weight.name: index for index, weight in enumerate(model.weights)}
    variances, errors = np.zeros(len(place)), np.zeros(len(place))
    # Transpilation drops parameters that nothing depends on: their gradient is 0.
    rows = [place[name] for name in found.parameters]
    variances[rows], errors[rows] = found.gradient, found.gradient_stderr
    return {
        **_told("second_moment", around(found.second_moment, found.second_moment_stderr)),
        **_told("var_grad_first", around(variances[0], errors[0])),
        **_told("var_grad_mean", around(variances.mean(), errors.mean())),
        **_by_parameter(settings, variances),
        "how": found.method,
        "unresolved": int(found.unresolved.sum()),
    }


METHODS: Mapping[str, Callable[[Mapping[str, Json], bytes | None], dict[str, Json]]] = {
    "sampling": sampled,
    "pauli_paths": walked,
}
"""By name; each gives a record's values."""


def circuit_row(settings: Mapping[str, Json], isa: bytes) -> Json:
    """What one transpiled circuit costs, for plans."""
    model = _isa(isa)
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


def cost(step: Step, artifacts: Sequence[bytes]) -> Cost:
    """What a measuring step is expected to take: a few samples are timed, or the walk itself."""
    settings = step.settings
    isa = artifacts[0] if artifacts else None
    if settings["method"] != "sampling":
        started = time.perf_counter()
        walked(settings, isa)
        return Cost(seconds=time.perf_counter() - started, memory_mib=200)
    model, noise = _noisy(settings, isa)
    gradients = _gradients(model, noise)
    weights = next(_drawn(settings))
    gradients(weights[:1])  # the first call may compile
    started = time.perf_counter()
    gradients(weights)
    seconds = (time.perf_counter() - started) / len(weights)
    mib = 8 * _AT_ONCE * len(model.weights) * 4 / 2**20 + 50
    return Cost(seconds=seconds * settings["samples"], memory_mib=mib)


def needs_schedule(settings: Mapping[str, Json]) -> bool:
    """Whether the noise acts during idle times, so that the circuit has to be scheduled."""
    recipe = recipe_named(settings["noise.recipe"])
    return recipe.restricted(_switched(settings)).needs_schedule


def title(settings: Mapping[str, Json]) -> str:
    """The circuit in a few words, for progress and plans."""
    return (
        f"{settings['model.ansatz.name']} ×{layers(settings)} {settings['model.entangler']}, "
        f"{settings['qubits']} qubits, {settings['observable']}"
    )


def layers(settings: Mapping[str, Json]) -> int:
    """Layers of the ansatz, by the depth rule."""
    depth: int = settings["model.ansatz.depth"]
    return depth * settings["qubits"] if settings["depth_rule"] == "per_qubit" else depth


def _told(name: str, moment: Moment) -> dict[str, Json]:
    return {
        name: moment.mean,
        f"{name}_stderr": moment.stderr,
        f"{name}_low": moment.low,
        f"{name}_high": moment.high,
    }


def _by_parameter(settings: Mapping[str, Json], variances: Array) -> dict[str, Json]:
    """Where along the circuit, and on which qubits, gradient survives."""
    layer, qubit = _places(settings)
    found: dict[str, Json] = {
        "parameters": len(variances),
        "var_grad_max": float(variances.max()),
        "var_grad_min": float(variances.min()),
        "layer_variances": _means_by(layer, variances),
        "qubit_variances": _means_by(qubit, variances),
    }
    if len(variances) <= MOST_LISTED:
        found["parameter_variances"] = _rounded(variances)
    return found


def _means_by(group: Array, variances: Array) -> list[float]:
    """The mean over the parameters of each group 0, 1, …; 0 where a group has none."""
    counts = np.bincount(group.astype(int))
    return _rounded(np.bincount(group.astype(int), variances) / np.maximum(counts, 1))


def _rounded(values: Array) -> list[float]:
    return [float(f"{value:.4g}") for value in values]


def _places(settings: Mapping[str, Json]) -> tuple[Array, Array]:
    """Layer of each weight, from 0, and the qubit that its gate turns (the last one of a pair)."""
    found = []
    laid = laid_layers(_options(settings), settings["qubits"], _edges(settings))
    for layer, parts in enumerate(laid):
        for part in parts:
            if part.first_weight is not None:
                found += [(layer, place[-1]) for place in part.places]
    layer_of, qubit_of = np.array(found, dtype=float).T
    return layer_of, qubit_of


def _circuit_values(settings: Mapping[str, Json], isa: bytes | None) -> dict[str, Json]:
    if isa is None:
        circuit = _model(settings).circuit
        pairs = sum(len(instruction.qubits) == 2 for instruction in circuit.data)
        return {"layers": layers(settings), "two_qubit_gates": pairs, "depth": circuit.depth()}
    model = _isa(isa)
    device = device_named(settings["target"])
    found = circuit_cost(model, device)
    readout = [device.qubits[qubit].readout_ns for qubit in model.physical_qubits]
    known = [value for value in readout if value is not None]
    return {
        "layers": layers(settings),
        "two_qubit_gates": found.two_qubit_gates,
        "depth": found.depth,
        "duration_ns": found.duration_ns,
        "readout_ns": max(known, default=None),
        "rep_delay_us": device.rep_delay_us,
        "expected_fidelity": found.expected_fidelity,
        "physical_qubits": list(model.physical_qubits),
    }


def _drawn(settings: Mapping[str, Json]) -> Iterator[Array]:
    """Random weight vectors, some at a time; the same ones for every noise."""
    rng = np.random.default_rng(_angle_seed(settings))
    initialisation = INITIALISATIONS[settings["initialisation"]]
    structure = structure_of(_options(settings), _model(settings), _edges(settings))
    for start in range(0, settings["samples"], _AT_ONCE):
        rows = min(_AT_ONCE, settings["samples"] - start)
        count = structure.num_weights
        yield np.stack([initialisation.draw(count, rng, structure) for _ in range(rows)])


def _angle_seed(settings: Mapping[str, Json]) -> int:
    return derive(settings["root_seed"], "angles", settings["qubits"], layers(settings))


def _distribution(settings: Mapping[str, Json]) -> Distribution:
    """The initialisation as the Pauli paths know it."""
    from nisqdl.engines.pauli_paths.initialisation import Gaussian, Uniform

    if settings["initialisation"] == "uniform":
        return Uniform()
    if settings["initialisation"] == "small_normal":
        return Gaussian(SmallNormal().deviation)
    structure = structure_of(_options(settings), _model(settings), _edges(settings))
    return Gaussian(gaussian_variance(structure) ** 0.5)


def _gradients(model: Model | IsaModel, noise: NoiseChannels) -> Gradients:
    """The model's only observable and its derivatives, by whichever engine is exact and fast."""
    if noise.gates or noise.idle:
        from nisqdl.engines.exact import ExactEngine

        # The engine batches over features: for it, the weights are features here.
        swapped = replace(model, features=model.weights, weights=())
        exact = ExactEngine().prepare(swapped, noise)
        none = np.zeros(0)

        def under_noise(weights: Array) -> tuple[Array, Array]:
            values, _, slopes = exact.jacobian(weights, none)
            return values[:, 0], slopes[:, 0]

        return under_noise

    from nisqdl.engines.statevector import StatevectorEngine

    pure = StatevectorEngine().prepare(model, noise)

    def without_noise(weights: Array) -> tuple[Array, Array]:
        values, slopes = pure.gradients_over_weights(np.zeros(0), weights)
        return values[:, 0], slopes[:, 0]

    return without_noise


def _noisy(
    settings: Mapping[str, Json], isa: bytes | None
) -> tuple[Model | IsaModel, NoiseChannels]:
    if isa is None:
        return _model(settings), IDEAL
    model = _isa(isa)
    recipe, device = recipe_named(settings["noise.recipe"]), device_named(settings["target"])
    scale, switched = settings["noise.scale"], _switched(settings)
    return model, channels_for(recipe, device, model.physical_qubits, scale, switched)


def _options(settings: Mapping[str, Json]) -> ModelOptions:
    given = {**nested(settings, "model"), "observables": (settings["observable"],)}
    ansatz = {**given["ansatz"], "depth": layers(settings)}
    return ModelOptions.model_validate({**given, "ansatz": ansatz})


def _model(settings: Mapping[str, Json]) -> Model:
    return build_without_features(_options(settings), settings["qubits"], _edges(settings))


def _edges(settings: Mapping[str, Json]) -> list[tuple[int, int]] | None:
    region = _device_region(settings)
    return region_edges(device_named(settings["target"]), region) if region else None


def _device_region(settings: Mapping[str, Json]) -> tuple[int, ...] | None:
    """Where a circuit with the device's own edges lives; ``None`` lets the transpiler choose."""
    if settings["model.entangler"] != "device":
        return None
    return regions(device_named(settings["target"]), settings["qubits"], 1)[0]


@lru_cache(maxsize=64)
def _isa(isa: bytes) -> IsaModel:
    return isa_from_bytes(isa)


def _switched(settings: Mapping[str, Json]) -> tuple[str, ...] | None:
    """The channels that are switched on by name; ``None`` leaves the recipe's own."""
    channels = settings["noise.channels"]
    return None if channels is None else tuple(channels)
