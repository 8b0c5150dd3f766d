"""Numbers that are made of records, to be held against published ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from scipy.special import stdtrit

from nisqdl.analysis.expressibility import rank_correlation
from nisqdl.analysis.intervals import mean_over_seeds
from nisqdl.analysis.table import Table as Rows
from nisqdl.catalog import Table
from nisqdl.store.record import Json

_REACH = 1.959964
"""Standard errors to each end of a normal 95 % interval."""


@dataclass(frozen=True)
class Measured:
    """A number of ours.

    Attributes:
        value: The number.
        low, high: Ends of its 95 % interval; both ``value`` where it is exact.
        records: How many records it is made of.
    """

    value: float
    low: float
    high: float
    records: int

    @property
    def arm(self) -> float:
        """The longer side of the interval."""
        return max(self.high - self.value, self.value - self.low)


class Asked(Protocol):
    """What a statistic is told; see :class:`nisqdl.analysis.published.PublishedValue`."""

    @property
    def value(self) -> str: ...
    @property
    def where(self) -> Mapping[str, Json]: ...
    @property
    def along(self) -> str | None: ...
    @property
    def against(self) -> Mapping[str, Json]: ...


Statistic: TypeAlias = "Callable[[Rows, Asked], Measured | None]"
"""A number of some records; ``None`` where they do not suffice."""


def _mean(rows: Rows, asked: Asked) -> Measured | None:
    """One record's value with its own interval, or the mean of several with Student's."""
    known = [row for row in rows.rows if row.get(asked.value) is not None]
    if not known:
        return None
    numbers = [float(row[asked.value]) for row in known]
    if len(known) == 1:
        low, high = (known[0].get(f"{asked.value}_{end}") for end in ("low", "high"))
        value = numbers[0]
        if low is not None and high is not None:
            return Measured(value, float(low), float(high), 1)
        stderr = known[0].get(f"{asked.value}_stderr")
        arm = _REACH * float(stderr) if stderr is not None else 0.0
        return Measured(value, value - arm, value + arm, 1)
    found = mean_over_seeds(numbers)
    assert found.low is not None
    assert found.high is not None
    return Measured(found.mean, found.low, found.high, found.n)


def _median(rows: Rows, asked: Asked) -> Measured | None:
    """The median of the records themselves, such as "most seeds do it": it has no interval."""
    known = [float(row[asked.value]) for row in rows.rows if row.get(asked.value) is not None]
    if not known:
        return None
    value = float(np.median(known))
    return Measured(value, value, value, len(known))


def _log2_slope(rows: Rows, asked: Asked) -> Measured | None:
    """The slope of log2(mean value) against ``along``, with Student's interval of the residuals."""
    assert asked.along is not None
    points = [
        (float(x), found.value)
        for (x,), group in rows.groups([asked.along])
        if x is not None and (found := _mean(group, asked)) is not None and found.value > 0
    ]
    if len(points) < 3:
        return None
    x, y = np.array(points).T
    y = np.log2(y)
    centred = x - x.mean()
    slope = float(centred @ y / (centred @ centred))
    residuals = y - y.mean() - slope * centred
    freedom = len(points) - 2
    stderr = math.sqrt(float(residuals @ residuals) / freedom / float(centred @ centred))
    arm = float(stdtrit(freedom, 0.975)) * stderr
    return Measured(slope, slope - arm, slope + arm, len(rows))


def _rank_correlation(rows: Rows, asked: Asked) -> Measured | None:
    """Spearman's rank correlation of the value with ``along``, record by record."""
    assert asked.along is not None
    known = [row for row in rows.rows if row.get(asked.value) is not None]
    pairs = [(float(row[asked.along]), float(row[asked.value])) for row in known]
    found = rank_correlation([x for x, _ in pairs], [y for _, y in pairs])
    if found is None or found.low is None or found.high is None:
        return None
    return Measured(found.mean, found.low, found.high, found.n)


def _ratio(rows: Rows, asked: Asked) -> Measured | None:
    """The mean over that of the records of ``against``; their errors are added in the logarithm."""
    above = _mean(picked(rows, asked.where), asked)
    below = _mean(picked(rows, {**asked.where, **asked.against}), asked)
    if above is None or below is None or above.value <= 0 or below.value <= 0:
        return None
    value = above.value / below.value
    relative = math.hypot(above.arm / above.value, below.arm / below.value)
    reach = math.exp(relative)
    return Measured(value, value / reach, value * reach, above.records + below.records)


def _difference(rows: Rows, asked: Asked) -> Measured | None:
    """The mean minus that of the records of ``against``, paired by seed where both have seeds."""
    first = picked(rows, asked.where)
    second = picked(rows, {**asked.where, **asked.against})
    seeds = [row.get("seed") for row in (*first.rows, *second.rows)]
    if all(isinstance(seed, int) for seed in seeds):
        ours, others = first.by_seed(asked.value), second.by_seed(asked.value)
        shared = sorted(ours.keys() & others.keys())
        if len(shared) > 1:
            found = mean_over_seeds([ours[seed] - others[seed] for seed in shared])
            assert found.low is not None
            assert found.high is not None
            return Measured(found.mean, found.low, found.high, 2 * found.n)
    left, right = _mean(first, asked), _mean(second, asked)
    if left is None or right is None:
        return None
    value, arm = left.value - right.value, math.hypot(left.arm, right.arm)
    return Measured(value, value - arm, value + arm, left.records + right.records)


def picked(rows: Rows, where: Mapping[str, Json]) -> Rows:
    return rows.where({name: _listed(value) for name, value in where.items()})


def _listed(value: Json) -> Json:
    return list(value) if isinstance(value, tuple) else value


STATISTICS: Table[Statistic] = Table(
    "statistic",
    {
        "mean": _mean,
        "median": _median,
        "log2_slope": _log2_slope,
        "rank_correlation": _rank_correlation,
        "ratio": _ratio,
        "difference": _difference,
    },
)
"""What may be made of records. A new one is one function and one line."""

OF_TWO = ("ratio", "difference")

ALONG = ("log2_slope", "rank_correlation")
