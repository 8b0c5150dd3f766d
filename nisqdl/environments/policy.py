"""Who acts: heuristics, oracles and learned agents, on a batch of episodes in lock-step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeAlias

import numpy as np

from nisqdl.environments.dynamics import (
    Booleans,
    Dynamics,
    Floats,
    Integers,
    Observations,
    Outcome,
    State,
    Tape,
    draw_tape,
)


@dataclass(frozen=True, eq=False)
class Scene(Generic[State]):
    """A batch of episodes before a step.

    Attributes:
        step: Number of steps taken so far.
        state: Where each copy is.
        observations: What the agent would see.
    """

    step: int
    state: State
    observations: Observations


Act: TypeAlias = Callable[[Scene[Any]], Integers]
"""Chooses the actions of a batch: shape (copies,), or (copies, agents)."""

Sees: TypeAlias = Literal["observation", "state", "hidden", "future"]


@dataclass(frozen=True)
class Baseline:
    """A way to act that an agent is judged against.

    Attributes:
        name: Its name within the environment.
        summary: One line: the rule, and its source.
        sees: What it uses: the ``observation`` as an agent does; the ``state`` that the operator
            of such a system has in its books, and the known parameters; or, as no one can, a state
            that is ``hidden`` or the ``future``.
        prepare: Makes it ready for one batch of episodes, from the rules, the episodes' tape and
            its own source of randomness. Only one that sees the future may read the tape.
    """

    name: str
    summary: str
    sees: Sees
    prepare: Callable[[Any, Tape, np.random.Generator], Act]

    @property
    def is_bound(self) -> bool:
        """Whether it shows what is possible, and is no rival: no one can act like it."""
        return self.sees in ("hidden", "future")


@dataclass(frozen=True, eq=False)
class Played:
    """Whole episodes.

    Attributes:
        returns: Sum of rewards, shape (episodes,).
        lengths: Number of steps, shape (episodes,).
    """

    returns: Floats
    lengths: Integers


Watch: TypeAlias = Callable[[Scene[Any], Integers, Outcome, Booleans], None]
"""Sees each step: the scene before it, the actions, what came of them, and who still plays."""


def episode_tape(dynamics: Dynamics[Any], episodes: int, seed: int) -> Tape:
    """The chance of so many episodes: episode i is the first one of copy i of the vector form
    after ``reset(seed=seed)``, and of the single form after ``reset(seed=seed + i)``."""
    generators = [np.random.default_rng(seed + i) for i in range(episodes)]
    return draw_tape(dynamics.sizes, generators)


def random_actions(dynamics: Dynamics[Any], tape: Tape, source: np.random.Generator) -> Act:
    """All actions alike: prepares the baseline ``random`` of every environment."""
    sizes = dynamics.sizes
    shape = (len(tape),) if sizes.agents is None else (len(tape), sizes.agents)
    return lambda scene: source.integers(sizes.actions, size=shape)


RANDOM = Baseline("random", "each action with the same probability", "observation", random_actions)


def play(dynamics: Dynamics[State], tape: Tape, act: Act, watch: Watch | None = None) -> Played:
    """Episodes from their start to their end, all at once.

    Args:
        dynamics: The rules.
        tape: The episodes' chance.
        act: Chooses the actions; those of copies that have ended are ignored.
        watch: Sees each step.
    """
    state = dynamics.start(tape.start)
    alive = np.ones(len(tape), dtype=bool)
    returns, lengths = np.zeros(len(tape)), np.zeros(len(tape), dtype=np.int64)
    for step in range(dynamics.sizes.horizon):
        scene = Scene(step, state, dynamics.observe(state))
        actions = act(scene)
        state, outcome = dynamics.advance(state, actions, tape.steps[:, step])
        returns += np.where(alive, outcome.rewards, 0.0)
        lengths += alive
        if watch is not None:
            watch(scene, actions, outcome, alive)
        alive = alive & ~outcome.terminated
        if not alive.any():
            break
    return Played(returns, lengths)
