"""Published values beside ours: what an experiment file declares, and whether ours meets it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeAlias

import numpy as np
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from scipy.special import stdtrit

from nisqdl.analysis.expressibility import rank_correlation
from nisqdl.analysis.intervals import mean_over_seeds
from nisqdl.analysis.table import Table as Rows
from nisqdl.catalog import Table, checked
from nisqdl.errors import InputError
from nisqdl.store.record import Json, Record

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


Statistic: TypeAlias = "Callable[[Rows, PublishedValue], Measured | None]"
"""A number of some records; ``None`` where they do not suffice."""


def _mean(rows: Rows, asked: PublishedValue) -> Measured | None:
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


def _median(rows: Rows, asked: PublishedValue) -> Measured | None:
    """The median of the records themselves, such as "most seeds do it": it has no interval."""
    known = [float(row[asked.value]) for row in rows.rows if row.get(asked.value) is not None]
    if not known:
        return None
    value = float(np.median(known))
    return Measured(value, value, value, len(known))


def _log2_slope(rows: Rows, asked: PublishedValue) -> Measured | None:
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


def _rank_correlation(rows: Rows, asked: PublishedValue) -> Measured | None:
    """Spearman's rank correlation of the value with ``along``, record by record."""
    assert asked.along is not None
    known = [row for row in rows.rows if row.get(asked.value) is not None]
    pairs = [(float(row[asked.along]), float(row[asked.value])) for row in known]
    found = rank_correlation([x for x, _ in pairs], [y for _, y in pairs])
    if found is None or found.low is None or found.high is None:
        return None
    return Measured(found.mean, found.low, found.high, found.n)


def _ratio(rows: Rows, asked: PublishedValue) -> Measured | None:
    """The mean over that of the records of ``against``; their errors are added in the logarithm."""
    above = _mean(_picked(rows, asked.where), asked)
    below = _mean(_picked(rows, {**asked.where, **asked.against}), asked)
    if above is None or below is None or above.value <= 0 or below.value <= 0:
        return None
    value = above.value / below.value
    relative = math.hypot(above.arm / above.value, below.arm / below.value)
    reach = math.exp(relative)
    return Measured(value, value / reach, value * reach, above.records + below.records)


def _difference(rows: Rows, asked: PublishedValue) -> Measured | None:
    """The mean minus that of the records of ``against``, paired by seed where both have seeds."""
    first = _picked(rows, asked.where)
    second = _picked(rows, {**asked.where, **asked.against})
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

_OF_TWO = ("ratio", "difference")
_ALONG = ("log2_slope", "rank_correlation")


class PublishedValue(BaseModel):
    """One value, or one for each value of a setting, and what of ours stands beside it.

    Attributes:
        what: What it is, in a few words.
        source: Where it stands: an equation, a table, a figure; or what it follows from.
        kind: ``published`` as a number, ``digitised`` from a figure, a ``closed form``, an
            independent ``simulation``, or a ``claim`` in words, of which a bound is made.
        value: The name of the value in records.
        where: The records that count: settings or values by name, and what they are.
        statistic: What is made of the records.
        over: A setting; there is a number for each of its values.
        along: For ``log2_slope`` and ``rank_correlation``: the setting or value along which.
        against: For ``ratio`` and ``difference``: what is different in the records of the other
            side.
        expected: The number, or the numbers by the value of ``over``.
        at_least, at_most: A bound instead of a number.
        tolerance: How far ours may be away: a number; with ``relative``, a share of the expected.
        relative: The same as a share; where both are given, the larger one counts.
        open: Why ours does not meet it, where that was looked into and is known: then it is told as
            not met, with this reason, and is no failure of the reproduction.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str
    source: str
    kind: Literal["published", "digitised", "closed form", "simulation", "claim"] = "published"
    value: str
    where: Mapping[str, Any] = Field(default_factory=dict)
    statistic: Annotated[str, AfterValidator(checked(STATISTICS.find))] = "mean"
    over: str | None = None
    along: str | None = None
    against: Mapping[str, Any] = Field(default_factory=dict)
    expected: float | Mapping[str | int | float, float] | None = None
    at_least: float | None = None
    at_most: float | None = None
    tolerance: float | None = Field(default=None, ge=0)
    relative: float | None = Field(default=None, ge=0)
    open: str | None = Field(default=None, min_length=20, exclude_if=lambda value: value is None)

    @model_validator(mode="after")
    def _fits(self) -> PublishedValue:
        bounds = [value for value in (self.at_least, self.at_most) if value is not None]
        if (self.expected is None) == (not bounds):
            raise ValueError("give either `expected`, or `at_least` or `at_most`")
        if self.expected is not None and self.tolerance is None and self.relative is None:
            raise ValueError("`expected` needs a `tolerance`, or a `relative` one")
        if isinstance(self.expected, Mapping) != (self.over is not None and not bounds):
            raise ValueError("`expected` must be a mapping with `over`, and a number without it")
        if (self.statistic in _ALONG) != (self.along is not None):
            raise ValueError(f"`along` goes with {' and '.join(_ALONG)}, and with them alone")
        if (self.statistic in _OF_TWO) != bool(self.against):
            raise ValueError(f"`against` goes with {' and '.join(_OF_TWO)}, and with them alone")
        return self


class Published(BaseModel):
    """What an experiment reproduces.

    Attributes:
        title: The work, as it is cited: authors, year, title, address.
        claim: What it found, in one sentence.
        differs: What is not as in the work, in one sentence.
        values: What is compared.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    claim: str
    differs: str | None = None
    values: tuple[PublishedValue, ...] = Field(min_length=1)


@dataclass(frozen=True)
class Comparison:
    """One published number and ours.

    Attributes:
        asked: The declaration that it comes from.
        at: The value of ``asked.over``; ``None`` without it.
        expected: The published number; ``None`` where there is a bound.
        ours: Ours; ``None`` where no record gives it.
    """

    asked: PublishedValue
    at: Json
    expected: float | None
    ours: Measured | None

    @property
    def tolerance(self) -> float:
        """How far ours may be from the expected number."""
        if self.expected is None:
            return 0.0
        share = (self.asked.relative or 0.0) * abs(self.expected)
        return max(self.asked.tolerance or 0.0, share)

    @property
    def resolved(self) -> bool:
        """Whether our interval is short enough to say so."""
        return self.ours is not None and (self.expected is None or self.ours.arm <= self.tolerance)

    @property
    def met(self) -> bool:
        """Whether ours is within the tolerance, with an interval that resolves it; a bound must
        hold for the whole interval."""
        if self.ours is None or not self.resolved:
            return False
        if self.expected is not None:
            return abs(self.ours.value - self.expected) <= self.tolerance
        above = self.asked.at_least is None or self.ours.low >= self.asked.at_least
        below = self.asked.at_most is None or self.ours.high <= self.asked.at_most
        return above and below

    @property
    def fails(self) -> bool:
        """Whether it is not met, and nobody has said why."""
        return not self.met and self.asked.open is None


def comparisons(published: Published, records: Sequence[Record]) -> tuple[Comparison, ...]:
    """Every published number beside ours, in the order of the declaration."""
    rows = Rows.from_records(records)
    return tuple(one for asked in published.values for one in _compared(asked, rows))


def _compared(asked: PublishedValue, rows: Rows) -> list[Comparison]:
    if asked.over is None:
        assert not isinstance(asked.expected, Mapping)
        return [Comparison(asked, None, asked.expected, _ours(asked, rows))]
    known = {_name(value): value for value in rows.distinct(asked.over)}
    wanted: dict[str, float | None]
    if isinstance(asked.expected, Mapping):
        # Stored as JSON with sorted keys, numbers lose their order.
        ordered = sorted(asked.expected.items(), key=lambda item: _rank(_number(item[0])))
        wanted = {_name(_number(key)): number for key, number in ordered}
    else:
        wanted = dict.fromkeys(known)
    found = []
    for key, number in wanted.items():
        some = rows.where({asked.over: known[key]}) if key in known else Rows(())
        found.append(Comparison(asked, known.get(key, key), number, _ours(asked, some)))
    return found


def _ours(asked: PublishedValue, rows: Rows) -> Measured | None:
    # Ratios and differences pick their two sides themselves.
    chosen = rows if asked.statistic in _OF_TWO else _picked(rows, asked.where)
    return STATISTICS[asked.statistic](chosen, asked)


def _picked(rows: Rows, where: Mapping[str, Json]) -> Rows:
    return rows.where({name: _listed(value) for name, value in where.items()})


def _listed(value: Json) -> Json:
    return list(value) if isinstance(value, tuple) else value


def _number(key: Json) -> Json:
    """JSON writes a mapping's numbers as texts."""
    if not isinstance(key, str):
        return key
    try:
        return float(key)
    except ValueError:
        return key


def _rank(value: Json) -> tuple[Json, ...]:
    """Numbers ascending, then texts with the numbers in them ascending: sim_2 before sim_10."""
    if isinstance(value, int | float):
        return 0, value
    parts = re.split(r"(\d+)", str(value))
    return 1, tuple((int(part), "") if part.isdigit() else (0, part) for part in parts)


def _name(value: Json) -> str:
    return f"{value:g}" if isinstance(value, int | float) else str(value)


def require_columns(published: Published, columns: frozenset[str], file: str) -> None:
    """That every setting a declaration names is one of the points'.

    Raises:
        InputError: One is not; values (without a dot) are known only when records are.
    """
    for asked in published.values:
        for name in (*asked.where, *asked.against, asked.over, asked.along):
            if name is not None and "." in name and name not in columns:
                raise InputError(
                    f"{file}: published value {asked.what!r} names the setting {name!r}, which "
                    f"no point has; it must be one of {', '.join(sorted(columns))}."
                )
