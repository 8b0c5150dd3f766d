"""Gradient descent: steps against the gradient, of its own size."""

from __future__ import annotations

from nisqdl.engines.contract import Array
from nisqdl.training.optimizers.contract import LossFunction, Settings, State, StepwiseOptimizer


class GradientDescent(StepwiseOptimizer):
    """θ ← θ − η ∇L(θ), on mini-batches the stochastic gradient descent of Robbins and Monro.

    It remembers nothing from step to step, so that averaging what several clients did after one
    step each on their whole data is one step on all data (FedSGD, McMahan et al. 2017). The loss
    of a step is that at the weights *before* it.
    """

    name = "sgd"
    summary = "plain gradient steps, without memory; sees mini-batches"
    uses_gradient = True

    def start(self, weights: Array, function: LossFunction, settings: Settings) -> State:
        return State(0, weights)

    def step(self, state: State, function: LossFunction, settings: Settings) -> tuple[State, float]:
        loss, gradient = function.value_and_gradient(state.weights)
        rate = settings.learning_rate * settings.share
        return State(state.step + 1, state.weights - rate * gradient), loss
