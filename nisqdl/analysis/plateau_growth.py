"""Layer-wise training in a gradient_variance run: the gradient at the start of each phase."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from nisqdl.analysis.plateau_cells import PHASE, QUBITS, Cell, key, noise_title
from nisqdl.analysis.plateau_text import factor_text, small_text
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted

_REACH = 1.959964
"""Standard errors to each end of a normal 95 % interval."""


@dataclass(frozen=True)
class Growth:
    """One circuit as it grows.

    Attributes:
        cells: Of its phases, in order; the last has the whole circuit.
        whole: The whole circuit at uniform angles, all else equal, if it was measured.
    """

    cells: tuple[Cell, ...]
    whole: Cell | None

    @property
    def last(self) -> Cell:
        return self.cells[-1]

    def x(self) -> list[int]:
        """Layers of each phase's circuit."""
        return [int(cell.main["layers"]) for cell in self.cells]


def growths_of(cells: Sequence[Cell]) -> tuple[Growth, ...]:
    """Every circuit of layer-wise training that has more than one phase."""
    groups: dict[str, list[Cell]] = {}
    uniform: dict[str, Cell] = {}
    for cell in cells:
        if PHASE in cell.settings:
            groups.setdefault(_of_growth(cell), []).append(cell)
        elif cell.settings.get("initialisation") == "uniform":
            uniform[_of_growth(cell)] = cell
    return tuple(
        Growth(tuple(sorted(group, key=lambda c: int(c.main["layers"]))), uniform.get(name))
        for name, group in groups.items()
        if len(group) > 1
    )


def widest_growths(growths: Sequence[Growth]) -> list[Growth]:
    """Those of most qubits, and of these the deepest of each kind."""
    most = max((growth.last.settings[QUBITS] for growth in growths), default=0)
    wide = [growth for growth in growths if growth.last.settings[QUBITS] == most]
    deep = max((growth.x()[-1] for growth in wide), default=0)
    return [growth for growth in wide if growth.x()[-1] == deep]


def growth_verdict(growths: Sequence[Growth], complete: bool) -> Verdict | None:
    """What layer-wise training starts from, in its first phase and in its last."""
    told = widest_growths(growths)
    if not told or not complete:
        return None
    size = counted(told[0].last.settings[QUBITS], "qubit")
    parts = [_growth_text(growth) for growth in told]
    sentence = f"Grown layer by layer at {size}: {'; '.join(parts)}."
    return Verdict("Layer-wise training", sentence, GROWTH_RULE, {})


GROWTH_RULE = (
    "In each phase the circuit has only the layers so far, transpiled by themselves: neither noise "
    "nor gradient passes through those to come. The mean is over the weights that the phase "
    "trains: all in the first phase, then those of the new layer, which begins at angle 0. The "
    "layers before it are at random angles, because training may have left them anywhere; where it "
    "keeps them near where gradients are large, there is more. Ratios are to the same circuit, "
    "whole, at uniform angles, with 95 % intervals."
)


def _growth_text(growth: Growth) -> str:
    first, last, whole = growth.cells[0], growth.last, growth.whole
    text = (
        f"with {noise_title(last)} the variance over the weights in training goes from "
        f"{small_text(first.value)} in the first phase to {small_text(last.value)} in the last of "
        f"{len(growth.cells)}"
    )
    if whole is None or not (whole.resolved and first.resolved and last.resolved):
        return text
    ratios = f"{_ratio_text(first, whole)} and {_ratio_text(last, whole)}"
    return f"{text}, {ratios} of the whole circuit's at uniform angles"


def _ratio_text(cell: Cell, whole: Cell) -> str:
    ratio = cell.value / whole.value
    reach = _REACH * math.hypot(cell.stderr / cell.value, whole.stderr / whole.value)
    low, high = ratio * math.exp(-reach), ratio * math.exp(reach)
    return f"× {factor_text(ratio)} ({factor_text(low)} to {factor_text(high)})"


def _of_growth(cell: Cell) -> str:
    return key({**cell.settings, PHASE: None, "initialisation": None})
