"""Quantum natural gradient: the steepest descent where distance is that of the states."""

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


@dataclass(frozen=True)
class NaturalGradient(StepwiseOptimizer):
    """θ ← θ − η (g + δI)⁻¹ ∇L (Stokes et al. 2020, arXiv:1909.02108, equation 8).

    g is the Fubini-Study metric of the noise-free circuit, mean over the step's samples, and δ the
    damping. It has no memory. The loss of a step is that at the weights before it.

    Attributes:
        name, summary: Its own.
        by_layer: Whether g is taken as block-diagonal, a block for each layer of weights.
    """

    name: str
    summary: str
    by_layer: bool

    uses_gradient = True
    uses_geometry = True

    def start(self, weights: Array, function: LossFunction, settings: Settings) -> State:
        return State(0, weights)

    def step(self, state: State, function: LossFunction, settings: Settings) -> tuple[State, float]:
        loss, gradient = function.value_and_gradient(state.weights)
        states = cast(GeometricLoss, function)
        metric = states.metric(state.weights)
        if self.by_layer:
            metric = np.where(np.equal.outer(states.blocks, states.blocks), metric, 0.0)
        natural = np.linalg.solve(metric + settings.damping * np.eye(len(gradient)), gradient)
        rate = settings.learning_rate * settings.share
        return State(state.step + 1, state.weights - rate * natural), loss


FULL = NaturalGradient(
    "qng", "natural gradient by the Fubini-Study metric of the states; sees mini-batches", False
)
BY_LAYER = NaturalGradient(
    "qng_block", "the same with the metric's blocks of single layers alone", True
)
