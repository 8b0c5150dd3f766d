"""Who picks channels without a network: by knowledge, by turns, by chance, from a table."""

from __future__ import annotations

from typing import Any

import numpy as np

from nisqdl.environments.cognitive_radio.dynamics import CognitiveRadio
from nisqdl.environments.dynamics import Integers, Tape
from nisqdl.environments.policy import RANDOM, Act, Baseline, Scene
from nisqdl.environments.q_table import QTable

_BATCH, _ROUNDS = 32, 40


def _oracle(dynamics: CognitiveRadio, tape: Tape, source: np.random.Generator) -> Act:
    def act(scene: Scene[Any]) -> Integers:
        coming = dynamics.next_phase(scene.state.phase, tape.steps[:, scene.step, 0])
        return (dynamics.round[coming] + 1) % dynamics.options.channels

    return act


def _round_robin(dynamics: CognitiveRadio, tape: Tape, source: np.random.Generator) -> Act:
    channels = dynamics.options.channels
    return lambda scene: np.full(len(tape), scene.step % channels)


def _tabular(dynamics: CognitiveRadio, tape: Tape, source: np.random.Generator) -> Act:
    """Its observation is the index of the table."""
    learner = QTable(lambda seen: seen.argmax(axis=1), dynamics.options.channels, _ROUNDS, _BATCH)
    return learner.prepare(dynamics, tape, source)


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
