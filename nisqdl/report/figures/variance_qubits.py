"""Gradient variance against qubits: a line each circuit and observable, a panel each noise."""

from __future__ import annotations

from nisqdl.analysis.plateau_cells import depth_title, noise_title
from nisqdl.analysis.plateau_decay import decay_text, deepest
from nisqdl.analysis.plateaus import Curve, Plateaus
from nisqdl.analysis.words import listed
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.figures.plateau_lines import draw_curves, line_title, lines, of_noise
from nisqdl.report.style import Drawing, left_panels, legend, panels


def draw(found: Plateaus, columns: int) -> Drawing | None:
    curves = deepest(found.over_qubits)
    if not curves:
        return None
    chosen = lines(found, [curve.last for curve in curves])
    noises = [noise for noise in found.noises() if of_noise(curves, noise)]
    figure, axes = panels(noises, columns, height=3.1)
    for panel, noise in zip(axes, noises, strict=True):
        shown = of_noise(curves, noise)
        draw_curves(panel, found, shown, chosen)
        panel.set_xticks(sorted({x for curve in shown for x in curve.x()}))
        panel.set_xlabel("qubits n")
    for panel in left_panels(axes):
        panel.set_ylabel("gradient variance")
    legend(figure, axes)
    depths = listed(list(dict.fromkeys(depth_title(curve.settings) for curve in curves)))
    steep = max(curves, key=_slope)
    caption = (
        f"Mean variance of a gradient component at {depths}, with 95 % intervals: the steepest "
        f"line, {line_title(found, steep.last)} with {noise_title(steep.last)}, is "
        f"{decay_text(steep)}{chosen.remark}."
    )
    alt = (
        f"Gradient variance on a logarithmic axis against the number of qubits at {depths}, a "
        f"panel for each of {'; '.join(noises)}, a line for each of {'; '.join(chosen.looks)}."
    )
    return Drawing(figure, caption, alt)


def _slope(curve: Curve) -> float:
    """Bits lost per qubit, whatever the law."""
    fit = curve.decay.fits.get("exponential")
    return fit.exponent if fit else 0.0


VARIANCE_QUBITS = FigureKind("variance_qubits", "Gradient variance against qubits", draw)
