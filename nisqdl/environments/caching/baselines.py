"""Replacement without learning, and Belady's optimum, which knows the requests to come."""

from __future__ import annotations

from typing import Any

import numpy as np

from nisqdl.environments.caching.dynamics import EMPTY, Caching, CachingState, is_hit
from nisqdl.environments.dynamics import Floats, Integers, Tape
from nisqdl.environments.policy import Act, Baseline, Scene


def _random(dynamics: Caching, tape: Tape, source: np.random.Generator) -> Act:
    """Any slot; the item always goes in."""
    slots = dynamics.options.slots
    return lambda scene: _empty_first(scene.state.cache, source.random((len(tape), slots)))


def _recency(dynamics: Caching, tape: Tape, source: np.random.Generator) -> Act:
    used = np.full((len(tape), dynamics.options.items), -1)
    copies = np.arange(len(tape))

    def act(scene: Scene[Any]) -> Integers:
        used[copies, scene.state.request] = scene.step
        return _empty_first(scene.state.cache, _of_slots(used, scene.state.cache))

    return act


def _frequency(dynamics: Caching, tape: Tape, source: np.random.Generator) -> Act:
    counts = np.zeros((len(tape), dynamics.options.items))
    copies = np.arange(len(tape))

    def act(scene: Scene[Any]) -> Integers:
        # Of equally many requests the older item goes: less than one request decides ties.
        counts[copies, scene.state.request] += 1
        used[copies, scene.state.request] = scene.step
        tie = used / (1.0 + dynamics.options.requests)
        return _empty_first(scene.state.cache, _of_slots(counts + tie, scene.state.cache))

    used = np.zeros_like(counts)
    return act


def _first_in(dynamics: Caching, tape: Tape, source: np.random.Generator) -> Act:
    turn = np.zeros(len(tape), dtype=np.int64)

    def act(scene: Scene[Any]) -> Integers:
        state: CachingState = scene.state
        actions = turn.copy()
        turn[:] = (turn + ~is_hit(state.cache, state.request)) % dynamics.options.slots
        return actions

    return act


def _belady(dynamics: Caching, tape: Tape, source: np.random.Generator) -> Act:
    """Whatever is needed latest makes room, be it the requested item itself."""
    following = next_requests(dynamics.requests(tape))
    # An item in the cache was requested before: what it is needed for next is known by then.
    needed = np.full((len(tape), dynamics.options.items), np.inf)
    copies = np.arange(len(tape))

    def act(scene: Scene[Any]) -> Integers:
        state: CachingState = scene.state
        needed[copies, state.request] = following[:, scene.step]
        held = np.concatenate([state.cache, state.request[:, None]], axis=1)
        latest: Integers = np.where(held == EMPTY, np.inf, _of_slots(needed, held)).argmax(axis=1)
        return latest

    return act


def next_requests(requests: Integers) -> Floats:
    """When the same item is requested again, for each request; infinite for never.

    Args:
        requests: Shape (copies, requests).
    """
    copies = np.arange(len(requests))
    following = np.full(requests.shape, np.inf)
    seen = np.full((len(requests), requests.max() + 1), np.inf)
    for step in range(requests.shape[1] - 1, -1, -1):
        following[:, step] = seen[copies, requests[:, step]]
        seen[copies, requests[:, step]] = step
    return following


def _of_slots(values: Any, cache: Integers) -> Floats:
    """Each slot's value from those of the items; shape (copies, slots)."""
    taken: Floats = np.take_along_axis(values, np.maximum(cache, 0), axis=1).astype(float)
    return taken


def _empty_first(cache: Integers, values: Floats) -> Integers:
    """The slot to fill: an empty one if there is one, else that of the least value."""
    slot: Integers = np.where(cache == EMPTY, -np.inf, values).argmin(axis=1)
    return slot


BASELINES = {
    baseline.name: baseline
    for baseline in (
        Baseline("random", "a random slot", "state", _random),
        Baseline("fifo", "the slot filled longest ago", "state", _first_in),
        Baseline("lru", "the slot whose item was requested longest ago", "state", _recency),
        Baseline("lfu", "the slot whose item was requested least often", "state", _frequency),
        Baseline(
            "belady",
            "the item needed latest, the requested one included: the optimum (Belady 1966)",
            "future",
            _belady,
        ),
    )
}
