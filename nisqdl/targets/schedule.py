"""Idle times made explicit: delays before gates that wait for another qubit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nisqdl.errors import InputError
from nisqdl.targets.cost import gate_table
from nisqdl.targets.device import Device

if TYPE_CHECKING:
    from qiskit.circuit import CircuitInstruction, QuantumCircuit

_SHORTEST_DELAY_NS = 1e-6
"""Shorter gaps are rounding."""


def scheduled_circuit(
    circuit: QuantumCircuit, device: Device, physical_qubits: tuple[int, ...]
) -> QuantumCircuit:
    """The circuit with every gate as late as possible and delays (ns) where qubits then wait.

    All qubits end together, when they would be measured. The wait of a qubit before its first
    gate is left out: it is still in |0⟩, which does not decay.

    Args:
        circuit: ISA circuit, parametrised or not; durations do not depend on angles.
        device: Gives the durations.
        physical_qubits: Device index of each circuit qubit.

    Raises:
        InputError: A gate is not one of the device's, or the circuit has delays already.
    """
    gates = gate_table(device)
    # Walked from the end: how long before the end each qubit is next busy.
    busy = [0.0] * circuit.num_qubits
    reversed_order: list[CircuitInstruction | tuple[int, float]] = []
    for instruction in reversed(circuit.data):
        qubits = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        operands = tuple(physical_qubits[qubit] for qubit in qubits)
        gate = gates.get((instruction.operation.name, operands))
        if gate is None:
            raise InputError(
                f"Only gates that {device.name} has can be scheduled, but the circuit has "
                f"{instruction.operation.name!r} on {list(operands)}. Transpile it first."
            )
        end = max(busy[qubit] for qubit in qubits)
        for qubit in qubits:
            if end - busy[qubit] > _SHORTEST_DELAY_NS:
                reversed_order.append((qubit, end - busy[qubit]))
            busy[qubit] = end + gate.duration_ns
        reversed_order.append(instruction)
    return _assembled(circuit, reversed_order)


def _assembled(
    circuit: QuantumCircuit, reversed_order: list[CircuitInstruction | tuple[int, float]]
) -> QuantumCircuit:
    result = circuit.copy_empty_like()
    for step in reversed(reversed_order):
        if isinstance(step, tuple):
            qubit, wait_ns = step
            result.delay(wait_ns, qubit, unit="ns")
        else:
            result.append(step, copy=False)
    return result
