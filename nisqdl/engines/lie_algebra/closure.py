"""The closure of matrices under commutators, as coordinates in an orthonormal basis."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.engines.contract import Array

Matrices: TypeAlias = npt.NDArray[np.complex128]
"""Hermitian matrices (…, N, N); qubit 0 is the lowest bit of an index."""

_FAR, _NEW = 0.1, 1e-7
"""How much of a commutator of operators of norm about 1 must be outside of the span of those found
so far, to be added at once; and with less than the second it counts as inside."""


def closure(start: Matrices, generators: Matrices) -> Matrices:
    """An orthonormal basis of all nested commutators of generators with these matrices.

    What is far outside of the span so far comes first: a direction that is found as a small
    difference of large operators would bring their rounding errors along, and from there into all
    that follows from it. When nothing far outside is left, the farthest is taken.
    """
    size = start.shape[1]
    most = size**2 - 1  # traceless Hermitian matrices
    steps = generators * np.sqrt(size)  # of norm about 1 as operators
    basis = frontier = _independent(np.empty((0, size**2)), coordinates(start), _NEW)
    while len(basis) < most:
        fresh = _new_commutators(frontier, basis, steps, _FAR)
        if not len(fresh):
            fresh = _new_commutators(basis, basis, steps, _NEW)
        if not len(fresh):
            break
        basis = np.concatenate([basis, fresh])
        frontier = fresh
    return matrices_of(basis)


def _new_commutators(rows: Array, basis: Array, steps: Matrices, least: float) -> Array:
    """An orthonormal basis of what commutators of these rows with the generators add."""
    matrices = matrices_of(rows)
    fresh = np.empty((0, basis.shape[1]))
    for step in steps:
        known = np.concatenate([basis, fresh])
        if len(known) >= basis.shape[1] - 1:
            break
        commutators = 1j * (step @ matrices - matrices @ step)
        fresh = np.concatenate([fresh, _independent(known, coordinates(commutators), least)])
    return fresh


def _independent(basis: Array, rows: Array, least: float) -> Array:
    """An orthonormal basis of what the rows add to an orthonormal basis, the farthest first.

    Rows count that are ``least`` outside, and not ten times nearer than the farthest.
    """
    from scipy.linalg import qr

    rows = rows - (rows @ basis.T) @ basis
    rows = rows[np.linalg.norm(rows, axis=1) > least]
    if not len(rows):
        return rows
    found, sizes, _ = qr(rows.T, mode="economic", pivoting=True, check_finite=False)
    lengths = np.abs(np.diag(sizes))
    chosen = found[:, lengths > max(least, lengths[0] / 10)].T
    chosen = chosen - (chosen @ basis.T) @ basis  # the errors of the first projection
    again: Array = np.linalg.qr(chosen.T)[0].T
    return again


def coordinates(matrices: Matrices) -> Array:
    """Coordinates of Hermitian matrices (…, N²), orthonormal for Tr(AB)."""
    size = matrices.shape[-1]
    upper = matrices[..., *np.triu_indices(size, 1)] * np.sqrt(2)
    diagonal = np.einsum("...ii->...i", matrices).real
    return np.concatenate([diagonal, upper.real, upper.imag], axis=-1)


def matrices_of(rows: Array) -> Matrices:
    """The Hermitian matrices with these coordinates."""
    size = int(np.sqrt(rows.shape[-1]))
    pairs = size * (size - 1) // 2
    matrices = np.zeros((*rows.shape[:-1], size, size), dtype=np.complex128)
    upper = (rows[..., size : size + pairs] + 1j * rows[..., size + pairs :]) / np.sqrt(2)
    matrices[..., *np.triu_indices(size, 1)] = upper
    matrices += np.conj(np.swapaxes(matrices, -1, -2))
    matrices[..., np.arange(size), np.arange(size)] = rows[..., :size]
    return matrices


def unit(matrices: Matrices) -> Matrices:
    """Those that are not zero, of norm 1."""
    norms = np.linalg.norm(matrices, axis=(1, 2))
    found: Matrices = matrices[norms > 0] / norms[norms > 0, None, None]
    return found
