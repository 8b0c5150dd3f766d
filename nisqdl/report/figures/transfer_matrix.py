"""Accuracy by where a model was trained (rows) and where it was tested (columns)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.analysis.intervals import Estimate
from nisqdl.analysis.transfer import WITHOUT, Place, Question
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.style import INK, NARROW, WIDTH, Drawing, readable_on, wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize
    from matplotlib.image import AxesImage

MOST_DEVICES, MOST_PANELS = 8, 6


def draw(found: Sequence[Question], columns: int) -> Drawing | None:
    panels = _panels(found)
    if not panels:
        return None
    from matplotlib.colors import Normalize
    from matplotlib.figure import Figure

    largest = max(len(question.devices) for question, _ in panels)
    columns = 1 if largest > 5 else min(columns, len(panels))
    rows = -(-len(panels) // columns)
    width = WIDTH if columns > 1 or largest > 5 else NARROW
    height = 1.1 + 0.42 * (largest + 1)
    figure = Figure(figsize=(width, rows * height + 0.6), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False)
    means = [
        estimate.mean
        for question, scale in panels
        for trained in _rows(question, scale)
        for device in question.devices
        if (estimate := question.estimate(trained, (device, scale))) is not None
    ]
    norm = Normalize(min(means), max(means))
    several = len(found) > 1
    for axes, (question, scale) in zip(grid.flat, panels, strict=False):
        image = _matrix(axes, question, scale, norm)
        title = f"{question.title}, λ = {scale:g}" if several else f"λ = {scale:g}"
        axes.set_title(wrapped(title, columns))
    for axes in list(grid.flat)[len(panels) :]:
        axes.set_axis_off()
    figure.colorbar(
        image, ax=list(grid.flat), location="bottom", label="mean test accuracy", shrink=0.6,
        aspect=40,
    )  # fmt: skip
    return Drawing(figure, _caption(*panels[-1]), _alt(panels))


def _panels(found: Sequence[Question]) -> list[tuple[Question, float]]:
    return [
        (question, scale)
        for question in found
        if 2 <= len(question.devices) <= MOST_DEVICES
        for scale in question.trained_scales
    ][:MOST_PANELS]


def _rows(question: Question, scale: float) -> list[Place]:
    return [WITHOUT, *((device, scale) for device in question.devices)]


def _matrix(axes: Axes, question: Question, scale: float, norm: Normalize) -> AxesImage:
    from matplotlib import colormaps

    shade = colormaps["cividis"]
    rows = _rows(question, scale)
    comparisons = len(question.devices) ** 2 * len(question.trained_scales)
    table = np.full((len(rows), len(question.devices)), np.nan)
    for i, trained in enumerate(rows):
        for j, device in enumerate(question.devices):
            cell = question.estimate(trained, (device, scale))
            if cell is None:
                continue
            table[i, j] = cell.mean
            gain = question.gain(trained, (device, scale), comparisons=comparisons)
            axes.text(
                j, i, _text(cell, gain if i else None), ha="center", va="center",
                color=readable_on(shade(norm(cell.mean))), fontsize=7.5,
            )  # fmt: skip
            if trained == (device, scale):
                _frame(axes, j, i)
    image = axes.imshow(table, cmap=shade, norm=norm, aspect="auto")
    names = [device.removeprefix("fake_") for device in question.devices]
    axes.set_xticks(range(len(names)), labels=names, rotation=30, ha="right")
    axes.set_yticks(range(len(rows)), labels=["no noise", *names])
    axes.axhline(0.5, color="white", linewidth=2)
    axes.grid(False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_xlabel("tested on")
    axes.set_ylabel("trained under")
    return image


def _text(cell: Estimate, gain: Estimate | None) -> str:
    """The mean, half its interval, and an arrow where a difference from no noise is shown."""
    below, above = cell.arms
    half = f"\n±{max(below, above):.3f}" if cell.low is not None else ""
    arrow = ""
    if gain is not None and gain.above_zero:
        arrow = " ▲"
    elif gain is not None and gain.below_zero:
        arrow = " ▼"
    return f"{cell.mean:.3f}{arrow}{half}"


def _frame(axes: Axes, column: int, row: int) -> None:
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle((column - 0.45, row - 0.45), 0.9, 0.9, fill=False, edgecolor=INK, linewidth=1.4)
    )


def _caption(question: Question, scale: float) -> str:
    worst = min(
        (d for d in question.devices),
        key=lambda d: _mean(question, WITHOUT, (d, scale)),
    )
    without, home = (_mean(question, t, (worst, scale)) for t in (WITHOUT, (worst, scale)))
    return (
        "Mean test accuracy with half of its 95 % interval over seeds; framed: trained where it is "
        "tested. ▲ and ▼ mark where a difference from training without noise is shown, jointly "
        f"over the figure's cells. At λ = {scale:g} the model trained without noise is at its "
        f"worst on {worst}: {without:.3f}, and {home:.3f} when trained under its noise."
    )


def _mean(question: Question, trained: Place, tested: Place) -> float:
    estimate = question.estimate(trained, tested)
    return float("nan") if estimate is None else estimate.mean


def _alt(panels: Sequence[tuple[Question, float]]) -> str:
    first = panels[0][0]
    return (
        "Matrices of test accuracy, rows by where the model was trained (without noise, "
        f"{', '.join(first.devices)}), columns by where it was tested, one for each of "
        f"{', '.join(f'λ = {scale:g}' for _, scale in panels)}."
    )


TRANSFER_MATRIX = FigureKind("transfer_matrix", "Trained here, tested there", draw)
