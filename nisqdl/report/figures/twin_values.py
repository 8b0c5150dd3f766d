"""Measured against predicted: each value of each circuit, and the noise scale of each circuit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nisqdl.analysis.device_twin import Circuit, Twins
from nisqdl.analysis.intervals import number
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import BLUE, GREY, INK, NARROW, VERMILION, WIDTH, Drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_ROWS = 24
_MOST_ARMS = 400


def draw(found: Twins, columns: int) -> Drawing | None:
    """Of one group: the values on one panel, λ̂ of each circuit on the other."""
    from matplotlib.figure import Figure

    fitted = [circuit for circuit in found.circuits if circuit.scale is not None][:MOST_ROWS]
    tall = max(3.4, 0.22 * len(fitted) + 1.1)
    if columns == 1:
        figure = Figure(figsize=(NARROW, 4.2 + tall), layout="constrained")
        values, scales = figure.subplots(2, 1, height_ratios=(4.2, tall))
    else:
        figure = Figure(figsize=(WIDTH + 0.6, tall + 0.3), layout="constrained")
        values, scales = figure.subplots(1, 2, width_ratios=(1, 1.1))
    _values(values, found.circuits)
    _scales(scales, fitted, found)
    alt = (
        f"Left: {sum(len(c.measured) for c in found.circuits)} measured values against the "
        f"predicted ones, with the line of equality. Right: λ̂ with its interval for each of "
        f"{len(fitted)} circuits, with a line at 1."
    )
    return Drawing(figure, _caption(found, len(fitted)), alt)


def _values(panel: Axes, circuits: Sequence[Circuit]) -> None:
    x = [v for circuit in circuits for v in circuit.predicted]
    y = [v for circuit in circuits for v in circuit.measured]
    error = [v for circuit in circuits for v in circuit.stderr]
    ends = min([-1.0, *y]) - 0.05, max([1.0, *y]) + 0.05
    panel.plot(ends, ends, color=GREY, linewidth=1, zorder=1)
    for bound in (-1.0, 1.0):
        panel.axhline(bound, color=GREY, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
    few = len(x) <= _MOST_ARMS
    panel.errorbar(
        x, y, yerr=error if few else None, fmt="o", color=BLUE, markersize=2.5, elinewidth=0.6,
        alpha=0.5, markeredgewidth=0, capsize=0,
    )  # fmt: skip
    panel.set_xlim(ends)
    panel.set_ylim(ends)
    panel.set_box_aspect(1)
    panel.grid(True, axis="both")
    panel.set_xlabel("predicted by the twin")
    panel.set_ylabel("measured on the device")
    panel.set_title("Every value")


def _scales(panel: Axes, fitted: Sequence[Circuit], found: Twins) -> None:
    panel.axvline(1, color=INK, linewidth=1, zorder=1)
    mean = found.scale
    if mean is not None and mean.low is not None and mean.high is not None:
        panel.axvspan(mean.low, mean.high, color=VERMILION, alpha=0.12, linewidth=0, zorder=0)
    if mean is not None:
        panel.axvline(mean.mean, color=VERMILION, linewidth=1.2, zorder=1)
    known = [circuit.scale for circuit in fitted if circuit.scale is not None]
    ends = [e for s in known for e in (s.mean, s.high) if e is not None and math.isfinite(e)]
    most = max([1.5, *ends])
    for place, circuit in enumerate(fitted):
        assert circuit.scale is not None
        below, above = circuit.scale.arms
        # An interval without an upper end leaves the panel.
        above = above if math.isfinite(above) else 10 * most
        panel.errorbar([circuit.scale.mean], [place], xerr=[[below], [above]], fmt="o", color=BLUE)
    panel.set_xlim(0, 1.08 * most)
    panel.set_yticks(range(len(fitted)), labels=[circuit.title for circuit in fitted])
    panel.set_ylim(len(fitted) - 0.4, -0.6)
    panel.tick_params(axis="y", length=0)
    panel.grid(True, axis="x")
    panel.grid(False, axis="y")
    panel.set_xlabel("noise scale λ̂ (1: as calibrated)")
    panel.set_title("Noise scale of each circuit")


def _caption(found: Twins, drawn: int) -> str:
    text = (
        f"{found.title}: measured values against those that the calibration of the run predicts; "
        "bars are standard errors"
    )
    if found.scale is not None:
        text += (
            f". Right, the noise scale that tells each circuit best, with 95 % intervals; in "
            f"colour their mean, {found.scale.text(2)}"
        )
    left_out = sum(c.scale is not None for c in found.circuits) - drawn
    if left_out > 0:
        text += f" ({left_out} more circuits are not drawn)"
    if found.drift > 0:
        text += f". Since the circuits were made, predictions moved by {number(found.drift, 4)}"
    return f"{text}."


TWIN_VALUES = FigureKind("twin_values", "Measured against predicted", draw)
