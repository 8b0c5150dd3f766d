"""The moments of one circuit's gradient, by sampling and by Pauli paths: records of values.

Functions of flat settings and artifacts: they run in any process.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from nisqdl.circuits.layers import laid_layers
from nisqdl.circuits.structure import Structure, structure_of
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import IDEAL
from nisqdl.seeds import derive, generator
from nisqdl.store.record import Json, Point, Record
from nisqdl.studies.contract import Cost, Step
from nisqdl.studies.moments import Moment, around, mean_of_squares
from nisqdl.studies.named import device_named, recipe_named
from nisqdl.studies.plateau import (
    edges_of,
    isa_of,
    layers,
    model_of,
    options_of,
    rows_of,
    switched_of,
)
from nisqdl.studies.provenance import provenance
from nisqdl.targets.cost import circuit_cost
from nisqdl.training.initialisation import INITIALISATIONS, SmallNormal, gaussian_variance
from nisqdl.training.schedule import Mask, newest

if TYPE_CHECKING:
    from nisqdl.circuits.model import Model
    from nisqdl.engines.contract import Array
    from nisqdl.engines.pauli_paths.initialisation import Distribution
    from nisqdl.noise.channels import NoiseChannels
    from nisqdl.targets.isa import IsaModel

MOST_LISTED = 256
"""Up to so many parameters, a record lists each one's variance."""

_ROUNDING = 1e-26
"""Squares of derivatives below it are nothing but rounding: the derivative is 0."""

_AT_ONCE = 64
"""Weight vectors that are evaluated together."""

Gradients: TypeAlias = "Callable[[Array, Array], tuple[Array, Array]]"
"""From features (R, E) and weights (R, W) to values (R,) and gradients by the weights (R, W)."""


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
        calibration = {"device": isa_of(isa).device, "snapshot": settings["snapshot"]}
    seeds = {"root": settings["root_seed"], "angles": _angle_seed(settings)}
    return Record(
        point,
        values={**values, **_circuit_values(settings, isa)},
        provenance=provenance(seeds, calibration),
        seconds=time.perf_counter() - start,
    )


def sampled(settings: Mapping[str, Json], isa: bytes | None) -> dict[str, Json]:
    """Moments over random weights and, with a data set, its rows; with bootstrap intervals.

    Of weights that are not trained at first, no gradient is looked at.
    """
    model, noise = _noisy(settings, isa)
    gradients = _gradients(model, noise)
    trained = _trained(settings, len(model.weights))
    total = np.zeros(len(model.weights))
    values, first, mean = [], [], []
    for features, weights in _drawn(settings):
        costs, slopes = gradients(features, weights)
        squares = slopes[:, trained] ** 2
        squares[squares < _ROUNDING] = 0.0
        total[trained] += squares.sum(axis=0)
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
        **_by_parameter(settings, total / len(cost), trained),
    }


def walked(settings: Mapping[str, Json], isa: bytes | None) -> dict[str, Json]:
    """Moments along Pauli paths: exact on few qubits, by guided walks on more.

    Walks are shared between parameters: the mean's standard error is that of their sum.
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
    size = len(place)
    variances, errors = np.zeros(size), np.zeros(size)
    # Transpilation drops parameters that nothing depends on: their gradient is 0.
    rows = [place[name] for name in found.parameters]
    variances[rows], errors[rows] = found.gradient, found.gradient_stderr
    mean = found.squared_norm / size, found.squared_norm_stderr / size
    return {
        **_told("second_moment", around(found.second_moment, found.second_moment_stderr)),
        **_told("var_grad_first", around(variances[0], errors[0])),
        **_told("var_grad_mean", around(*mean)),
        **_by_parameter(settings, variances, np.ones(len(variances), dtype=bool)),
        "how": found.method,
        "unresolved": int(found.unresolved.sum()),
    }


METHODS: Mapping[str, Callable[[Mapping[str, Json], bytes | None], dict[str, Json]]] = {
    "sampling": sampled,
    "pauli_paths": walked,
}
"""By name; each gives a record's values."""


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
    features, weights = next(_drawn(settings))
    gradients(features[:1], weights[:1])  # the first call may compile
    started = time.perf_counter()
    gradients(features, weights)
    seconds = (time.perf_counter() - started) / len(weights)
    mib = 8 * _AT_ONCE * len(model.weights) * 4 / 2**20 + 50
    return Cost(seconds=seconds * settings["samples"], memory_mib=mib)


def _told(name: str, moment: Moment) -> dict[str, Json]:
    return {
        name: moment.mean,
        f"{name}_stderr": moment.stderr,
        f"{name}_low": moment.low,
        f"{name}_high": moment.high,
    }


def _by_parameter(settings: Mapping[str, Json], variances: Array, trained: Mask) -> dict[str, Json]:
    """Where along the circuit, and on which qubits, gradient survives."""
    layer, qubit = _places(settings)
    found: dict[str, Json] = {
        "parameters": int(trained.sum()),
        "var_grad_max": float(variances[trained].max()),
        "var_grad_min": float(variances[trained].min()),
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
    laid = laid_layers(options_of(settings), settings["qubits"], edges_of(settings))
    for layer, parts in enumerate(laid):
        for part in parts:
            if part.first_weight is not None:
                found += [(layer, place[-1]) for place in part.places]
    layer_of, qubit_of = np.array(found, dtype=float).T
    return layer_of, qubit_of


def _circuit_values(settings: Mapping[str, Json], isa: bytes | None) -> dict[str, Json]:
    if isa is None:
        circuit = model_of(settings).circuit
        pairs = sum(len(instruction.qubits) == 2 for instruction in circuit.data)
        return {"layers": layers(settings), "two_qubit_gates": pairs, "depth": circuit.depth()}
    model = isa_of(isa)
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


def _trained(settings: Mapping[str, Json], count: int) -> Mask:
    """Which of the weights training turns at first: all, or in a phase those of its new layer."""
    if settings["initialisation"] != "layerwise":
        return np.ones(count, dtype=bool)
    return newest(_structure(settings), layers(settings))


def _structure(settings: Mapping[str, Json]) -> Structure:
    return structure_of(options_of(settings), model_of(settings), edges_of(settings))


def _drawn(settings: Mapping[str, Json]) -> Iterator[tuple[Array, Array]]:
    """Features of random rows and random weights, some at a time; the same for every noise.

    In a later phase of layer-wise training the new layer is at angle 0, where it begins, and those
    before it are at random angles: their training may have left them anywhere.
    """
    rng = np.random.default_rng(_angle_seed(settings))
    of_data = generator(settings["root_seed"], "rows", settings["qubits"], layers(settings))
    encoded = rows_of(settings)
    initialisation = INITIALISATIONS[settings["initialisation"]]
    structure = _structure(settings)
    added = np.zeros(structure.num_weights, dtype=bool)
    if settings["initialisation"] == "layerwise":
        initialisation = INITIALISATIONS["uniform"]
        if layers(settings) > 1:
            added = newest(structure, layers(settings))
    for start in range(0, settings["samples"], _AT_ONCE):
        rows = min(_AT_ONCE, settings["samples"] - start)
        count = structure.num_weights
        chosen = of_data.integers(0, len(encoded), rows)
        weights = [initialisation.draw(count, rng, structure) for _ in range(rows)]
        yield encoded[chosen], np.where(added, 0.0, np.stack(weights))


def _angle_seed(settings: Mapping[str, Json]) -> int:
    return derive(settings["root_seed"], "angles", settings["qubits"], layers(settings))


def _distribution(settings: Mapping[str, Json]) -> Distribution:
    """The initialisation as the Pauli paths know it."""
    from nisqdl.engines.pauli_paths.initialisation import Gaussian, Uniform

    if settings["initialisation"] == "uniform":
        return Uniform()
    if settings["initialisation"] == "small_normal":
        return Gaussian(SmallNormal().deviation)
    structure = _structure(settings)
    return Gaussian(gaussian_variance(structure) ** 0.5)


def _gradients(model: Model | IsaModel, noise: NoiseChannels) -> Gradients:
    """The model's only observable and its derivatives, by whichever engine is exact and fast."""
    joint = (*model.features, *model.weights)
    skipped = len(model.features)
    if noise.gates or noise.idle:
        from nisqdl.engines.exact import ExactEngine

        # The engine batches over features: for it, the weights are features here.
        swapped = replace(model, features=joint, weights=())
        exact = ExactEngine().prepare(swapped, noise)
        none = np.zeros(0)

        def under_noise(features: Array, weights: Array) -> tuple[Array, Array]:
            values, _, slopes = exact.jacobian(np.hstack([features, weights]), none)
            return values[:, 0], slopes[:, 0, skipped:]

        return under_noise

    from nisqdl.engines.statevector import StatevectorEngine

    # It batches over weights: for it, the features are weights here.
    pure = StatevectorEngine().prepare(replace(model, features=(), weights=joint), noise)

    def without_noise(features: Array, weights: Array) -> tuple[Array, Array]:
        both = np.hstack([features, weights])
        values, slopes = pure.gradients_over_weights(np.zeros(0), both)
        return values[:, 0], slopes[:, 0, skipped:]

    return without_noise


def _noisy(
    settings: Mapping[str, Json], isa: bytes | None
) -> tuple[Model | IsaModel, NoiseChannels]:
    if isa is None:
        return model_of(settings), IDEAL
    model = isa_of(isa)
    recipe, device = recipe_named(settings["noise.recipe"]), device_named(settings["target"])
    scale, switched = settings["noise.scale"], switched_of(settings)
    return model, channels_for(recipe, device, model.physical_qubits, scale, switched)
