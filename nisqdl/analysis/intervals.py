"""Means, differences and proportions with their intervals, and corrections for many comparisons.

Intervals over seeds speak of new seeds (splits of the same data set and initial weights), not of
other data sets. One seed has no interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtri, stdtr, stdtrit

MINUS = "−"


@dataclass(frozen=True)
class Estimate:
    """A mean over seeds with its two-sided interval.

    Attributes:
        mean: The mean.
        low, high: The interval's ends; ``None`` for one seed, which has no interval.
        n: Number of seeds, or of what stands in their place.
        spread: Standard deviation between seeds (with n − 1); 0 for one seed.
        level: Confidence of the interval, jointly over ``comparisons`` intervals.
        comparisons: Number of intervals that hold jointly at ``level`` (Bonferroni); 1 for one
            that stands alone.
        over: What it is a mean over, for the text: ``"seed"``, ``"pair"``.
    """

    mean: float
    low: float | None
    high: float | None
    n: int
    spread: float
    level: float = 0.95
    comparisons: int = 1
    over: str = "seed"

    @property
    def above_zero(self) -> bool:
        """Whether the whole interval is above 0, from seeds that suffice to say so.

        Fewer than three seeds, or seeds that all give the same number, show nothing: their
        spread is not known.
        """
        return self.low is not None and self.n >= 3 and self.spread > 0 and self.low > 0

    @property
    def below_zero(self) -> bool:
        """Whether the whole interval is below 0; see ``above_zero``."""
        return self.high is not None and self.n >= 3 and self.spread > 0 and self.high < 0

    @property
    def arms(self) -> tuple[float, float]:
        """How far the interval reaches below and above the mean; 0 where there is none."""
        if self.low is None or self.high is None:
            return 0.0, 0.0
        return self.mean - self.low, self.high - self.mean

    def reversed(self) -> Estimate:
        """The same with the other sign: a cost instead of a gain."""
        low = None if self.high is None else -self.high
        high = None if self.low is None else -self.low
        return replace(self, mean=-self.mean, low=low, high=high)

    def text(self, digits: int = 3) -> str:
        """``0.912 (0.897 to 0.927)``, ``0.912 (one seed, no interval)``, or ``0.912 (every seed
        alike)``: seeds without spread tell no interval either."""
        return self._text(lambda value: number(value, digits))

    def signed(self, digits: int = 3) -> str:
        """As ``text``, with a sign: for differences."""
        return self._text(lambda value: signed_number(value, digits))

    def _text(self, show: Callable[[float], str]) -> str:
        if self.low is None or self.high is None:
            return f"{show(self.mean)} (one {self.over}, no interval)"
        if self.spread == 0:
            return f"{show(self.mean)} (every {self.over} alike)"
        return f"{show(self.mean)} ({show(self.low)} to {show(self.high)})"


def number(value: float, digits: int = 3) -> str:
    """A number with a typographic minus, and no minus on a zero."""
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        return text.lstrip("-")
    return text.replace("-", MINUS)


def signed_number(value: float, digits: int = 3) -> str:
    """A number with its sign, and no sign on a zero."""
    text = number(value, digits)
    return text if text.startswith(MINUS) or float(text) == 0 else f"+{text}"


def mean_over_seeds(values: Sequence[float], level: float = 0.95, comparisons: int = 1) -> Estimate:
    """The mean with Student's t interval.

    Args:
        values: One value a seed; at least one.
        level: Two-sided confidence, jointly over ``comparisons`` intervals.
        comparisons: How many intervals of this kind are read together (Bonferroni: each is
            computed at 1 − (1 − level)/comparisons).
    """
    numbers = np.asarray(values, dtype=float)
    n = len(numbers)
    mean = float(numbers.mean())
    if n == 1:
        return Estimate(mean, None, None, 1, 0.0, level, comparisons)
    spread = float(numbers.std(ddof=1))
    if spread < 1e-12:  # the same number from every seed, up to the rounding of their sum
        spread = 0.0
    tail = (1 - level) / (2 * comparisons)
    half = float(stdtrit(n - 1, 1 - tail)) * spread / math.sqrt(n)
    return Estimate(mean, mean - half, mean + half, n, spread, level, comparisons)


def share_over_seeds(values: Sequence[float], level: float = 0.95) -> Estimate:
    """As ``mean_over_seeds`` for shares such as accuracies: no interval leaves 0 to 1.

    The mean of shares lies there for certain, so nothing is lost from what the interval covers.
    """
    found = mean_over_seeds(values, level)
    if found.low is None or found.high is None:
        return found
    return replace(found, low=max(0.0, found.low), high=min(1.0, found.high))


def paired_difference(
    first: Mapping[int, float],
    second: Mapping[int, float],
    level: float = 0.95,
    comparisons: int = 1,
) -> Estimate | None:
    """The mean of ``first − second`` over the seeds that both have; ``None`` if they share none.

    Args:
        first, second: Values by seed. The same seed means the same split of the data.
        level, comparisons: As in ``mean_over_seeds``.
    """
    seeds = sorted(first.keys() & second.keys())
    if not seeds:
        return None
    return mean_over_seeds([first[s] - second[s] for s in seeds], level, comparisons)


def slope_over_seeds(
    curves: Mapping[int, Mapping[float, float]], level: float = 0.95, comparisons: int = 1
) -> Estimate | None:
    """The least-squares slope of y against x in each seed, then its mean over seeds.

    Args:
        curves: For each seed, y by x. Seeds with fewer than two values of x are left out.
        level, comparisons: As in ``mean_over_seeds``.

    Returns:
        ``None`` if no seed has two values of x.
    """
    slopes = []
    for curve in curves.values():
        x = np.array(sorted(curve), dtype=float)
        if len(x) >= 2:
            y = np.array([curve[value] for value in x])
            centred = x - x.mean()
            slopes.append(float(centred @ y / (centred @ centred)))
    return mean_over_seeds(slopes, level, comparisons) if slopes else None


def wilson(successes: float, trials: int, level: float = 0.95) -> tuple[float, float]:
    """The interval of a proportion by E. B. Wilson (J. Am. Stat. Assoc. 22, 209, 1927).

    Args:
        successes: Number of successes, from 0 to ``trials``.
        trials: Number of independent trials, at least 1.
        level: Two-sided confidence.
    """
    z = float(ndtri(0.5 + level / 2))
    p = successes / trials
    centre = p + z * z / (2 * trials)
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    # At 0 and all successes an end is 0 or 1 exactly; rounding must not push it beyond.
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def p_above_zero(estimate: Estimate) -> float:
    """One-sided p value of "the mean is not above 0" by Student's t test.

    1 where the seeds show nothing (fewer than three, or all the same).
    """
    if estimate.n < 3 or estimate.spread == 0:
        return 1.0
    t = estimate.mean / (estimate.spread / math.sqrt(estimate.n))
    return float(stdtr(estimate.n - 1, -t))


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """P values corrected for their number (S. Holm, Scand. J. Stat. 6, 65, 1979), in order."""
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    corrected = [0.0] * len(p_values)
    largest = 0.0
    for rank, i in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[i]))
        corrected[i] = largest
    return tuple(corrected)
