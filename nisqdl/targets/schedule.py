"""Idle times made explicit: delays before gates that wait for another qubit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nisqdl.errors import InputError
from nisqdl.targets.cost import price_of
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
    gate is left out: it is still in |0⟩, which does not decay. Gates that wait for an outcome
    come after the measurement's calibrated time, and take that of the longer alternative; what a
    device takes to act on an outcome is in no calibration, and is not waited for.

    Args:
        circuit: ISA circuit, parametrised or not; durations do not depend on angles.
        device: Gives the durations.
        physical_qubits: Device index of each circuit qubit.

    Raises:
        InputError: A gate is not one of the device's, or the circuit has delays already.
    """
    # Walked from the end: how long before the end each qubit, and each outcome, is next busy.
    busy: dict[Any, float] = dict.fromkeys([*circuit.qubits, *circuit.clbits], 0.0)
    reversed_order: list[CircuitInstruction | tuple[int, float]] = []
    for instruction in reversed(circuit.data):
        if instruction.operation.name == "delay":
            raise InputError(
                "A circuit that is scheduled must have no delays yet, but has; schedule it once."
            )
        qubits = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        price = price_of(instruction, tuple(physical_qubits[qubit] for qubit in qubits), device)
        wires = (*instruction.qubits, *instruction.clbits)
        end = max(busy[wire] for wire in wires)
        for wire, qubit in zip(instruction.qubits, qubits, strict=True):
            if end - busy[wire] > _SHORTEST_DELAY_NS:
                reversed_order.append((qubit, end - busy[wire]))
        busy.update(dict.fromkeys(wires, end + price.duration_ns))
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
