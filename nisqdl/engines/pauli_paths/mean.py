"""E[C]: the mean of one copy, in which rotations by uniform angles leave nothing they turn."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from nisqdl.engines.exact.ptm import Floats
from nisqdl.engines.pauli_paths.chain import places
from nisqdl.engines.pauli_paths.chain_kernels import apply_entries
from nisqdl.engines.pauli_paths.observable import Product, dense
from nisqdl.engines.pauli_paths.steps import Lowered, Step

MOST_STRINGS = 4096
"""Past so many strings at once the mean is not found."""


def mean_of_all_strings(lowered: Lowered) -> float:
    """E[C] exactly, with 4^n numbers."""
    values = np.ones(1)
    for qubit in lowered.start:
        values = np.kron(qubit, values)
    for step in lowered.steps:
        rows, cols = map(np.ascontiguousarray, np.nonzero(step.map.average))
        entries = np.ascontiguousarray(step.map.average[rows, cols])
        result = np.zeros_like(values)
        apply_entries(values, result, *places(lowered.num_qubits, step.qubits), rows, cols, entries)
        values = result
    return float(dense(lowered.products, range(lowered.num_qubits)) @ values)


def mean_string_by_string(lowered: Lowered) -> float:
    """E[C] by following the observable's strings; NaN where they become too many."""
    strings = {_letters(term, lowered.num_qubits): term.coefficient for term in lowered.products}
    if any(term.num_strings > 1 for term in lowered.products):
        return math.nan
    for step in reversed(lowered.steps):
        before: dict[bytes, float] = {}
        for string, coefficient in strings.items():
            for other, factor in _taken_back(string, step):
                before[other] = before.get(other, 0.0) + coefficient * factor
        strings = before
        if len(strings) > MOST_STRINGS:
            return math.nan
    return sum(c * _at_start(string, lowered.start) for string, c in strings.items())


def _taken_back(string: bytes, step: Step) -> Iterator[tuple[bytes, float]]:
    letter = sum(string[qubit] << 2 * place for place, qubit in enumerate(step.qubits))
    if letter == 0:
        yield string, 1.0
        return
    row = step.map.average[letter]
    for other in np.flatnonzero(row).tolist():
        changed = bytearray(string)
        for place, qubit in enumerate(step.qubits):
            changed[qubit] = other >> 2 * place & 3
        yield bytes(changed), float(row[other])


def _letters(term: Product, num_qubits: int) -> bytes:
    letters = bytearray(num_qubits)
    for qubit, factor in term.factors.items():
        letters[qubit] = int(np.argmax(np.abs(factor)))
    return bytes(letters)


def _at_start(string: bytes, start: Floats) -> float:
    return math.prod(float(start[qubit, letter]) for qubit, letter in enumerate(string))
