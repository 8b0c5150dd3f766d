"""Accuracy against depth, without noise and under the device's noise: where depth stops to pay."""

from __future__ import annotations

from dataclasses import replace

from nisqdl.analysis.grid import Configuration
from nisqdl.analysis.noise_accuracy import DeviceFinding, Finding
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import (
    BLUE,
    GREY,
    PURPLE,
    VERMILION,
    Drawing,
    Series,
    draw_means,
    left_panels,
    legend,
    panels,
    spread_shifts,
)


def draw(finding: Finding, columns: int) -> Drawing | None:
    grid = finding.grid
    if len(grid.depths) < 2:
        return None
    looks = _scale_series(finding)
    titles = [f"{d.title}: {_entangler(d.best)}" for d in finding.devices]
    figure, axes = panels(titles, columns)
    shifts = spread_shifts(len(looks))
    for panel, device in zip(axes, finding.devices, strict=True):
        if device.paying_depth is not None:
            panel.axvline(
                device.paying_depth, color=GREY, linewidth=1.2, linestyle=(0, (2, 2)),
                label="smallest depth not shown to be worse", zorder=1,
            )  # fmt: skip
        for (scale, look), shift in zip(looks.items(), shifts, strict=True):
            curve = [
                (d, grid.estimate(device.target, replace(device.best, depth=d), scale))
                for d in grid.depths
            ]
            known = [(float(d), e) for d, e in curve if e is not None]
            draw_means(
                panel, [d for d, _ in known], [e for _, e in known], look, f"λ = {scale:g}", shift
            )
        panel.set_xticks(list(grid.depths))
        panel.set_xlabel("depth (layers of the ansatz)")
    for panel in left_panels(axes):
        panel.set_ylabel("test accuracy")
    legend(figure, axes)
    alt = (
        f"Test accuracy on {grid.title} against depth for depths "
        f"{', '.join(map(str, grid.depths))}, a panel for each device, a line for each of "
        f"λ = {', '.join(f'{scale:g}' for scale in looks)}."
    )
    return Drawing(figure, _caption(finding), alt)


def _scale_series(finding: Finding) -> dict[float, Series]:
    """Without noise, under the device's noise, and under the strongest noise of the sweep."""
    grid = finding.grid
    looks = {
        grid.reference_scale: Series(VERMILION, "s", "-"),
        grid.scales[-1]: Series(PURPLE, "D", (0, (1, 1))),
    }
    looks[grid.reference_scale] = Series(VERMILION, "s", "-")
    if 0.0 in grid.scales:
        looks[0.0] = Series(BLUE, "o", (0, (5, 1.5)))
    return dict(sorted(looks.items()))


def _entangler(configuration: Configuration) -> str:
    return "no entangler" if configuration.entangler == "none" else configuration.entangler


def _caption(finding: Finding) -> str:
    parts = [_paying(d) for d in finding.devices]
    return (
        f"Where depth stops to pay under {finding.grid.noise} (λ = "
        f"{finding.grid.reference_scale:g}), with each device's chosen entangler and training: "
        f"{'; '.join(parts)}."
    )


def _paying(device: DeviceFinding) -> str:
    if not device.depth_gains:
        return f"on {device.title} the smallest depth, {device.best.depth}, was chosen"
    if device.paying_depth == device.best.depth:
        return (
            f"on {device.title} at depth {device.best.depth}, the chosen one: every smaller depth "
            "was shown to be worse"
        )
    return (
        f"on {device.title} depth {device.best.depth} was chosen, but was not shown to be better "
        f"than depth {device.paying_depth}"
    )


ACCURACY_DEPTH = FigureKind("accuracy_depth", "Accuracy against depth", draw)
