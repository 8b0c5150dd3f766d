"""Pauli transfer matrices: R[i, j] = Tr(P_i E(P_j)) / 2^n, real, of gates and channels.

One-qubit rows are I, X, Y, Z. Two-qubit rows are r = digit_a + 4 digit_b for a gate's qubits (a, b)
in Qiskit's order (a is the less significant in the gate's matrix). The state's components are ⟨P⟩,
so |0⟩ is (1, 0, 0, 1). See Greenbaum 2015 (arXiv:1509.02921), section 2.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Complexes: TypeAlias = npt.NDArray[np.complex128]

PAULIS: Complexes = np.array(
    [[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], dtype=complex
)

RESET: Floats = np.array([[1.0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 0, 0]])

DEPHASING: Floats = np.diag([1.0, 0, 0, 1])
"""A measurement, as long as nobody asks for its outcome."""


def unitary_ptm(unitary: Complexes) -> Floats:
    """The matrix (4, 4) or (16, 16) of a gate on one or two qubits.

    Entries that are 0, 1 or −1 up to rounding are made exactly so.
    """
    paulis = PAULIS
    if unitary.shape == (4, 4):
        paulis = np.einsum("bij,akl->baikjl", PAULIS, PAULIS).reshape(16, 4, 4)
    turned = unitary @ paulis @ unitary.conj().T
    matrix: Floats = np.einsum("iab,jba->ij", paulis, turned).real / len(unitary)
    whole = np.round(matrix)
    return np.where(np.abs(matrix - whole) < 1e-14, whole, matrix)


COPY: Floats = unitary_ptm(np.eye(4, dtype=complex)[[0, 3, 2, 1]])
"""CX: a qubit without coherence copied to one in |0⟩."""


def confusion(p1_given_0: float, p0_given_1: float) -> Floats:
    """A bit that is read wrongly with these probabilities, on a qubit without coherence."""
    matrix = np.diag([1.0, 0, 0, 1.0 - p1_given_0 - p0_given_1])
    matrix[3, 0] = p0_given_1 - p1_given_0
    return matrix


def where_it_holds(value: int, channel: Floats) -> Floats:
    """A channel (4, 4) on the second qubit where the first, without coherence, holds the value."""
    holding, other = (
        np.array([[1.0, 0, 0, s], [0, 0, 0, 0], [0, 0, 0, 0], [s, 0, 0, 1.0]]) / 2
        for s in (1.0 - 2 * value, 2.0 * value - 1)
    )
    return np.kron(channel, holding) + np.kron(np.eye(4), other)


def rotation(axis: int, angle: float) -> Floats:
    """exp(−iθP/2) on one qubit, P = X, Y, Z for ``axis`` 1, 2, 3."""
    p, q = axis % 3 + 1, (axis + 1) % 3 + 1
    matrix = np.eye(4)
    matrix[p, p] = matrix[q, q] = math.cos(angle)
    matrix[q, p] = math.sin(angle)
    matrix[p, q] = -matrix[q, p]
    return matrix


@cache
def turning_pairs(first: int, second: int) -> tuple[tuple[int, int], ...]:
    """How exp(−iθ P_b⊗P_a/2) acts: rows (p, q) with p' = c p − s q and q' = s p + c q.

    Args:
        first, second: P of the gate's qubits a and b, 1 to 3.

    Returns:
        Four pairs that turn, then four pairs of the rows that are kept.
    """
    product = np.kron(PAULIS[second], PAULIS[first])
    quarter = unitary_ptm((np.eye(4) - 1j * product) / math.sqrt(2))
    turned = [(p, q) for q in range(16) for p in range(16) if p != q and quarter[q, p] == 1]
    still = [r for r in range(16) if quarter[r, r] == 1]
    return (*turned, *zip(still[::2], still[1::2], strict=True))


def depolarizing(probability: float, num_qubits: int) -> Floats:
    """The diagonal of ρ → (1 − p) ρ + p I/d (Aer's convention)."""
    diagonal = np.full(4**num_qubits, 1.0 - probability)
    diagonal[0] = 1.0
    return diagonal


def relaxation(time: float, t1: float, t2: float) -> Floats:
    """Thermal relaxation towards |0⟩, also for T1 < T2 ≤ 2 T1; all in one unit of time."""
    coherence, population = math.exp(-time / t2), math.exp(-time / t1)
    matrix = np.diag([1.0, coherence, coherence, population])
    matrix[3, 0] = 1.0 - population
    return matrix


def as_damping(matrix: Floats) -> Floats | None:
    """(x, y, z, shift) of a one-qubit channel that only scales and shifts Z by I, else ``None``."""
    rest = matrix.copy()
    rest[[0, 1, 2, 3, 3], [0, 1, 2, 3, 0]] = 0.0
    if rest.any():
        return None
    return matrix[[1, 2, 3, 3], [1, 2, 3, 0]]


def is_sparse(matrix: Floats) -> bool:
    """Whether no row and no column has more than two entries that are not zero."""
    filled = matrix != 0
    return bool(filled.sum(0).max() <= 2 and filled.sum(1).max() <= 2)


def as_two_terms(matrix: Floats) -> tuple[npt.NDArray[np.int64], Floats] | None:
    """Columns and factors of the two terms of each row, ``None`` if there are more.

    Returns:
        Both (2, 2, 16): of the matrix and of its transposed; the first and the second term; rows.
    """
    if not is_sparse(matrix):
        return None
    both = np.stack([matrix, matrix.T])
    columns = np.argsort(both == 0, axis=2, kind="stable")[:, :, :2]
    factors = np.take_along_axis(both, columns, axis=2)
    return columns.transpose(0, 2, 1).astype(np.int64), factors.transpose(0, 2, 1)
