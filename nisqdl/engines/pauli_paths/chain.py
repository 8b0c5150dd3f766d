"""The exact chain: all 4^n Pauli strings at once, and pairs of different strings where they matter.

E[C²] is the mean of two copies of the circuit. A state of the chain is a pair of strings (Q, Q'),
kept in sectors by their difference D = Q ⊕ Q'. With uniform angles only D = 0 survives and the
sector is a vector of 4^n numbers; observables that are sums, small-angle initialisation, fixed
non-Clifford gates and non-unital noise reach other sectors, which are followed exactly. The
gradients come from one sweep of values up from the start and one of weights down from the
observable, which meet at every rotation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from math import isqrt
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.engines.exact.ptm import Floats
from nisqdl.engines.pauli_paths.chain_kernels import apply_entries, meet_entries
from nisqdl.engines.pauli_paths.maps import Block
from nisqdl.engines.pauli_paths.observable import dense
from nisqdl.engines.pauli_paths.steps import Lowered, Step

MOST_QUBITS = 8
"""4^n strings are affordable up to here."""

MOST_ENTRIES = 2**21
"""Numbers in all sectors together."""

Sectors: TypeAlias = dict[int, Floats]
"""Difference → weights of pairs by their first string, (4^n,)."""


@dataclass(frozen=True, eq=False)
class Chain:
    """The exact chain of a circuit; build it with :func:`find_chain`.

    Attributes:
        sectors: Differences that matter after each step, from the observable down to the start:
            ``sectors[t]`` is before step t, ``sectors[len(steps)]`` at the end.
    """

    lowered: Lowered
    sectors: tuple[frozenset[int], ...]

    def second_moments(self) -> tuple[float, Floats]:
        """E[C²], and E[(∂C)²] for every parameter of the circuit."""
        steps = self.lowered.steps
        stride = max(1, isqrt(len(steps)))
        values, kept = self._start(), {}
        for number, step in enumerate(steps):
            if number % stride == 0:
                kept[number] = values
            values = self._up(step, number, values)
        weights = self._observable()
        second = float(sum(weights[d] @ values[d] for d in weights))
        gradient = np.zeros(self.lowered.num_parameters)
        for first in sorted(kept, reverse=True):
            weights = self._descend(first, min(first + stride, len(steps)), kept, weights, gradient)
        return second, gradient

    def _descend(
        self, first: int, stop: int, kept: dict[int, Sectors], weights: Sectors, gradient: Floats
    ) -> Sectors:
        """Weights before step ``first`` from those before ``stop``; writes the gradients there."""
        steps = self.lowered.steps
        before = [kept[first]]
        for number in range(first, stop - 1):
            before.append(self._up(steps[number], number, before[-1]))
        for number in range(stop - 1, first - 1, -1):
            if steps[number].derivatives:
                slope = self._meet(steps[number], weights, before[number - first])
                for row, factor in steps[number].derivatives:
                    gradient[row] = factor * slope
            weights = self._down(steps[number], number, weights)
        return weights

    def _start(self) -> Sectors:
        letters = np.ones(1)
        for qubit in self.lowered.start:
            letters = np.kron(qubit, letters)
        strings = np.arange(len(letters))
        return {d: letters * letters[strings ^ d] for d in self.sectors[0]}

    def _observable(self) -> Sectors:
        vector = dense(self.lowered.products, range(self.lowered.num_qubits))
        strings = np.arange(len(vector))
        return {d: vector * vector[strings ^ d] for d in self.sectors[-1]}

    def _up(self, step: Step, number: int, values: Sectors) -> Sectors:
        """Values after a step from those before it."""
        result: Sectors = {}
        bases, offsets = places(self.lowered.num_qubits, step.qubits)
        for difference in self.sectors[number + 1]:
            result[difference] = np.zeros(4**self.lowered.num_qubits)
            for block, target in _targets(step, difference):
                if target in values:
                    apply_entries(
                        values[target], result[difference], bases, offsets, block.rows, block.cols,
                        block.values,
                    )  # fmt: skip
        return result

    def _down(self, step: Step, number: int, weights: Sectors) -> Sectors:
        """Weights before a step from those after it."""
        result = {d: np.zeros(4**self.lowered.num_qubits) for d in self.sectors[number]}
        bases, offsets = places(self.lowered.num_qubits, step.qubits)
        for difference, vector in weights.items():
            for block, target in _targets(step, difference):
                if target in result:
                    apply_entries(
                        vector, result[target], bases, offsets, block.cols, block.rows,
                        block.values,
                    )  # fmt: skip
        return result

    def _meet(self, step: Step, weights: Sectors, values: Sectors) -> float:
        """Σ weights · slopes · values."""
        total = 0.0
        bases, offsets = places(self.lowered.num_qubits, step.qubits)
        for difference, vector in weights.items():
            for block, target in _targets(step, difference):
                if target in values:
                    total += meet_entries(
                        vector, values[target], bases, offsets, block.rows, block.cols,
                        block.slopes,
                    )  # fmt: skip
        return float(total)


def find_chain(lowered: Lowered) -> Chain | None:
    """The exact chain, or ``None`` where there are too many strings or pairs of them."""
    if lowered.num_qubits > MOST_QUBITS:
        return None
    sectors = _sectors(lowered)
    if sectors is None or max(map(len, sectors)) * 4**lowered.num_qubits > MOST_ENTRIES:
        return None
    return Chain(lowered, tuple(sectors))


def _sectors(lowered: Lowered) -> list[frozenset[int]] | None:
    """Differences that come from the observable and reach the start, before and after each step."""
    most = 4**lowered.num_qubits
    vector = dense(lowered.products, range(lowered.num_qubits))
    there = np.flatnonzero(vector)
    found = [frozenset(np.unique(there[:, np.newaxis] ^ there[np.newaxis]).tolist())] \
        if len(there) ** 2 <= 2**24 else [frozenset(range(most))]  # fmt: skip
    for step in reversed(lowered.steps):
        found.append(frozenset(t for d in found[-1] for _, t in _targets(step, d)))
    found.reverse()
    reachable = _spanned(lowered.start)
    found[0] = frozenset(d for d in found[0] if _within(d, reachable))
    for number, step in enumerate(lowered.steps):
        found[number + 1] = frozenset(
            d for d in found[number + 1] if any(t in found[number] for _, t in _targets(step, d))
        )
    return found


def _spanned(start: Floats) -> list[frozenset[int]]:
    """For each qubit, the letters by which two strings may differ that are both felt there."""
    found = []
    for qubit in start:
        letters = np.flatnonzero(qubit).tolist()
        found.append(frozenset(a ^ b for a in letters for b in letters))
    return found


def _within(difference: int, letters: Sequence[frozenset[int]]) -> bool:
    return all(difference >> 2 * q & 3 in allowed for q, allowed in enumerate(letters))


def _targets(step: Step, difference: int) -> Iterator[tuple[Block, int]]:
    """Blocks that take pairs of this difference, and the differences that they get."""
    local, rest = 0, difference
    for place, qubit in enumerate(step.qubits):
        local |= (difference >> 2 * qubit & 3) << 2 * place
        rest &= ~(3 << 2 * qubit)
    for block in step.map.blocks(local):
        target = rest
        for place, qubit in enumerate(step.qubits):
            target |= (block.difference >> 2 * place & 3) << 2 * qubit
        yield block, target


@cache
def places(
    num_qubits: int, qubits: tuple[int, ...]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Indices of the strings that are I on the qubits, and what each local letter adds."""
    strings = np.arange(4**num_qubits, dtype=np.int64)
    elsewhere = np.ones(len(strings), dtype=bool)
    offsets = np.zeros(1, dtype=np.int64)
    for qubit in qubits:
        elsewhere &= strings >> 2 * qubit & 3 == 0
        offsets = (offsets[np.newaxis] + (np.arange(4)[:, np.newaxis] << 2 * qubit)).reshape(-1)
    return strings[elsewhere], offsets
