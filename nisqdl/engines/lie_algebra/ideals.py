"""The simple ideals of a Lie algebra of matrices."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from nisqdl.engines.contract import Array
from nisqdl.engines.lie_algebra.closure import Matrices, coordinates


def simple_ideals(basis: Matrices) -> Iterator[Array]:
    """Simple ideals, from the root planes of a generic element.

    A generic x has simple eigenvalues ±iλ under [x, ·], one pair for each root, whose plane lies
    in one ideal. Another generic y maps planes of an ideal to each other, and never to those of
    another ideal. The commutators within planes give the ideal's part of the Cartan subalgebra.
    """
    size = basis.shape[1]
    if len(basis) == size**2 - 1:  # su(N) is simple
        yield np.eye(len(basis))
        return
    rng = np.random.default_rng(0)  # any two generic elements do
    elements = np.einsum("ca,aij->cij", rng.normal(size=(2, len(basis))), basis)
    first, second = (action(element, basis) for element in elements)
    values, vectors = np.linalg.eigh(1j * first)
    roots = vectors[:, values > 1e-9 * max(1.0, float(np.abs(values).max(initial=0.0)))]
    planes = np.concatenate([roots, roots.conj()], axis=1)
    steps = np.abs(planes.conj().T @ second @ planes)
    count = roots.shape[1]
    linked = steps.reshape(2, count, 2, count).max(axis=(0, 2)) > 1e-9
    for members in _components(linked):
        vectors_of = np.concatenate([roots[:, members].real, roots[:, members].imag], axis=1).T
        directions = np.linalg.qr(vectors_of.T)[0].T
        cartan = [_commutator(basis, roots[:, m].real, roots[:, m].imag) for m in members]
        extra = np.array(cartan)
        extra -= (extra @ directions.T) @ directions
        _, sizes, found = np.linalg.svd(extra, full_matrices=False)
        yield np.concatenate([directions, found[sizes > 1e-7 * sizes.max()]])


def action(element: Matrices, space: Matrices) -> Array:
    """The matrix of i[x, ·] in an orthonormal basis that it maps to its span, antisymmetric."""
    turned = 1j * (element @ space - space @ element)
    rows = coordinates(space) @ coordinates(turned).T
    found: Array = (rows - rows.T) / 2
    return found


def _commutator(basis: Matrices, left: Array, right: Array) -> Array:
    a, b = (np.einsum("a,aij->ij", one, basis) for one in (left, right))
    turned = 1j * (a @ b - b @ a)
    found: Array = np.einsum("aij,ji->a", basis, turned).real
    return found


def _components(linked: npt.NDArray[np.bool_]) -> Iterator[list[int]]:
    left = set(range(len(linked)))
    while left:
        reached = {left.pop()}
        queue = list(reached)
        while queue:
            near = set(np.flatnonzero(linked[queue.pop()]).tolist()) & left
            left -= near
            reached |= near
            queue.extend(near)
        yield sorted(reached)
