"""One look for all figures: colours, sizes, and the parts that several figures draw alike.

Colours are those of Okabe and Ito (Color Universal Design, 2008), which people with any colour
vision tell apart; every series also has its own marker and dash, for prints without colour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nisqdl.analysis.intervals import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, GREY, INK, RULE = "#E69F00", "#56B4E9", "#767676", "#1a1a1a", "#d9d9d9"
FAULTY = VERMILION
EDGE_COLOURS, QUBIT_COLOURS = "viridis_r", "cividis_r"
"""Of maps: light is small, dark is large, also in prints without colour."""

WIDTH, NARROW = 7.6, 4.6
"""Widths of figures in inches: with two panels a row, and with one for phones."""


@dataclass(frozen=True)
class Series:
    """How one series is drawn: colour, marker and dash belong together."""

    colour: str
    marker: str
    dash: Any


SERIES = (
    Series(BLUE, "o", "-"),
    Series(VERMILION, "s", (0, (5, 1.5))),
    Series(GREEN, "^", (0, (3, 1, 1, 1))),
    Series(PURPLE, "D", (0, (1, 1))),
    Series(ORANGE, "v", (0, (6, 2, 1, 2))),
    Series(SKY, "P", (0, (2, 2))),
    Series(INK, "X", "-"),
)
NO_ENTANGLER = Series(GREY, "o", (0, (1, 1.2)))
BASELINE_DASHES = ((0, (6, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)))


@dataclass(frozen=True)
class Drawing:
    """A figure with its words.

    Attributes:
        figure: The figure.
        caption: One sentence that says what the figure means, with its numbers.
        alt: What is seen, for readers who do not see it.
    """

    figure: Figure
    caption: str
    alt: str


def entangler_series(entanglers: Sequence[str]) -> dict[str, Series]:
    """The same series for the same entangler in every figure of a report."""
    named = [e for e in entanglers if e != "none"]
    found = {e: SERIES[i % len(SERIES)] for i, e in enumerate(named)}
    return {e: NO_ENTANGLER if e == "none" else found[e] for e in entanglers}


def entangler_title(entangler: str) -> str:
    """An entangler's name in a legend."""
    return "no entangler" if entangler == "none" else entangler


@contextmanager
def look() -> Iterator[None]:
    """Matplotlib's settings for our figures, and its own again afterwards."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_SETTINGS)
        yield


def panels(
    titles: Sequence[str], columns: int, height: float = 2.9, share: bool = True
) -> tuple[Figure, list[Axes]]:
    """A figure with one panel a title, filled row by row.

    Args:
        titles: The panels' titles.
        columns: Panels a row at most: 2, or 1 for phones.
        height: Height of one row in inches.
        share: Whether all panels have one y axis.
    """
    from matplotlib.figure import Figure

    width = NARROW if columns == 1 else WIDTH if len(titles) > 1 else 0.75 * WIDTH
    columns = min(columns, len(titles))
    rows = -(-len(titles) // columns)
    figure = Figure(figsize=(width, rows * height + 0.35), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharey=share)
    axes: list[Axes] = list(grid.flat)
    for panel in axes[len(titles) :]:
        panel.set_axis_off()
    for index, (panel, title) in enumerate(zip(axes, titles, strict=False)):
        panel.set_title(title)
        panel.tick_params(labelleft=not share or index % columns == 0)
    return figure, axes[: len(titles)]


def wrapped(title: str, columns: int) -> str:
    """A panel's title in lines that fit it, with so many panels a row; broken after commas."""
    lines: list[str] = []
    for part in title.split(", "):
        if lines and len(lines[-1]) + len(part) <= (55 if columns == 1 else 32):
            lines[-1] += f", {part}"
        else:
            lines.append(part)
    return ",\n".join(lines)


def left_panels(axes: Sequence[Axes]) -> list[Axes]:
    """The panels that begin a row: those that name the y axis."""
    places = [(axis, axis.get_subplotspec()) for axis in axes]
    return [axis for axis, place in places if place is not None and place.is_first_col()]


def legend(figure: Figure, axes: Sequence[Axes]) -> None:
    """One legend for all panels: in the free place of the last row if there is one, else below."""
    from matplotlib.container import ErrorbarContainer

    drawn: dict[str, Any] = {}
    for panel in axes:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            drawn.setdefault(label, handle)
    means = {k: h for k, h in drawn.items() if isinstance(h, ErrorbarContainer)}
    entries = {**means, **drawn}
    empty = [axis for axis in figure.axes if not axis.axison]
    if empty:
        empty[0].legend(entries.values(), entries.keys(), loc="center left")
    else:
        figure.legend(
            entries.values(), entries.keys(), loc="outside lower center",
            ncols=_legend_columns(list(entries), figure.get_figwidth()),
        )  # fmt: skip


def _legend_columns(labels: Sequence[str], width: float) -> int:
    """As many columns as fit a figure of this width in inches, at most 4, or 2 on phones."""
    most = min(2 if width <= NARROW else 4, len(labels))
    for columns in range(most, 1, -1):
        longest = [max(map(len, part)) for part in np.array_split(np.array(labels), columns)]
        # 13 characters of 9 points an inch; a sample of the line and the gap take nine.
        if sum(longest) + 9 * columns <= 13 * width:
            return columns
    return 1


def draw_means(
    axes: Axes,
    x: Sequence[float],
    estimates: Sequence[Estimate],
    series: Series,
    label: str,
    shift: float = 0.0,
) -> None:
    """Means joined by a line, each with its interval as a bar.

    Args:
        axes: Where to draw.
        x: Places of the means.
        estimates: The means with their intervals; one seed has none.
        series: The look.
        label: The legend's text.
        shift: Moves the points sideways by so many points (1/72 inch), so that bars of several
            series do not cover each other.
    """
    from matplotlib.transforms import ScaledTranslation

    figure = axes.get_figure()
    assert figure is not None
    moved = axes.transData + ScaledTranslation(shift / 72, 0, figure.dpi_scale_trans)
    y = [e.mean for e in estimates]
    axes.errorbar(
        x, y, yerr=interval_arms(estimates), color=series.colour, marker=series.marker,
        linestyle=series.dash, label=label, transform=moved,
    )  # fmt: skip
    # What is drawn with another transform does not count for the limits by itself.
    for place, estimate in zip(x, estimates, strict=True):
        below, above = estimate.arms
        axes.update_datalim([(place, estimate.mean - below), (place, estimate.mean + above)])
    axes.autoscale_view()


def interval_arms(estimates: Sequence[Estimate]) -> list[list[float]]:
    """Lengths of error bars below the means, and above them."""
    return [[e.arms[0] for e in estimates], [e.arms[1] for e in estimates]]


def draw_band(axes: Axes, estimate: Estimate, dash: Any, label: str) -> None:
    """A classical learner: a horizontal line with its interval as a band behind everything."""
    axes.axhline(estimate.mean, color=INK, linestyle=dash, linewidth=1, zorder=1, label=label)
    if estimate.low is not None and estimate.high is not None:
        axes.axhspan(estimate.low, estimate.high, color=INK, alpha=0.06, linewidth=0, zorder=0)


def scale_axis(axes: Axes, scales: Sequence[float]) -> None:
    """The axis of λ: roomy where λ is small, with 0 on it, and a tick at every swept value."""
    axes.set_xscale("function", functions=(_compressed, _expanded))
    axes.set_xticks(list(scales), labels=[f"{scale:g}" for scale in scales])
    axes.minorticks_off()
    low, high = _compressed(np.array([min(scales), max(scales)]))
    margin = 0.05 * max(high - low, 0.5)
    axes.set_xlim(*_expanded(np.array([low - margin, high + margin])))
    axes.set_xlabel("noise scale λ (1: as calibrated)")


def readable_on(colour: Sequence[float]) -> str:
    """Black or white, whichever has the higher contrast (WCAG 2) on a colour (red, green, blue)."""
    parts = np.asarray(colour[:3], dtype=float)
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    luminance = float(linear @ [0.2126, 0.7152, 0.0722])
    return "black" if luminance > 0.179 else "white"


def spread_shifts(count: int, step: float = 3.0) -> list[float]:
    """Sideways places for so many series, in points, centred on 0."""
    return [step * (i - (count - 1) / 2) for i in range(count)]


def _compressed(value: Any) -> Any:
    return np.sign(value) * np.log2(1 + np.abs(value))


def _expanded(value: Any) -> Any:
    return np.sign(value) * (2 ** np.abs(value) - 1)


_SETTINGS = {
    "font.family": ["DejaVu Sans"],
    "font.size": 9.5,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9.5,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "legend.handlelength": 2.6,
    "lines.linewidth": 1.6,
    "lines.markersize": 4.5,
    "errorbar.capsize": 2,
    "figure.facecolor": "white",
    "axes.facecolor": "white",
    "svg.fonttype": "none",
    "svg.hashsalt": "nisqdl",
    "path.simplify": True,
}
