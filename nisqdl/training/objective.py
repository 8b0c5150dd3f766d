"""The function that an optimizer sees: the loss of some samples, of the weights alone."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from nisqdl.circuits.decoding import probabilities, pull_probabilities
from nisqdl.engines.contract import Array, Differentiable, Pull
from nisqdl.errors import InputError, NisqdlError
from nisqdl.training.geometry import Blocks, Geometry
from nisqdl.training.losses.contract import Labels, Loss

LossOfValues: TypeAlias = Callable[[Array], float]
"""Takes expectation values (B, O); returns the mean loss."""


def loss_and_pull(loss: Loss, labels: Labels) -> tuple[LossOfValues, Pull]:
    """A loss as a function of the expectation values, and its derivative by each of them.

    Args:
        loss: A member of ``LOSSES``.
        labels: Shape (B,), classes 0 … K − 1; K is 2 for one observable, else O.

    Returns:
        The mean loss of values (B, O), and the pull that
        ``Evaluator.values_and_gradient`` takes.

    Raises:
        InputError: From both functions: there are more classes than the observables decode.
    """
    classes = int(labels.max()) + 1

    def decoded(values: Array) -> Array:
        found = probabilities(values)
        if found.shape[1] < classes:
            raise InputError(
                f"The labels name {classes} classes, but the model's {values.shape[1]} "
                f"observable(s) decode to {found.shape[1]}. Measure one observable for each class."
            )
        return found

    def value(values: Array) -> float:
        return loss.value(decoded(values), labels)

    def pull(values: Array) -> Array:
        return pull_probabilities(values, loss.derivative(decoded(values), labels))

    return value, pull


def squares_and_pull(targets: Array) -> tuple[LossOfValues, Pull]:
    """The mean squared error of the one value of each sample, and its derivative: for regression.

    Args:
        targets: Shape (B,), real numbers on the values' own scale.

    Raises:
        InputError: From both functions: there is more than one value a sample.
    """

    def errors(values: Array) -> Array:
        if values.shape[1] != 1:
            raise InputError(
                f"A regression needs one value a sample, but the model has {values.shape[1]}."
            )
        return np.asarray(values[:, 0] - targets, dtype=np.float64)

    def value(values: Array) -> float:
        return float(np.mean(errors(values) ** 2))

    def pull(values: Array) -> Array:
        return 2.0 * errors(values)[:, np.newaxis] / len(targets)

    return value, pull


@dataclass(frozen=True)
class Objective:
    """The mean loss of some samples under a model.

    Attributes:
        evaluator: The model under its noise.
        features: Shape (B, F).
        loss: The mean loss of values (B, O).
        pull: Its derivative by the values.
        step: The step of training that asks, for the error's sentence.
        geometry: Of the states, for optimizers that use it.
    """

    evaluator: Differentiable
    features: Array
    loss: LossOfValues
    pull: Pull
    step: int
    geometry: Geometry | None = None

    @property
    def blocks(self) -> Blocks:
        """The layer of each weight, (W,)."""
        return self._states().blocks

    def metric(self, weights: Array) -> Array:
        """The Fubini-Study metric (W, W) at weights (W,), mean over the samples."""
        return self._states().metric(self.features, weights)

    def fidelities(self, first: Array, second: Array) -> Array:
        """|⟨ψ(first)|ψ(second)⟩|², (R,), of pairs of weights (R, W); mean over the samples."""
        return self._states().fidelities(self.features, first, second)

    def _states(self) -> Geometry:
        if self.geometry is None:
            raise InputError(
                "This optimizer needs the circuit's states, but the training was given no "
                "`circuit`: pass the noise-free circuit, or set `training.optimizer` to adam."
            )
        return self.geometry

    def value(self, weights: Array) -> float:
        """The mean loss at weights (W,).

        Raises:
            NisqdlError: It, or a value that it comes from, is not finite.
        """
        return self._loss_of(self.evaluator.values(self.features, weights))

    def value_and_gradient(self, weights: Array) -> tuple[float, Array]:
        """The mean loss at weights (W,) and its gradient (W,).

        Raises:
            NisqdlError: One of them is not finite.
        """
        values, gradient = self.evaluator.values_and_gradient(self.features, weights, self.pull)
        loss = self._loss_of(values)
        if not np.isfinite(gradient).all():
            raise _diverged("the gradient has an entry that is not finite", self.step)
        return loss, gradient

    def _loss_of(self, values: Array) -> float:
        # Decoding takes an infinite value for a certain one: it has to be met before.
        if not np.isfinite(values).all():
            raise _diverged("an expectation value is not finite", self.step)
        loss = self.loss(values)
        if not math.isfinite(loss):
            raise _diverged(f"the loss is {loss}", self.step)
        return loss


def _diverged(what: str, step: int) -> NisqdlError:
    return NisqdlError(
        f"Training cannot go on at step {step}: {what}. Train with a smaller "
        "`training.learning_rate`; if it happens at step 0 already, the model's own values are "
        "not finite."
    )
