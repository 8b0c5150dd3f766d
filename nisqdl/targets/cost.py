"""What an ISA model costs on its device: gates, depth, time, and what noise leaves of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from nisqdl.errors import InputError
from nisqdl.targets.device import Device, GateCalibration
from nisqdl.targets.isa import IsaModel
from nisqdl.targets.target import readout_error

if TYPE_CHECKING:
    from qiskit.circuit import CircuitInstruction, QuantumCircuit


@dataclass(frozen=True)
class Cost:
    """What one ISA model costs.

    Attributes:
        qubits: Number of active qubits.
        depth: Longest path, every gate counted once, also virtual ``rz``; delays are not gates.
        two_qubit_gates, two_qubit_depth: The same for gates on two qubits only.
        gates: Number of gates, virtual ones included.
        duration_ns: From the first gate to the last one's end, without measurement.
        expected_fidelity: Product of (1 − error) over all gates.
        readout_fidelity: Product of (1 − mean readout error) over the qubits that are measured.
    """

    qubits: int
    depth: int
    two_qubit_gates: int
    two_qubit_depth: int
    gates: int
    duration_ns: float
    expected_fidelity: float
    readout_fidelity: float


def circuit_cost(isa: IsaModel, device: Device) -> Cost:
    """The cost of an ISA model by its device's calibration.

    Raises:
        InputError: The circuit has a gate that the device does not.
    """
    circuit, table = isa.circuit, gate_table(device)
    busy_ns = [0.0] * circuit.num_qubits
    fidelity = 1.0
    gates = two_qubit_gates = 0
    for instruction in circuit.data:
        qubits = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        if instruction.operation.name == "delay":
            busy_ns[qubits[0]] += delay_ns(instruction)
            continue
        operands = tuple(isa.physical_qubits[qubit] for qubit in qubits)
        gate = table.get((instruction.operation.name, operands))
        if gate is None:
            raise InputError(
                f"Every gate must be one of {device.name}'s, but the circuit has "
                f"{instruction.operation.name!r} on {list(operands)}. Transpile it for this device."
            )
        fidelity *= 1 - (gate.error or 0.0)
        end = max(busy_ns[qubit] for qubit in qubits) + gate.duration_ns
        for qubit in qubits:
            busy_ns[qubit] = end
        gates += 1
        two_qubit_gates += len(qubits) == 2
    return Cost(
        qubits=circuit.num_qubits,
        depth=_depth(circuit, 1),
        two_qubit_gates=two_qubit_gates,
        two_qubit_depth=_depth(circuit, 2),
        gates=gates,
        duration_ns=max(busy_ns, default=0.0),
        expected_fidelity=fidelity,
        readout_fidelity=_readout_fidelity(isa, device),
    )


@lru_cache(maxsize=64)
def gate_table(device: Device) -> Mapping[tuple[str, tuple[int, ...]], GateCalibration]:
    """The device's gates by (name, physical qubits in the gate's order)."""
    return {(gate.name, gate.qubits): gate for gate in device.gates}


def delay_ns(instruction: CircuitInstruction) -> float:
    """Duration of a delay in ns.

    Raises:
        InputError: It is in another unit.
    """
    unit = instruction.operation.unit
    if unit != "ns":
        raise InputError(f"A delay must be in ns, but is in {unit}. Schedule it with nisqdl.")
    return float(instruction.operation.duration)


def _depth(circuit: QuantumCircuit, least_qubits: int) -> int:
    return int(
        circuit.depth(
            lambda instruction: (
                len(instruction.qubits) >= least_qubits and instruction.operation.name != "delay"
            )
        )
    )


def measured_qubits(isa: IsaModel) -> list[int]:
    """The circuit's qubits on which some observable acts, ascending."""
    measured: set[int] = set()
    for op in isa.observables:
        measured.update((op.paulis.x | op.paulis.z).any(axis=0).nonzero()[0].tolist())
    return sorted(measured)


def _readout_fidelity(isa: IsaModel, device: Device) -> float:
    fidelity = 1.0
    for qubit in measured_qubits(isa):
        fidelity *= 1 - (readout_error(device.qubits[isa.physical_qubits[qubit]]) or 0.0)
    return fidelity
