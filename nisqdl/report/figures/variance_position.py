"""Where along the circuit gradient survives: each layer's variance in the largest circuits."""

from __future__ import annotations

from collections.abc import Sequence

from nisqdl.analysis.plateau_cells import DEPTH, PHASE, QUBITS, Cell, noise_title
from nisqdl.analysis.plateau_text import small_text
from nisqdl.analysis.plateaus import Plateaus
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.figures.plateau_lines import line_title, lines
from nisqdl.report.style import GREY, Drawing, left_panels, legend, panels

_FINE = (0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0, 4.0, 5.0)
"""Ticks where the layers differ little."""


def draw(found: Plateaus, columns: int) -> Drawing | None:
    cells = _largest(found.cells)
    if not cells:
        return None
    chosen = lines(found, cells)
    noises = [noise for noise in found.noises() if any(noise_title(c) == noise for c in cells)]
    figure, axes = panels(noises, columns, height=3.1)
    for panel, noise in zip(axes, noises, strict=True):
        for cell in cells:
            title = line_title(found, cell)
            if noise_title(cell) != noise or title not in chosen.looks:
                continue
            look, variances = chosen.looks[title], cell.main["layer_variances"]
            known = [(i + 1, v / cell.value) for i, v in enumerate(variances) if v > 0]
            panel.plot(
                [x for x, _ in known], [v for _, v in known], color=look.colour,
                linestyle=look.dash, marker=look.marker, markevery=max(1, len(known) // 8),
                label=title,
            )  # fmt: skip
        panel.axhline(1, color=GREY, linewidth=0.8, zorder=1)
        panel.set_yscale("log", base=2)
        panel.set_xlabel("layer, from the circuit's start")
    low, high = axes[0].get_ylim()
    for panel in left_panels(axes):
        panel.set_ylabel("variance / circuit's mean")
        if high < 8.0 * low:  # powers of 2 would be one or two ticks
            panel.set_yticks([tick for tick in _FINE if low <= tick <= high])
            panel.yaxis.set_major_formatter("{x:g}")
    legend(figure, axes)
    size = f"{cells[0].settings[QUBITS]} qubits and {cells[0].main['layers']} layers"
    alt = (
        f"Mean gradient variance of each layer's parameters over the circuit's mean, at {size}, on "
        f"a logarithmic axis, a panel for each of {'; '.join(noises)}, a line for each of "
        f"{'; '.join(chosen.looks)}."
    )
    return Drawing(figure, _caption(found, cells, size, chosen.remark), alt)


def _largest(cells: Sequence[Cell]) -> list[Cell]:
    """The circuits of most qubits, and of these the deepest, with gradients in all layers."""
    deep = [cell for cell in cells if cell.main["layers"] > 1 and PHASE not in cell.settings]
    if not deep:
        return []
    most = max((cell.settings[QUBITS], cell.settings[DEPTH]) for cell in deep)
    return [cell for cell in deep if (cell.settings[QUBITS], cell.settings[DEPTH]) == most]


def _caption(found: Plateaus, cells: Sequence[Cell], size: str, remark: str) -> str:
    def unevenness(cell: Cell) -> float:
        known = [v for v in cell.main["layer_variances"] if v > 0]
        return max(known) / min(known) if known else 1.0

    cell = max(cells, key=unevenness)
    variances = cell.main["layer_variances"]
    best = max(range(len(variances)), key=lambda i: variances[i])
    worst = min((i for i, v in enumerate(variances) if v > 0), key=lambda i: variances[i])
    return (
        f"Where gradient survives at {size}: most unevenly with {line_title(found, cell)} and "
        f"{noise_title(cell)}, from {small_text(variances[worst])} in layer {worst + 1} to "
        f"{small_text(variances[best])} in layer {best + 1}{remark}."
    )


VARIANCE_POSITION = FigureKind("variance_position", "Where along the circuit gradient is", draw)
