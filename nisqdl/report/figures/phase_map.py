"""A phase diagram twice: by the trained network, and by the order parameter."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nisqdl.analysis.phase_recognition import Diagram, Floats
from nisqdl.report.style import INK, NARROW, WIDTH, Drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_LEAST = 3
"""Places along each axis that make a map."""


def draw(found: Diagram, columns: int) -> Drawing | None:
    """The maps; ``None`` where the places are no grid that is wide enough."""
    from matplotlib.figure import Figure

    if min(found.output.shape) < _LEAST or np.isnan(found.output).any():
        return None
    size = (WIDTH, 3.5) if columns > 1 else (NARROW, 6.6)
    figure = Figure(figsize=size, layout="constrained")
    shape = (1, 2) if columns > 1 else (2, 1)
    left, right = figure.subplots(*shape, sharex=True, sharey=True)
    reach = float(np.abs(found.output).max())
    _map(figure, left, found, found.output, (-reach, reach), 0.0, "network's output ⟨Z⟩", "PuOr")
    _map(figure, right, found, found.order, (0.0, 1.0), found.critical, "string order", "Purples")
    left.set_ylabel("h₂/J")
    if columns == 1:
        right.set_ylabel("h₂/J")
    for axes in (left, right) if columns > 1 else (right,):
        axes.set_xlabel("h₁/J")
    for line in found.trained:
        left.axhline(line, color=INK, linestyle=(0, (3, 2)), linewidth=1, label="trained here")
    for axes in (left, right):
        axes.plot([1], [0], marker="*", color=INK, markersize=9, linestyle="", clip_on=False,
                  label="known transition" if axes is left else None)  # fmt: skip
    handles, labels = left.get_legend_handles_labels()
    once = dict(zip(labels, handles, strict=True))
    figure.legend(once.values(), once.keys(), loc="outside lower center", ncols=2)
    told = (
        f"The cluster phase of a ring of {found.qubits} spins is where the network's output is "
        f"above 0 (line), after training on {found.trained_text}: the mean of {found.seeds} "
        "trainings. The string order parameter, with its value at the transition as a line, agrees "
        f"at {100 * found.agreement.mean:.0f} % of the places."
    )
    return Drawing(figure, told, f"Two heat maps over h₁ and h₂. {told}")


def _map(
    figure: Figure,
    axes: Axes,
    found: Diagram,
    values: Floats,
    limits: tuple[float, float],
    level: float,
    label: str,
    colours: str,
) -> None:
    mesh = axes.pcolormesh(
        found.fields, found.couplings, values, cmap=colours, vmin=limits[0], vmax=limits[1],
        shading="nearest", rasterized=True,
    )  # fmt: skip
    axes.contour(
        found.fields, found.couplings, values, levels=[level], colors=[INK], linewidths=1.4
    )
    axes.grid(False)
    axes.set_title(label)
    figure.colorbar(mesh, ax=axes)
