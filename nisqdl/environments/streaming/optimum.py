"""The best bitrates for a known bandwidth: an exact offline optimum.

Downloads follow each other at once, so chunk k is complete when the link has delivered B_k, the
bits of the first k chunks, at t(B_k). The player has stood still by then for
Z_k = max(Z_(k−1), t(B_k) − (k − 1) · chunk). So for a budget Z of standing still the constraint is
B_k ≤ what the link delivers until (k − 1) · chunk + Z, for each k. For one budget, dynamic
programming over (chunk, last bitrate, B_k) finds the most quality less switching, q(Z); B_k is on
the lattice of the bitrates' common divisor. Then q(Z) − weight · Z is maximised over Z by branch
and bound: q is a rising staircase, so in [a, b] nothing is above q(b) − weight · a.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass

import numpy as np

from nisqdl.environments.dynamics import Floats, Integers
from nisqdl.environments.streaming.dynamics import finished, megabits_until
from nisqdl.environments.streaming.options import StreamingOptions
from nisqdl.errors import CapacityError

_RESOLUTION_S = 1e-7
"""Budgets are told apart to so many seconds; the optimum is exact to as much QoE, weighted."""
_MOST_STATES = 50_000_000
"""States (chunk, last bitrate, lattice step) of one dynamic programme; each takes 8 bytes."""


@dataclass(frozen=True, eq=False)
class _Problem:
    """Attributes:
    units: The bitrates in multiples of ``unit``.
    unit: Megabits of one step of the lattice.
    gains: Quality of each bitrate in Mbit/s.
    switches: QoE lost from one bitrate (row) to the next (column).
    delivered: The link, as in the environment's state, shape (SECONDS + 1,).
    """

    options: StreamingOptions
    units: Integers
    unit: float
    gains: Floats
    switches: Floats
    delivered: Floats

    def capacities(self, budget_s: float) -> Integers:
        """Lattice steps that may be downloaded with each chunk, shape (chunks,)."""
        deadlines = np.arange(self.options.chunks, dtype=float) * self.options.chunk_s + budget_s
        link = np.broadcast_to(self.delivered, (len(deadlines), len(self.delivered)))
        steps = np.floor(megabits_until(link, deadlines) / self.unit + 1e-9).astype(np.int64)
        # More than the highest bitrate everywhere is of no use.
        capacities: Integers = np.minimum(steps, np.arange(1, len(steps) + 1) * self.units[-1])
        return capacities


def best_downloads(options: StreamingOptions, delivered: Floats) -> Integers:
    """Index of each chunk's bitrate, shape (chunks,), with the most QoE.

    Args:
        options: The video and its QoE.
        delivered: Megabits until the end of each second, 0 first, shape (SECONDS + 1,).

    Raises:
        CapacityError: The lattice is too fine.
    """
    problem = _problem(options, delivered)
    budget_s = _best_budget(problem)
    plan = _plan(problem, budget_s)
    assert plan is not None  # the budget was found feasible
    return plan


def _problem(options: StreamingOptions, delivered: Floats) -> _Problem:
    rates = np.array(options.bitrates_kbps)
    common = math.gcd(*options.bitrates_kbps)
    gains = np.array(options.bitrates_mbps)
    return _Problem(
        options=options,
        units=rates // common,
        unit=common / 1000 * options.chunk_s,
        gains=gains,
        switches=options.switch_weight * np.abs(gains[:, None] - gains),
        delivered=delivered,
    )


def _best_budget(problem: _Problem) -> float:
    """The seconds of standing still that the best plan takes, to ``_RESOLUTION_S``."""
    weight = problem.options.rebuffer_weight
    least = _least_budget(problem)
    first = _quality(problem, least)
    most_quality = problem.options.chunks * float(problem.gains[-1])
    if weight == 0:
        # Standing still is free: wait for everything at the highest bitrate.
        return _wait_for_all(problem)
    best, best_budget = first - weight * least, least
    # No budget beyond this one can pay: q is at most ``most_quality``.
    end = min(least + (most_quality - first) / weight, max(_wait_for_all(problem), least))
    live = [_interval(problem, least, first, end, _quality(problem, end))]
    while live:
        above, low, low_quality, high, high_quality = heapq.heappop(live)
        if high_quality - weight * high > best:
            best, best_budget = high_quality - weight * high, high
        if -above <= best + weight * _RESOLUTION_S:
            break  # nothing that is left can be better
        middle = (low + high) / 2
        # Of very long waits, neighbouring floats are further apart than the resolution.
        apart = high - low > _RESOLUTION_S and low < middle < high
        if high_quality > low_quality and apart:
            quality = _quality(problem, middle)
            for part in (
                (low, low_quality, middle, quality),
                (middle, quality, high, high_quality),
            ):
                heapq.heappush(live, _interval(problem, *part))
    return best_budget


def _interval(
    problem: _Problem, low: float, low_quality: float, high: float, high_quality: float
) -> tuple[float, float, float, float, float]:
    """Budgets with their qualities, first what no budget in between exceeds (negative: a heap
    gives its least first)."""
    above = high_quality - problem.options.rebuffer_weight * low
    return -above, low, low_quality, high, high_quality


def _least_budget(problem: _Problem) -> float:
    """Seconds that even the lowest bitrate stands still."""
    return _lateness(problem, int(problem.units[0]))


def _wait_for_all(problem: _Problem) -> float:
    """Seconds that the highest bitrate stands still."""
    return _lateness(problem, int(problem.units[-1]))


def _lateness(problem: _Problem, units: int) -> float:
    chunks = np.arange(1.0, problem.options.chunks + 1)
    link = np.broadcast_to(problem.delivered, (len(chunks), len(problem.delivered)))
    done = finished(link, chunks * units * problem.unit)
    return float((done - (chunks - 1) * problem.options.chunk_s).max())


def _quality(problem: _Problem, budget_s: float) -> float:
    """q(Z): the most quality less switching within a budget."""
    best = _first(problem, capacities := problem.capacities(budget_s))
    for capacity in capacities[1:]:
        best = _next(problem, best, int(capacity))
    return float(best.max())


def _plan(problem: _Problem, budget_s: float) -> Integers | None:
    """Bitrates that reach q(Z)."""
    best = _first(problem, capacities := problem.capacities(budget_s))
    came = []
    for capacity in capacities[1:]:
        came.append(best)
        best = _next(problem, best, int(capacity))
    rate, total = np.unravel_index(int(best.argmax()), best.shape)
    if not np.isfinite(best[rate, total]):
        return None
    plan = [int(rate)]
    for before in reversed(came):
        total -= problem.units[rate]
        rate = (before[:, total] - problem.switches[:, rate]).argmax()
        plan.append(int(rate))
    return np.array(plan[::-1])


def _first(problem: _Problem, capacities: Integers) -> Floats:
    """Best quality by (bitrate of the first chunk, lattice steps so far)."""
    steps = int(capacities[-1]) + 1
    if len(problem.units) * steps * len(capacities) > _MOST_STATES:
        common = math.gcd(*problem.options.bitrates_kbps)
        raise CapacityError(
            f"The best of {len(capacities)} chunks cannot be found where all bitrates have only"
            f" {common} kbit/s as a common divisor (`streaming.bitrates_kbps`): give fewer chunks"
            " or rounder bitrates."
        )
    best = np.full((len(problem.units), steps), -np.inf)
    for rate, units in enumerate(problem.units):
        if units <= capacities[0]:
            best[rate, units] = problem.gains[rate]
    return best


def _next(problem: _Problem, best: Floats, capacity: int) -> Floats:
    """The same after one more chunk.

    Switching costs as much as the way between two bitrates, so the best way to each is found
    from its neighbours, going up and then going down.
    """
    reached = best.copy()
    steps = np.diff(problem.gains) * problem.options.switch_weight
    for rate, step in enumerate(steps, start=1):
        np.maximum(reached[rate], reached[rate - 1] - step, out=reached[rate])
    for rate, step in reversed(list(enumerate(steps))):
        np.maximum(reached[rate], reached[rate + 1] - step, out=reached[rate])
    after = np.full_like(best, -np.inf)
    for rate, units in enumerate(problem.units):
        reach = capacity + 1 - units
        if reach > 0:
            after[rate, units : capacity + 1] = reached[rate, :reach] + problem.gains[rate]
    return after
