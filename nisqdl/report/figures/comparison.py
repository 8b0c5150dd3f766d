"""Two runs beside each other: every pair, and what differs by each setting."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from nisqdl.analysis.compare import Comparison, Row
from nisqdl.report.style import BLUE, GREY, INK, NARROW, VERMILION, WIDTH, Drawing

MOST_ROWS = 40
"""So many rows a figure can hold; the table has all."""

_ROOM = 3.0
"""Times the interval over all pairs, or the largest mean: no axis goes further."""


def draw(found: Comparison, columns: int) -> Drawing:
    """The figure of one comparison; columns are 2 for wide pages and 1 for phones."""
    rows = found.rows[:MOST_ROWS]
    tall = max(2.9, 0.24 * len(rows) + 0.9)
    if columns == 1:
        figure = Figure(figsize=(NARROW, tall + 4.2), layout="constrained")
        scatter, forest = figure.subplots(2, 1, height_ratios=(3.6, tall))
    else:
        figure = Figure(figsize=(WIDTH + 1.0, max(3.9, tall)), layout="constrained")
        scatter, forest = figure.subplots(1, 2, width_ratios=(1, 1.15))
    _scatter(scatter, found)
    _forest(forest, found, rows)
    first, second = found.names
    alt = (
        f"Left: {found.metric_title} of {first} against that of {second}, a mark for each of "
        f"{len(found.groups)} settings, with the line of equality. Right: the difference with its "
        f"interval for {'; '.join(row.title for row in rows)}."
    )
    return Drawing(figure, _caption(found), alt)


def _scatter(panel: Axes, found: Comparison) -> None:
    x, y = [g.second for g in found.groups], [g.first for g in found.groups]
    low, high = min(*x, *y), max(*x, *y)
    margin = 0.06 * (high - low) or 0.05
    ends = (low - margin, high + margin)
    panel.plot(ends, ends, color=GREY, linewidth=1, zorder=1)
    many = len(x) > 60
    panel.plot(
        x, y, "o", color=BLUE, markersize=3 if many else 5, alpha=0.5 if many else 0.9,
        markeredgewidth=0,
    )  # fmt: skip
    panel.set_xlim(ends)
    panel.set_ylim(ends)
    panel.set_box_aspect(1)
    panel.grid(True, axis="both")
    panel.set_xlabel(found.names[1], wrap=True)
    panel.set_ylabel(found.names[0], wrap=True)
    panel.set_title(found.metric_title)


def _forest(panel: Axes, found: Comparison, rows: Sequence[Row]) -> None:
    reach = _reach(found, rows)
    panel.axvline(0, color=INK, linewidth=1, zorder=1)
    for place, row in enumerate(rows):
        gain = row.difference
        shown = gain.above_zero or gain.below_zero
        below, above = gain.arms
        if reach is not None:
            below, above = min(below, reach + gain.mean), min(above, reach - gain.mean)
        panel.errorbar(
            [gain.mean], [place], xerr=[[below], [above]], fmt="D" if not row.setting else "o",
            color=VERMILION if shown else GREY, markerfacecolor=None if shown else "white",
            capsize=0 if reach is not None and max(gain.arms) > max(below, above) else None,
        )  # fmt: skip
    settings = [row.setting for row in rows]
    for place in range(1, len(rows)):
        if settings[place] != settings[place - 1]:
            panel.axhline(place - 0.5, color=GREY, linewidth=0.5)
    if reach is not None:
        panel.set_xlim(-reach, reach)
    panel.set_yticks(range(len(rows)), labels=[row.title for row in rows])
    panel.set_ylim(len(rows) - 0.4, -0.6)
    panel.tick_params(axis="y", length=0)
    panel.grid(True, axis="x")
    panel.grid(False, axis="y")
    panel.set_xlabel(f"difference in {found.metric_title}")
    title = " − ".join(found.names)
    panel.set_title(title if len(title) <= 36 else "first − second")


def _reach(found: Comparison, rows: Sequence[Row]) -> float | None:
    """How far the axis goes where intervals of few pairs would leave the rest no room."""
    means = max(abs(row.difference.mean) for row in rows)
    ends = [abs(row.difference.mean) + max(row.difference.arms) for row in rows]
    reach = _ROOM * max(means, ends[0])
    return reach if 0 < reach < max(ends) else None


def _caption(found: Comparison) -> str:
    more = len(found.rows) - MOST_ROWS
    left = f" ({more} more rows are in the table)" if more > 0 else ""
    if _reach(found, found.rows[:MOST_ROWS]) is not None:
        left += ". Where an interval leaves the figure, its ends are in the table"
    return (
        f"Every setting's {found.metric_title} in {found.names[0]} against {found.names[1]}, mean "
        f"over its pairs, and the paired difference {found.names[0]} minus {found.names[1]}: "
        f"{found.overall.signed()} over all. Intervals over {found.over}s hold at 95 % jointly for "
        f"all {len(found.rows)} rows; filled marks are differences that were shown{left}."
    )
