"""What an optimizer is: one that goes step by step, or one that minimises as a whole."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeAlias

from nisqdl.engines.contract import Array
from nisqdl.training.geometry import Blocks


class LossFunction(Protocol):
    """A loss of the weights; differs from step to step where there are batches."""

    def value(self, weights: Array) -> float:
        """The loss at weights (W,)."""
        ...

    def value_and_gradient(self, weights: Array) -> tuple[float, Array]:
        """The loss at weights (W,) and its gradient (W,)."""
        ...


class GeometricLoss(LossFunction, Protocol):
    """A loss with the geometry of the states that its samples become."""

    @property
    def blocks(self) -> Blocks:
        """The layer of each weight, (W,)."""
        ...

    def metric(self, weights: Array) -> Array:
        """The Fubini-Study metric (W, W), mean over the samples."""
        ...

    def fidelities(self, first: Array, second: Array) -> Array:
        """|⟨ψ(first)|ψ(second)⟩|², (R,), of pairs of weights (R, W); mean over the samples."""
        ...


@dataclass(frozen=True)
class Settings:
    """What an optimizer is told besides the function.

    Attributes:
        learning_rate: Size of the first steps, in radians for each weight.
        steps: Largest number of steps.
        seed: Root of the seeds of everything the optimizer draws.
        share: The share of the learning rate that this step takes, by its schedule.
        damping: Added to a metric's diagonal before it is inverted.
    """

    learning_rate: float
    steps: int
    seed: int
    share: float = 1.0
    damping: float = 0.01


@dataclass(frozen=True, eq=False)
class State:
    """All that a stepwise optimizer carries from one step to the next.

    Attributes:
        step: Steps done.
        weights: Shape (W,).
        memory: What the method remembers, in an order of its own.
    """

    step: int
    weights: Array
    memory: tuple[Array, ...] = ()


Watch: TypeAlias = Callable[[Array, float], bool]
"""Takes the weights (W,) and the loss of each step; returns whether to stop."""


class StepwiseOptimizer(ABC):
    """An optimizer whose whole state is an explicit value.

    Qiskit Machine Learning's and SciPy's optimizers keep theirs on a stack or in attributes
    that are lost when a process ends. A training on hardware must go on in mid-epoch with the
    same path, bit by bit; so these are ours.
    """

    name: str
    summary: str
    uses_gradient: ClassVar[bool]
    uses_geometry: ClassVar[bool] = False
    """Whether it asks for metric or fidelities: it is then given a :class:`GeometricLoss`."""
    uses_batches: ClassVar[bool] = True

    @abstractmethod
    def start(self, weights: Array, function: LossFunction, settings: Settings) -> State:
        """The state before the first step, from weights (W,) and the first step's function."""

    @abstractmethod
    def step(self, state: State, function: LossFunction, settings: Settings) -> tuple[State, float]:
        """The state after one more step, and the loss that this step saw."""


class WholeOptimizer(ABC):
    """An optimizer that minimises one unchanging function from start to end.

    It cannot be resumed in mid-run: its state lies inside of SciPy.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    uses_gradient: ClassVar[bool]
    uses_geometry: ClassVar[bool] = False
    uses_batches: ClassVar[bool] = False

    @abstractmethod
    def minimise(
        self, weights: Array, function: LossFunction, settings: Settings, watch: Watch
    ) -> None:
        """Minimise from weights (W,), showing ``watch`` every step until it says to stop."""


class Stop(Exception):
    """Carries the watcher's wish to stop out of SciPy; never leaves ``optimizers``."""


Optimizer: TypeAlias = StepwiseOptimizer | WholeOptimizer
