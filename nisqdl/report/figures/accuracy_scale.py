"""Accuracy against the noise scale: each entangler at its best depth, a panel a device."""

from __future__ import annotations

from nisqdl.analysis.grid import Configuration
from nisqdl.analysis.intervals import number, share_over_seeds
from nisqdl.analysis.noise_accuracy import DeviceFinding, Finding, choose
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import (
    BASELINE_DASHES,
    Drawing,
    draw_band,
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
    if len(grid.scales) < 2:
        return None
    series = entangler_series(grid.entanglers)
    figure, axes = panels([device.title for device in finding.devices], columns)
    shifts = spread_shifts(len(grid.entanglers))
    for panel, device in zip(axes, finding.devices, strict=True):
        for entangler, shift in zip(grid.entanglers, shifts, strict=True):
            chosen = _best_depth(finding, device, entangler)
            if chosen is None:
                continue
            curve = [(s, grid.estimate(device.target, chosen, s)) for s in grid.scales]
            known = [(s, e) for s, e in curve if e is not None]
            draw_means(
                panel, [s for s, _ in known], [e for _, e in known], series[entangler],
                entangler_title(entangler), shift,
            )  # fmt: skip
        for index, against in enumerate(device.against):
            values = list(against.baseline.accuracy.values())
            if values:
                name = against.baseline.title.split(" of at most")[0]
                dash = BASELINE_DASHES[index % len(BASELINE_DASHES)]
                draw_band(panel, share_over_seeds(values), dash, name)
        scale_axis(panel, grid.scales)
    for panel in left_panels(axes):
        panel.set_ylabel("test accuracy")
    legend(figure, axes)
    alt = (
        f"Test accuracy on {grid.title} against the noise scale λ from {grid.scales[0]:g} to "
        f"{grid.scales[-1]:g}, a panel for each device, a line for each "
        "entangler, horizontal lines for the classical learners."
    )
    return Drawing(figure, _caption(finding), alt)


def _best_depth(finding: Finding, device: DeviceFinding, entangler: str) -> Configuration | None:
    grid = finding.grid
    candidates = [c for c in grid.configurations() if c.entangler == entangler]
    return choose(grid, device.target, candidates)


def _caption(finding: Finding) -> str:
    low, high = finding.grid.scales[0], finding.grid.scales[-1]
    parts = []
    for device in finding.devices:
        first = finding.grid.estimate(device.target, device.best, low)
        last = finding.grid.estimate(device.target, device.best, high)
        if first is not None and last is not None:
            parts.append(f"from {number(first.mean)} to {number(last.mean)} on {device.title}")
    trend = f", the chosen QNN goes {', '.join(parts)}" if parts else ""
    return (
        f"As the noise grows from λ = {low:g} to {high:g}{trend}. Each line is an entangler at "
        "the depth and training chosen by training accuracy at "
        f"λ = {finding.grid.reference_scale:g}; means with 95 % intervals over seeds."
    )


ACCURACY_SCALE = FigureKind("accuracy_scale", "Accuracy against noise", draw)
