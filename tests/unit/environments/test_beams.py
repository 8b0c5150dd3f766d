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


@settings(max_examples=30, deadline=None)
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


def test_sweep_holds_the_best_beam_of_a_user_who_stands() -> None:
    """8 slots of sweeping, 32 with the oracle's beam, and again."""
    dynamics = rules(speed=0.0, blocked=0.0, slots=80)
    tape = episode_tape(dynamics, 20, 0)
    taken: dict[str, list[Any]] = {"sweep": [], "oracle": []}
    for name, rows in taken.items():

        def watch(scene: Any, actions: Any, *_: Any, rows: list[Any] = rows) -> None:
            rows.append(actions)

        play(dynamics, tape, BEAMS.prepared(name, dynamics, tape, 0), watch)
    held = np.arange(80) % 40 >= 8
    np.testing.assert_array_equal(*(np.array(rows)[held] for rows in taken.values()))
    swept = np.array(taken["sweep"])[~held]
    assert (swept == np.tile(np.arange(8), 2)[:, None]).all()


def test_blockage_has_its_long_run_from_the_start() -> None:
    dynamics = rules(blocked=0.05, freed=0.2)
    tape = episode_tape(dynamics, 2_000, 0)
    blocked: list[Any] = []

    def watch(scene: Any, *_: Any) -> None:
        if scene.step in (0, 199):
            blocked.append(scene.state.blocked.mean())

    play(dynamics, tape, BEAMS.prepared("random", dynamics, tape, 0), watch)
    assert np.abs(np.array(blocked) - 0.2).max() < 4 * np.sqrt(0.2 * 0.8 / 2_000)


@settings(max_examples=30, deadline=None)
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


def test_user_turns_as_often_as_told_and_comes_back_from_the_edge() -> None:
    dynamics = rules(turns=0.1)
    state = dynamics.start(np.random.default_rng(0).random((20_000, 4)))
    state = state._replace(direction=np.full(20_000, 0.3), velocity=np.full(20_000, 0.01))
    draws = np.random.default_rng(1).random((20_000, 2))
    after, _ = dynamics.advance(state, np.zeros(20_000, dtype=np.int64), draws)
    assert abs((after.velocity < 0).mean() - 0.1) < 4 * np.sqrt(0.1 * 0.9 / 20_000)
    np.testing.assert_allclose(after.direction, 0.3 + after.velocity)
    edge = np.sin(np.pi / 3)
    state = state._replace(direction=np.full(20_000, edge - 0.004))
    after, _ = dynamics.advance(state, np.zeros(20_000, dtype=np.int64), draws)
    straight = draws[:, 0] >= 0.1
    np.testing.assert_allclose(after.direction[straight], edge - 0.006)
    assert (after.velocity < 0).all()


def test_ucb_is_that_of_the_definition() -> None:
    """Discounted means and widths summed over all past slots, for one user."""
    dynamics = rules(beams=4, slots=60)
    tape = episode_tape(dynamics, 1, 3)
    past: list[tuple[int, float]] = []
    width = 0.35 * np.log2(1 + 16 * 10**0.5)

    def watch(scene: Any, actions: Any, outcome: Any, alive: Any) -> None:
        fade = 0.97 ** np.arange(len(past))[::-1]
        tries = np.array([sum(fade[[b == k for b, _ in past]]) for k in range(4)])
        if (tries == 0).any():
            assert actions[0] == np.flatnonzero(tries == 0)[0]
        else:
            gained = np.array(
                [sum(f * r for f, (b, r) in zip(fade, past, strict=True) if b == k)
                 for k in range(4)]
            )  # fmt: skip
            scores = gained / tries + width * np.sqrt(np.log(tries.sum()) / tries)
            assert actions[0] == scores.argmax()
        past.append((int(actions[0]), float(outcome.rewards[0])))

    play(dynamics, tape, BEAMS.prepared("ucb", dynamics, tape, 0), watch)
    assert len(past) == 60


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
