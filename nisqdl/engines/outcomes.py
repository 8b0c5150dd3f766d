"""Outcomes: which Pauli strings are measured together, how, and what counts say about them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nisqdl.engines.contract import Array

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit
    from qiskit.quantum_info import PauliList, SparsePauliOp


def terms(observables: Sequence[SparsePauliOp]) -> tuple[PauliList, Array]:
    """The different Pauli strings of some observables, and the coefficients (O, P)."""
    from qiskit.quantum_info import PauliList

    places: dict[str, int] = {}
    entries = []
    for row, observable in enumerate(observables):
        for label, coefficient in observable.label_iter():
            column = places.setdefault(label, len(places))
            entries.append((row, column, complex(coefficient).real))
    coefficients = np.zeros((len(observables), len(places)))
    for row, column, value in entries:
        coefficients[row, column] += value
    return PauliList(list(places)), coefficients


def groups(paulis: PauliList) -> list[list[int]]:
    """Indices of Pauli strings that can be measured together, qubit by qubit."""
    place = {label: i for i, label in enumerate(paulis.to_labels())}
    found = paulis.group_qubit_wise_commuting()
    return [[place[label] for label in group.to_labels()] for group in found]


def measured(
    circuit: QuantumCircuit, x: npt.NDArray[np.bool_], z: npt.NDArray[np.bool_]
) -> QuantumCircuit:
    """The circuit, turned to the basis of a Pauli string, with every qubit measured."""
    from qiskit.circuit.library import UnitaryGate

    turned = circuit.copy()
    for qubit in np.flatnonzero(x).tolist():
        to_z = _TO_Z["Y" if z[qubit] else "X"]
        turned.append(UnitaryGate(to_z, label="to_z"), [qubit])
    turned.measure_all()
    return turned


def parities(
    supports: npt.NDArray[np.bool_],
) -> Callable[[Mapping[str, int]], Array]:
    """A function of Aer's counts: the sum of (−1)^parity over outcomes, for each support (P, n)."""
    bits = 1 << np.arange(supports.shape[1], dtype=np.uint64)
    masks = [int(sum(bits[row].tolist())) for row in supports]

    def sums(counts: Mapping[str, int]) -> Array:
        outcomes = [(int(key, 16), count) for key, count in counts.items()]
        return np.array(
            [
                sum(
                    count * (1 - 2 * ((outcome & mask).bit_count() & 1))
                    for outcome, count in outcomes
                )
                for mask in masks
            ],
            dtype=float,
        )

    return sums


_TO_Z: dict[str, npt.NDArray[np.complex128]] = {
    "X": np.array([[1, 1], [1, -1]], dtype=complex) / np.sqrt(2),
    "Y": np.array([[1, -1j], [1, 1j]], dtype=complex) / np.sqrt(2),
}
"""The unitary that takes the eigenstates of X or Y to those of Z."""
