"""What a method of training on a device is, and what it carries from step to step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from nisqdl.engines.contract import Array, Pull
from nisqdl.training.device.options import DeviceTraining
from nisqdl.training.objective import LossOfValues
from nisqdl.training.optimizers.contract import LossFunction, Settings, State


@dataclass(frozen=True, eq=False)
class Ask:
    """What one step needs to know.

    Attributes:
        weights: Weight vectors (V, W); each is evaluated at every sample of the step's batch.
        shots: Shots of each circuit.
    """

    weights: Array
    shots: int


@dataclass(frozen=True, eq=False)
class Answer:
    """What came back for an ask.

    Attributes:
        values: Expectation values, (V, B, O).
        stderr: Their standard errors, (V, B, O).
    """

    values: Array
    stderr: Array


@dataclass(frozen=True, eq=False)
class Move:
    """What a method makes of an answer.

    Attributes:
        search: Where it stands then.
        loss: The batch's loss as it was measured.
        slope_square: Mean square of the measured slopes.
        slope_variance: Mean square of their standard errors.
    """

    search: State
    loss: float
    slope_square: float
    slope_variance: float


@dataclass(frozen=True)
class Batch:
    """The loss of a step's samples, as a function of their values.

    Attributes:
        loss: Of values (B, O).
        pull: Its derivative by each value, (B, O).
    """

    loss: LossOfValues
    pull: Pull


class DeviceMethod(ABC):
    """A method whose every step is one round of measurements."""

    name: ClassVar[str]
    shifts_weights: ClassVar[bool]
    """Whether it needs the parameter-shift rule to hold for every weight."""

    @abstractmethod
    def start(self, weights: Array, twin: LossFunction, settings: Settings) -> State:
        """The state before the first step.

        Args:
            weights: First weights (W,).
            twin: The first batch's loss by the exact engine under the device's calibration: what
                can be found out beforehand costs no time on the device.
            settings: What an optimizer is told.
        """

    @abstractmethod
    def vectors(self, count: int, options: DeviceTraining) -> int:
        """How many weight vectors each step asks for, with W = ``count`` weights."""

    @abstractmethod
    def ask(self, state: State, options: DeviceTraining, settings: Settings) -> Array:
        """The weight vectors (V, W) that the next step needs."""

    @abstractmethod
    def tell(
        self,
        state: State,
        answer: Answer,
        batch: Batch,
        options: DeviceTraining,
        settings: Settings,
    ) -> Move:
        """The step that follows from the values at what :meth:`ask` named."""


def loss_variance(values: Array, stderr: Array, batch: Batch) -> float:
    """Variance of the batch's loss by the standard errors of its values, to first order."""
    return float(((batch.pull(values) * stderr) ** 2).sum())
