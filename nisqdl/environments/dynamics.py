"""What happens in an environment, for many copies of it at once, and nothing about who learns.

The rules are deterministic: all chance of an episode lies on its *tape*, uniform numbers that are
drawn when the episode starts. The same tape and the same actions give the same episode, alone or
in a batch, whatever the other copies do; and what needs the future (an oracle, an offline
optimum) reads it from the tape.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from nisqdl.errors import CapacityError

Floats: TypeAlias = NDArray[np.float64]
Integers: TypeAlias = NDArray[np.int64]
Booleans: TypeAlias = NDArray[np.bool_]
Observations: TypeAlias = NDArray[np.float32]

_LARGEST_TAPE_GIB = 1

State = TypeVar("State", bound=tuple[Any, ...])
"""A ``NamedTuple`` of arrays whose first axis is the copies of the environment."""


@dataclass(frozen=True)
class Sizes:
    """What the spaces, the tapes and the time limit of an environment are.

    Attributes:
        low, high: Bounds of one agent's observation, one value a feature; may be infinite.
        actions: Number of actions of one agent.
        horizon: Steps after which an episode is cut off.
        start_draws: Uniform numbers that an episode's start takes.
        step_draws: Uniform numbers that each step takes.
        agents: Number of agents that act at once; None for one that acts alone.
        state: Number of features of ``info["state"]``, each from 0 to 1: the whole state, for
            the centralised critic of a team. None where there is none.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    actions: int
    horizon: int
    start_draws: int
    step_draws: int
    agents: int | None = None
    state: int | None = None


@dataclass(frozen=True, eq=False)
class Tape:
    """All chance of a batch of episodes: independent numbers, uniform on [0, 1).

    Attributes:
        start: Shape (copies, start_draws).
        steps: Shape (copies, horizon, step_draws); step t takes row t.
    """

    start: Floats
    steps: Floats

    def __len__(self) -> int:
        return len(self.start)


class Outcome(NamedTuple):
    """What one step gives.

    Attributes:
        rewards: Shape (copies,).
        terminated: Shape (copies,): the episode ended by the environment's own rules.
    """

    rewards: Floats
    terminated: Booleans


class Dynamics(ABC, Generic[State]):
    """The rules of one environment under chosen options.

    Every array has the copies of the environment as its first axis. Nothing is changed in place.
    """

    @property
    @abstractmethod
    def sizes(self) -> Sizes:
        """Spaces, tape and time limit."""

    @abstractmethod
    def start(self, draws: Floats) -> State:
        """The state in which an episode begins.

        Args:
            draws: Uniform numbers, shape (copies, start_draws).
        """

    @abstractmethod
    def advance(self, state: State, actions: Integers, draws: Floats) -> tuple[State, Outcome]:
        """One step.

        Args:
            state: Where each copy is.
            actions: From 0 to actions − 1; shape (copies,), or (copies, agents).
            draws: Uniform numbers, shape (copies, step_draws).
        """

    @abstractmethod
    def observe(self, state: State) -> Observations:
        """What the agent sees: shape (copies, features), or (copies, agents, features)."""

    def facts(self, state: State) -> dict[str, NDArray[Any]]:
        """What ``info`` tells beside the observation, each of shape (copies, …)."""
        return {}


def draw_tape(sizes: Sizes, generators: list[np.random.Generator]) -> Tape:
    """The next episode's chance for each copy, from that copy's own generator.

    Raises:
        CapacityError: It would take too much memory.
    """
    size_gib = len(generators) * (sizes.start_draws + sizes.horizon * sizes.step_draws) / 2**27
    if size_gib > _LARGEST_TAPE_GIB:
        raise CapacityError(
            f"Episodes of {sizes.horizon:,} steps in {len(generators):,} copies take"
            f" {size_gib:.1f} GiB of random numbers, and at most {_LARGEST_TAPE_GIB} are allowed:"
            " use fewer copies or shorter episodes."
        )
    start = np.empty((len(generators), sizes.start_draws))
    steps = np.empty((len(generators), sizes.horizon, sizes.step_draws))
    for i, generator in enumerate(generators):
        start[i] = generator.random(sizes.start_draws)
        steps[i] = generator.random((sizes.horizon, sizes.step_draws))
    return Tape(start, steps)


def replaced(state: State, places: Integers, fresh: State) -> State:
    """The state with some copies replaced by ``fresh`` ones, in order."""
    parts = []
    for old, new in zip(state, fresh, strict=True):
        part = np.array(old)
        part[places] = new
        parts.append(part)
    return type(state)(*parts)


def chosen(draws: Floats, probabilities: Floats) -> Integers:
    """The index that each uniform number picks.

    Args:
        draws: Shape (…,).
        probabilities: Shape (…, choices) or (choices,); sums to 1 along the last axis.
    """
    cumulative = np.cumsum(probabilities, axis=-1)
    picked: Integers = (cumulative[..., :-1] <= draws[..., None]).sum(axis=-1)
    return picked
