"""Depth × noise: mean accuracy over the whole sweep, a map a device."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from nisqdl.analysis.intervals import number
from nisqdl.analysis.noise_accuracy import DeviceFinding, Finding
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import Drawing, left_panels, panels, readable_on


def draw(finding: Finding, columns: int) -> Drawing | None:
    from matplotlib import colormaps
    from matplotlib.colors import Normalize

    grid = finding.grid
    if len(grid.depths) < 2 or len(grid.scales) < 2:
        return None
    maps = [_means(finding, device) for device in finding.devices]
    low = min(float(np.nanmin(means)) for means in maps)
    high = max(float(np.nanmax(means)) for means in maps)
    shade, norm = colormaps["cividis"], Normalize(low, high)
    titles = [f"{d.title}: {_entangler(d)}" for d in finding.devices]
    figure, axes = panels(titles, columns, height=2.6)
    for panel, means in zip(axes, maps, strict=True):
        image = panel.imshow(means, cmap=shade, norm=norm, aspect="auto", origin="lower")
        best = np.nanargmax(np.nan_to_num(means, nan=-1.0), axis=0)
        for (row, column), value in np.ndenumerate(means):
            if np.isfinite(value):
                panel.text(
                    column, row, f"{value:.2f}", ha="center", va="center", fontsize=8,
                    color=readable_on(shade(norm(value))),
                    fontweight="bold" if best[column] == row else "normal",
                )  # fmt: skip
        panel.grid(False)
        panel.set_xticks(range(len(grid.scales)), labels=[f"{s:g}" for s in grid.scales])
        panel.set_yticks(range(len(grid.depths)), labels=[str(d) for d in grid.depths])
        panel.set_xlabel("noise scale λ")
    for panel in left_panels(axes):
        panel.set_ylabel("depth")
    free = [axis for axis in figure.axes if not axis.axison]
    if free:
        place = free[0].inset_axes((0.08, 0.5, 0.8, 0.08))
        figure.colorbar(image, cax=place, orientation="horizontal", label="mean test accuracy")
    else:
        figure.colorbar(
            image, ax=axes, location="bottom", label="mean test accuracy", shrink=0.7, aspect=30
        )
    alt = (
        f"Maps of mean test accuracy on {grid.title}, depth {grid.depths[0]} to "
        f"{grid.depths[-1]} by noise scale λ {grid.scales[0]:g} to {grid.scales[-1]:g}, one for "
        "each device, with the number in each cell."
    )
    return Drawing(figure, _caption(finding, maps), alt)


def _means(finding: Finding, device: DeviceFinding) -> npt.NDArray[np.float64]:
    grid = finding.grid
    means = np.full((len(grid.depths), len(grid.scales)), np.nan)
    for row, depth in enumerate(grid.depths):
        for column, scale in enumerate(grid.scales):
            found = grid.estimate(device.target, replace(device.best, depth=depth), scale)
            if found is not None:
                means[row, column] = found.mean
    return means


def _entangler(device: DeviceFinding) -> str:
    return "no entangler" if device.best.entangler == "none" else device.best.entangler


def _caption(finding: Finding, maps: list[npt.NDArray[np.float64]]) -> str:
    parts = []
    for device, means in zip(finding.devices, maps, strict=True):
        if np.all(np.isfinite(means[:, -1])):
            parts.append(
                f"on {device.title} depth {finding.grid.depths[0]} keeps {number(means[0, -1], 2)}"
                f" and depth {finding.grid.depths[-1]} {number(means[-1, -1], 2)}"
            )
    told = f": {'; '.join(parts)}" if parts else ""
    return (
        f"At the strongest noise, λ = {finding.grid.scales[-1]:g}{told}. Means over seeds with "
        "each device's chosen entangler and training; the highest of each column is bold."
    )


DEPTH_NOISE_MAP = FigureKind("depth_noise_map", "Depth × noise", draw)
