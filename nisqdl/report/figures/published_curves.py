"""Published values and ours along a setting: a panel for each declaration that has one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nisqdl.analysis.published import PublishedValue
from nisqdl.analysis.reproduction import Comparison
from nisqdl.analysis.reproduction_verdict import value_name
from nisqdl.analysis.words import counted
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import BLUE, GREY, INK, SKY, Drawing, left_panels, legend, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST = 3
"""A curve has at least so many values; fewer are in the table."""

MOST_PANELS = 6

_CROWDED = 12
"""Past so many values, their names are written small."""

_WIDE = 10.0
"""Values that span so large a factor are drawn on a logarithmic axis."""


def draw(found: tuple[Comparison, ...], columns: int) -> Drawing | None:
    curves = _curves(found)[:MOST_PANELS]
    if not curves:
        return None
    titles = [asked.what for asked, _ in curves]
    figure, axes = panels(_wrapped(titles, columns), columns, height=3.1, share=False)
    for panel, (asked, some) in zip(axes, curves, strict=True):
        _draw_curve(panel, asked, some)
    for panel in left_panels(axes):
        panel.set_ylabel("value")
    legend(figure, axes)
    drawn = [one for _, some in curves for one in some]
    met = sum(one.met for one in drawn)
    caption = (
        f"Ours with 95 % intervals beside what is published, with its tolerance: {met} of "
        f"{counted(len(drawn), 'value')} shown are met."
    )
    alt = (
        "Published values with a band of their tolerance, and ours as dots, a panel for each of "
        f"{'; '.join(titles)}."
    )
    return Drawing(figure, caption, alt)


def _curves(
    found: Sequence[Comparison],
) -> list[tuple[PublishedValue, list[Comparison]]]:
    groups: dict[int, tuple[PublishedValue, list[Comparison]]] = {}
    for one in found:
        if one.asked.over is not None and one.ours is not None:
            groups.setdefault(id(one.asked), (one.asked, []))[1].append(one)
    return [group for group in groups.values() if len(group[1]) >= FEWEST]


def _draw_curve(panel: Axes, asked: PublishedValue, some: Sequence[Comparison]) -> None:
    assert asked.over is not None
    numeric = all(isinstance(one.at, int | float) for one in some)
    x = [float(one.at) for one in some] if numeric else [float(i) for i in range(len(some))]
    ours = [one.ours for one in some if one.ours is not None]
    expected = [one.expected for one in some]
    known = [value for value in expected if value is not None]
    if len(known) == len(some):
        reach = [one.tolerance for one in some]
        below = [value - arm for value, arm in zip(known, reach, strict=True)]
        above = [value + arm for value, arm in zip(known, reach, strict=True)]
        if numeric:
            panel.fill_between(x, below, above, color=SKY, alpha=0.35, linewidth=0, zorder=1)
            panel.plot(x, known, color=INK, linewidth=1, zorder=2, label="published")
        else:
            panel.vlines(x, below, above, color=SKY, alpha=0.6, linewidth=7, zorder=1)
            panel.plot(x, known, "_", color=INK, markersize=9, zorder=2, label="published")
    for bound in (asked.at_least, asked.at_most):
        if bound is not None:
            panel.axhline(bound, color=GREY, linestyle=(0, (4, 2)), zorder=1, label="bound")
    arms = [[m.value - m.low for m in ours], [m.high - m.value for m in ours]]
    panel.errorbar(
        x, [m.value for m in ours], yerr=arms, color=BLUE, marker="o", linestyle="none",
        label="ours", zorder=3,
    )  # fmt: skip
    panel.set_xticks(x, labels=[_short(value_name(one.at), some) for one in some])
    if len(x) > _CROWDED:
        panel.tick_params(axis="x", labelsize=7)
    label = asked.over.rpartition(".")[2]
    panel.set_xlabel("circuit" if label == "name" else label)
    numbers = [m.value for m in ours] + known
    positive = [value for value in numbers if value > 0]
    if len(positive) == len(numbers) and max(positive) > _WIDE * min(positive):
        panel.set_yscale("log")


def _short(name: str, some: Sequence[Comparison]) -> str:
    """``7`` of ``sim_7`` where all names begin alike."""
    names = [value_name(one.at) for one in some]
    heads = {text.rpartition("_")[0] for text in names}
    return name.rpartition("_")[2] if len(heads) == 1 and "" not in heads else name


def _wrapped(titles: Sequence[str], columns: int) -> list[str]:
    """Titles in lines that fit a panel."""
    from textwrap import fill

    width = 38 if columns == 1 or len(titles) > 1 else 56
    # No line begins with the sign of an equation.
    return [fill(title.replace(" = ", "\u00a0=\u00a0"), width) for title in titles]


PUBLISHED_CURVES = FigureKind("published_curves", "Published values and ours", draw)
