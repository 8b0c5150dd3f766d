"""What few trainings tell: interquartile means and probabilities of improvement, with intervals.

After Agarwal et al. 2021 (NeurIPS 34, Deep Reinforcement Learning at the Edge of the Statistical
Precipice): scores of several tasks are pooled, the middle half of them is averaged, and whole
trainings are drawn again within each task. With three to ten trainings the plain percentile
interval is too short, so its level is widened as Hesterberg 2015 (Am. Stat. 69, 371) does for
means; the tests measure by simulation how often these intervals hold the truth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, ndtri, stdtrit

from nisqdl.analysis.intervals import Estimate

Floats: TypeAlias = npt.NDArray[np.float64]

Strata: TypeAlias = Sequence[Sequence[float]]
"""Scores of trainings by task; a task alone is one stratum."""

RESAMPLES = 4000


def interquartile_mean(values: Floats) -> Floats:
    """The mean of the middle half of each row, shape (…, n) to (…).

    A quarter of the values, rounded down, is left out at each end: with fewer than four none is.
    """
    ordered = np.sort(values, axis=-1)
    cut = ordered.shape[-1] // 4
    middle: Floats = ordered[..., cut : ordered.shape[-1] - cut].mean(axis=-1)
    return middle


def pooled_iqm(strata: Strata, level: float = 0.95, comparisons: int = 1) -> Estimate:
    """The interquartile mean over all tasks and trainings with its stratified bootstrap interval.

    Args:
        strata: Scores of each task's trainings; no task may be empty.
        level: Two-sided confidence, jointly over ``comparisons`` intervals (Bonferroni).
        comparisons: How many intervals are read together.

    Returns:
        Its ``mean`` is the interquartile mean; ``n`` the trainings of the task that has fewest,
        and with one training there is no interval.
    """
    parts = [np.asarray(part, dtype=float) for part in strata]
    pooled = np.concatenate(parts)
    middle = float(interquartile_mean(pooled))
    fewest = min(len(part) for part in parts)
    if fewest < 2:
        return Estimate(middle, None, None, fewest, 0.0, level, comparisons)
    rng = np.random.default_rng(0)
    drawn = np.concatenate([_redrawn(part, rng) for part in parts], axis=1)
    tail = _widened_tail([len(part) for part in parts], (1 - level) / comparisons)
    low, high = np.quantile(interquartile_mean(drawn), [tail, 1 - tail])
    spread = float(np.sqrt(np.mean([part.var(ddof=1) for part in parts])))
    spread = 0.0 if spread < 1e-12 else spread
    return Estimate(middle, float(low), float(high), fewest, spread, level, comparisons)


def improvement(first: Sequence[float], second: Sequence[float]) -> float:
    """How often a training of the first scores higher than one of the second; ties count half."""
    one, other = np.asarray(first, dtype=float)[:, None], np.asarray(second, dtype=float)[None]
    return float(np.mean((one > other) + 0.5 * (one == other)))


def improvement_interval(
    first: Sequence[float], second: Sequence[float], level: float = 0.95
) -> tuple[float, float]:
    """The interval of :func:`improvement` in one task.

    Method 5 of Newcombe 2006 (Stat. Med. 25, 559): a score interval with Hanley and McNeil's
    variance, which stays sound where every training of one side is above the other's.
    """
    found, z = improvement(first, second), float(ndtri(0.5 + level / 2))
    m, n = len(first), len(second)

    def reach(theta: float) -> float:
        more = (m + n) / 2 - 1
        inflated = 1 + more * (1 - theta) / (2 - theta) + more * theta / (1 + theta)
        return z * math.sqrt(max(0.0, theta * (1 - theta) * inflated / (m * n)))

    def end(inside: float, outside: float) -> float:
        for _ in range(60):
            middle = (inside + outside) / 2
            if abs(found - middle) <= reach(middle):
                inside = middle
            else:
                outside = middle
        return inside

    return end(found, 0.0), end(found, 1.0)


def pooled_improvement(first: Strata, second: Strata, level: float = 0.95) -> Estimate:
    """:func:`improvement` averaged over tasks, with its stratified bootstrap interval.

    Args:
        first, second: Scores of each task's trainings, the tasks in the same order.
        level: Two-sided confidence.
    """
    pairs = [
        (np.asarray(one, dtype=float), np.asarray(other, dtype=float))
        for one, other in zip(first, second, strict=True)
    ]
    found = float(np.mean([improvement(one, other) for one, other in pairs]))  # type: ignore[arg-type]
    sizes = [min(len(one), len(other)) for one, other in pairs]
    if min(sizes) < 2:
        return Estimate(found, None, None, min(sizes), 0.0, level)
    rng = np.random.default_rng(0)
    drawn = np.zeros(RESAMPLES)
    for one, other in pairs:
        a, b = _redrawn(one, rng)[:, :, None], _redrawn(other, rng)[:, None, :]
        drawn += ((a > b) + 0.5 * (a == b)).mean(axis=(1, 2)) / len(pairs)
    tail = _widened_tail(sizes, 1 - level)
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return Estimate(found, float(low), float(high), min(sizes), float(drawn.std()), level)


def rank_p(first: Sequence[float], second: Sequence[float]) -> float:
    """One-sided exact p value of "the first's trainings do not tend to score higher".

    The rank-sum test of Wilcoxon, Mann and Whitney, exact for any distribution, with ties: the
    share of all ways to name the pooled scores that give the first a rank sum as large.
    """
    m, pooled = len(first), np.round(np.concatenate([first, second]).astype(float), 12)
    # Twice the mean rank of ties is a whole number.
    doubled = np.array([(pooled < v).sum() + (pooled <= v).sum() + 1 for v in pooled])
    ways = np.zeros((m + 1, int(doubled.sum()) + 1))
    ways[0, 0] = 1.0
    for rank in doubled:
        ways[1:, rank:] += ways[:-1, : ways.shape[1] - rank].copy()
    of_all = ways[m]
    return float(min(1.0, of_all[int(doubled[:m].sum()) :].sum() / of_all.sum()))


def _redrawn(values: Floats, rng: np.random.Generator) -> Floats:
    """Samples with replacement, shape (resamples, n)."""
    drawn: Floats = values[rng.integers(len(values), size=(RESAMPLES, len(values)))]
    return drawn


def _widened_tail(sizes: Sequence[int], outside: float) -> float:
    """The tail to cut so that few trainings do not make the interval too short."""
    freedom, fewest = sum(size - 1 for size in sizes), min(sizes)
    return float(ndtr(-math.sqrt(fewest / (fewest - 1)) * float(stdtrit(freedom, 1 - outside / 2))))
