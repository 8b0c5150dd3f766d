"""Turns put into sweeps, and rows numbered so that the state grows as the program goes on.

Row indices are vectors over the field of two elements. A sweep takes as many turns as it can whose
v lie in a space of few dimensions, moving them past others only where they commute. Rows are then
numbered in a basis of all v in order of appearance: before a turn with a new v, only the rows with
lower numbers are not zero, and rows that no turn reaches do not exist at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nisqdl.engines.statevector.frame import anticommute
from nisqdl.engines.statevector.turning import Turn

MOST_IN_PLACE = 9
"""Up to this many dimensions the state itself is the tile."""

TILE = 8
"""Dimensions of a tile: 32 KiB, and another for the adjoint; measured best."""


class Space:
    """A space of bit vectors with a basis, in order of insertion."""

    def __init__(self) -> None:
        self.basis: list[int] = []
        self._reduced: dict[int, tuple[int, int]] = {}

    def __len__(self) -> int:
        return len(self.basis)

    def coordinates(self, vector: int) -> int | None:
        """Which basis vectors sum to it, as bits; ``None`` if it is outside."""
        rest, places = self._reduce(vector)
        return None if rest else places

    def add(self, vector: int) -> int:
        """Its coordinates, after it has become a basis vector if it was outside."""
        rest, places = self._reduce(vector)
        if rest:
            new = 1 << len(self.basis)
            self.basis.append(vector)
            self._reduced[rest.bit_length()] = (rest, places ^ new)
            return new
        return places

    def _reduce(self, vector: int) -> tuple[int, int]:
        places = 0
        while vector:
            known = self._reduced.get(vector.bit_length())
            if known is None:
                break
            vector ^= known[0]
            places ^= known[1]
        return vector, places


@dataclass(frozen=True)
class Sweep:
    """Turns applied tile by tile.

    Attributes:
        turns: In order.
        span: The tile's rows that may be other than zero before the sweep, spanned by these,
            come first; then rows that its own new vectors reach. In the rows' numbering.
        old: How many of ``span`` are of the first sort.
        reps: The first rows of all tiles are the sums of some of these; ``None`` where the tile is
            the whole state.
    """

    turns: tuple[Turn, ...]
    span: tuple[int, ...]
    old: int
    reps: tuple[int, ...] | None


def swept(turns: Sequence[Turn]) -> tuple[list[Sweep], Space]:
    """Sweeps, and the space whose coordinates are the rows' numbers."""
    whole = Space()
    for turn in turns:
        whole.add(turn.v)
    most = len(whole) if len(whole) <= MOST_IN_PLACE else TILE
    rows = Space()
    return [_sweep(chosen, rows, len(whole)) for chosen in _batches(turns, most)], rows


def _batches(turns: Sequence[Turn], most: int) -> list[list[Turn]]:
    rest = list(turns)
    batches = []
    while rest:
        chosen: list[Turn] = []
        left: list[Turn] = []
        space = Space()
        barrier: list[tuple[int, int]] = []
        for place, turn in enumerate(rest):
            strings = turn.strings
            fits = len(space) < most or space.coordinates(turn.v) is not None
            if fits and not any(anticommute(a, b) for a in strings for b in barrier):
                space.add(turn.v)
                chosen.append(turn)
            else:
                left.append(turn)
                barrier.extend(strings)
                if len(left) > _PATIENCE:
                    left.extend(rest[place + 1 :])
                    break
        batches.append(chosen)
        rest = left
    return batches


_PATIENCE = 64
"""How many turns are left for later before a sweep is closed."""


def _sweep(turns: Sequence[Turn], rows: Space, dimensions: int) -> Sweep:
    before = len(rows)
    vectors = [rows.add(turn.v) for turn in turns]
    if dimensions <= MOST_IN_PLACE:
        span = [1 << i for i in range(len(rows))]
        return Sweep(tuple(turns), tuple(span), before, None)
    known = (1 << before) - 1
    old = _echelon([vector & known for vector in vectors])
    new = [1 << i for i in range(before, len(rows))]
    pivots = {vector.bit_length() - 1 for vector in old}
    free = [1 << i for i in range(before) if i not in pivots]
    return Sweep(tuple(turns), tuple(old + new), len(old), tuple(free))


def _echelon(vectors: Sequence[int]) -> list[int]:
    """A reduced basis, ascending: no vector has a bit at another's highest place."""
    basis: list[int] = []
    for vector in vectors:
        for known in sorted(basis, reverse=True):
            vector = min(vector, vector ^ known)
        if vector:
            top = 1 << (vector.bit_length() - 1)
            basis = [known ^ vector if known & top else known for known in basis] + [vector]
    return sorted(basis)
