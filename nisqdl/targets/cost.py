"""What an ISA model costs on its device: gates, depth, time, and what noise leaves of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nisqdl.circuits.control_flow import WAITING
from nisqdl.errors import InputError
from nisqdl.targets.device import Device, GateCalibration
from nisqdl.targets.isa import IsaModel
from nisqdl.targets.target import readout_error

if TYPE_CHECKING:
    from qiskit.circuit import CircuitInstruction, QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp


@dataclass(frozen=True)
class Cost:
    """What one ISA model costs.

    Attributes:
        qubits: Number of active qubits.
        depth: Longest path, every gate counted once, also virtual ``rz``; delays are not gates.
            A measurement in mid-circuit counts as one, and so do gates that wait for an outcome.
        two_qubit_gates, two_qubit_depth: The same for gates on two qubits only.
        gates: Number of gates, virtual ones included, and measurements in mid-circuit. Of gates
            that wait for an outcome the longer alternative counts, here and below.
        duration_ns: From the first gate to the last one's end, without the measurement at the end.
            What a device takes to act on an outcome is in no calibration, and is not counted.
        expected_fidelity: Product of (1 − error) over all gates.
        readout_fidelity: Product of (1 − mean readout error) over the qubits that are measured,
            at the end or in mid-circuit.
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
    circuit = isa.circuit
    busy_ns: dict[Any, float] = dict.fromkeys([*circuit.qubits, *circuit.clbits], 0.0)
    fidelity = 1.0
    gates = two_qubit_gates = 0
    for instruction in circuit.data:
        if instruction.operation.name == "delay":
            busy_ns[instruction.qubits[0]] += delay_ns(instruction)
            continue
        qubits = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        price = price_of(instruction, tuple(isa.physical_qubits[q] for q in qubits), device)
        fidelity *= 1 - price.error
        wires = (*instruction.qubits, *instruction.clbits)
        end = max(busy_ns[wire] for wire in wires) + price.duration_ns
        busy_ns.update(dict.fromkeys(wires, end))
        gates += price.gates
        two_qubit_gates += price.two_qubit_gates
    return Cost(
        qubits=circuit.num_qubits,
        depth=_depth(circuit, 1),
        two_qubit_gates=two_qubit_gates,
        two_qubit_depth=_depth(circuit, 2),
        gates=gates,
        duration_ns=max(busy_ns.values(), default=0.0),
        expected_fidelity=fidelity,
        readout_fidelity=_readout_fidelity(isa, device),
    )


@dataclass(frozen=True)
class Price:
    """What one instruction costs; see :class:`Cost`.

    Attributes:
        gates, two_qubit_gates: As counted.
        duration_ns: How long it takes.
        error: Of its gates; that of a measurement is in the readout's.
    """

    gates: int
    two_qubit_gates: int
    duration_ns: float
    error: float


def price_of(instruction: CircuitInstruction, operands: tuple[int, ...], device: Device) -> Price:
    """The price of a gate, a measurement, or gates that wait for an outcome.

    Args:
        operands: Its physical qubits.

    Raises:
        InputError: The device has no such gate.
    """
    name = instruction.operation.name
    if name == "measure":
        return Price(1, 0, device.qubits[operands[0]].readout_ns or 0.0, 0.0)
    if name == WAITING:
        return _longer(
            [_block_price(block, operands, device) for block in instruction.operation.blocks]
        )
    gate = gate_table(device).get((name, operands))
    if gate is None:
        raise InputError(
            f"Every gate must be one of {device.name}'s, but the circuit has {name!r} on "
            f"{list(operands)}. Transpile it for this device."
        )
    return Price(1, int(len(operands) == 2), gate.duration_ns, gate.error or 0.0)


def _block_price(block: QuantumCircuit, operands: tuple[int, ...], device: Device) -> Price:
    """Of the gates in a block, as if one came after the other."""
    place = dict(zip(block.qubits, operands, strict=True))
    prices = [
        price_of(instruction, tuple(place[qubit] for qubit in instruction.qubits), device)
        for instruction in block.data
    ]
    return Price(
        sum(price.gates for price in prices),
        sum(price.two_qubit_gates for price in prices),
        sum(price.duration_ns for price in prices),
        1 - math.prod(1 - price.error for price in prices),
    )


def _longer(prices: list[Price]) -> Price:
    """The most of each that one of the alternatives costs."""
    return Price(
        max(price.gates for price in prices),
        max(price.two_qubit_gates for price in prices),
        max(price.duration_ns for price in prices),
        max(price.error for price in prices),
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
    """The circuit's qubits that are measured: in it, or at its end for an observable, ascending."""
    return measured_in(isa.circuit, isa.observables)


def measured_in(circuit: QuantumCircuit, observables: Sequence[SparsePauliOp]) -> list[int]:
    """The same of a circuit and its observables."""
    measured: set[int] = set()
    for op in observables:
        measured.update((op.paulis.x | op.paulis.z).any(axis=0).nonzero()[0].tolist())
    if circuit.num_clbits:
        index = {qubit: number for number, qubit in enumerate(circuit.qubits)}
        measured.update(
            index[one.qubits[0]] for one in circuit.data if one.operation.name == "measure"
        )
    return sorted(measured)


def _readout_fidelity(isa: IsaModel, device: Device) -> float:
    fidelity = 1.0
    for qubit in measured_qubits(isa):
        fidelity *= 1 - (readout_error(device.qubits[isa.physical_qubits[qubit]]) or 0.0)
    return fidelity
