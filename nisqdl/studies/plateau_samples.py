"""The moments of one circuit's gradient by sampling: random weights, and rows of a data set."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from nisqdl.seeds import derive, generator
from nisqdl.store.record import Json
from nisqdl.studies.moments import mean_of_squares
from nisqdl.studies.plateau import circuit_structure, layers, noisy_model, rows_of
from nisqdl.studies.plateau_values import by_parameter, told
from nisqdl.training.initialisation import INITIALISATIONS
from nisqdl.training.schedule import Mask, newest

if TYPE_CHECKING:
    from nisqdl.circuits.model import Model
    from nisqdl.engines.contract import Array
    from nisqdl.noise.channels import NoiseChannels
    from nisqdl.targets.isa import IsaModel

_ROUNDING = 1e-26
"""Squares of derivatives below it are nothing but rounding: the derivative is 0."""

AT_ONCE = 64
"""Weight vectors that are evaluated together."""

Gradients: TypeAlias = "Callable[[Array, Array], tuple[Array, Array]]"
"""From features (R, E) and weights (R, W) to values (R,) and gradients by the weights (R, W)."""


def sampled(settings: Mapping[str, Json], isa: bytes | None) -> dict[str, Json]:
    """Moments over random weights and, with a data set, its rows; with bootstrap intervals.

    Of weights that are not trained at first, no gradient is looked at.
    """
    model, noise = noisy_model(settings, isa)
    gradients = gradients_of(model, noise)
    trained = _trained(settings, len(model.weights))
    total = np.zeros(len(model.weights))
    values, first, mean = [], [], []
    for features, weights in drawn(settings):
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
        **told("second_moment", mean_of_squares(cost**2, rng)),
        **told("var_c", mean_of_squares(centred, rng)),
        **told("var_grad_first", mean_of_squares(np.concatenate(first), rng)),
        **told("var_grad_mean", mean_of_squares(np.concatenate(mean), rng)),
        **by_parameter(settings, total / len(cost), trained),
    }


def drawn(settings: Mapping[str, Json]) -> Iterator[tuple[Array, Array]]:
    """Features of random rows and random weights, some at a time; the same for every noise.

    In a later phase of layer-wise training the new layer is at angle 0, where it begins, and those
    before it are at random angles: their training may have left them anywhere.
    """
    rng = np.random.default_rng(angle_seed(settings))
    of_data = generator(settings["root_seed"], "rows", settings["qubits"], layers(settings))
    encoded = rows_of(settings)
    initialisation = INITIALISATIONS[settings["initialisation"]]
    structure = circuit_structure(settings)
    added = np.zeros(structure.num_weights, dtype=bool)
    if settings["initialisation"] == "layerwise":
        initialisation = INITIALISATIONS["uniform"]
        if layers(settings) > 1:
            added = newest(structure, layers(settings))
    for start in range(0, settings["samples"], AT_ONCE):
        rows = min(AT_ONCE, settings["samples"] - start)
        count = structure.num_weights
        chosen = of_data.integers(0, len(encoded), rows)
        weights = [initialisation.draw(count, rng, structure) for _ in range(rows)]
        yield encoded[chosen], np.where(added, 0.0, np.stack(weights))


def gradients_of(model: Model | IsaModel, noise: NoiseChannels) -> Gradients:
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


def angle_seed(settings: Mapping[str, Json]) -> int:
    return derive(settings["root_seed"], "angles", settings["qubits"], layers(settings))


def _trained(settings: Mapping[str, Json], count: int) -> Mask:
    """Which of the weights training turns at first: all, or in a phase those of its new layer."""
    if settings["initialisation"] != "layerwise":
        return np.ones(count, dtype=bool)
    return newest(circuit_structure(settings), layers(settings))
