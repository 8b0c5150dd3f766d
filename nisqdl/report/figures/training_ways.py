"""Ways of training side by side: accuracy at every noise scale, a line a way."""

from __future__ import annotations

from nisqdl.analysis.intervals import number
from nisqdl.analysis.noise_accuracy import DeviceFinding, Finding
from nisqdl.analysis.ways import way_title
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import (
    NO_ENTANGLER,
    SERIES,
    Drawing,
    draw_means,
    left_panels,
    legend,
    panels,
    scale_axis,
    spread_shifts,
)


def draw(finding: Finding, columns: int) -> Drawing | None:
    grid = finding.grid
    devices = [device for device in finding.devices if device.ways is not None]
    if not devices:
        return None
    ways = list(dict.fromkeys(way for d in devices if d.ways for way in d.ways.accuracies))
    series = dict(zip(ways, (NO_ENTANGLER, *SERIES), strict=False))
    figure, axes = panels([device.title for device in devices], columns, height=3.4)
    shifts = spread_shifts(len(ways), step=2.0)
    for panel, device in zip(axes, devices, strict=True):
        assert device.ways is not None
        for way, shift in zip(ways, shifts, strict=True):
            curve = device.ways.accuracies.get(way)
            if curve:
                look = series.get(way, SERIES[-1])
                draw_means(panel, list(curve), list(curve.values()), look, way_title(way), shift)
        scale_axis(panel, grid.scales)
    for panel in left_panels(axes):
        panel.set_ylabel("test accuracy")
    legend(figure, axes)
    alt = (
        f"Test accuracy on {grid.title} against the noise scale λ, a panel for each device, a "
        "line for each way of training."
    )
    return Drawing(figure, _caption(devices), alt)


def _caption(devices: list[DeviceFinding]) -> str:
    parts = []
    for device in devices:
        assert device.ways is not None
        kept = {
            way: (curve[max(curve)].mean, curve[min(curve)].mean)
            for way, curve in device.ways.accuracies.items()
        }
        best = max(kept, key=lambda way: kept[way][0])
        reference = device.ways.configuration.training
        parts.append(
            f"on {device.title}, {way_title(reference)} the accuracy goes from "
            f"{number(kept[reference][1])} to {number(kept[reference][0])}, {way_title(best)} from "
            f"{number(kept[best][1])} to {number(kept[best][0])}"
        )
    return (
        f"What the same circuit keeps as the noise grows, by how it was trained: "
        f"{'; '.join(parts)}. Means with 95 % intervals over seeds."
    )


TRAINING_WAYS = FigureKind("training_ways", "Ways of training against noise", draw)
