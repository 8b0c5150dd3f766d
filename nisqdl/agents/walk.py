"""A learner's copies of the environment, which step on across episodes and resume exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nisqdl.agents.approximators.contract import Array
from nisqdl.agents.curve import Tally
from nisqdl.environments.dynamics import Booleans, Dynamics, Integers
from nisqdl.environments.forms import BatchEnv
from nisqdl.store.record import Json


@dataclass(frozen=True, eq=False)
class Move:
    """One step of every copy.

    Attributes:
        rewards: Shape (copies,).
        terminated: Ended by the environment's rules, shape (copies,).
        over: Ended at all, cut off at the time limit included.
        observations: Where the step led, shape (copies, agents, F): for copies that ended, where
            they ended.
        state: The same of the whole state (copies, S), for the critic.
    """

    rewards: Array
    terminated: Booleans
    over: Booleans
    observations: Array
    state: Array


class Walk:
    """Copies of an environment under way.

    Args:
        dynamics: The rules.
        copies: How many.
        seed: Of the episodes' chance.
        tally: Counts steps and finished episodes.

    Attributes:
        observations: What the agents see now, shape (copies, agents, F).
        state: The whole state where the environment tells it, else what the first agent sees;
            shape (copies, S).
    """

    def __init__(self, dynamics: Dynamics[Any], copies: int, seed: int, tally: Tally) -> None:
        sizes = dynamics.sizes
        self._env: BatchEnv[Any] = BatchEnv(dynamics, copies)
        self._agents = sizes.agents
        self._tally = tally
        self._returns = np.zeros(copies)
        seen, info = self._env.reset(seed=seed % 2**31)
        self._see(seen, info)

    def step(self, actions: Integers) -> Move:
        """Every copy acts; those whose episode ends begin the next one.

        Args:
            actions: Shape (copies, agents).
        """
        shaped = actions[:, 0] if self._agents is None else actions
        seen, rewards, terminated, truncated, info = self._env.step(shaped)
        over = terminated | truncated
        self._returns += rewards
        self._tally.steps += len(rewards)
        self._see(seen, info)
        last, state = self.observations, self.state
        if over.any():
            for copy in np.flatnonzero(over):
                self._tally.finished(self._returns[copy], self._tally.steps, self._tally.circuits)
            self._returns[over] = 0.0
            last, state = last.copy(), state.copy()
            last[over] = self._spread(info["final_obs"])[over]
            if "state" in info:
                state[over] = info["final_info"]["state"][over]
            else:
                state[over] = last[over, 0]
        return Move(rewards, terminated, over, last, state)

    def facts(self) -> dict[str, Json]:
        """Where the copies are, for a checkpoint."""
        return {"position": self._env.position(), "returns": self._returns.tolist()}

    def go_on(self, facts: Json) -> None:
        """Be where :meth:`facts` was taken."""
        seen = self._env.go_on_from(facts["position"])
        self._returns = np.array(facts["returns"])
        told = self._env.facts()
        self._see(seen, told)

    def _see(self, seen: NDArray[np.float32], info: dict[str, Any]) -> None:
        self.observations = self._spread(seen)
        told = info.get("state")
        self.state = self.observations[:, 0] if told is None else told.astype(np.float64)

    def _spread(self, seen: NDArray[np.float32]) -> Array:
        wide = seen.astype(np.float64)
        return wide[:, None, :] if self._agents is None else wide
