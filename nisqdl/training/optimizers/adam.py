"""Adam: steps of about the learning rate, whatever the gradient's size."""

from __future__ import annotations

import numpy as np

from nisqdl.engines.contract import Array
from nisqdl.training.optimizers.contract import LossFunction, Settings, State, StepwiseOptimizer

_DECAY_MEAN = 0.9
_DECAY_SQUARE = 0.999
_EPSILON = 1e-8


class Adam(StepwiseOptimizer):
    """Kingma and Ba 2015 (arXiv:1412.6980), algorithm 1 with the paper's β₁, β₂ and ε.

    Its memory is the running mean of the gradient and of its square, both (W,), before the
    correction of their bias. The loss of a step is that at the weights *before* it.
    """

    name = "adam"
    summary = "gradient steps scaled by running moments; sees mini-batches"
    uses_gradient = True

    def start(self, weights: Array, function: LossFunction, settings: Settings) -> State:
        return State(0, weights, (np.zeros_like(weights), np.zeros_like(weights)))

    def step(self, state: State, function: LossFunction, settings: Settings) -> tuple[State, float]:
        loss, gradient = function.value_and_gradient(state.weights)
        count = state.step + 1
        mean = _DECAY_MEAN * state.memory[0] + (1 - _DECAY_MEAN) * gradient
        square = _DECAY_SQUARE * state.memory[1] + (1 - _DECAY_SQUARE) * gradient * gradient
        rate = settings.learning_rate * settings.share / (1 - _DECAY_MEAN**count)
        size = np.sqrt(square / (1 - _DECAY_SQUARE**count)) + _EPSILON
        return State(count, state.weights - rate * mean / size, (mean, square)), loss
