"""Where on a device gradient survives: each qubit's gradient variance on the device's map."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from nisqdl.analysis.plateau_cells import DEPTH, PHASE, QUBITS, SCALE, Cell
from nisqdl.analysis.plateau_text import small_text
from nisqdl.analysis.plateaus import Plateaus
from nisqdl.report.figures.device_map import Floats, dot_area, draw_edges, frame
from nisqdl.report.style import FAULTY, GREY, INK, QUBIT_COLOURS, RULE, WIDTH, Drawing
from nisqdl.store.record import Json

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FEWEST = 4
"""A map of fewer qubits shows nothing."""

MOST_PANELS = 3


def draw(found: Plateaus, device: Mapping[str, Json]) -> Drawing | None:
    """The largest circuits on one device of a run's context, a map for each noise scale.

    ``None`` if the context has no map of it, or the run no circuit on it.
    """
    from matplotlib.figure import Figure

    chart = device.get("map")
    cells = _largest(found, str(device.get("target")))
    if not chart or not chart["qubits"] or not cells:
        return None
    places = np.array([[qubit["x"], qubit["y"]] for qubit in chart["qubits"]], dtype=float)
    columns, rows = np.ptp(places, axis=0) + (1.6, 1.8)
    unit = min((WIDTH - 0.9) / columns, 6.5 / rows)
    height = len(cells) * (unit * rows + 0.45) + 0.3
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    panels = list(np.ravel(figure.subplots(len(cells), 1)))
    norm = _norm(cells)
    dots: Any = None
    for panel, cell in zip(panels, cells, strict=True):
        panel.set_title(f"{found.title(cell)}, {cell.settings[QUBITS]} qubits")
        draw_edges(panel, places, chart["edges"], [RULE] * len(chart["edges"]), 1.6)
        dots = _draw_variances(panel, places, cell, norm, dot_area(unit))
        frame(panel, places)
    figure.colorbar(dots, ax=panels, label="gradient variance", fraction=0.04, pad=0.01)
    return Drawing(figure, _caption(found, device, cells), _alt(device, cells))


def _draw_variances(panel: Axes, places: Floats, cell: Cell, norm: Any, size: float) -> Any:
    physical = list(cell.main["physical_qubits"])
    values = np.asarray(cell.main["qubit_variances"], dtype=float)
    unused = np.setdiff1d(np.arange(len(places)), physical)
    panel.scatter(
        places[unused, 0], places[unused, 1], s=0.5 * size, facecolors="white", edgecolors=GREY,
        linewidths=0.7, zorder=3,
    )  # fmt: skip
    none = [q for q, value in zip(physical, values, strict=True) if value <= 0]
    panel.scatter(
        places[none, 0], places[none, 1], s=size, facecolors="white", edgecolors=INK,
        linewidths=0.7, zorder=3,
    )  # fmt: skip
    some = [q for q, value in zip(physical, values, strict=True) if value > 0]
    dots = panel.scatter(
        places[some, 0], places[some, 1], s=size, c=values[values > 0], cmap=QUBIT_COLOURS,
        norm=norm, zorder=4, linewidths=0,
    )  # fmt: skip
    measured = [physical[q] for q in _measured(cell)]
    panel.scatter(
        places[measured, 0], places[measured, 1], s=1.5 * size, facecolors="none",
        edgecolors=FAULTY, linewidths=1.6, zorder=5,
    )  # fmt: skip
    return dots


def _measured(cell: Cell) -> list[int]:
    """The circuit's qubits that a Pauli label names; none for observables on all of them."""
    count = len(cell.main["physical_qubits"])
    named = re.findall(r"[XYZ](\d+)", str(cell.settings["observable"]))
    return [int(number) for number in named if int(number) < count]


def _largest(found: Plateaus, target: str) -> list[Cell]:
    """The circuits of most qubits on this device, of these the deepest, by noise."""
    there = [
        cell
        for cell in found.cells
        if cell.settings.get("target") == target
        and "physical_qubits" in cell.main
        and PHASE not in cell.settings
        and cell.settings[QUBITS] >= FEWEST
        and max(cell.main["qubit_variances"]) > 0
    ]
    if not there:
        return []
    most = max((cell.settings[QUBITS], cell.settings[DEPTH]) for cell in there)
    largest = [c for c in there if (c.settings[QUBITS], c.settings[DEPTH]) == most]
    return sorted(largest, key=lambda cell: float(cell.settings.get(SCALE) or 0.0))[:MOST_PANELS]


def _norm(cells: Sequence[Cell]) -> Any:
    from matplotlib.colors import LogNorm

    values = [value for cell in cells for value in cell.main["qubit_variances"] if value > 0]
    low, high = min(values), max(values)
    return LogNorm(low, max(high, 1.01 * low))


def _caption(found: Plateaus, device: Mapping[str, Json], cells: Sequence[Cell]) -> str:
    parts = []
    for cell in cells:
        physical, values = cell.main["physical_qubits"], cell.main["qubit_variances"]
        best = max(range(len(values)), key=lambda i: values[i])
        half = sorted(values)[len(values) // 2]
        parts.append(
            f"with {found.title(cell)} qubit {physical[best]} has the most, "
            f"{small_text(values[best])}, and the median qubit {small_text(half)}"
        )
    return (
        f"Mean gradient variance of each qubit's parameters on {device['name']}: "
        f"{'; '.join(parts)}. Ringed: the qubits of the observable; small and hollow: not used."
    )


def _alt(device: Mapping[str, Json], cells: Sequence[Cell]) -> str:
    return (
        f"Map of {device['name']} with a dot a qubit coloured by gradient variance on a "
        f"logarithmic scale, {len(cells)} of them one above the other."
    )
