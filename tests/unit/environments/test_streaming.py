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
from nisqdl.environments.policy import episode_tape, play
from nisqdl.environments.streaming.dynamics import finished, megabits_until
from nisqdl.environments.streaming.optimum import best_downloads
from nisqdl.environments.streaming.options import StreamingOptions
from nisqdl.environments.streaming.traces import SECONDS, read_traces
from nisqdl.errors import InputError

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


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), megabits=st.floats(1e-3, 1e5))
def test_finishing_is_the_inverse_of_delivering(seed: int, megabits: float) -> None:
    rates = np.random.default_rng(seed).choice([0.0, 0.3, 2.0, 50.0], size=(3, SECONDS))
    delivered = np.concatenate([np.zeros((3, 1)), np.cumsum(rates, axis=1)], axis=1)
    end = finished(delivered, np.full(3, megabits))
    np.testing.assert_allclose(megabits_until(delivered, end), megabits, rtol=1e-9)
    assert (megabits_until(delivered, end * (1 - 1e-7)) < megabits).all()  # not a moment earlier


@settings(max_examples=30)
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


@settings(max_examples=25)
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
