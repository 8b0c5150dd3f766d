"""Fractional gates: two-qubit rotations in one pulse, where a device has them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nisqdl.targets.device import Device
from nisqdl.targets.faults import faults

if TYPE_CHECKING:
    from qiskit.circuit import CircuitInstruction, QuantumCircuit


def has_fractional_gates(device: Device) -> bool:
    """Whether the device has ``rx``, and ``rzz`` on some pair that is not faulty."""
    broken = faults(device)
    usable = {gate.name for gate in device.gates if broken.allow(gate.name, gate.qubits)}
    return {"rx", "rzz"} <= usable


def with_rotations(circuit: QuantumCircuit) -> QuantumCircuit:
    """The same circuit with each CX, RZ(θ), CX as one RZZ(θ), which the transpiler does not see.

    Only where nothing else comes between the three on their two qubits.
    """
    new = circuit.copy_empty_like()
    data: list[CircuitInstruction | None] = list(circuit.data)
    for index, instruction in enumerate(data):
        if instruction is None:
            continue
        found = _sandwich(data, index)
        if found is None:
            new.append(instruction)
            continue
        rotation, last = found
        inner = data[rotation]
        assert inner is not None
        new.rzz(inner.operation.params[0], *instruction.qubits)
        data[rotation] = data[last] = None
    return new


def _sandwich(data: list[CircuitInstruction | None], start: int) -> tuple[int, int] | None:
    """Where the RZ and the second CX are, if the CX at ``start`` begins such three."""
    first = data[start]
    if first is None or first.operation.name != "cx":
        return None
    rotation: int | None = None
    for index in range(start + 1, len(data)):
        other = data[index]
        if other is None or not set(other.qubits) & set(first.qubits):
            continue
        name = other.operation.name
        if rotation is None and name == "rz" and other.qubits[0] == first.qubits[1]:
            rotation = index
        elif rotation is not None and name == "cx" and other.qubits == first.qubits:
            return rotation, index
        else:
            return None
    return None
