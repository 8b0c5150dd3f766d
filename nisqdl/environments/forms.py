"""Gymnasium's two forms of an environment: one copy, or a batch that steps at once."""

from __future__ import annotations

from typing import Any, Generic

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from nisqdl.environments.dynamics import (
    Booleans,
    Dynamics,
    Floats,
    Integers,
    Observations,
    Sizes,
    State,
    draw_tape,
    replaced,
)
from nisqdl.errors import InputError
from nisqdl.store.record import Json


def observation_space(sizes: Sizes) -> spaces.Box[np.float32]:
    """Bounds of what one copy shows: shape (features,), or (agents, features)."""
    low, high = (np.array(bound, dtype=np.float32) for bound in (sizes.low, sizes.high))
    if sizes.agents is not None:
        low, high = (np.tile(bound, (sizes.agents, 1)) for bound in (low, high))
    return spaces.Box(low, high, dtype=np.float32)


def action_space(sizes: Sizes) -> spaces.Discrete[Any] | spaces.MultiDiscrete:
    """One choice, or one choice an agent."""
    if sizes.agents is None:
        return spaces.Discrete(sizes.actions)
    return spaces.MultiDiscrete([sizes.actions] * sizes.agents)


class SingleEnv(gymnasium.Env[Observations, Any], Generic[State]):
    """One copy, as Gymnasium's ``Env``; the time limit is its own (``truncated``).

    Args:
        dynamics: The rules.
    """

    metadata = {"render_modes": []}  # noqa: RUF012  (Gymnasium's own way)

    def __init__(self, dynamics: Dynamics[State]) -> None:
        self.dynamics = dynamics
        self.observation_space = observation_space(dynamics.sizes)
        self.action_space = action_space(dynamics.sizes)
        self._state: State | None = None
        self._step = 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Begin an episode: the first of a seed, or the next one after it."""
        super().reset(seed=seed)
        self._tape = draw_tape(self.dynamics.sizes, [self.np_random])
        self._state, self._step = self.dynamics.start(self._tape.start), 0
        return self.dynamics.observe(self._state)[0], self._info(self._state)

    def step(self, action: Any) -> tuple[Observations, float, bool, bool, dict[str, Any]]:
        """One step.

        Raises:
            InputError: The action is not one, or no episode is under way.
        """
        if not self.action_space.contains(action):
            raise InputError(f"The action must lie in {self.action_space}, but is {action!r}.")
        if self._state is None:
            raise InputError("No episode is under way: call `reset` before `step`.")
        actions = np.asarray(action, dtype=np.int64)[None]
        draws = self._tape.steps[:, self._step]
        state, outcome = self.dynamics.advance(self._state, actions, draws)
        self._step += 1
        terminated = bool(outcome.terminated[0])
        truncated = not terminated and self._step >= self.dynamics.sizes.horizon
        self._state = None if terminated or truncated else state
        seen = self.dynamics.observe(state)[0]
        return seen, float(outcome.rewards[0]), terminated, truncated, self._info(state)

    def _info(self, state: State) -> dict[str, Any]:
        return {name: value[0] for name, value in self.dynamics.facts(state).items()}


class BatchEnv(VectorEnv[Observations, Integers, NDArray[Any]], Generic[State]):
    """Many copies that step at once in NumPy, as Gymnasium's ``VectorEnv``.

    Copy i after ``reset(seed=s)`` is the single form after ``reset(seed=s + i)``, step by step
    and episode after episode, as in Gymnasium's ``SyncVectorEnv``.

    Args:
        dynamics: The rules.
        num_envs: Number of copies.
        autoreset: ``SAME_STEP``: the step that ends an episode shows the next one's beginning,
            and ``info["final_obs"]`` where it ended. ``NEXT_STEP``: the step after it begins the
            next episode, whatever the action, with reward 0. An array ``final_obs`` has the
            shape of the observations; rows of copies that did not end (``_final_obs`` False)
            are 0.
    """

    def __init__(
        self,
        dynamics: Dynamics[State],
        num_envs: int,
        autoreset: AutoresetMode = AutoresetMode.SAME_STEP,
    ) -> None:
        if num_envs < 1:
            raise InputError(f"The number of copies must be at least 1, but is {num_envs}.")
        if autoreset is AutoresetMode.DISABLED:
            raise InputError("`autoreset` must be SAME_STEP or NEXT_STEP, but is DISABLED.")
        self.dynamics, self.num_envs, self.autoreset = dynamics, num_envs, autoreset
        self.metadata = {"render_modes": [], "autoreset_mode": autoreset}
        self.single_observation_space = observation_space(dynamics.sizes)
        self.single_action_space = action_space(dynamics.sizes)
        self.observation_space = batch_space(self.single_observation_space, num_envs)
        self.action_space = batch_space(self.single_action_space, num_envs)
        self._copies = np.arange(num_envs)
        self._generators: list[np.random.Generator] = []
        self._origins: list[Any] = []
        self._state: State | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Begin an episode in every copy: the first of a seed, or the next one after it."""
        super().reset(seed=seed)
        if seed is not None or not self._generators:
            seeds = [None if seed is None else seed + i for i in range(self.num_envs)]
            self._generators = [seeding.np_random(each)[0] for each in seeds]
        self._origins = [each.bit_generator.state for each in self._generators]
        self._tape = draw_tape(self.dynamics.sizes, self._generators)
        self._state = self.dynamics.start(self._tape.start)
        self._steps = np.zeros(self.num_envs, dtype=np.int64)
        self._over = np.zeros(self.num_envs, dtype=bool)
        return self.dynamics.observe(self._state), _told(self.dynamics.facts(self._state))

    def step(
        self, actions: Integers
    ) -> tuple[Observations, Floats, Booleans, Booleans, dict[str, Any]]:
        """One step of every copy.

        Args:
            actions: Shape (copies,), or (copies, agents).

        Raises:
            InputError: An action is not one, or ``reset`` was not called.
        """
        state, actions = self._ready(), self._checked(actions)
        asleep = self._over  # copies whose episode ended in the step before (NEXT_STEP)
        draws = self._tape.steps[self._copies, np.where(asleep, 0, self._steps)]
        state, outcome = self.dynamics.advance(state, actions, draws)
        self._steps += 1
        terminated = outcome.terminated & ~asleep
        truncated = (self._steps >= self.dynamics.sizes.horizon) & ~terminated & ~asleep
        rewards = np.where(asleep, 0.0, outcome.rewards)
        over = terminated | truncated
        info: dict[str, Any] = {}
        if self.autoreset is AutoresetMode.SAME_STEP:
            info = self._ended(state, over)
            state = self._begun(state, over)
        else:
            state = self._begun(state, asleep)
            self._over = over
        self._state = state
        info |= _told(self.dynamics.facts(state))
        return self.dynamics.observe(state), rewards, terminated, truncated, info

    def facts(self) -> dict[str, Any]:
        """What ``info`` tells of the present state, as the last step or reset told it."""
        return _told(self.dynamics.facts(self._ready()))

    def position(self) -> dict[str, Json]:
        """Where every copy is, for a checkpoint: JSON values, every float exact.

        Raises:
            InputError: ``reset`` was not called.
        """
        return {
            "generators": list(self._origins),
            "state": [np.asarray(part).tolist() for part in self._ready()],
            "steps": self._steps.tolist(),
            "over": self._over.tolist(),
        }

    def go_on_from(self, position: dict[str, Json]) -> Observations:
        """Be where :meth:`position` was, in an environment of the same options and copies.

        Returns:
            What the last step or reset there showed.
        """
        self._generators = [np.random.Generator(np.random.PCG64()) for _ in range(self.num_envs)]
        for generator, origin in zip(self._generators, position["generators"], strict=True):
            generator.bit_generator.state = origin
        self._origins = list(position["generators"])
        self._tape = draw_tape(self.dynamics.sizes, self._generators)
        like = self.dynamics.start(self._tape.start)
        self._state = type(like)(
            *(
                np.array(part, dtype=model.dtype)
                for part, model in zip(position["state"], like, strict=True)
            )
        )
        self._steps = np.array(position["steps"], dtype=np.int64)
        self._over = np.array(position["over"], dtype=bool)
        return self.dynamics.observe(self._state)

    def _ready(self) -> State:
        if self._state is None:
            raise InputError("No episode is under way: call `reset` before `step`.")
        return self._state

    def _checked(self, actions: Integers) -> Integers:
        found = np.asarray(actions)
        shape, count = self.action_space.shape, self.dynamics.sizes.actions
        if found.shape != shape or not np.issubdtype(found.dtype, np.integer):
            raise InputError(
                f"The actions must be integers of shape {shape}, but are {found.dtype} of shape"
                f" {found.shape}."
            )
        if ((found < 0) | (found >= count)).any():
            raise InputError(f"Every action must lie in 0 … {count - 1}; some do not.")
        return found.astype(np.int64, copy=False)

    def _begun(self, state: State, places: Booleans) -> State:
        """The state with a new episode begun in some copies."""
        (indices,) = np.nonzero(places)
        if not len(indices):
            return state
        for i in indices:
            self._origins[i] = self._generators[i].bit_generator.state
        fresh = draw_tape(self.dynamics.sizes, [self._generators[i] for i in indices])
        self._tape.start[indices], self._tape.steps[indices] = fresh.start, fresh.steps
        self._steps[indices] = 0
        return replaced(state, indices, self.dynamics.start(fresh.start))

    def _ended(self, state: State, over: Booleans) -> dict[str, Any]:
        """Where the ended episodes stopped."""
        if not over.any():
            return {}
        seen = self.dynamics.observe(state)
        blank = np.zeros_like(seen)
        blank[over] = seen[over]
        facts = _told(self.dynamics.facts(state))
        return {
            "final_obs": blank,
            "_final_obs": over,
            "final_info": facts,
            "_final_info": over,
        }


def _told(facts: dict[str, NDArray[Any]]) -> dict[str, Any]:
    """Facts as Gymnasium batches them: each with a mask of the copies that have it."""
    told: dict[str, Any] = {}
    for name, values in facts.items():
        told[name] = values
        told[f"_{name}"] = np.ones(len(values), dtype=bool)
    return told
