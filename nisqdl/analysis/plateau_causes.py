"""Causes of a plateau, told apart by controls that differ in one thing."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from scipy.special import ndtri

from nisqdl.analysis.plateau_cells import (
    DEPTH,
    ENTANGLER,
    OBSERVABLE,
    PHASE,
    QUBITS,
    SCALE,
    Cell,
    key,
)
from nisqdl.store.record import Json

GLOBAL = frozenset({"global_z", "projector", "reflection"})
"""Observables that act on every qubit at once."""

SAME_FACTOR = 2.0
"""Within this factor of a 2-design's value, a circuit's gradients are those of a random one."""

_Test: TypeAlias = Callable[[Json], bool]


@dataclass(frozen=True)
class Ratio:
    """One cell's variance over that of its control.

    Attributes:
        cause: "cost", "entangler" or "noise".
        cell, control: What is compared; they differ in that alone.
        value, low, high: The ratio and its interval, at 95 % jointly over all ratios of the cause.
    """

    cause: str
    cell: Cell
    control: Cell
    value: float
    low: float
    high: float

    @property
    def lower(self) -> bool:
        """Whether the cause was shown to lower the variance."""
        return self.high < 1

    @property
    def higher(self) -> bool:
        return self.low > 1


def ratios_of(cells: Sequence[Cell]) -> tuple[Ratio, ...]:
    """Each case beside its control, at the largest size that both have resolved."""
    pairs: dict[str, list[tuple[Cell, Cell]]] = {"cost": [], "entangler": [], "noise": []}
    for cause, setting, is_control, is_case in _CAUSES:
        groups: dict[str, list[Cell]] = {}
        for cell in cells:
            # The sizes are left to choose from: only the largest comparison is made.
            same = {**cell.settings, setting: None, QUBITS: None, DEPTH: None}
            groups.setdefault(key(same), []).append(cell)
        for group in groups.values():
            pairs[cause] += _largest_pairs(group, setting, is_control, is_case)
    return tuple(
        _ratio(cause, cell, control, len(found))
        for cause, found in pairs.items()
        for cell, control in found
    )


def _largest_pairs(
    group: Sequence[Cell], setting: str, is_control: _Test, is_case: _Test
) -> list[tuple[Cell, Cell]]:
    """Each case beside each control, at the largest size that both have resolved."""
    found: dict[tuple[str, str], tuple[Cell, Cell]] = {}
    for cell in sorted(group, key=lambda c: (c.settings[QUBITS], c.settings[DEPTH])):
        if not (cell.resolved and is_case(cell.settings.get(setting))):
            continue
        size = (cell.settings[QUBITS], cell.settings[DEPTH])
        for control in group:
            fits = control.resolved and is_control(control.settings.get(setting))
            if fits and (control.settings[QUBITS], control.settings[DEPTH]) == size:
                names = (key(cell.settings.get(setting)), key(control.settings.get(setting)))
                found[names] = (cell, control)
    return list(found.values())


def _ratio(cause: str, cell: Cell, control: Cell, comparisons: int) -> Ratio:
    value = cell.value / control.value
    relative = math.hypot(cell.stderr / cell.value, control.stderr / control.value)
    reach = float(ndtri(1 - 0.05 / (2 * comparisons))) * relative
    return Ratio(cause, cell, control, value, value * math.exp(-reach), value * math.exp(reach))


def _is_global(observable: Json) -> bool:
    return observable in GLOBAL


def _is_local(observable: Json) -> bool:
    return observable not in GLOBAL


def _is_none(entangler: Json) -> bool:
    return bool(entangler == "none")


def _entangles(entangler: Json) -> bool:
    return bool(entangler != "none")


def _is_quiet(scale: Json) -> bool:
    return scale is not None and scale == 0


def _is_noisy(scale: Json) -> bool:
    return scale is not None and scale > 0


_CAUSES = (
    ("cost", OBSERVABLE, _is_local, _is_global),
    ("entangler", ENTANGLER, _is_none, _entangles),
    ("noise", SCALE, _is_quiet, _is_noisy),
)


@dataclass(frozen=True)
class DesignRatio:
    """A circuit's mean gradient variance over that of a 2-design: of a circuit that is random.

    Attributes:
        cell: The circuit, without noise.
        design: Var ∂C where all before and after the gate are 2-designs.
        value, low, high: The ratio with its 95 % interval.
    """

    cell: Cell
    design: float
    value: float
    low: float
    high: float

    @property
    def reached(self) -> bool:
        """Whether its gradients are as small as those of random circuits, and no smaller."""
        return self.low <= SAME_FACTOR and self.high >= 1 / SAME_FACTOR

    @property
    def above(self) -> bool:
        return self.low > SAME_FACTOR


def design_ratios(cells: Sequence[Cell]) -> tuple[DesignRatio, ...]:
    """The largest resolved circuit of each kind, where there is no noise and an entangler."""
    largest: dict[str, Cell] = {}
    for cell in sorted(cells, key=lambda c: (c.settings[QUBITS], c.settings[DEPTH])):
        entangles = _entangles(cell.settings.get(ENTANGLER))
        whole = PHASE not in cell.settings
        if whole and cell.resolved and entangles and not cell.settings.get(SCALE):
            largest[key({**cell.settings, QUBITS: None, DEPTH: None})] = cell
    return tuple(_design_ratio(cell) for cell in largest.values())


def two_design_variance(observable: str, qubits: int) -> float:
    """N²/(2(N − 1)(N + 1)²) · Tr O²/N, for the traceless part of O (McClean et al. 2018).

    With a derivative for a gate exp(−iθP/2), and 2-designs before and after it.
    """
    size = 2.0**qubits
    norm = _NORMS.get(observable, _of_one_string)(size)
    return norm * size**2 / (2 * (size - 1) * (size + 1) ** 2)


def _of_one_string(size: float) -> float:
    return 1.0


_NORMS: Mapping[str, Callable[[float], float]] = {
    # Tr O²/N of the traceless part; 1 for a Pauli string.
    "mean_z": lambda size: 1 / math.log2(size),
    "projector": lambda size: (size - 1) / size**2,
    "reflection": lambda size: 4 * (size - 1) / size**2,
}


def _design_ratio(cell: Cell) -> DesignRatio:
    design = two_design_variance(str(cell.settings[OBSERVABLE]), int(cell.settings[QUBITS]))
    low, high = cell.interval
    return DesignRatio(cell, design, cell.value / design, low / design, high / design)
