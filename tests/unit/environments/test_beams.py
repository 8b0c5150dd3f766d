"""Beams: the array's pattern from its definition, blockage's long run, and the oracle."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.environments import ENVIRONMENTS
from nisqdl.environments.policy import episode_tape, play

BEAMS = ENVIRONMENTS["beams"]


def rules(**options: Any) -> Any:
    return BEAMS.rules(BEAMS.read_options(options))


@settings(max_examples=30)
@given(antennas=st.integers(1, 40), beams=st.integers(2, 12), place=st.floats(-0.86, 0.86))
def test_gain_is_that_of_the_sum_over_antennas(antennas: int, beams: int, place: float) -> None:
    dynamics = rules(antennas=antennas, beams=beams)
    n = np.arange(antennas)
    steering = np.exp(1j * np.pi * n * place)
    codebook = np.exp(1j * np.pi * n * dynamics.directions[:, None]) / np.sqrt(antennas)
    expected = np.abs(codebook.conj() @ steering) ** 2
    np.testing.assert_allclose(dynamics.gain(np.array([place]))[0], expected, atol=1e-6)


def test_gain_keeps_power() -> None:
    """The mean over all sines, −1 to 1, is 1: an array points power, it makes none."""
    places = np.linspace(-1, 1, 4096, endpoint=False)
    np.testing.assert_allclose(rules().gain(places).mean(axis=0), 1.0, rtol=1e-9)


def test_oracle_has_the_peak_rate_on_a_beam() -> None:
    """A user who stands on beam 3, never blocked, no reflection: log2(1 + 16 · 10^0.5)."""
    dynamics = rules(speed=0.0, blocked=0.0, reflection_db=60.0, slots=10)
    tape = episode_tape(dynamics, 1, 0)
    tape.start[0, 0] = (dynamics.directions[3] / np.sin(np.pi / 3) + 1) / 2
    returns = play(dynamics, tape, BEAMS.prepared("oracle", dynamics, tape, 0)).returns
    assert returns[0] == pytest.approx(10 * np.log2(1 + 16 * 10**0.5), rel=1e-4)


def test_blockage_has_its_long_run_from_the_start() -> None:
    dynamics = rules(blocked=0.05, freed=0.2)
    tape = episode_tape(dynamics, 2_000, 0)
    blocked: list[Any] = []

    def watch(scene: Any, *_: Any) -> None:
        if scene.step in (0, 199):
            blocked.append(scene.state.blocked.mean())

    play(dynamics, tape, BEAMS.prepared("random", dynamics, tape, 0), watch)
    assert np.abs(np.array(blocked) - 0.2).max() < 4 * np.sqrt(0.2 * 0.8 / 2_000)


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), speed=st.floats(0, 0.5), turns=st.floats(0, 1))
def test_user_stays_in_the_sector(seed: int, speed: float, turns: float) -> None:
    dynamics = rules(speed=speed, turns=turns)
    source = np.random.default_rng(seed)
    state = dynamics.start(source.random((8, 4)))
    for _ in range(30):
        state, outcome = dynamics.advance(state, source.integers(8, size=8), source.random((8, 2)))
        assert np.abs(state.direction).max() <= np.sin(np.pi / 3) + 1e-12
        assert np.abs(state.velocity).max() <= speed
        assert (outcome.rewards >= 0).all()


def test_nobody_beats_the_oracle_and_bandits_beat_sweeping() -> None:
    """UCB gains over the sweep by more than 4 standard errors over 200 common episodes."""
    dynamics = rules()
    tape = episode_tape(dynamics, 200, 0)
    found = {
        name: play(dynamics, tape, BEAMS.prepared(name, dynamics, tape, 0)).returns
        for name in BEAMS.baselines
    }
    assert all((returns <= found["oracle"] + 1e-9).all() for returns in found.values())
    for worse, better in [("random", "sweep"), ("sweep", "ucb")]:
        gap = found[better] - found[worse]
        assert gap.mean() > 4 * gap.std() / np.sqrt(200)
