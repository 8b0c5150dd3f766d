"""Q-learning in a table: what a circuit is to be worth more than where observations are few."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nisqdl.environments.dynamics import Dynamics, Integers, Observations, Outcome, Tape, draw_tape
from nisqdl.environments.policy import Act, Scene, Watch, play


@dataclass(frozen=True)
class QTable:
    """Watkins' Q-learning (1989) over numbered observations, on episodes of its own.

    Exploration falls from all actions to none, by the same amount from round to round.

    Attributes:
        number: The numbers (copies,) of observations (copies, F).
        numbers: How many there are.
        rounds: How often a batch of episodes is played.
        batch: Episodes of a round.
        discount: γ.
        rate: Learning rate.
    """

    number: Callable[[Observations], Integers]
    numbers: int
    rounds: int = 40
    batch: int = 32
    discount: float = 0.9
    rate: float = 0.2

    def prepare(self, dynamics: Dynamics[Any], tape: Tape, source: np.random.Generator) -> Act:
        """Learn, and act by the best entry."""
        table = np.zeros((self.numbers, dynamics.sizes.actions))
        for round_ in range(self.rounds):
            own = draw_tape(dynamics.sizes, source.spawn(self.batch))
            share = 1.0 - round_ / self.rounds
            play(dynamics, own, self._exploring(table, share, source), self._learning(table))
        return lambda scene: self._greedy(table, scene)

    def _greedy(self, table: Any, scene: Scene[Any]) -> Integers:
        best: Integers = table[self.number(scene.observations)].argmax(axis=1)
        return best

    def _exploring(self, table: Any, share: float, source: np.random.Generator) -> Act:
        def act(scene: Scene[Any]) -> Integers:
            copies = len(scene.observations)
            anything = source.integers(table.shape[1], size=copies)
            return np.where(source.random(copies) < share, anything, self._greedy(table, scene))

        return act

    def _learning(self, table: Any) -> Watch:
        """Watkins' rule, one step late: the next state is seen in the next scene."""
        last: list[Any] = []

        def watch(scene: Scene[Any], actions: Integers, outcome: Outcome, alive: Any) -> None:
            now = self.number(scene.observations)
            if last:
                seen, taken, rewards, ended, played = last.pop()
                ahead = np.where(ended, 0.0, table[now].max(axis=1))
                error = rewards + self.discount * ahead - table[seen, taken]
                # Copies that took the same action in the same state each pull by its mean error.
                total, count = np.zeros_like(table), np.zeros_like(table)
                np.add.at(total, (seen[played], taken[played]), error[played])
                np.add.at(count, (seen[played], taken[played]), 1.0)
                table[:] += self.rate * total / np.maximum(count, 1.0)
            last.append((now, actions, outcome.rewards, outcome.terminated, alive))

        return watch
