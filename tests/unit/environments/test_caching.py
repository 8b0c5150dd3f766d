"""A cache holds what was requested, and nobody beats Belady."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.environments import ENVIRONMENTS
from nisqdl.environments.caching.baselines import next_requests
from nisqdl.environments.caching.dynamics import EMPTY
from nisqdl.environments.dynamics import Tape
from nisqdl.environments.policy import episode_tape, play
from nisqdl.errors import InputError

CACHING = ENVIRONMENTS["caching"]


def played(name: str, dynamics: Any, tape: Tape, watch: Any = None) -> Any:
    return play(dynamics, tape, CACHING.prepared(name, dynamics, tape, 0), watch).returns


def most_hits(requests: list[int], slots: int) -> int:
    """By trying everything: after each request, each thing that the cache may hold."""

    @cache
    def best(step: int, held: frozenset[int]) -> int:
        if step == len(requests) - 1:
            return 0
        item, ahead = requests[step], requests[step + 1]
        choices = {held}
        if item not in held:
            choices |= {held - {out} | {item} for out in held} if len(held) == slots else set()
            choices |= {held | {item}} if len(held) < slots else set()
        return max((ahead in after) + best(step + 1, after) for after in choices)

    return best(0, frozenset())


@settings(max_examples=30, deadline=None)
@given(
    items=st.integers(3, 6),
    slots=st.integers(1, 3),
    zipf=st.floats(0, 2),
    drift=st.floats(0, 1),
    seed=st.integers(0, 10**6),
)
def test_belady_is_the_best_that_there_is(items: int, slots: int, seed: int, **more: Any) -> None:
    options = {"items": items, "slots": min(slots, items - 1), "requests": 12, **more}
    dynamics = CACHING.rules(CACHING.read_options(options))
    tape = episode_tape(dynamics, 2, seed)
    expected = [most_hits(row.tolist(), options["slots"]) for row in dynamics.requests(tape)]
    found = {name: played(name, dynamics, tape) for name in CACHING.baselines}
    assert found["belady"].tolist() == expected
    assert all((returns <= found["belady"]).all() for returns in found.values())


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), slots=st.integers(1, 5), drift=st.floats(0, 1))
def test_cache_holds_different_items_that_were_requested(
    seed: int, slots: int, drift: float
) -> None:
    options = {"items": 8, "slots": slots, "requests": 20, "drift": drift}
    dynamics = CACHING.rules(CACHING.read_options(options))
    tape = episode_tape(dynamics, 3, seed)
    requests, source = dynamics.requests(tape), np.random.default_rng(seed)

    def watch(scene: Any, actions: Any, outcome: Any, alive: Any) -> None:
        state = scene.state
        np.testing.assert_array_equal(state.request, requests[:, scene.step])
        for copy in range(3):
            assert sorted(state.ranked[copy]) == list(range(8))
            held = [item for item in state.cache[copy] if item != EMPTY]
            assert len(set(held)) == len(held)
            assert set(held) <= set(requests[copy, : scene.step])
        age = scene.step - np.arange(scene.step + 1)
        for item in range(8):
            asked = requests[:, : scene.step + 1] == item
            np.testing.assert_allclose(
                state.weights[:, item], (asked * 0.5 ** (age / 20)).sum(axis=1), rtol=1e-9
            )

    play(dynamics, tape, lambda scene: source.integers(slots + 1, size=3), watch)


def slow_hits(rule: str, requests: list[int], slots: int) -> int:
    """LRU, FIFO and LFU with Python lists, from their definitions."""
    held: list[int] = []  # FIFO: by arrival; LRU: by use
    counts: dict[int, int] = {}
    used: dict[int, int] = {}
    hits = 0
    for step, item in enumerate(requests):
        hits += item in held
        counts[item], used[item] = counts.get(item, 0) + 1, step
        if rule == "lru" and item in held:
            held.remove(item)
            held.append(item)
        if item not in held:
            if len(held) == slots:
                victim = held[0]
                if rule == "lfu":
                    victim = min(held, key=lambda i: (counts[i], used[i]))
                held.remove(victim)
            held.append(item)
    return hits


@pytest.mark.parametrize("rule", ["lru", "fifo", "lfu"])
@pytest.mark.parametrize("slots", [1, 3, 5])
def test_classic_rules_are_those_of_the_definitions(rule: str, slots: int) -> None:
    dynamics = CACHING.rules(CACHING.read_options({"slots": slots, "items": 12}))
    tape = episode_tape(dynamics, 20, 3)
    expected = [slow_hits(rule, row.tolist(), slots) for row in dynamics.requests(tape)]
    assert played(rule, dynamics, tape).tolist() == expected


def test_alike_items_are_hit_as_often_as_the_cache_is_large() -> None:
    """zipf = 0: any full cache of C of M items is hit with C / M, whatever the rule."""
    dynamics = CACHING.rules(CACHING.read_options({"zipf": 0.0, "items": 10, "requests": 400}))
    tape = episode_tape(dynamics, 300, 0)
    for rule in ("lru", "fifo", "random"):
        hits: list[Any] = []

        def watch(scene: Any, actions: Any, outcome: Any, alive: Any, hits: Any = hits) -> None:
            if scene.step >= 100:  # full by then but with probability below 1e-9
                hits.append(outcome.rewards)

        played(rule, dynamics, tape, watch)
        draws = np.array(hits).size
        assert abs(np.mean(hits) - 0.3) < 4 * np.sqrt(0.3 * 0.7 / draws)


def test_requests_follow_zipf() -> None:
    dynamics = CACHING.rules(CACHING.read_options({"drift": 0.3, "items": 5, "zipf": 1.5}))
    source, ranks = np.random.default_rng(0), np.zeros(5)
    ranked = np.tile(np.arange(5), (20_000, 1))
    for _ in range(3):
        ranked, request = dynamics.next_demand(ranked, source.random((20_000, 4)))
        ranks += (ranked == request[:, None]).sum(axis=0)
    np.testing.assert_allclose(ranks / 60_000, dynamics.popularity, atol=4 * 0.5 / 60_000**0.5)


def test_ranks_drift_as_often_as_they_are_told() -> None:
    """Two random items of five are different ones with 4/5."""
    dynamics = CACHING.rules(CACHING.read_options({"drift": 0.3, "items": 5}))
    ranked = np.tile(np.arange(5), (20_000, 1))
    after, _ = dynamics.next_demand(ranked, np.random.default_rng(1).random((20_000, 4)))
    assert set((after != ranked).sum(axis=1)) == {0, 2}
    changed = (after != ranked).any(axis=1).mean()
    assert abs(changed - 0.3 * 0.8) < 4 * np.sqrt(0.24 * 0.76 / 20_000)


def test_next_requests() -> None:
    found = next_requests(np.array([[2, 1, 2, 2, 0]]))
    assert found.tolist() == [[2, np.inf, 3, np.inf, np.inf]]


def test_wrong_options_are_a_sentence() -> None:
    with pytest.raises(InputError, match="`slots` must be less than `items` \\(3\\), but is 3"):
        CACHING.read_options({"items": 3, "slots": 3})
