"""Trained with the device's noise against trained without: the difference at every noise scale."""

from __future__ import annotations

from nisqdl.analysis.intervals import Estimate
from nisqdl.analysis.noise_accuracy import Finding, choose, training_gain
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import (
    INK,
    Drawing,
    draw_means,
    entangler_series,
    entangler_title,
    left_panels,
    legend,
    panels,
    scale_axis,
    spread_shifts,
)


def draw(finding: Finding, columns: int) -> Drawing | None:
    grid = finding.grid
    if not {"ideal", "target"} <= set(grid.trainings) or grid.compares_ways:
        return None
    series = entangler_series(grid.entanglers)
    figure, axes = panels([device.title for device in finding.devices], columns)
    shifts = spread_shifts(len(grid.entanglers))
    for panel, device in zip(axes, finding.devices, strict=True):
        panel.axhline(0, color=INK, linewidth=1, zorder=1)
        for entangler, shift in zip(grid.entanglers, shifts, strict=True):
            candidates = [c for c in grid.configurations() if c.entangler == entangler]
            chosen = choose(grid, device.target, candidates)
            if chosen is None:
                continue
            gains = [(s, training_gain(grid, device.target, chosen, s)) for s in grid.scales]
            known = [(s, g) for s, g in gains if g is not None]
            draw_means(
                panel, [s for s, _ in known], [g for _, g in known], series[entangler],
                entangler_title(entangler), shift,
            )  # fmt: skip
        scale_axis(panel, grid.scales)
    for panel in left_panels(axes):
        panel.set_ylabel("accuracy gained")
    legend(figure, axes)
    alt = (
        f"Difference of test accuracy on {grid.title}, trained with {grid.noise} minus "
        "trained without, against the noise scale λ, a panel for each device, a line for each "
        "entangler, and a line at zero."
    )
    return Drawing(figure, _caption(finding), alt)


def _caption(finding: Finding) -> str:
    grid = finding.grid
    scales = dict.fromkeys((grid.reference_scale, grid.scales[-1]))
    parts = []
    for device in finding.devices:
        gains = {s: training_gain(grid, device.target, device.best, s) for s in scales}
        texts = [
            f"{gain.signed()}{_judged(gain)} at λ = {scale:g}"
            for scale, gain in gains.items()
            if gain is not None
        ]
        if texts:
            parts.append(f"on {device.title} {' and '.join(texts)}")
    told = f": {'; '.join(parts)}" if parts else ""
    return (
        f"What training with {finding.grid.noise} gains over training without it{told}. Above "
        "zero, the QNN trained with noise is better; differences paired over seeds, 95 % intervals."
    )


def _judged(gain: Estimate) -> str:
    return "" if gain.above_zero or gain.below_zero else " (no difference shown)"


TRAINING_NOISE = FigureKind("training_noise", "Trained with noise against without", draw)
