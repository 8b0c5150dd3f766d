"""QN-SPSA: the natural gradient from six values a step, whatever the number of weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from nisqdl.engines.contract import Array
from nisqdl.training.optimizers.contract import (
    GeometricLoss,
    LossFunction,
    Settings,
    State,
    StepwiseOptimizer,
)
from nisqdl.training.optimizers.spsa import random_signs


@dataclass(frozen=True)
class QnSpsa(StepwiseOptimizer):
    """Gacon, Zoufal, Carleo and Woerner 2021 (Quantum 5, 567; arXiv:2103.09232).

    Step k = 0, 1, … takes SPSA's slope along one random direction, and one random estimate of the
    Fubini-Study metric from the fidelities of four pairs of states (equations 12 and 14). The mean
    of all estimates so far, the first of which is I/4 (the metric of rotations of qubits that
    nothing couples), is made positive, √(ḡḡ) + δI, before it is inverted. A step that would raise
    the batch's loss above both values beside the present weights is not taken (the paper blocks by
    the spread of repeated evaluations instead: exact ones have none). The loss of a step is the
    mean of its two values. Its memory is ḡ row by row, shape (W²,).

    Attributes:
        perturbation: Of weights, in radians: exact values allow a small one.
    """

    perturbation: float = 0.05

    name = "qn_spsa"
    summary = "random directions with a metric from fidelities, no gradient; sees mini-batches"
    uses_gradient = False
    uses_geometry = True

    def start(self, weights: Array, function: LossFunction, settings: Settings) -> State:
        return State(0, weights, ((0.25 * np.eye(len(weights))).ravel(),))

    def step(self, state: State, function: LossFunction, settings: Settings) -> tuple[State, float]:
        count, width = len(state.weights), self.perturbation
        signs = random_signs(count, settings.seed, "qn_spsa", state.step)
        above = function.value(state.weights + width * signs)
        below = function.value(state.weights - width * signs)
        gradient = (above - below) / (2 * width) * signs

        done = state.step + 1
        mean = state.memory[0].reshape(count, count)
        mean = mean + (self.metric_estimate(state, function, settings) - mean) / (done + 1)
        rate = settings.learning_rate * settings.share
        weights = state.weights - rate * _solved(mean, settings.damping, gradient)
        if function.value(weights) > max(above, below):
            weights = state.weights
        return State(done, weights, (mean.ravel(),)), (above + below) / 2

    def metric_estimate(self, state: State, function: LossFunction, settings: Settings) -> Array:
        """The metric (W, W) as one pair of random directions shows it; its mean is the metric."""
        count, width = len(state.weights), self.perturbation
        one, two = (
            width * random_signs(count, settings.seed, f"qn_spsa metric {which}", state.step)
            for which in (1, 2)
        )
        here = np.tile(state.weights, (4, 1))
        there = here + np.stack([one + two, one, two - one, -one])
        fidelities = cast(GeometricLoss, function).fidelities(here, there)
        change = fidelities @ np.array([1.0, -1.0, -1.0, 1.0])
        both = np.outer(one, two)
        found: Array = -change / (8 * width**4) * (both + both.T)
        return found


def _solved(metric: Array, damping: float, gradient: Array) -> Array:
    """(|metric| + damping)⁻¹ gradient, with the absolute values of the metric's eigenvalues."""
    sizes, directions = np.linalg.eigh(metric)
    found: Array = directions @ (directions.T @ gradient / (np.abs(sizes) + damping))
    return found
