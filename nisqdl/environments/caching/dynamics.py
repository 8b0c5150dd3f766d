"""A small cache at the edge: which item makes room for the one that was just requested?"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, NamedTuple

import numpy as np
from pydantic import Field, StrictInt, model_validator

from nisqdl.environments.contract import EnvironmentOptions
from nisqdl.environments.dynamics import (
    Booleans,
    Dynamics,
    Floats,
    Integers,
    Observations,
    Outcome,
    Sizes,
    Tape,
)

EMPTY = -1
"""What a slot of the cache holds before anything was put there."""


class CachingOptions(EnvironmentOptions):
    """The cache and what is asked of it.

    Attributes:
        items: Number of items, all of one size.
        slots: Items that the cache holds.
        zipf: Exponent of the popularity: the item of rank r is requested in proportion to
            1 / r^zipf; 0 makes all alike.
        drift: Probability that two random items swap their ranks after a request.
        half_life: Requests after which a past request counts half in the observation.
        requests: Requests of an episode that count.
    """

    items: Annotated[StrictInt, Field(ge=2, le=10_000)] = 30
    slots: Annotated[StrictInt, Field(ge=1, le=64)] = 3
    zipf: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 1.0
    drift: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.1
    half_life: Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)] = 20.0
    requests: Annotated[StrictInt, Field(ge=1, le=100_000)] = 200

    @model_validator(mode="after")
    def _something_stays_out(self) -> CachingOptions:
        if self.slots >= self.items:
            raise ValueError(
                f"`slots` must be less than `items` ({self.items}), but is {self.slots}:"
                " else everything fits"
            )
        return self


class Demand(NamedTuple):
    """What is requested.

    Attributes:
        ranked: Items by popularity, the first is the most popular; shape (copies, items).
        request: The item requested now, shape (copies,).
    """

    ranked: Integers
    request: Integers


class CachingState(NamedTuple):
    """The cache and the requests so far.

    Attributes:
        ranked, request: As in :class:`Demand`.
        cache: Item in each slot, or ``EMPTY``; shape (copies, slots).
        weights: Past requests of each item, the present one included, each counting half after
            a half-life; shape (copies, items). (LRFU's combined recency and frequency, Lee et
            al. 2001.)
    """

    ranked: Integers
    request: Integers
    cache: Integers
    weights: Floats


class Caching(Dynamics[CachingState]):
    """Each step serves one request; on a miss the action says which slot takes the item.

    Actions 0 … slots − 1 are slots, the last action leaves the cache as it is. On a hit every
    action does. The reward tells whether the *next* request is a hit, so that it follows from
    the action.

    Args:
        options: The cache and what is asked of it.
    """

    def __init__(self, options: CachingOptions) -> None:
        self.options = options

    @cached_property
    def sizes(self) -> Sizes:
        """Weight of the requested item and of each slot's; request and drift take four numbers."""
        features = 1 + self.options.slots
        return Sizes(
            low=(0.0,) * features,
            high=(1.0,) * features,
            actions=self.options.slots + 1,
            horizon=self.options.requests,
            start_draws=self.options.items + 1,
            step_draws=4,
        )

    @cached_property
    def popularity(self) -> Floats:
        """Probability of a request for the item of each rank, the most popular first."""
        ranks = np.arange(1, self.options.items + 1, dtype=np.float64)
        shares: Floats = ranks**-self.options.zipf
        popularity: Floats = shares / shares.sum()
        return popularity

    @cached_property
    def _cumulative(self) -> Floats:
        return np.cumsum(self.popularity)

    def start(self, draws: Floats) -> CachingState:
        """An empty cache, a random ranking, a first request."""
        ranked, request = self.first_demand(draws)
        cache = np.full((len(draws), self.options.slots), EMPTY)
        weights = np.zeros(ranked.shape)
        weights[np.arange(len(draws)), request] = 1.0
        return CachingState(ranked, request, cache, weights)

    def advance(
        self, state: CachingState, actions: Integers, draws: Floats
    ) -> tuple[CachingState, Outcome]:
        """Put the requested item where the action says, then see the next request."""
        copies = np.arange(len(actions))
        put = ~is_hit(state.cache, state.request) & (actions < self.options.slots)
        cache = state.cache.copy()
        cache[copies[put], actions[put]] = state.request[put]
        ranked, request = self.next_demand(state.ranked, draws)
        weights = state.weights * 0.5 ** (1 / self.options.half_life)
        weights[copies, request] += 1.0
        rewards = is_hit(cache, request).astype(np.float64)
        after = CachingState(ranked, request, cache, weights)
        return after, Outcome(rewards, np.zeros(len(actions), dtype=bool))

    def first_demand(self, draws: Floats) -> Demand:
        """The ranking and request with which an episode begins."""
        ranked = np.argsort(draws[:, :-1], axis=1)
        return Demand(ranked, self._requested(ranked, draws[:, -1]))

    def next_demand(self, ranked: Integers, draws: Floats) -> Demand:
        """The ranking after its drift, and a request from it; nobody's actions matter."""
        copies = np.arange(len(ranked))
        ranked = ranked.copy()
        drifts = draws[:, 0] < self.options.drift
        first, second = (draws[:, 1:3] * self.options.items).astype(np.int64).T
        second = np.where(drifts, second, first)
        ranked[copies, first], ranked[copies, second] = (
            ranked[copies, second],
            ranked[copies, first],
        )
        return Demand(ranked, self._requested(ranked, draws[:, 3]))

    def requests(self, tape: Tape) -> Integers:
        """All requests of the episodes on a tape, shape (copies, 1 + requests)."""
        ranked, request = self.first_demand(tape.start)
        found = [request]
        for step in range(self.options.requests):
            ranked, request = self.next_demand(ranked, tape.steps[:, step])
            found.append(request)
        return np.stack(found, axis=1)

    def observe(self, state: CachingState) -> Observations:
        """w / (1 + w) of the requested item, then of each slot's item; an empty slot is 0."""
        copies = np.arange(len(state.request))[:, None]
        asked = state.weights[copies, state.request[:, None]]
        held = np.where(state.cache == EMPTY, 0.0, state.weights[copies, state.cache])
        weights = np.concatenate([asked, held], axis=1)
        seen: Observations = (weights / (1 + weights)).astype(np.float32)
        return seen

    def _requested(self, ranked: Integers, draws: Floats) -> Integers:
        rank = np.searchsorted(self._cumulative[:-1], draws, side="right")
        item: Integers = ranked[np.arange(len(ranked)), rank]
        return item


def is_hit(cache: Integers, request: Integers) -> Booleans:
    """Whether the cache holds the requested item; shapes (copies, slots) and (copies,)."""
    hit: Booleans = (cache == request[:, None]).any(axis=1)
    return hit
