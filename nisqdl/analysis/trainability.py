"""Trainable, trainable with …, or not trainable: one answer, with the number that says so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

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
from nisqdl.analysis.plateau_price import price_of

EASY = 1e4
"""Shots for one gradient component that are usual: what one gives a circuit as a matter of
course."""

AFFORDABLE = 1e6
"""Shots for one gradient component past which a report says that they are too many."""

CHANGES = (OBSERVABLE, ENTANGLER, DEPTH, "initialisation", SCALE)
"""What one may change to become trainable."""


@dataclass(frozen=True)
class Way:
    """Whether one circuit can be trained.

    Attributes:
        cell: The circuit.
        shots: For one gradient component at a signal-to-noise ratio of 1.
        answer: ``trainable``, ``with more shots``, ``not trainable`` or ``not resolved``.
        instead: The cheapest trainable circuit of as many qubits that differs in one thing,
            where this one is not trainable, and that thing; ``None`` where there is none.
    """

    cell: Cell
    shots: float
    answer: str
    instead: tuple[Cell, str] | None


def ways(cells: Sequence[Cell]) -> tuple[Way, ...]:
    """Of the circuits of most qubits, and of these the deepest of each kind."""
    most = max(cell.settings[QUBITS] for cell in cells)
    wide = [cell for cell in cells if cell.settings[QUBITS] == most]
    deepest: dict[str, Cell] = {}
    for cell in sorted(wide, key=lambda c: int(c.settings[DEPTH])):
        deepest[key({**cell.settings, DEPTH: None})] = cell
    return tuple(_way(cell, wide) for cell in deepest.values())


def _way(cell: Cell, wide: Sequence[Cell]) -> Way:
    answer, shots = _answer(cell), price_of(cell).shots
    return Way(cell, shots, answer, _instead(cell, wide) if answer == "not trainable" else None)


def _answer(cell: Cell) -> str:
    if cell.value == 0 and cell.stderr == 0:
        return "not trainable"
    if not cell.resolved:
        return "not resolved"
    shots = price_of(cell).shots
    if shots <= EASY:
        return "trainable"
    return "with more shots" if shots <= AFFORDABLE else "not trainable"


def _instead(cell: Cell, wide: Sequence[Cell]) -> tuple[Cell, str] | None:
    found = []
    for other in wide:
        different = _different(cell, other)
        if "initialisation" in different:
            different.discard(PHASE)
        phases = [one for one in wide if _different(one, other) <= {PHASE}]
        trainable = all(_answer(one) == "trainable" for one in phases)
        if len(different) == 1 and different <= set(CHANGES) and trainable:
            found.append((other, different.pop()))
    return min(found, key=lambda pair: price_of(pair[0]).shots, default=None)


def _different(one: Cell, other: Cell) -> set[str]:
    """The settings in which they differ."""
    return {
        name
        for name in {*one.settings, *other.settings}
        if key(one.settings.get(name)) != key(other.settings.get(name))
    }
