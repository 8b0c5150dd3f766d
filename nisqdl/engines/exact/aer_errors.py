"""Aer's quantum errors as Pauli transfer matrices: errors of every kind on one or two qubits."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from nisqdl.engines.exact import ptm
from nisqdl.engines.exact.unroll import Channel
from nisqdl.errors import InputError

if TYPE_CHECKING:
    from qiskit_aer.noise import QuantumError


def error_channels(error: Any, name: str) -> tuple[Channel, ...]:
    """A quantum error as channels on its own qubits, counted from 0.

    An error of two qubits that is depolarizing followed by a channel on each (as in Aer's device
    models) becomes those three; any other is one channel.

    Args:
        error: A ``QuantumError``, ``PauliError`` or ``PauliLindbladError``.
        name: The instruction that it belongs to, for messages.

    Raises:
        InputError: It acts on more than two qubits.
    """
    if error.num_qubits > 2:
        raise InputError(
            f"The noise model has an error on {error.num_qubits} qubits for {name!r}, but the "
            "exact engine takes errors of one or two qubits. Transpile to gates of at most two "
            "qubits, or run the circuit on Aer itself."
        )
    mixture = error.to_quantum_error() if hasattr(error, "to_quantum_error") else error
    matrix = error_matrix(mixture)
    if error.num_qubits == 1:
        return (Channel((0,), matrix),)
    apart = _separated(matrix)
    if apart is None:
        return (Channel((0, 1), matrix),)
    diagonal, first, second = apart
    return Channel((0, 1), np.diag(diagonal)), Channel((0,), first), Channel((1,), second)


def error_matrix(error: QuantumError) -> ptm.Floats:
    """The transfer matrix of a mixture of circuits, (4, 4) or (16, 16)."""
    size = 4**error.num_qubits
    total = np.zeros((size, size))
    for circuit, probability in zip(error.circuits, error.probabilities, strict=True):
        index = {qubit: i for i, qubit in enumerate(circuit.qubits)}
        matrix = np.eye(size)
        for instruction in circuit.data:
            places = tuple(index[qubit] for qubit in instruction.qubits)
            step = _instruction_matrix(instruction.operation, places, error.num_qubits)
            matrix = step @ matrix
        total += probability * matrix
    # Rounding must not let the trace drift: the causal cone relies on it.
    total[0] = 0.0
    total[0, 0] = 1.0
    return total


def _instruction_matrix(operation: Any, places: tuple[int, ...], num_qubits: int) -> ptm.Floats:
    if operation.name == "pauli":
        return _pauli_matrix(operation.params[0], places, num_qubits)
    if operation.name in _NAMED and not operation.params:
        return _named_matrix(operation.name, places, num_qubits)
    if operation.name == "kraus":
        return _placed(_kraus_matrix(operation.params), places, num_qubits)
    from qiskit.quantum_info import PTM, SuperOp

    return _placed(np.real(PTM(SuperOp(operation)).data), places, num_qubits)


_NAMED = frozenset({"id", "x", "y", "z", "reset"})


@cache
def _named_matrix(name: str, places: tuple[int, ...], num_qubits: int) -> ptm.Floats:
    if name == "reset":
        return _placed(ptm.RESET, places, num_qubits)
    return _pauli_matrix("I" if name == "id" else name.upper(), places, num_qubits)


@cache
def _pauli_matrix(label: str, places: tuple[int, ...], num_qubits: int) -> ptm.Floats:
    """Conjugation by a Pauli string; the label's last letter belongs to the first place."""
    diagonal = np.ones(1)
    letters = dict(zip(places, reversed(label), strict=True))
    for qubit in range(num_qubits):
        diagonal = np.kron(_SIGNS[letters.get(qubit, "I")], diagonal)
    return np.diag(diagonal)


_SIGNS = {
    "I": np.array([1.0, 1.0, 1.0, 1.0]),
    "X": np.array([1.0, 1.0, -1.0, -1.0]),
    "Y": np.array([1.0, -1.0, 1.0, -1.0]),
    "Z": np.array([1.0, -1.0, -1.0, 1.0]),
}
"""Sign of I, X, Y, Z when conjugated."""


def _kraus_matrix(operators: Sequence[Any]) -> ptm.Floats:
    total = np.zeros((len(operators[0]) ** 2,) * 2)
    for kraus in operators:
        total += ptm.unitary_ptm(np.asarray(kraus, dtype=complex))
    return total


def _placed(matrix: ptm.Floats, places: tuple[int, ...], num_qubits: int) -> ptm.Floats:
    """On the error's qubits, whatever their order in the instruction."""
    if len(places) == num_qubits == 1 or places == (0, 1):
        return matrix
    if places == (1, 0):
        return matrix.reshape(4, 4, 4, 4).transpose(1, 0, 3, 2).reshape(16, 16)
    still: ptm.Floats = np.eye(4)
    pair = (still, matrix) if places == (0,) else (matrix, still)
    return np.asarray(np.kron(*pair), dtype=float)


def _separated(matrix: ptm.Floats) -> tuple[ptm.Floats, ptm.Floats, ptm.Floats] | None:
    """(depolarizing diagonal, channel of qubit 0, channel of qubit 1), applied in this order.

    For T = (B ⊗ A) diag(1, f, …, f): rows and columns with the other qubit's digit 0 give f A and
    f B (but the first columns, which are A's and B's own), and one entry of both gives f. What is
    found is checked against the whole matrix.
    """
    tensor = matrix.reshape(4, 4, 4, 4)  # digits: out 1, out 0, in 1, in 0
    first, second = tensor[0, :, 0, :].copy(), tensor[:, 0, :, 0].copy()
    a = np.unravel_index(np.argmax(np.abs(first[1:, 1:])), (3, 3))
    b = np.unravel_index(np.argmax(np.abs(second[1:, 1:])), (3, 3))
    joint = tensor[b[0] + 1, a[0] + 1, b[1] + 1, a[1] + 1]
    if abs(joint) < 1e-3:  # too strong to divide by
        return None
    factor = first[1:, 1:][a] * second[1:, 1:][b] / joint
    first[:, 1:] /= factor
    second[:, 1:] /= factor
    diagonal = np.full(16, factor)
    diagonal[0] = 1.0
    if np.abs(np.kron(second, first) * diagonal - matrix).max() > 1e-14:
        return None
    return diagonal, first, second
