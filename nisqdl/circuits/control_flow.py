"""Measurements in mid-circuit and the gates that wait for their outcomes, as circuits hold them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nisqdl.errors import InputError

if TYPE_CHECKING:
    from qiskit.circuit import CircuitInstruction, Clbit, QuantumCircuit

WAITING = "if_else"
"""Qiskit's name for gates that wait for an outcome."""


def waits(circuit: QuantumCircuit) -> bool:
    """Whether some of its gates wait for an outcome."""
    return bool(circuit.num_clbits) and any(one.operation.name == WAITING for one in circuit.data)


def awaited(instruction: CircuitInstruction) -> tuple[Clbit, int]:
    """The bit that an ``if_else`` waits for, and the value for which its first block is done.

    Raises:
        InputError: It does not wait for one bit.
    """
    from qiskit.circuit import Clbit

    condition = instruction.operation.condition
    if isinstance(condition, tuple):
        bits, value = condition
        if isinstance(bits, Clbit):
            return bits, int(value)
        if len(bits) == 1:
            return bits[0], int(value)
    raise InputError(
        "A gate that waits for an outcome must wait for one bit to be 0 or 1, but the circuit has "
        "a condition on several: write it as `circuit.if_test((bit, value))`."
    )


def blocks(instruction: CircuitInstruction) -> Iterator[tuple[QuantumCircuit, int]]:
    """The blocks of an ``if_else`` with the value that each waits for; their qubits are its own.

    Raises:
        InputError: It does not wait for one bit.
    """
    _, value = awaited(instruction)
    return zip(instruction.operation.blocks, (value, 1 - value), strict=False)


def flat(circuit: QuantumCircuit) -> Iterator[tuple[Any, tuple[int, ...]]]:
    """Every operation with its qubits, those that wait for an outcome as if they did not."""
    index = {qubit: number for number, qubit in enumerate(circuit.qubits)}
    for instruction in circuit.data:
        qubits = tuple(index[qubit] for qubit in instruction.qubits)
        if instruction.operation.name != WAITING:
            yield instruction.operation, qubits
            continue
        for block in instruction.operation.blocks:
            for operation, places in flat(block):
                yield operation, tuple(qubits[place] for place in places)
