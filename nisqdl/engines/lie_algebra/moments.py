"""Mean and mean square of an observable's value over the group of a Lie algebra."""

from __future__ import annotations

import numpy as np

from nisqdl.engines.lie_algebra.closure import Matrices, closure, unit
from nisqdl.engines.lie_algebra.ideals import action
from nisqdl.errors import NisqdlError


def group_moments(
    basis: Matrices, generators: Matrices, observable: Matrices
) -> tuple[float, float]:
    """E[C²] and E[C] of ⟨0…0|g†Og|0…0⟩ for any observable O, over the group.

    The group turns O within the span W of its nested commutators. With o and r the coordinates
    of O and of |0…0⟩⟨0…0| in W, E[C²] = rᵀ T r, where T, the mean of (g o)(g o)ᵀ over the group, is
    the part of o oᵀ that commutes with how the algebra acts on W. What commutes with one element
    is found exactly; doing so for a few generic ones in turn leaves what commutes with all.

    Args:
        basis: Of the algebra, orthonormal, (d, N, N).
        generators: Of the algebra, of norm 1, (generators, N, N).
        observable: O, (N, N).

    Raises:
        NisqdlError: The projections do not settle.
    """
    space = closure(unit(observable[np.newaxis]), generators)
    turned = np.einsum("aij,ji->a", space, observable).real
    start = space[:, 0, 0].real
    rng = np.random.default_rng(0)  # any generic elements do
    frames = []
    for coefficients in rng.normal(size=(_ELEMENTS, len(basis))):
        element = np.einsum("a,aij->ij", coefficients, basis)
        values, vectors = np.linalg.eigh(1j * action(element, space))
        near = 1e-9 * max(1.0, float(np.abs(values).max(initial=0.0)))
        equal = np.abs(values[:, np.newaxis] - values) < near
        frames.append((vectors, equal, np.abs(values) < near))
    square, mean = np.outer(turned, turned), turned
    for _ in range(_ROUNDS):
        before = square
        for vectors, equal, zero in frames:
            inside = vectors.conj().T @ square @ vectors
            square = (vectors @ (inside * equal) @ vectors.conj().T).real
            mean = (vectors[:, zero] @ (vectors[:, zero].conj().T @ mean)).real
        if np.linalg.norm(square - before) <= 1e-13 * np.linalg.norm(before):
            return float(start @ square @ start), float(start @ mean)
    raise NisqdlError(
        f"The second moment over the group has not settled after {_ROUNDS} rounds; sample the "
        "variance instead."
    )


_ELEMENTS = 4
_ROUNDS = 200
