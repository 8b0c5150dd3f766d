"""What happens to pairs of Pauli strings at one step: averages of products of transfer matrices.

A step on one or two qubits has a Pauli transfer matrix M(θ) (see :mod:`nisqdl.engines.exact.ptm`)
and θ is random. In the Heisenberg picture a string with the local letter l after the step becomes
Σ_o M[l, o] · (letter o before it). The square of an expectation value needs two copies, and the
letters (l, l') become (o, o') with weight E[M[l, o] M[l', o']]. Letters count I, X, Y, Z = 0 to 3
(a + 4 b for two qubits), so that the bitwise XOR of two letters is the letter of their product:
d = l ⊕ l' says by which letter the copies differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.engines.exact.ptm import PAULIS, Floats, unitary_ptm

Characteristic: TypeAlias = Callable[[float], complex]
"""The mean of exp(i f θ) as a function of f."""

_ZERO = 1e-13
"""Means below this are rounding."""


@dataclass(frozen=True)
class Turn:
    """exp(−iφP/2) with φ = rate · θ + offset.

    Attributes:
        paulis: P on the step's qubits, 0 to 3 each.
    """

    paulis: tuple[int, ...]
    rate: float
    offset: float


@dataclass(frozen=True)
class Block:
    """Entries from pairs that differ by d to pairs that differ by ``difference``.

    Attributes:
        rows, cols: The first copy's letters l and o.
        values: E[M[l, o] M[l ⊕ d, o ⊕ difference]].
        slopes: The same for the product of the matrices' derivatives by θ.
    """

    difference: int
    rows: npt.NDArray[np.int64]
    cols: npt.NDArray[np.int64]
    values: Floats
    slopes: Floats


@dataclass(frozen=True, eq=False)
class LocalMap:
    """A transfer matrix M(θ) = Σ_f exp(i f θ) parts[f] of a random angle θ, or a fixed one.

    Attributes:
        frequencies: (F,).
        parts: (F, 4^k, 4^k), complex.
        means: E[exp(i (f + f') θ)], (F, F).
        first_means: E[exp(i f θ)], (F,).
    """

    frequencies: Floats
    parts: npt.NDArray[np.complex128]
    means: npt.NDArray[np.complex128]
    first_means: npt.NDArray[np.complex128]
    _blocks: dict[int, tuple[Block, ...]] = field(default_factory=dict)

    @classmethod
    def fixed(cls, matrix: Floats) -> LocalMap:
        """A matrix that does not depend on any angle."""
        one = np.ones((1, 1), dtype=complex)
        return cls(np.zeros(1), matrix[np.newaxis].astype(complex), one, one[0])

    @classmethod
    def turned(cls, turns: Sequence[Turn], characteristic: Characteristic) -> LocalMap:
        """Rotations one after the other by functions of one angle."""
        size = 4 ** len(turns[0].paulis)
        parts: dict[float, npt.NDArray[np.complex128]] = {0.0: np.eye(size, dtype=complex)}
        for turn in turns:
            grown: dict[float, npt.NDArray[np.complex128]] = {}
            for shift, factor in _fourier(turn):
                for frequency, part in parts.items():
                    key = round(frequency + shift, 12)
                    grown[key] = grown.get(key, 0.0) + factor @ part
            parts = {key: part for key, part in grown.items() if np.abs(part).max() > _ZERO}
        frequencies = np.array(list(parts))
        means = np.array([[characteristic(f + g) for g in parts] for f in parts], dtype=complex)
        first_means = np.array([characteristic(f) for f in parts], dtype=complex)
        return cls(frequencies, np.array(list(parts.values())), means, first_means)

    @property
    def num_qubits(self) -> int:
        return 1 if self.parts.shape[1] == 4 else 2

    @property
    def matrix(self) -> Floats | None:
        """The matrix where it is fixed."""
        return self.parts[0].real if len(self.parts) == 1 and not self.frequencies[0] else None

    @cached_property
    def average(self) -> Floats:
        """E[M]."""
        return _clean(np.einsum("f,flo->lo", self.first_means, self.parts).real)

    @cached_property
    def squares(self) -> Floats:
        """E[M[l, o]²]: the chain that both copies walk together."""
        return _clean(np.einsum("fg,flo,glo->lo", self.means, self.parts, self.parts).real)

    @cached_property
    def squared_slopes(self) -> Floats:
        """E[(∂M[l, o]/∂θ)²]."""
        return _clean(np.einsum("fg,flo,glo->lo", self._slope_means, self.parts, self.parts).real)

    def blocks(self, difference: int) -> tuple[Block, ...]:
        """Where pairs that differ by this letter go."""
        if difference not in self._blocks:
            self._blocks[difference] = tuple(self._make_blocks(difference))
        return self._blocks[difference]

    def shifts(self) -> tuple[frozenset[int], frozenset[int]]:
        """Differences that pairs may have and survive, and what may be added to a difference."""
        differences = range(self.parts.shape[1])
        survive = frozenset(d for d in differences if self.blocks(d))
        added = frozenset(d ^ b.difference for d in survive for b in self.blocks(d)) - {0}
        return survive, added

    @property
    def _slope_means(self) -> npt.NDArray[np.complex128]:
        return -np.multiply.outer(self.frequencies, self.frequencies) * self.means

    def _make_blocks(self, difference: int) -> list[Block]:
        letters = np.arange(self.parts.shape[1])
        other = self.parts[:, letters ^ difference]
        found = []
        for after in letters.tolist():
            partner = other[:, :, letters ^ after]
            values, slopes = (
                _clean(np.einsum("fg,flo,glo->lo", means, self.parts, partner).real)
                for means in (self.means, self._slope_means)
            )
            rows, cols = map(np.ascontiguousarray, np.nonzero((values != 0) | (slopes != 0)))
            if len(rows):
                found.append(Block(after, rows, cols, values[rows, cols], slopes[rows, cols]))
        return found


def _fourier(turn: Turn) -> list[tuple[float, npt.NDArray[np.complex128]]]:
    """R(φ) = A + cos φ · B + sin φ · C as (frequency in θ, matrix)."""
    product = np.ones((1, 1), dtype=complex)
    for pauli in turn.paulis:
        product = np.kron(PAULIS[pauli], product)
    quarter = unitary_ptm((np.eye(len(product)) - 1j * product) / np.sqrt(2.0))
    still = np.diag(np.diag(quarter)).astype(complex)
    turned, crossed = np.eye(len(quarter)) - still, quarter - still
    if not turn.rate:
        fixed = still + np.cos(turn.offset) * turned + np.sin(turn.offset) * crossed
        return [(0.0, fixed)]
    phase = np.exp(1j * turn.offset)
    return [
        (0.0, still),
        (turn.rate, phase / 2 * (turned - 1j * crossed)),
        (-turn.rate, phase.conjugate() / 2 * (turned + 1j * crossed)),
    ]


def _clean(values: Floats) -> Floats:
    return np.where(np.abs(values) < _ZERO, 0.0, values)
