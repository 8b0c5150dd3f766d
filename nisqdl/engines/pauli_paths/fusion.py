"""Fixed maps that follow each other become one, so that what they do together is exact."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from nisqdl.engines.exact.ptm import Floats
from nisqdl.engines.pauli_paths.steps import Lowered, Step


class Made:
    """Matrices made of others, each once; those that it was asked about stay alive."""

    def __init__(self, make: Callable[..., Floats]) -> None:
        self._make = make
        self._known: dict[tuple[object, ...], tuple[Floats, object]] = {}

    def of(self, *given: Any) -> Floats:
        """The matrix for these; arrays are told apart by identity."""
        key = tuple(id(value) if isinstance(value, np.ndarray) else value for value in given)
        if key not in self._known:
            self._known[key] = (self._make(*given), given)
        return self._known[key][0]


def fused(lowered: Lowered) -> Lowered:
    """Fuse fixed one-qubit maps with each other and into a monomial two-qubit map before them,
    and two-qubit maps on the same pair with each other."""
    steps: list[Step] = []
    last: dict[int, int] = {}
    products, monomial = Made(_product), _Monomials()
    for step in lowered.steps:
        target = _target(step, steps, last, monomial)
        if target is None:
            for qubit in step.qubits:
                last[qubit] = len(steps)
            steps.append(step)
            continue
        before = steps[target]
        places = tuple(before.qubits.index(q) for q in step.qubits)
        matrix = products.of(before.matrix, step.matrix, places)
        steps[target] = Step(before.qubits, matrix, None, (), before.is_noise and step.is_noise)
    return replace(lowered, steps=tuple(steps))


def is_monomial(matrix: Floats) -> bool:
    """Whether every row has at most one entry."""
    return bool(((matrix != 0).sum(axis=1) <= 1).all())


class _Monomials:
    """Which matrices are monomial, found once for each."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[bool, Floats]] = {}

    def has(self, matrix: Floats) -> bool:
        if id(matrix) not in self._known:
            self._known[id(matrix)] = (is_monomial(matrix), matrix)
        return self._known[id(matrix)][0]


def _target(
    step: Step, steps: list[Step], last: dict[int, int], monomial: _Monomials
) -> int | None:
    """The step that this one may be fused into."""
    if step.matrix is None:
        return None
    target = last.get(step.qubits[0], -1)
    if target < 0 or last.get(step.qubits[-1], -1) != target:
        return None
    before = steps[target]
    if before.matrix is None or len(step.qubits) > len(before.qubits):
        return None
    # Two-qubit maps that branch are left apart: they would be slow.
    if len(before.qubits) == 1 or (monomial.has(step.matrix) and monomial.has(before.matrix)):
        return target
    return None


def _product(before: Floats, matrix: Floats, places: tuple[int, ...]) -> Floats:
    return _widened(matrix, places, 1 if len(before) == 4 else 2) @ before


def _widened(matrix: Floats, places: tuple[int, ...], num_qubits: int) -> Floats:
    """A map on some of the qubits, as one on all of them."""
    if num_qubits == 1 or places == (0, 1):
        return matrix
    if places == (0,):
        return np.asarray(np.kron(np.eye(4), matrix), dtype=np.float64)
    if places == (1,):
        return np.asarray(np.kron(matrix, np.eye(4)), dtype=np.float64)
    swapped = matrix.reshape(4, 4, 4, 4).transpose(1, 0, 3, 2)
    return np.ascontiguousarray(swapped.reshape(16, 16))
