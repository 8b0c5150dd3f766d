"""Fixed maps that follow each other become one, so that what they do together is exact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from nisqdl.engines.exact.ptm import Floats
from nisqdl.engines.pauli_paths.steps import Lowered, Step


def fused(lowered: Lowered) -> Lowered:
    """Fuse fixed one-qubit maps with each other and into a monomial two-qubit map before them,
    and two-qubit maps on the same pair with each other."""
    steps: list[Step | None] = []
    last: dict[int, int] = {}
    known: dict[tuple[object, ...], tuple[Floats, Floats, Floats]] = {}
    for step in lowered.steps:
        target = _target(step, steps, last)
        if target is None:
            last.update(dict.fromkeys(step.qubits, len(steps)))
            steps.append(step)
            continue
        before = steps[target]
        assert before is not None
        assert before.matrix is not None
        assert step.matrix is not None
        places = tuple(before.qubits.index(q) for q in step.qubits)
        key = (id(before.matrix), id(step.matrix), places)
        if key not in known:
            # The two factors are kept too, so that their ids stay theirs.
            product = _widened(step.matrix, places, len(before.qubits)) @ before.matrix
            known[key] = (product, before.matrix, step.matrix)
        steps[target] = replace(
            before, matrix=known[key][0], is_noise=before.is_noise and step.is_noise
        )
    return replace(lowered, steps=tuple(step for step in steps if step is not None))


def is_monomial(matrix: Floats) -> bool:
    """Whether every row has at most one entry."""
    return bool(((matrix != 0).sum(axis=1) <= 1).all())


def _target(step: Step, steps: list[Step | None], last: dict[int, int]) -> int | None:
    """The step that this one may be fused into."""
    if step.matrix is None:
        return None
    candidates = {last.get(q) for q in step.qubits}
    if len(candidates) > 1 or None in candidates:
        return None
    (target,) = candidates
    assert target is not None
    before = steps[target]
    if before is None or before.matrix is None or not set(step.qubits) <= set(before.qubits):
        return None
    # Larger maps that branch are left apart: they would be slow.
    wide = len(before.qubits) == 2
    if wide and not (is_monomial(step.matrix) and is_monomial(before.matrix)):
        return None
    return target


def _widened(matrix: Floats, places: tuple[int, ...], num_qubits: int) -> Floats:
    """A map on some of the qubits, as one on all of them."""
    if num_qubits == 1 or places == (0, 1):
        return matrix
    if places == (0,):
        return np.kron(np.eye(4), matrix)
    if places == (1,):
        return np.kron(matrix, np.eye(4))
    swapped = matrix.reshape(4, 4, 4, 4).transpose(1, 0, 3, 2)
    return np.ascontiguousarray(swapped.reshape(16, 16))
