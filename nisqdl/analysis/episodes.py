"""Returns of episodes with their intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from nisqdl.analysis.intervals import Estimate, mean_over_seeds, wilson


def mean_return(returns: Sequence[float], level: float = 0.95) -> Estimate:
    """The mean return over independent episodes with its two-sided interval.

    Student's t; where every return is 0 or 1 (reached or not) it is a proportion, and the
    interval Wilson's, which does not leave 0 to 1.

    Args:
        returns: One value an episode; at least one.
        level: Confidence of the interval.
    """
    found = mean_over_seeds(returns, level)
    if set(returns) <= {0.0, 1.0} and found.low is not None:
        low, high = wilson(sum(returns), len(returns), level)
        return replace(found, low=low, high=high)
    return found
