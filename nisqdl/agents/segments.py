"""Segments: so many steps of every copy, across episodes, and the advantages of what was done."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nisqdl.agents.approximators.contract import Array
from nisqdl.environments.dynamics import Booleans, Integers


@dataclass(frozen=True, eq=False)
class Segments:
    """T steps of C copies with G agents each.

    Attributes:
        observations: What agents saw, shape (T, C, G, F).
        actions: What they did, shape (T, C, G).
        logs: Log-probability of each action as it was chosen, shape (T, C, G).
        states: What the critic sees before each step, shape (T, C, S).
        after: The same where the step led, for ended episodes where they ended.
        rewards: Shape (T, C).
        terminated: Ended by the environment's rules, shape (T, C).
        over: Ended at all, shape (T, C).
    """

    observations: Array
    actions: Integers
    logs: Array
    states: Array
    after: Array
    rewards: Array
    terminated: Booleans
    over: Booleans

    def needed(self) -> Booleans:
        """Where ``after`` is not the next step's state: at the end, and at episodes' ends; (T, C).

        Not where the episode ended by the rules, since nothing comes after.
        """
        last = np.zeros_like(self.over)
        last[-1] = True
        return (last | self.over) & ~self.terminated

    def temporal_differences(self, values: Array, ends: Array, discount: float) -> Array:
        """r + γ V(after) − V(before), shape (T, C).

        Args:
            values: V of ``states``, shape (T, C).
            ends: V of ``after`` where it is :meth:`needed`, in their order.
            discount: γ.
        """
        following = np.zeros_like(values)
        following[:-1] = values[1:]
        following[self.needed()] = ends
        following[self.terminated] = 0.0
        differences: Array = self.rewards + discount * following - values
        return differences

    def advantages(self, values: Array, ends: Array, discount: float, trace: float) -> Array:
        """Generalised advantages (Schulman et al. 2016, arXiv:1506.02438), shape (T, C).

        Args:
            values, ends, discount: See :meth:`temporal_differences`.
            trace: λ: 0 is one step of temporal difference, 1 the sum of rewards of the segment.
        """
        differences = self.temporal_differences(values, ends, discount)
        found = np.zeros_like(differences)
        after = np.zeros(differences.shape[1])
        for step in reversed(range(len(differences))):
            after = differences[step] + discount * trace * np.where(self.over[step], 0.0, after)
            found[step] = after
        return found
