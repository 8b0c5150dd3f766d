"""Whole episodes played by an agent while it learns, several in lock-step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from nisqdl.agents.approximators.contract import Array
from nisqdl.environments.dynamics import Dynamics, Integers, Tape

Choose: TypeAlias = Callable[[Array, Array], Integers]
"""Takes observations (B, F) and uniform numbers (B,); returns actions (B,)."""


@dataclass(frozen=True, eq=False)
class Episodes:
    """What happened; a decision is one agent's choice in one step of one episode.

    Attributes:
        observations: Shape (decisions, F); decisions in order of step, episode and agent.
        actions: Shape (decisions,).
        steps, copies: Each decision's step and episode, shape (decisions,).
        rewards: Shape (episodes, steps of the longest); 0 after an episode's end.
        lengths: Shape (episodes,).
    """

    observations: Array
    actions: Integers
    steps: Integers
    copies: Integers
    rewards: Array
    lengths: Integers

    @property
    def returns(self) -> Array:
        """Sum of rewards of each episode."""
        total: Array = self.rewards.sum(axis=1)
        return total

    def returns_to_go(self, discount: float) -> Array:
        """Discounted sum of rewards from each step on, shape (episodes, steps)."""
        found = np.zeros_like(self.rewards)
        after = np.zeros(len(self.rewards))
        for step in reversed(range(self.rewards.shape[1])):
            after = self.rewards[:, step] + discount * after
            found[:, step] = after
        return found


def play_episodes(
    dynamics: Dynamics[Any], tape: Tape, choose: Choose, source: np.random.Generator
) -> Episodes:
    """Episodes from start to end; those that have ended are left out of the batch.

    Args:
        dynamics: The rules.
        tape: The episodes' chance.
        choose: Chooses actions.
        source: Of the uniform numbers that actions are drawn by.
    """
    sizes = dynamics.sizes
    agents = sizes.agents or 1
    state = dynamics.start(tape.start)
    playing = np.arange(len(tape))
    lengths = np.zeros(len(tape), dtype=np.int64)
    seen, acted, at, who, rewards = [], [], [], [], []
    for step in range(sizes.horizon):
        observations = dynamics.observe(state).reshape(len(playing) * agents, -1)
        # Drawn for all, so that an episode does not depend on when the others end.
        draws = source.random((len(tape), agents))[playing].ravel()
        actions = choose(np.asarray(observations, dtype=np.float64), draws)
        shaped = actions if sizes.agents is None else actions.reshape(-1, agents)
        state, outcome = dynamics.advance(state, shaped, tape.steps[playing, step])
        seen.append(observations)
        acted.append(actions)
        at.append(np.full(len(actions), step))
        who.append(np.repeat(playing, agents))
        row = np.zeros(len(tape))
        row[playing] = outcome.rewards
        rewards.append(row)
        lengths[playing] += 1
        left = ~outcome.terminated
        if not left.all():
            playing = playing[left]
            if not len(playing):
                break
            state = type(state)(*(np.asarray(part)[left] for part in state))
    return Episodes(
        np.concatenate(seen).astype(np.float64),
        np.concatenate(acted),
        np.concatenate(at),
        np.concatenate(who),
        np.stack(rewards, axis=1),
        lengths,
    )
