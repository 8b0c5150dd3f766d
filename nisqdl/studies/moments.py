"""Second moments of sampled numbers, with intervals that hold for skewed distributions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nisqdl.engines.contract import Array

LEVEL = 0.95
"""Confidence of every interval here."""

_REACH = 1.959964
"""Standard errors to each end of a normal 95 % interval."""

_RESAMPLES = 1000
_AT_ONCE = 1 << 22
"""Numbers that are drawn at once: 32 MiB."""


@dataclass(frozen=True)
class Moment:
    """A mean of squares.

    Attributes:
        mean: The mean.
        stderr: Its standard error; 0 where it is exact.
        low, high: Ends of its 95 % interval.
    """

    mean: float
    stderr: float
    low: float
    high: float


def mean_of_squares(squares: Array, rng: np.random.Generator) -> Moment:
    """The mean of independent squares with a studentised bootstrap interval.

    The bootstrap resamples t = (ln m* − ln m) / (s*/m*), with m the mean and s its standard error
    (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, section 12.5). The logarithm
    keeps the interval positive and takes most of the skewness of squares away.

    Args:
        squares: One value ≥ 0 a sample, shape (R,), R ≥ 2.
        rng: Draws the resamples.
    """
    count = len(squares)
    mean = float(squares.mean())
    stderr = float(squares.std(ddof=1)) / np.sqrt(count)
    relative = stderr / mean if mean > 0 else 0.0
    if relative <= 1e-9:  # all alike, up to rounding: there is nothing to resample
        return Moment(mean, 0.0, mean, mean)
    t = _studentised(squares, mean, rng)
    below, above = np.quantile(t, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    low, high = mean * np.exp(-above * relative), mean * np.exp(-below * relative)
    return Moment(mean, float(stderr), float(low), float(high))


def around(mean: float, stderr: float) -> Moment:
    """A moment of known standard error, with the interval of a log-normal distribution."""
    if mean <= 0 or stderr <= 0:
        return Moment(float(mean), float(stderr), float(mean), float(mean + _REACH * stderr))
    reach = float(np.exp(_REACH * np.sqrt(np.log1p((stderr / mean) ** 2))))
    return Moment(float(mean), float(stderr), float(mean / reach), float(mean * reach))


def _studentised(squares: Array, mean: float, rng: np.random.Generator) -> Array:
    """t of each resample; those that drew nothing but zeros are left out."""
    count = len(squares)
    found = []
    part = max(1, _AT_ONCE // count)
    for start in range(0, _RESAMPLES, part):
        size = (min(part, _RESAMPLES - start), count)
        drawn = squares[rng.integers(0, count, size)]
        means, spreads = drawn.mean(axis=1), drawn.std(axis=1, ddof=1) / np.sqrt(count)
        good = (means > 0) & (spreads > 0)
        found.append((np.log(means[good]) - np.log(mean)) * means[good] / spreads[good])
    return np.concatenate(found)
