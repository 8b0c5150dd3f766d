"""A device's map: two-qubit and readout errors, T1, T2, and what is faulty."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.analysis.words import counted
from nisqdl.report.style import EDGE_COLOURS, FAULTY, INK, QUBIT_COLOURS, RULE, WIDTH, Drawing
from nisqdl.store.record import Json

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats: TypeAlias = npt.NDArray[np.float64]


def draw(device: Mapping[str, Json]) -> Drawing | None:
    """Draw one device of a run's context; ``None`` if the context has no map of it.

    Args:
        device: Summary as ``nisqdl.targets.summary.device_summary`` gives it: ``name``, ``date``,
            ``processor``, ``medians``, ``faulty`` and ``map`` with ``qubits`` (``x``, ``y``,
            ``t1_us``, ``t2_us``, ``readout_error``, ``faulty``) and ``edges`` (``qubits``,
            ``error``, ``faulty``), y growing downwards.
    """
    from matplotlib.figure import Figure

    chart = device.get("map")
    if not chart or not chart["qubits"]:
        return None
    places = np.array([[qubit["x"], qubit["y"]] for qubit in chart["qubits"]], dtype=float)
    columns, rows = np.ptp(places, axis=0) + (1.6, 1.8)
    # The error map takes the full width, T1 and T2 half of it each; none grows out of a page.
    unit = min((WIDTH - 0.8) / columns, 6.5 / rows)
    heights = [unit * rows / 2, unit * rows / 2, 0.45 * unit * rows]
    figure = Figure(figsize=(WIDTH, sum(heights) + 0.8), layout="constrained")
    grid = figure.add_gridspec(3, 4, height_ratios=heights, width_ratios=[1, 0.03, 1, 0.03])
    errors = figure.add_subplot(grid[:2, :3])
    bars = [figure.add_subplot(grid[row, 3]) for row in (0, 1)]
    _draw_errors(errors, bars, device, places, unit)
    small = [figure.add_subplot(grid[2, column]) for column in (0, 2)]
    for column, panel, key, title in ((1, small[0], "t1_us", "T1"), (3, small[1], "t2_us", "T2")):
        panel.set_title(f"{title} in µs")
        draw_edges(panel, places, chart["edges"], [RULE] * len(chart["edges"]), 1.0)
        dots = _draw_qubits(panel, places, _column(chart["qubits"], key), dot_area(0.45 * unit))
        if dots is not None:
            figure.colorbar(dots, cax=figure.add_subplot(grid[2, column]))
    for panel in (errors, *small):
        frame(panel, places)
    return Drawing(figure, _caption(device), _alt(device))


def _draw_errors(
    panel: Axes, bars: Sequence[Axes], device: Mapping[str, Json], places: Floats, unit: float
) -> None:
    """Lines and dots coloured by error; ``unit``: inches between neighbours."""
    from matplotlib import cm, colormaps

    chart = device["map"]
    panel.set_title("two-qubit gates and readout; orange: faulty, not used")
    errors = _column(chart["edges"], "error")
    norm = _log_norm(errors)
    shades = [colormaps[EDGE_COLOURS](norm(e)) if np.isfinite(e) else FAULTY for e in errors]
    draw_edges(panel, places, chart["edges"], shades, 0.13 * 72 * unit)
    figure = panel.get_figure()
    assert figure is not None
    scale = cm.ScalarMappable(norm, EDGE_COLOURS)
    figure.colorbar(scale, cax=bars[0], format=_percent, label="two-qubit error")
    readout = _column(chart["qubits"], "readout_error")
    dots = _draw_qubits(panel, places, readout, dot_area(unit), log=True)
    if dots is None:
        bars[1].set_axis_off()
    else:
        figure.colorbar(dots, cax=bars[1], format=_percent, label="readout error")
    for bar in bars:
        bar.yaxis.set_minor_formatter(_percent)
        bar.tick_params(which="both", labelsize=8)
    _number_qubits(panel, places, readout, unit)


def _number_qubits(panel: Axes, places: Floats, readout: Floats, unit: float) -> None:
    norm = _log_norm(readout)
    size = min(9.0, 0.21 * 72 * unit)
    for qubit, (place, error) in enumerate(zip(places, readout, strict=True)):
        dark = np.isfinite(error) and norm(error) > 0.5
        panel.annotate(
            str(qubit), tuple(place), ha="center", va="center", fontsize=size,
            color="white" if dark else INK, zorder=5, in_layout=False,
        )  # fmt: skip


def _percent(value: float, _: float | None = None) -> str:
    return f"{100 * value:.2g} %"


def draw_edges(
    panel: Axes,
    places: Floats,
    edges: Sequence[Mapping[str, Json]],
    colours: Sequence[Any],
    width: float,
) -> None:
    """Lines between qubits; ``places``: (qubits, 2), ``width`` in points."""
    from matplotlib.collections import LineCollection

    segments = [tuple(places[edge["qubits"]]) for edge in edges]
    dashes = [(0, (1, 1)) if colour == FAULTY else "-" for colour in colours]
    panel.add_collection(
        LineCollection(segments, colors=list(colours), linewidths=width, linestyles=dashes)
    )


def _draw_qubits(
    panel: Axes, places: Floats, values: Floats, size: float, log: bool = False
) -> Any:
    """Dots coloured by value, hollow ones where there is none; what a colour bar needs."""
    known = np.isfinite(values)
    panel.scatter(
        places[~known, 0], places[~known, 1], s=size, facecolors="white", edgecolors=FAULTY,
        linewidths=1.4, zorder=3,
    )  # fmt: skip
    if not np.any(known):
        return None
    return panel.scatter(
        places[known, 0], places[known, 1], c=values[known], s=size, zorder=3,
        cmap=QUBIT_COLOURS, norm=_log_norm(values) if log else None, linewidths=0,
    )  # fmt: skip


def _log_norm(values: Floats) -> Any:
    from matplotlib.colors import LogNorm

    known = values[np.isfinite(values) & (values > 0)]
    if len(known) == 0:
        return LogNorm(1e-4, 1e-1)
    low, high = np.quantile(known, [0.02, 0.98])
    return LogNorm(low, max(high, low * 1.01), clip=True)


def frame(panel: Axes, places: Floats) -> None:
    """Room for all qubits, and no axes."""
    panel.set_aspect("equal")
    panel.set_xlim(places[:, 0].min() - 0.8, places[:, 0].max() + 0.8)
    panel.set_ylim(places[:, 1].max() + 0.8, places[:, 1].min() - 1.0)
    panel.set_axis_off()


def dot_area(unit: float) -> float:
    """A qubit's dot, in square points, for so many inches between neighbours."""
    return float((0.6 * 72 * unit) ** 2)


def _column(elements: Sequence[Mapping[str, Json]], name: str) -> Floats:
    """A value of each element; not a number where it is missing or the element is faulty."""
    return np.array(
        [
            np.nan if element["faulty"] or element[name] is None else float(element[name])
            for element in elements
        ]
    )


def _caption(device: Mapping[str, Json]) -> str:
    edges, qubits = device["map"]["edges"], device["map"]["qubits"]
    broken_edges = sum(1 for edge in edges if edge["faulty"])
    broken_qubits = sum(1 for qubit in qubits if qubit["faulty"])
    median = device["medians"]["two_qubit_error"]
    told = "" if median is None else f" with a median two-qubit error of {_percent(median)}"
    return (
        f"{device['name']} ({device['processor']}) as calibrated on {str(device['date'])[:10]}"
        f"{told}: {broken_edges} of {counted(len(edges), 'coupling')} and {broken_qubits} of "
        f"{counted(len(qubits), 'qubit')} are faulty and not used."
    )


def _alt(device: Mapping[str, Json]) -> str:
    count = len(device["map"]["qubits"])
    return (
        f"Map of the {count} qubits of {device['name']} with lines for two-qubit gates, coloured "
        "by error, and two small maps coloured by T1 and T2."
    )
