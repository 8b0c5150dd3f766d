"""The player against a slow reference, and the optimum against trying everything."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.environments import ENVIRONMENTS
from nisqdl.environments.dynamics import Tape
from nisqdl.environments.policy import Scene, episode_tape, play
from nisqdl.environments.streaming.baselines import _best_plan
from nisqdl.environments.streaming.dynamics import finished, megabits_until
from nisqdl.environments.streaming.optimum import best_downloads
from nisqdl.environments.streaming.options import StreamingOptions
from nisqdl.environments.streaming.traces import SECONDS, read_traces, synthetic_traces
from nisqdl.errors import CapacityError, InputError

STREAMING = ENVIRONMENTS["streaming"]


def rules(**options: Any) -> Any:
    return STREAMING.rules(STREAMING.read_options(options))


def played(name: str, dynamics: Any, tape: Tape) -> Any:
    return play(dynamics, tape, STREAMING.prepared(name, dynamics, tape, 0)).returns


def slow_return(options: StreamingOptions, delivered: Any, plan: Any, step_s: float) -> float:
    """QoE of a plan by walking through time in small steps."""
    rates = np.diff(delivered)
    now, ready, total, last = 0.0, 0.0, 0.0, None
    for choice in plan:
        left = options.bitrates_mbps[choice] * options.chunk_s
        stall = 0.0
        while left > 0:
            left -= rates[int(now) % SECONDS] * step_s
            now += step_s
            stall += step_s if ready <= 0 else 0.0
            ready = max(ready - step_s, 0.0)
        ready += options.chunk_s
        rate = options.bitrates_mbps[choice]
        total += rate - options.rebuffer_weight * stall
        total -= 0 if last is None else options.switch_weight * abs(rate - last)
        last = rate
    return total


def test_player_is_the_slow_one() -> None:
    dynamics = rules(chunks=12)
    tape = episode_tape(dynamics, 4, 0)
    plans = np.random.default_rng(1).integers(6, size=(4, 12))
    found = play(dynamics, tape, lambda scene: plans[:, scene.step]).returns
    links = dynamics.start(tape.start).delivered
    slow = [
        slow_return(dynamics.options, *each, 1 / 512) for each in zip(links, plans, strict=True)
    ]
    np.testing.assert_allclose(found, slow, atol=12 * 4.3 * 3 / 512)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), megabits=st.floats(1e-3, 1e5))
def test_finishing_is_the_inverse_of_delivering(seed: int, megabits: float) -> None:
    rates = np.random.default_rng(seed).choice([0.0, 0.3, 2.0, 50.0], size=(3, SECONDS))
    delivered = np.concatenate([np.zeros((3, 1)), np.cumsum(rates, axis=1)], axis=1)
    end = finished(delivered, np.full(3, megabits))
    np.testing.assert_allclose(megabits_until(delivered, end), megabits, rtol=1e-9)
    assert (megabits_until(delivered, end * (1 - 1e-7)) < megabits).all()  # not a moment earlier


def test_whole_rounds_end_when_the_last_bit_comes() -> None:
    """Nothing comes in the last 100 seconds: a trace's worth is there after 500, not 600."""
    rates = np.where(np.arange(SECONDS) < 500, 2.0, 0.0)
    delivered = np.concatenate([[0.0], np.cumsum(rates)])[None].repeat(3, axis=0)
    end = finished(delivered, np.array([1000.0, 2000.0, 2002.0]))
    np.testing.assert_allclose(end, [500, 1100, 1201])


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), low=st.floats(0.1, 1), factor=st.floats(1.5, 20))
def test_time_is_played_or_stood_still(seed: int, low: float, factor: float) -> None:
    dynamics = rules(chunks=20, low_mbps=low, high_mbps=low * factor)
    source = np.random.default_rng(seed)
    state = dynamics.start(source.random((5, SECONDS)))
    for _ in range(20):
        before = state
        state, download = dynamics.downloaded(before, source.integers(6, size=5))
        assert state.buffer_s.min() >= 4 - 1e-9
        assert (download.seconds > 0).all()
        assert ((download.stall_s > 0) <= (download.seconds > before.buffer_s)).all()
        was_played = state.chunk * 4.0 - state.buffer_s
        np.testing.assert_allclose(state.time_s, was_played + state.stalled_s, atol=1e-8)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    weight=st.floats(0, 10),
    switch=st.floats(0, 3),
    rates=st.lists(st.sampled_from([100, 300, 450, 700, 1000, 2050]), min_size=2, max_size=3,
                   unique=True),
)  # fmt: skip
def test_optimum_is_the_best_of_all_plans(
    seed: int, weight: float, switch: float, rates: list[int]
) -> None:
    """Every one of up to 3⁶ plans is played."""
    dynamics = rules(
        chunks=6, bitrates_kbps=tuple(sorted(rates)), rebuffer_weight=weight,
        switch_weight=switch, low_mbps=0.1, high_mbps=2.0, stay=0.3,
    )  # fmt: skip
    plans = np.array(list(itertools.product(range(len(rates)), repeat=6)))
    start = episode_tape(dynamics, 1, seed).start
    tape = Tape(np.repeat(start, len(plans), axis=0), np.empty((len(plans), 6, 0)))
    best = play(dynamics, tape, lambda scene: plans[:, scene.step]).returns.max()
    link = dynamics.start(start).delivered[0]
    plan = best_downloads(dynamics.options, link)
    one = Tape(start, np.empty((1, 6, 0)))
    found = play(dynamics, one, lambda scene: plan[scene.step][None]).returns[0]
    assert abs(found - best) < 1e-5


def test_nobody_beats_the_optimum() -> None:
    dynamics = rules()
    tape = episode_tape(dynamics, 4, 0)
    best = played("optimum", dynamics, tape)
    for name in STREAMING.baselines:
        assert (played(name, dynamics, tape) <= best + 1e-5).all()


def test_too_fine_bitrates_are_refused_and_hardly_any_bandwidth_is_not() -> None:
    fine = rules(bitrates_kbps=(999_983, 1_000_000), chunks=500, high_mbps=2000.0)
    tape = episode_tape(fine, 1, 0)
    with pytest.raises(CapacityError, match="only 1 kbit/s as a common divisor"):
        played("optimum", fine, tape)
    slow = rules(low_mbps=1e-10, high_mbps=2e-10, chunks=5)
    tape = episode_tape(slow, 1, 0)
    assert played("optimum", slow, tape) >= played("rate_based", slow, tape) * (1 + 1e-9)


def test_more_than_enough_bandwidth_gives_the_highest_bitrate() -> None:
    """Nothing stalls after the first chunk: 48 · 4.3 − 4.3 · 4 · 4.3 / 1000."""
    dynamics = rules(low_mbps=999.999, high_mbps=1000.0)
    tape = episode_tape(dynamics, 2, 0)
    expected = 48 * 4.3 - 4.3 * (4 * 4.3 / 1000)
    np.testing.assert_allclose(played("optimum", dynamics, tape), expected, atol=1e-4)


def test_nobody_else_sees_the_bandwidth_to_come() -> None:
    """Another bandwidth from second 60 on changes no choice made before it."""
    dynamics = rules()
    tape = episode_tape(dynamics, 6, 1)
    other = tape.start.copy()
    other[:, 60:] = np.random.default_rng(5).random(other[:, 60:].shape)
    for name, baseline in STREAMING.baselines.items():
        if baseline.sees == "future":
            continue
        chosen: list[Any] = []
        for each in (tape, Tape(other, tape.steps)):
            rows: list[Any] = []

            def watch(scene: Any, actions: Any, *_: Any, rows: Any = rows) -> None:
                rows.append(np.where(scene.state.time_s <= 60, actions, -1))

            play(dynamics, each, STREAMING.prepared(name, dynamics, each, 0), watch)
            chosen.append(rows)
        np.testing.assert_array_equal(*chosen)


def chosen(name: str, dynamics: Any, **state: Any) -> list[int]:
    """What a baseline does in the first step, if the state were another."""
    tape = episode_tape(dynamics, len(next(iter(state.values()))), 0)
    act = STREAMING.prepared(name, dynamics, tape, 0)
    scene = Scene(0, dynamics.start(tape.start)._replace(**state), np.empty(0))
    return act(scene).tolist()


def test_players_by_buffer_and_rate_do_as_their_rules_say() -> None:
    dynamics = rules()
    # From 5 s to 15 s the line rises by 400 kbit/s a second, from 300: 750 at 6.125 s.
    buffers = np.array([0, 5, 6.12, 6.13, 14.9, 15, 50])
    assert chosen("buffer_based", dynamics, buffer_s=buffers) == [0, 0, 0, 1, 4, 5, 5]
    known = np.zeros((4, 5))
    known[:, 0], known[1:, 1] = [1.19, 1.0, 9.0, 0.1], [2.0, 9.0, 0.1]
    # Harmonic means 1.19, 1.333, 9 and 0.1; there is none below the lowest.
    assert chosen("rate_based", dynamics, throughput=known) == [1, 2, 5, 0]


def test_bola_changes_where_two_scores_are_equal() -> None:
    """(V (υ + γp) − Q) / S of m and m + 1 meet at Q = V (γp + (S' υ − S υ') / (S' − S))."""
    sizes = np.array([300, 750, 1200, 1850, 2850, 4300]) / 300
    utility, gamma = np.log(sizes), 5.0
    weight = (60 / 4 - 1) / (utility[-1] + gamma)
    meet = (sizes[1:] * utility[:-1] - sizes[:-1] * utility[1:]) / np.diff(sizes)
    thresholds = 4 * weight * (gamma + meet)
    assert (np.diff(thresholds) > 0).all()
    dynamics = rules()
    assert chosen("bola", dynamics, buffer_s=thresholds - 1e-6) == [0, 1, 2, 3, 4]
    assert chosen("bola", dynamics, buffer_s=thresholds + 1e-6) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("left", [1, 3, 9])
def test_mpc_has_the_best_of_all_plans(left: int) -> None:
    dynamics = rules(bitrates_kbps=(300, 900, 2000))
    source = np.random.default_rng(left)
    buffer, last, rate = (
        source.uniform(0, 15, 12),
        source.integers(3, size=12),
        1 + source.random(12),
    )
    found = _best_plan(dynamics, buffer, last, rate, left)
    rates = dynamics.bitrates
    for case in range(12):
        scores = {}
        for plan in itertools.product(range(3), repeat=min(left, 5)):
            ready, before, score = buffer[case], rates[last[case]], 0.0
            for choice in plan:
                seconds = rates[choice] * 4 / rate[case]
                score += rates[choice] - abs(rates[choice] - before)
                score -= 4.3 * max(seconds - ready, 0)
                ready, before = max(ready - seconds, 0) + 4, rates[choice]
            scores[plan] = score
        best = max(scores.values())
        assert found[case] in {plan[0] for plan in scores if scores[plan] > best - 1e-9}


def test_mpc_is_as_careful_as_its_guesses_were_wrong() -> None:
    """Each choice is the best plan at the harmonic mean over 1 + the largest of the last errors."""
    dynamics = rules(bitrates_kbps=(300, 900, 2000), chunks=20)
    tape = episode_tape(dynamics, 1, 2)
    guesses: list[float] = []
    careful = 0

    def watch(scene: Any, actions: Any, *_: Any) -> None:
        nonlocal careful
        if scene.step == 0:
            assert actions[0] == 0
            return
        state = scene.state
        known = state.throughput[0][state.throughput[0] > 0]
        # The guess before a download stands against what that download had.
        pairs = zip(reversed(guesses), known, strict=False)
        error = max((abs(guess - actual) / actual for guess, actual in pairs), default=0.0)
        guesses.append(len(known) / np.sum(1 / known))
        plan = [
            _best_plan(dynamics, state.buffer_s, state.last, np.array([rate]), 20 - scene.step)[0]
            for rate in (guesses[-1] / (1 + error), guesses[-1])
        ]
        assert actions[0] == plan[0]
        careful += plan[0] != plan[1]

    play(dynamics, tape, STREAMING.prepared("robust_mpc", dynamics, tape, 0), watch)
    assert careful > 0


def test_bandwidth_walks_over_its_levels() -> None:
    options = STREAMING.read_options({"stay": 0.4, "levels": 5, "low_mbps": 1, "high_mbps": 16})
    traces = synthetic_traces(options, np.random.default_rng(0).random((200, 301)))
    places = np.rint(np.log2(traces)).astype(int)
    np.testing.assert_allclose(traces, 2.0**places)
    moves, inner = np.diff(places), (places[:, :-1] > 0) & (places[:, :-1] < 4)
    assert set(np.unique(moves)) == {-1, 0, 1}
    for move, share in ((-1, 0.3), (0, 0.4), (1, 0.3)):
        found = (moves[inner] == move).mean()
        assert abs(found - share) < 4 * np.sqrt(share * (1 - share) / inner.sum())
    assert set(places[:, 0]) == set(range(5))


def test_own_traces_are_read_second_by_second(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("10 1\n11.5 3\n12 4.0\n\n14 9\n")  # the last lasts 2 s too
    (tmp_path / "b.log").write_text("0 5\n1 5\n")
    traces = read_traces(str(tmp_path))
    assert traces.shape == (2, SECONDS)
    np.testing.assert_allclose(traces[0, :12], [1, 2, 4, 4, 9, 9] * 2)
    np.testing.assert_allclose(traces[1], 5)
    dynamics = rules(traces=str(tmp_path), chunks=5)
    total = dynamics.start(episode_tape(dynamics, 40, 0).start).delivered[:, -1]
    assert set(np.round(total, 6)) == {round(29 / 6 * SECONDS, 6), 5.0 * SECONDS}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "at least two lines"),
        ("0 1\n", "at least two lines"),
        ("0 1\n1\n", "line 2 must have two numbers, seconds and Mbit/s, but has 1 cell:"),
        ("0,1\n1,2\n", "line 1 must have two numbers"),
        ("0 1\n1 fast\n", "line 2: the bandwidth in Mbit/s must be a number.*'fast'"),
        ("0 1\n1 -2\n", "from 0 to 1e.06, but is '-2'"),
        ("0 1\n1 nan\n", "but is 'nan'"),
        ("0 1\n1 1_0\n", "but is '1_0'"),
        ("0 1\n0 2\n", "line 2 must be later than the line before it"),
        ("0 0\n1 0\n", "a bandwidth above 0"),
        ("0 1\n0.2 1\n", "must last at least one second"),
    ],
)
def test_wrong_traces_are_a_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    file = tmp_path / "trace"
    file.write_text(text)
    with pytest.raises(InputError, match=sentence) as caught:
        rules(traces=str(file))
    assert str(file) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_traces_that_are_no_text_or_not_there(tmp_path: Path) -> None:
    (tmp_path / "bits").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "empty").mkdir()
    for path, sentence in [("bits", "UTF-8"), ("empty", "must hold files"), ("no", "do not exist")]:
        with pytest.raises(InputError, match=sentence):
            rules(traces=str(tmp_path / path))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"bitrates_kbps": (300, 300)}, "must rise"),
        ({"bitrates_kbps": (300,)}, "at least 2 items"),
        ({"low_mbps": 6.0}, "`high_mbps` must be more than `low_mbps`"),
        ({"chunks": 1}, "greater than or equal to 2"),
    ],
)
def test_wrong_options_are_a_sentence(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        STREAMING.read_options(options)
