"""Whether one string at a time is enough: no two different strings stay correlated.

The square of a sum Σ c_i Q_i has products Q_i Q_j of different strings, and a fixed non-Clifford
gate or non-unital noise makes superpositions of strings. Their mean vanishes as soon as a rotation
by a random angle with E[exp(iθ)] = 0 acts on one of the two strings and not on the other. Strings
that differ by D go on to differ by D (up to Cliffords), so it is enough to follow the linear space
of differences over GF(2): a killing rotation about P keeps those that commute with P; a gate that
branches adds to them. The walk is exact if the space never holds what a branching gate adds, and at
the start no difference between strings that are both felt there.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from nisqdl.engines.exact.ptm import Floats
from nisqdl.engines.pauli_paths.guide import letter_permutation
from nisqdl.engines.pauli_paths.observable import Product
from nisqdl.engines.pauli_paths.steps import Lowered, Step
from nisqdl.errors import InputError

Rows = npt.NDArray[np.uint8]
"""Letters of differences, one row for each that spans the space, (rows, n)."""


def mean_is_constant(lowered: Lowered) -> bool:
    """Whether the observable's strings are also uncorrelated with the identity, so that E[C] is
    the identity's coefficient."""
    return _correlation(lowered, with_identity=True) is None


def check_strings_are_uncorrelated(lowered: Lowered) -> None:
    """Refuse what one string at a time does not cover; a multiple of the identity is no matter.

    Raises:
        InputError: Different strings may stay correlated.
    """
    where = _correlation(lowered, with_identity=False)
    if where is not None:
        raise InputError(
            f"Pauli strings that differ stay correlated in this circuit {where}, because no "
            "rotation by a uniform angle comes between; on more than 8 qubits that is not "
            "covered. Take one Pauli string as the observable, start with uniform angles, twirl "
            "the noise (twirl=True), or sample with the engine 'statevector'."
        )


def _correlation(lowered: Lowered, with_identity: bool) -> str | None:
    """Where strings that differ stay correlated."""
    terms = [term for term in lowered.products if term.factors]
    if with_identity:
        terms.append(Product(0.0, {}))
    rows = _differences(terms, lowered.num_qubits)
    shifts: dict[int, tuple[frozenset[int], frozenset[int]]] = {}
    for step in reversed(lowered.steps):
        permutation = _permutation(step)
        if permutation is not None:
            if len(rows):
                _permute(rows, step, permutation)
            continue
        key = id(step.random if step.random is not None else step.matrix)
        if key not in shifts:
            shifts[key] = step.map.shifts()
        survive, added = shifts[key]
        if len(rows):
            rows = _restricted(rows, step, survive)
        if added:
            new = _spread(step, added, lowered.num_qubits)
            if _rank([*rows, *new]) < _rank(rows) + _rank(new):
                return "between its fixed gates or channels that are not Pauli channels"
            rows = np.concatenate([rows, _basis(new)])
    at_start = _felt(lowered.start)
    if len(rows) and _rank([*rows, *at_start]) < _rank(rows) + _rank(at_start):
        return "from the start to the observable"
    return None


def _permutation(step: Step) -> npt.NDArray[np.int64] | None:
    return None if step.matrix is None else letter_permutation(step.matrix)


def _local(rows: Rows, step: Step) -> npt.NDArray[np.int64]:
    letters = np.zeros(len(rows), dtype=np.int64)
    for place, qubit in enumerate(step.qubits):
        letters |= rows[:, qubit].astype(np.int64) << 2 * place
    return letters


def _permute(rows: Rows, step: Step, permutation: npt.NDArray[np.int64]) -> None:
    letters = permutation[_local(rows, step)]
    for place, qubit in enumerate(step.qubits):
        rows[:, qubit] = letters >> 2 * place & 3


def _restricted(rows: Rows, step: Step, survive: Iterable[int]) -> Rows:
    """The part of the space whose letters on the step's qubits are in the span of these."""
    for functional in range(1, 4 ** len(step.qubits)):
        if any(_odd(functional & letter) for letter in survive):
            continue
        odd = np.array([_odd(functional & letter) for letter in _local(rows, step).tolist()])
        hit = np.flatnonzero(odd)
        if len(hit):
            rows[hit[1:]] ^= rows[hit[0]]
            rows = np.delete(rows, hit[0], axis=0)
    return rows


def _odd(bits: int) -> bool:
    return bits.bit_count() % 2 == 1


def _spread(step: Step, letters: Iterable[int], num_qubits: int) -> Rows:
    """Local letters as differences."""
    rows = []
    for letter in sorted(letters):
        row = np.zeros(num_qubits, dtype=np.uint8)
        for place, qubit in enumerate(step.qubits):
            row[qubit] = letter >> 2 * place & 3
        rows.append(row)
    return np.array(rows, dtype=np.uint8).reshape(-1, num_qubits)


def _differences(products: Iterable[Product], num_qubits: int) -> Rows:
    """What the observable's strings differ by."""
    rows: list[npt.NDArray[np.uint8]] = []
    first: npt.NDArray[np.uint8] | None = None
    for term in products:
        string = np.zeros(num_qubits, dtype=np.uint8)
        for qubit, factor in term.factors.items():
            letters = np.flatnonzero(factor)
            string[qubit] = letters[0]
            for letter in letters[1:].tolist():
                row = np.zeros(num_qubits, dtype=np.uint8)
                row[qubit] = letters[0] ^ letter
                rows.append(row)
        if first is None:
            first = string
        rows.append(first ^ string)
    return _basis(np.array(rows, dtype=np.uint8).reshape(-1, num_qubits))


def _felt(start: Floats) -> Rows:
    """Differences between strings that both have a value at the start."""
    rows = []
    for qubit, values in enumerate(start):
        letters = np.flatnonzero(values)
        for letter in letters[1:].tolist():
            row = np.zeros(len(start), dtype=np.uint8)
            row[qubit] = letters[0] ^ letter
            rows.append(row)
    return _basis(np.array(rows, dtype=np.uint8).reshape(-1, len(start)))


def _number(row: npt.NDArray[np.uint8]) -> int:
    return int("".join(format(letter, "02b") for letter in row.tolist()), 2)


def _rank(rows: Iterable[npt.NDArray[np.uint8]]) -> int:
    return len(_basis_numbers([_number(row) for row in rows]))


def _basis(rows: Rows) -> Rows:
    """Rows that span the same space, independent of each other."""
    pivots: dict[int, int] = {}
    kept = []
    for place, row in enumerate(rows):
        if _insert(_number(row), pivots):
            kept.append(place)
    return rows[kept]


def _basis_numbers(numbers: Iterable[int]) -> dict[int, int]:
    pivots: dict[int, int] = {}
    for number in numbers:
        _insert(number, pivots)
    return pivots


def _insert(number: int, pivots: dict[int, int]) -> bool:
    """Add to an echelon basis by highest bit; whether it was independent."""
    while number:
        high = number.bit_length()
        if high not in pivots:
            pivots[high] = number
            return True
        number ^= pivots[high]
    return False
