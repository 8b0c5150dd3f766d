"""Paired tests over repeated splits of one data set, whose training sets overlap.

Splits of the same rows are not independent: scores of two learners vary together with the rows that
the splits share, and a plain t test finds differences that are not there. Nadeau and Bengio (2003,
Machine Learning 52, 239) correct the variance of the mean of J differences from s²/J to
(1/J + n₂/n₁) s², with n₁ training and n₂ test rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtr, stdtrit

from nisqdl.analysis.intervals import Estimate

FEWEST = 5
"""Splits below which nothing is shown."""


@dataclass(frozen=True)
class Paired:
    """The difference of two learners over the splits that both have.

    Attributes:
        mean: Of first minus second.
        low, high: Ends of the interval.
        spread: Standard deviation between splits.
        splits: J.
        p_above: One-sided p value of "first is not better"; 1 where nothing can be shown.
        p_below: The same of "second is not better".
        comparisons: How many intervals hold together at ``level`` (Bonferroni).
        level: Their joint confidence.
    """

    mean: float
    low: float
    high: float
    spread: float
    splits: int
    p_above: float
    p_below: float
    comparisons: int
    level: float

    @property
    def effect(self) -> float | None:
        """The mean in standard deviations between splits; None where they do not vary."""
        return None if self.spread == 0 else self.mean / self.spread

    @property
    def estimate(self) -> Estimate:
        """The same as the reports' type."""
        return Estimate(
            self.mean, self.low, self.high, self.splits, self.spread, self.level, self.comparisons
        )


def corrected_difference(
    first: Mapping[int, float],
    second: Mapping[int, float],
    test_share: float,
    comparisons: int = 1,
    level: float = 0.95,
) -> Paired | None:
    """The corrected resampled t test of first minus second.

    Args:
        first, second: Scores by split.
        test_share: n₂/n₁, test rows over training rows.
        comparisons, level: The interval holds at 1 − (1 − level)/comparisons.

    Returns:
        ``None`` with fewer than two splits in common.
    """
    shared = sorted(first.keys() & second.keys())
    if len(shared) < 2:
        return None
    differences = np.array([first[split] - second[split] for split in shared])
    count = len(differences)
    mean, spread = float(differences.mean()), float(differences.std(ddof=1))
    if spread < 1e-12:
        spread = 0.0
    error = spread * math.sqrt(1 / count + test_share)
    reach = float(stdtrit(count - 1, 1 - (1 - level) / (2 * comparisons))) * error
    if spread == 0 or count < FEWEST:
        p_above = p_below = 1.0
    else:
        p_above = float(stdtr(count - 1, -mean / error))
        p_below = float(stdtr(count - 1, mean / error))
    return Paired(
        mean, mean - reach, mean + reach, spread, count, p_above, p_below, comparisons, level
    )
