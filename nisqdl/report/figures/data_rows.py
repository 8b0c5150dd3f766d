"""Rows of a data set: points by class, images, or the amplitudes of states."""

from __future__ import annotations

from itertools import pairwise
from typing import Protocol

import numpy as np
import numpy.typing as npt

from nisqdl.analysis.words import listed
from nisqdl.report.style import SERIES, WIDTH, Drawing

_IMAGES_A_CLASS = 6
_MOST_CLASSES = 10
_MOST_POINTS = 600


class Sample(Protocol):
    """Some rows; see ``nisqdl.datasets.summary.DataSample``."""

    @property
    def kind(self) -> str: ...
    @property
    def rows(self) -> npt.NDArray[np.float64]: ...
    @property
    def labels(self) -> npt.NDArray[np.int64]: ...
    @property
    def class_names(self) -> tuple[str, ...]: ...
    @property
    def coordinates(self) -> tuple[str, str]: ...
    @property
    def image(self) -> tuple[int, int]: ...


def draw(name: str, sample: Sample) -> Drawing:
    """Draw a data set's rows: every class is seen.

    Args:
        name: The data set's name.
        sample: Its rows, sorted by class.
    """
    drawn = {"points": _points, "images": _images, "states": _states}[sample.kind]
    return drawn(name, sample)


def _points(name: str, sample: Sample) -> Drawing:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(0.7 * WIDTH, 4.2), layout="constrained")
    axes = figure.subplots()
    for index, label in enumerate(sample.class_names[:_MOST_CLASSES]):
        series = SERIES[index % len(SERIES)]
        rows = sample.rows[sample.labels == index][:_MOST_POINTS]
        axes.scatter(
            rows[:, 0], rows[:, 1], s=20, label=f"class {label}", color=series.colour,
            marker=series.marker, linewidths=0, alpha=0.75,
        )  # fmt: skip
    axes.set_xlabel(sample.coordinates[0])
    axes.set_ylabel(sample.coordinates[1])
    axes.set_title(name)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=4)
    told = f"{len(sample.rows)} rows of {name} by class, in two coordinates."
    return Drawing(figure, told, f"Scatter plot. {told}")


def _images(name: str, sample: Sample) -> Drawing:
    from matplotlib.figure import Figure

    names = sample.class_names[:_MOST_CLASSES]
    height, width = sample.image
    cell = WIDTH / (_IMAGES_A_CLASS + 1.2)
    size = (WIDTH, 0.45 + len(names) * (cell * height / width + 0.08))
    figure = Figure(figsize=size, layout="constrained")
    figure.suptitle(name, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
    panels = figure.subplots(len(names), _IMAGES_A_CLASS, squeeze=False)
    low, high = np.quantile(sample.rows, (0.01, 0.99))
    for index, label in enumerate(names):
        rows = sample.rows[sample.labels == index][:_IMAGES_A_CLASS]
        for panel in panels[index]:
            panel.set_axis_off()
        for panel, row in zip(panels[index], rows, strict=False):
            panel.imshow(row.reshape(height, width), cmap="gray_r", vmin=low, vmax=high)
        first = panels[index][0]
        first.text(
            -0.12, 0.5, label, transform=first.transAxes, rotation=0, ha="right", va="center"
        )
    told = f"Images of {name}, a line for each class: {listed(names)}."
    return Drawing(figure, told, told)


def _states(name: str, sample: Sample) -> Drawing:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH, 3.6), layout="constrained")
    axes = figure.subplots()
    largest = np.abs(sample.rows).max()
    image = axes.imshow(
        sample.rows, aspect="auto", cmap="PuOr", vmin=-largest, vmax=largest,
        interpolation="nearest",
    )  # fmt: skip
    figure.colorbar(image, label="amplitude")
    starts = np.searchsorted(sample.labels, np.arange(len(sample.class_names) + 1))
    for start in starts[1:-1]:
        axes.axhline(start - 0.5, color="black", linewidth=1)
    middles = [(a + b) / 2 for a, b in pairwise(starts)]
    axes.set_yticks(middles, labels=sample.class_names)
    axes.tick_params(axis="y", length=0)
    axes.grid(False)
    axes.set_xlabel("basis state, qubit 0 the lowest bit")
    axes.set_title(name)
    told = f"Amplitudes of {len(sample.rows)} states of {name}, a line for each, by class."
    return Drawing(figure, told, f"Heat map. {told}")
