"""Populations of walks: where they begin and how they are run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nisqdl.engines.exact.ptm import Floats
from nisqdl.engines.pauli_paths.guide import BRANCH_PAIR, PERMUTE_PAIR, Guide, Operations
from nisqdl.engines.pauli_paths.observable import Product
from nisqdl.engines.pauli_paths.steps import Lowered
from nisqdl.engines.pauli_paths.walk import collect, walk
from nisqdl.seeds import generator

MOST_DRAWINGS = 512
"""Past so many, weights are carried on as they are."""

_INTERVAL = 8
"""Weights are looked at after so many operations that change them."""

Bits = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Estimate:
    """What one population says.

    Attributes:
        second: E[C²] without the constant's part.
        gradient: E[(∂C)²] of each slot.
        effective: How many walks each of these rests on, (slots,).
    """

    second: float
    gradient: Floats
    effective: Floats


class Populations:
    """A circuit ready for populations of ``64 · words`` walks."""

    def __init__(self, lowered: Lowered, ops: Operations, guide: Guide, words: int) -> None:
        self.lowered, self.ops, self.guide, self.words = lowered, ops, guide, words
        self.size = 64 * words
        self._terms = [p for p in lowered.products if p.factors]
        self._shares = np.array([_share(term, guide.top) for term in self._terms])
        self._weighed = int((ops.kinds >= PERMUTE_PAIR).sum())
        self._pairs = int((ops.kinds == BRANCH_PAIR).sum())
        slopes = ops.slopes
        self._moves = bool((slopes[:, 0] != slopes[:, 1]).any())

    @property
    def are_empty(self) -> bool:
        """Whether no string of the observable can come home: everything is exactly 0."""
        return not self._shares.sum() > 0

    def run(self, seed: int, collecting: bool = True) -> Estimate:
        """Run one population.

        Args:
            collecting: Whether the gradients are asked for; else they are zeros.
        """
        ops, guide, slots = self.ops, self.guide, self.ops.num_slots
        gradient, effective = np.zeros(slots), np.zeros(slots)
        if self.are_empty:
            return Estimate(0.0, gradient, effective)
        rng = generator(seed, "letters")
        x, z, weights = self._begin(rng)
        noted = np.zeros((slots + 1, self.words), dtype=np.uint64)
        moved = np.zeros((slots + 1 if self._moves else 1, self.words), dtype=np.uint64)
        noted_pairs = np.zeros((max(1, self._pairs), self.size), dtype=np.uint8)
        ancestors = np.empty((min(MOST_DRAWINGS, self._weighed), self.size), dtype=np.int32)
        redrawn = np.empty(len(ops.kinds), dtype=np.int64)
        state = rng.integers(0, 2**64, size=4, dtype=np.uint64)
        scale = walk(
            ops.kinds, ops.qubits, ops.maps, ops.slots, ops.axes, ops.linear, guide.chances,
            guide.weights, guide.outcomes, guide.places, guide.outcome_places, _INTERVAL, x, z,
            weights, state, noted, moved, noted_pairs, ancestors, redrawn,
        )  # fmt: skip
        weights *= np.exp(scale) / self.size
        second = float(weights.sum())
        if not collecting:
            return Estimate(second, gradient, effective)
        collect(
            ops.kinds, ops.maps, ops.slots, guide.outcome_places, ops.slopes, ops.pair_slopes,
            weights, noted, moved, noted_pairs, ancestors, redrawn, np.empty(self.size), gradient,
            effective,
        )  # fmt: skip
        return Estimate(second, gradient, effective)

    def _begin(self, rng: np.random.Generator) -> tuple[Bits, Bits, Floats]:
        """Strings of the observable in proportion to what the guide expects of them."""
        total = self._shares.sum()
        places = (np.arange(self.size) + rng.random()) / self.size
        chosen = np.searchsorted(np.cumsum(self._shares) / total, places, side="right")
        chosen = np.minimum(chosen, len(self._terms) - 1)
        letters = np.zeros((self.lowered.num_qubits, self.size), dtype=np.uint8)
        for number in np.unique(chosen).tolist():
            lanes = np.flatnonzero(chosen == number)
            for qubit, factor in self._terms[number].factors.items():
                chances = np.cumsum(np.array(factor) ** 2 * self.guide.top[qubit])
                drawn = rng.random(len(lanes)) * chances[-1]
                letters[qubit, lanes] = np.searchsorted(chances, drawn, side="right")
        weights = np.full(self.size, total) * self._overlaps(letters)
        x, z = (letters == 1) | (letters == 2), letters >= 2
        return _packed(x), _packed(z), np.where((x | z).any(axis=0), weights, 0.0)

    def _overlaps(self, letters: npt.NDArray[np.uint8]) -> Floats:
        """(Σ of the terms' components)² over the Σ of their squares, for each string."""
        if all(term.num_strings == 1 for term in self._terms):
            return np.ones(self.size)
        total, squares = np.zeros(self.size), np.zeros(self.size)
        for term in self._terms:
            component = np.full(self.size, term.coefficient)
            for qubit in range(self.lowered.num_qubits):
                factor = np.array(term.factors.get(qubit, (1.0, 0.0, 0.0, 0.0)))
                component *= factor[letters[qubit]]
            total += component
            squares += component**2
        return np.divide(total**2, squares, out=np.zeros(self.size), where=squares > 0)


def _share(term: Product, top: Floats) -> float:
    """What the guide expects of a term's strings."""
    share = term.coefficient**2
    for qubit, factor in term.factors.items():
        share *= float(np.array(factor) ** 2 @ top[qubit])
    # Elsewhere the letter is I, whose guide need not be 1.
    elsewhere = [q for q in range(len(top)) if q not in term.factors]
    return share * float(np.prod(top[elsewhere, 0]))


def _packed(bits: npt.NDArray[np.bool_]) -> Bits:
    """Bits of each qubit's walks, (n, 64 W), as words (n, W)."""
    return np.ascontiguousarray(np.packbits(bits, axis=1, bitorder="little").view(np.uint64))
