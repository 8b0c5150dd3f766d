"""Who picks channels without a network: by knowledge, by turns, by chance, from a table."""

from __future__ import annotations

from typing import Any

import numpy as np

from nisqdl.environments.cognitive_radio.dynamics import CognitiveRadio
from nisqdl.environments.dynamics import Integers, Outcome, Tape, draw_tape
from nisqdl.environments.policy import RANDOM, Act, Baseline, Scene, play

_BATCH, _ROUNDS = 32, 40
_LEARNING_RATE, _DISCOUNT = 0.2, 0.9


def _oracle(dynamics: CognitiveRadio, tape: Tape, source: np.random.Generator) -> Act:
    def act(scene: Scene[Any]) -> Integers:
        coming = dynamics.next_phase(scene.state.phase, tape.steps[:, scene.step, 0])
        return (dynamics.round[coming] + 1) % dynamics.options.channels

    return act


def _round_robin(dynamics: CognitiveRadio, tape: Tape, source: np.random.Generator) -> Act:
    channels = dynamics.options.channels
    return lambda scene: np.full(len(tape), scene.step % channels)


def _tabular(dynamics: CognitiveRadio, tape: Tape, source: np.random.Generator) -> Act:
    """Q-learning on 1280 episodes of its own; what is seen is the index of the table."""
    channels = dynamics.options.channels
    table = np.zeros((channels, channels))
    for round_ in range(_ROUNDS):
        own = draw_tape(dynamics.sizes, source.spawn(_BATCH))
        explore = 1.0 - round_ / _ROUNDS
        play(dynamics, own, _exploring(table, explore, source), _learning(dynamics, table))
    return lambda scene: _greedy(table, scene)


def _seen(scene: Scene[Any]) -> Integers:
    seen: Integers = scene.observations.argmax(axis=1)
    return seen


def _greedy(table: Any, scene: Scene[Any]) -> Integers:
    best: Integers = table[_seen(scene)].argmax(axis=1)
    return best


def _exploring(table: Any, share: float, source: np.random.Generator) -> Act:
    def act(scene: Scene[Any]) -> Integers:
        copies = len(scene.observations)
        anything = source.integers(table.shape[1], size=copies)
        return np.where(source.random(copies) < share, anything, _greedy(table, scene))

    return act


def _learning(dynamics: CognitiveRadio, table: Any) -> Any:
    """Watkins' rule, one step late: the next state is seen in the next scene."""
    last: list[Any] = []

    def watch(scene: Scene[Any], actions: Integers, outcome: Outcome, alive: Any) -> None:
        if last:
            seen, taken, rewards, ended, played = last.pop()
            ahead = np.where(ended, 0.0, table[_seen(scene)].max(axis=1))
            error = rewards + _DISCOUNT * ahead - table[seen, taken]
            # Copies that took the same action in the same state each pull by its mean error.
            total, count = np.zeros_like(table), np.zeros_like(table)
            np.add.at(total, (seen[played], taken[played]), error[played])
            np.add.at(count, (seen[played], taken[played]), 1.0)
            table[:] += _LEARNING_RATE * total / np.maximum(count, 1.0)
        last.append((_seen(scene), actions, outcome.rewards, outcome.terminated, alive))

    return watch


BASELINES = {
    baseline.name: baseline
    for baseline in (
        RANDOM,
        Baseline("round_robin", "the channels in turn", "observation", _round_robin),
        Baseline(
            "q_table",
            f"Q-learning in a table (Watkins 1989), trained on {_BATCH * _ROUNDS} other episodes",
            "observation",
            _tabular,
        ),
        Baseline("oracle", "knows the primary user's next channel", "future", _oracle),
    )
}
