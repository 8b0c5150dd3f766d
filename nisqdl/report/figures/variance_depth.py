"""Gradient variance against depth at the most qubits: does it settle, or does noise go on?"""

from __future__ import annotations

from nisqdl.analysis.plateau_cells import QUBITS, noise_title
from nisqdl.analysis.plateau_decay import decay_text, widest
from nisqdl.analysis.plateau_text import small_text
from nisqdl.analysis.plateaus import Curve, Plateaus
from nisqdl.analysis.words import counted
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.figures.plateau_lines import draw_curves, line_title, lines, of_noise
from nisqdl.report.style import Drawing, left_panels, legend, panels


def draw(found: Plateaus, columns: int) -> Drawing | None:
    curves = widest(found.over_depth)
    if not curves:
        return None
    chosen = lines(found, [curve.last for curve in curves])
    noises = [noise for noise in found.noises() if of_noise(curves, noise)]
    figure, axes = panels(noises, columns, height=3.1)
    for panel, noise in zip(axes, noises, strict=True):
        shown = of_noise(curves, noise)
        draw_curves(panel, found, shown, chosen)
        panel.set_xticks(sorted({x for curve in shown for x in curve.x()}))
        panel.set_xlabel("layers L")
    for panel in left_panels(axes):
        panel.set_ylabel("gradient variance")
    legend(figure, axes)
    qubits = curves[0].settings[QUBITS]
    alt = (
        f"Gradient variance on a logarithmic axis against the number of layers at {qubits} "
        f"qubits, a panel for each of {'; '.join(noises)}, a line for each of "
        f"{'; '.join(chosen.looks)}."
    )
    return Drawing(figure, _caption(found, curves, chosen.remark), alt)


def _caption(found: Plateaus, curves: tuple[Curve, ...], remark: str) -> str:
    steep = min(curves, key=lambda curve: curve.last.value / curve.cells[0].value)
    first, last = steep.cells[0].value, steep.last.value
    layers = steep.x()
    return (
        f"Mean variance of a gradient component at {steep.settings[QUBITS]} qubits, with 95 % "
        f"intervals: the line that falls most, {line_title(found, steep.last)} with "
        f"{noise_title(steep.last)}, goes from {small_text(first)} at "
        f"{counted(layers[0], 'layer')} to "
        f"{small_text(last)} at {layers[-1]} ({decay_text(steep)}){remark}."
    )


VARIANCE_DEPTH = FigureKind("variance_depth", "Gradient variance against depth", draw)
