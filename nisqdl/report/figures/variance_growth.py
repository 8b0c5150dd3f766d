"""Gradient variance at the start of each phase of layer-wise training, a panel each noise."""

from __future__ import annotations

from nisqdl.analysis.plateau_cells import DEPTH, QUBITS, SCALE, noise_title
from nisqdl.analysis.plateau_growth import Growth
from nisqdl.analysis.plateau_text import small_text
from nisqdl.analysis.plateaus import Plateaus
from nisqdl.analysis.words import counted
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.figures.plateau_lines import MOST_LINES, estimate
from nisqdl.report.style import (
    SERIES,
    Drawing,
    draw_means,
    left_panels,
    legend,
    panels,
    spread_shifts,
)


def draw(found: Plateaus, columns: int) -> Drawing | None:
    if not found.growths:
        return None
    titles = list(dict.fromkeys(_title(found, growth) for growth in found.growths))
    drawn = titles[-MOST_LINES:]
    looks = dict(zip(drawn, SERIES, strict=False))
    shifts = dict(zip(drawn, spread_shifts(len(drawn), 1.0), strict=True))
    noises = [n for n in found.noises() if any(noise_title(g.last) == n for g in found.growths)]
    figure, axes = panels(noises, columns, height=3.1)
    for panel, noise in zip(axes, noises, strict=True):
        for growth in found.growths:
            title = _title(found, growth)
            if noise_title(growth.last) != noise or title not in looks:
                continue
            points = [
                (x, estimate(cell))
                for x, cell in zip(growth.x(), growth.cells, strict=True)
                if cell.value > 0
            ]
            draw_means(
                panel, [x for x, _ in points], [e for _, e in points], looks[title], title,
                shifts[title],
            )  # fmt: skip
        panel.set_yscale("log", base=2)
        panel.set_xlabel("layers in the circuit so far")
    for panel in left_panels(axes):
        panel.set_ylabel("gradient variance")
    legend(figure, axes)
    left_out = f" ({len(titles) - len(drawn)} more are in the table)" if titles[MOST_LINES:] else ""
    alt = (
        "Gradient variance of the weights that a phase of layer-wise training turns, on a "
        f"logarithmic axis against the layers so far, a panel for each of {'; '.join(noises)}, a "
        f"line for each of {'; '.join(drawn)}."
    )
    return Drawing(figure, _caption(found, left_out), alt)


def _title(found: Plateaus, growth: Growth) -> str:
    cell = growth.last
    told = found.title(
        cell, DEPTH, "initialisation", "phase", "target", SCALE, "noise.recipe", "noise.channels"
    )
    size = counted(cell.settings[QUBITS], "qubit")
    alone = told == str(cell.settings["model.ansatz.name"])
    return size if alone else f"{told}, {size}"


def _caption(found: Plateaus, left_out: str) -> str:
    steep = min(found.growths, key=lambda growth: growth.last.value / growth.cells[0].value)
    first, last = small_text(steep.cells[0].value), small_text(steep.last.value)
    return (
        "Mean variance of a gradient component at the start of each phase of layer-wise training, "
        "the layers before at random angles, with 95 % intervals: most is lost at "
        f"{counted(steep.last.settings[QUBITS], 'qubit')} with {noise_title(steep.last)}, from "
        f"{first} to {last}{left_out}."
    )


VARIANCE_GROWTH = FigureKind("variance_growth", "Gradient variance while the circuit grows", draw)
