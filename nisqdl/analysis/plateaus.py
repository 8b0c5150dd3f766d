"""What a gradient_variance run found: curves over qubits and depth, controls, and prices."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nisqdl.analysis.decay import Decay, decay
from nisqdl.analysis.plateau_causes import DesignRatio, Ratio, design_ratios, ratios_of
from nisqdl.analysis.plateau_cells import (
    DEPTH,
    ENTANGLER,
    HEADLINE,
    OBSERVABLE,
    PHASE,
    QUBITS,
    SCALE,
    Cell,
    cells_of,
    depth_title,
    key,
    noise_title,
)
from nisqdl.analysis.plateau_growth import Growth, growths_of
from nisqdl.analysis.plateau_price import Price, price_of
from nisqdl.analysis.table import Table
from nisqdl.errors import InputError
from nisqdl.seeds import generator
from nisqdl.store.record import Json, Record


@dataclass(frozen=True)
class Curve:
    """Cells that differ in qubits alone, or in depth alone, in ascending order.

    Attributes:
        axis: ``QUBITS`` or ``DEPTH``.
        cells: At least two.
        decay: How their resolved values fall.
    """

    axis: str
    cells: tuple[Cell, ...]
    decay: Decay

    @property
    def settings(self) -> Mapping[str, Json]:
        """Those of all its cells, and the last cell's along the axis."""
        return self.cells[-1].settings

    @property
    def last(self) -> Cell:
        """Its largest circuit."""
        return self.cells[-1]

    def x(self) -> list[int]:
        name = QUBITS if self.axis == QUBITS else "layers"
        return [int(cell.main[name]) for cell in self.cells]


@dataclass(frozen=True)
class Agreement:
    """One cell that both methods gave a number for."""

    cell: Cell
    sampled: float
    sampled_stderr: float
    walked: float
    walked_stderr: float

    @property
    def deviation(self) -> float:
        """How many joint standard errors they are apart."""
        joint = math.hypot(self.sampled_stderr, self.walked_stderr)
        return abs(self.sampled - self.walked) / joint if joint > 0 else 0.0


@dataclass(frozen=True)
class Plateaus:
    """Everything that a report says, in numbers.

    Attributes:
        cells: All circuits, in the order of the run; of layer-wise training the first phase and the
            last.
        over_qubits, over_depth: Curves.
        ratios: Controls, at the most qubits and the greatest depth of each comparison.
        designs: The largest circuits without noise beside a 2-design.
        prices: Of the largest circuit of each curve over qubits, or of every cell without curves.
        agreements: Cells with both methods.
        growths: Circuits of layer-wise training with all their phases.
        varied: Settings that differ between cells, for titles.
    """

    cells: tuple[Cell, ...]
    over_qubits: tuple[Curve, ...]
    over_depth: tuple[Curve, ...]
    ratios: tuple[Ratio, ...]
    designs: tuple[DesignRatio, ...]
    prices: tuple[Price, ...]
    agreements: tuple[Agreement, ...]
    growths: tuple[Growth, ...]
    varied: tuple[str, ...]

    def title(self, cell: Cell, *without: str) -> str:
        """What tells a cell from the others, in a few words."""
        words = [_word(name, cell) for name in self.varied if name not in without]
        return ", ".join(word for word in words if word) or _word("model.ansatz.name", cell)

    def noises(self) -> list[str]:
        """Titles of the different noises, in the order of the run."""
        return list(dict.fromkeys(noise_title(cell) for cell in self.cells))


def plateaus(records: Sequence[Record]) -> Plateaus:
    """What the records of a run show.

    Raises:
        InputError: There is no record.
    """
    rows = Table.from_records(records)
    if not len(rows):
        raise InputError("The run has no record yet; resume it with `nisqdl run`.")
    everything = cells_of(records)
    cells = tuple(cell for cell in everything if not isinstance(cell.settings.get(PHASE), int))
    varied = tuple(name for name in _NAMED if len({key(c.settings.get(name)) for c in cells}) > 1)
    over_qubits = _curves(cells, QUBITS)
    return Plateaus(
        cells=cells,
        over_qubits=over_qubits,
        over_depth=_curves(cells, DEPTH),
        ratios=ratios_of(cells),
        designs=design_ratios(cells),
        prices=tuple(price_of(curve.last) for curve in over_qubits) or tuple(map(price_of, cells)),
        agreements=_agreements(cells),
        growths=growths_of(everything),
        varied=varied,
    )


def _curves(cells: Sequence[Cell], axis: str) -> tuple[Curve, ...]:
    groups: dict[str, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(key({**cell.settings, axis: None}), []).append(cell)
    curves = []
    for settings, group in groups.items():
        if len(group) < 2:
            continue
        ordered = tuple(sorted(group, key=lambda cell: cell.settings[axis]))
        name = QUBITS if axis == QUBITS else "layers"
        good = [cell for cell in ordered if cell.resolved]
        found = decay(
            [float(cell.main[name]) for cell in good],
            [cell.value for cell in good],
            [cell.stderr for cell in good],
            generator(0, "decay", settings),
        )
        curves.append(Curve(axis, ordered, found))
    return tuple(curves)


def _agreements(cells: Sequence[Cell]) -> tuple[Agreement, ...]:
    found = []
    for cell in cells:
        if len(cell.rows) == 2:
            numbers = [
                float(cell.rows[method][name])
                for method in ("sampling", "pauli_paths")
                for name in (HEADLINE, f"{HEADLINE}_stderr")
            ]
            found.append(Agreement(cell, *numbers))
    return tuple(found)


_POOLING = "model.ansatz.pooling"

_NAMED = (
    "dataset.name", "model.feature_map.name", "model.ansatz.name", "model.ansatz.rotations",
    "model.ansatz.gate", "model.ansatz.convolution", _POOLING, "model.ansatz.tree",
    "model.ansatz.boundary", ENTANGLER, DEPTH,
    "depth_rule", OBSERVABLE, "initialisation", PHASE, "target", "noise.recipe", "noise.channels",
    SCALE,
)  # fmt: skip


def _word(name: str, cell: Cell) -> str:
    value = cell.settings.get(name)
    if name == DEPTH:
        return depth_title(cell.settings)
    if name == ENTANGLER:
        return "no entangler" if value == "none" else str(value)
    if name == _POOLING:
        return "" if value is None else f"pooling {value}"
    if name == SCALE:
        return "" if value is None else f"λ = {value:g}"
    if name == "depth_rule":
        return ""
    if isinstance(value, list | tuple):
        return " and ".join(map(str, value))
    return "" if value is None else str(value)
