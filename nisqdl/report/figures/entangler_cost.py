"""Accuracy under the device's noise against the two-qubit gates that a circuit takes there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nisqdl.analysis.grid import Configuration
from nisqdl.analysis.noise_accuracy import DeviceFinding, Finding, choose
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import (
    Drawing,
    Series,
    entangler_series,
    entangler_title,
    interval_arms,
    left_panels,
    legend,
    panels,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw(finding: Finding, columns: int) -> Drawing | None:
    grid = finding.grid
    if len(grid.entanglers) < 2 or not _has_gates(finding):
        return None
    series = entangler_series(grid.entanglers)
    figure, axes = panels([device.title for device in finding.devices], columns, height=3.1)
    for panel, device in zip(axes, finding.devices, strict=True):
        for entangler in grid.entanglers:
            _draw_entangler(panel, finding, device, entangler, series[entangler])
        panel.set_xlabel("two-qubit gates on the device")
        panel.set_xlim(left=-0.04 * panel.get_xlim()[1])
    for panel in left_panels(axes):
        panel.set_ylabel(f"test accuracy at λ = {grid.reference_scale:g}")
    legend(figure, axes)
    alt = (
        f"Test accuracy on {grid.title} at λ = {grid.reference_scale:g} against the number of "
        "two-qubit gates after transpilation, a panel for each device, a line for each entangler "
        "through its depths, which are written in the markers."
    )
    return Drawing(figure, _caption(finding), alt)


def _draw_entangler(
    panel: Axes, finding: Finding, device: DeviceFinding, entangler: str, look: Series
) -> None:
    grid = finding.grid
    places, accuracies, depths = [], [], []
    line = [Configuration(depth, entangler, grid.main_training) for depth in grid.depths]
    if entangler == "none":  # all at 0 gates, where they would hide each other
        line = [chosen] if (chosen := choose(grid, device.target, line)) else []
    for configuration in line:
        scale = grid.reference_scale
        accuracy = grid.estimate(device.target, configuration, scale)
        gates = grid.estimate(device.target, configuration, scale, "two_qubit_gates")
        if accuracy is not None and gates is not None:
            places.append(gates.mean)
            accuracies.append(accuracy)
            depths.append(configuration.depth)
    means = [accuracy.mean for accuracy in accuracies]
    panel.errorbar(
        places, means, yerr=interval_arms(accuracies), color=look.colour, marker="o",
        markersize=10.5, linestyle=look.dash, elinewidth=0.9, label=entangler_title(entangler),
    )  # fmt: skip
    for x, y, depth in zip(places, means, depths, strict=True):
        panel.annotate(
            f"{depth}", (x, y), color="white", fontsize=7.5, fontweight="bold", ha="center",
            va="center", zorder=5,
        )  # fmt: skip


def _has_gates(finding: Finding) -> bool:
    return any(row.get("two_qubit_gates") is not None for row in finding.grid.qnn.rows)


def _caption(finding: Finding) -> str:
    parts = []
    for device in finding.devices:
        gates = device.costs.get("two_qubit_gates")
        if gates is not None:
            gain = None if device.best.entangler == "none" else device.entangling_gain
            worth = "" if gain is None else f", for {gain.signed()} over no entangler"
            parts.append(f"{device.title} {gates:g} two-qubit gates{worth}")
    return (
        f"What the chosen QNN takes: {'; '.join(parts)}. Numbers in the markers are depths (of no "
        "entangler, only the chosen one); means with 95 % intervals over seeds."
    )


ENTANGLER_COST = FigureKind("entangler_cost", "Entanglers and what they cost", draw)
