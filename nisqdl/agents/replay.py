"""Replay memory: the last transitions, from which batches are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nisqdl.agents.approximators.contract import Array
from nisqdl.environments.dynamics import Booleans, Integers


@dataclass(frozen=True, eq=False)
class Transitions:
    """B transitions.

    Attributes:
        observations, after: What was seen before and after, shape (B, F).
        actions: Shape (B,).
        rewards: Shape (B,).
        terminated: Whether the episode ended by the environment's rules, shape (B,).
    """

    observations: Array
    actions: Integers
    rewards: Array
    after: Array
    terminated: Booleans


class Replay:
    """A ring of transitions.

    Args:
        capacity: The most that it keeps.
        features: Number of features F.
    """

    def __init__(self, capacity: int, features: int) -> None:
        self._parts: dict[str, NDArray[Any]] = {
            "observations": np.zeros((capacity, features)),
            "actions": np.zeros(capacity, dtype=np.int64),
            "rewards": np.zeros(capacity),
            "after": np.zeros((capacity, features)),
            "terminated": np.zeros(capacity, dtype=bool),
        }
        self._capacity = capacity
        self.added = 0

    def __len__(self) -> int:
        return min(self.added, self._capacity)

    def add(self, new: Transitions) -> None:
        """The oldest go when there is no room."""
        places = (self.added + np.arange(len(new.rewards))) % self._capacity
        for name, part in self._parts.items():
            part[places] = getattr(new, name)
        self.added += len(new.rewards)

    def drawn(self, count: int, source: np.random.Generator) -> Transitions:
        """So many different ones, all alike."""
        places = source.choice(len(self), size=count, replace=False)
        return Transitions(**{name: part[places] for name, part in self._parts.items()})

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What is in it, for a checkpoint."""
        kept = {f"replay.{name}": part[: len(self)].copy() for name, part in self._parts.items()}
        return {**kept, "replay.added": np.array([self.added])}

    def fill(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take back what :meth:`arrays` gave."""
        (added,) = arrays["replay.added"]
        self.added = int(added)
        for name, part in self._parts.items():
            part[: len(self)] = arrays[f"replay.{name}"]
