"""What the figures of gradient_variance reports share: which lines, in which look, where."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nisqdl.analysis.intervals import Estimate
from nisqdl.analysis.plateau_cells import DEPTH, SCALE, Cell, noise_title
from nisqdl.analysis.plateaus import Curve, Plateaus
from nisqdl.report.style import SERIES, Series, draw_means, spread_shifts

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_LINES = len(SERIES)
"""So many lines a figure can tell apart."""


@dataclass(frozen=True)
class Lines:
    """The lines of one figure: their looks by title, and how many were left out."""

    looks: dict[str, Series]
    left_out: int

    @property
    def remark(self) -> str:
        """What a caption says of lines that are not drawn."""
        return f" ({self.left_out} more lines are in the table)" if self.left_out else ""


def lines(found: Plateaus, cells: Sequence[Cell]) -> Lines:
    """A look for each title; the same title has the same one in every figure of a report."""
    everything = list(dict.fromkeys(line_title(found, cell) for cell in found.cells))
    wanted = {line_title(found, cell) for cell in cells}
    titles = [title for title in everything if title in wanted]
    drawn = titles[:MOST_LINES]
    if len(everything) <= MOST_LINES:
        looks = dict(zip(everything, SERIES, strict=False))
    else:
        looks = dict(zip(drawn, SERIES, strict=False))
    return Lines({title: looks[title] for title in drawn}, len(titles) - len(drawn))


def line_title(found: Plateaus, cell: Cell) -> str:
    """What tells a line from the others of its panel: all but noise and depth."""
    return found.title(cell, DEPTH, "target", SCALE, "noise.recipe", "noise.channels")


def of_noise(curves: Sequence[Curve], noise: str) -> list[Curve]:
    """The curves of one panel."""
    return [curve for curve in curves if noise_title(curve.last) == noise]


def draw_curves(
    panel: Axes, found: Plateaus, curves: Sequence[Curve], chosen: Lines, step: float = 2.0
) -> None:
    """Curves with their intervals on a logarithmic axis of base 2."""
    shifts = dict(zip(chosen.looks, spread_shifts(len(chosen.looks), step), strict=True))
    for curve in curves:
        title = line_title(found, curve.last)
        if title in chosen.looks:
            points = [
                (x, estimate(cell))
                for x, cell in zip(curve.x(), curve.cells, strict=True)
                if cell.value > 0
            ]
            draw_means(
                panel, [x for x, _ in points], [e for _, e in points], chosen.looks[title],
                title, shifts[title],
            )  # fmt: skip
    panel.set_yscale("log", base=2)


def estimate(cell: Cell) -> Estimate:
    """A cell's mean gradient variance with its interval, as it is drawn."""
    low, high = cell.interval
    return Estimate(cell.value, low, high, int(cell.main.get("samples", 1)), cell.stderr)
