"""How far ours are from the published values, in tolerances: one row a value."""

from __future__ import annotations

from nisqdl.analysis.intervals import MINUS
from nisqdl.analysis.reproduction import Comparison
from nisqdl.analysis.reproduction_verdict import comparison_title
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import BLUE, FAULTY, GREY, NARROW, SKY, WIDTH, Drawing

MOST_ROWS = 40

_EDGE = 3.0
"""Tolerances to each side that are drawn; what is further away stands at the edge, hollow."""


def draw(found: tuple[Comparison, ...], columns: int) -> Drawing | None:
    from matplotlib.figure import Figure

    known = [one for one in found if one.ours is not None and one.tolerance > 0][:MOST_ROWS]
    if not known:
        return None
    width = NARROW if columns == 1 else WIDTH
    figure = Figure(figsize=(width, 0.24 * len(known) + 0.9), layout="constrained")
    panel = figure.subplots()
    panel.axvspan(-1, 1, color=SKY, alpha=0.35, linewidth=0, zorder=0)
    panel.axvline(0, color=GREY, linewidth=1, zorder=1)
    for row, one in enumerate(known):
        assert one.ours is not None
        assert one.expected is not None
        place, low, high = (
            (value - one.expected) / one.tolerance
            for value in (one.ours.value, one.ours.low, one.ours.high)
        )
        inside = abs(place) <= _EDGE
        shown = min(max(place, -_EDGE), _EDGE)
        colour = BLUE if one.met else FAULTY
        panel.hlines(row, max(low, -_EDGE), min(high, _EDGE), color=colour, linewidth=1.6)
        panel.plot(
            shown, row, "o" if one.met else "s", color=colour,
            markerfacecolor=colour if inside else "white",
        )  # fmt: skip
    cut = 34 if columns == 1 else 64
    panel.set_yticks(range(len(known)), labels=[_cut(comparison_title(one), cut) for one in known])
    panel.tick_params(axis="y", labelsize=7.5, length=0)
    panel.set_ylim(len(known) - 0.4, -0.6)
    panel.set_xlim(-_EDGE - 0.15, _EDGE + 0.15)
    panel.set_xlabel("(ours − published) / tolerance")
    panel.grid(visible=False, axis="y")
    worst = max(known, key=lambda one: abs(_place(one)))
    caption = (
        f"Distance of ours from the published value, in tolerances, with 95 % intervals; inside "
        f"the band is met (blue). The furthest is {comparison_title(worst)}, at "
        f"{_place(worst):+.2g} tolerances.".replace("-", MINUS)
    )
    alt = (
        f"A row for each of {len(known)} values: ours minus the published one over the tolerance, "
        "with a band from −1 to 1."
    )
    return Drawing(figure, caption, alt)


def _place(one: Comparison) -> float:
    assert one.ours is not None
    assert one.expected is not None
    return (one.ours.value - one.expected) / one.tolerance


def _cut(text: str, most: int) -> str:
    """A long title keeps its end, which tells it from its neighbours."""
    if len(text) <= most:
        return text
    head, comma, tail = text.rpartition(", ")
    room = most - len(tail) - 3
    return f"{head[:room].rstrip()}… {tail}" if comma and room > 8 else f"{text[: most - 1]}…"


PUBLISHED_DISTANCE = FigureKind("published_distance", "How far ours are from the published", draw)
