"""Published numbers beside ours: whether ours meet them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nisqdl.analysis.published import Published, PublishedValue
from nisqdl.analysis.statistics import OF_TWO, STATISTICS, Measured, picked
from nisqdl.analysis.table import Table as Rows
from nisqdl.store.record import Json, Record


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
    chosen = rows if asked.statistic in OF_TWO else picked(rows, asked.where)
    return STATISTICS[asked.statistic](chosen, asked)


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
