"""A device's target for Qiskit's transpiler: chosen qubits only, nothing faulty."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nisqdl.circuits.control_flow import WAITING
from nisqdl.errors import InputError
from nisqdl.targets.device import Device, QubitCalibration
from nisqdl.targets.faults import faults
from nisqdl.targets.reports import FRACTIONAL_GATES

if TYPE_CHECKING:
    from qiskit.transpiler import InstructionProperties, Target


def restricted_target(
    device: Device,
    physical_qubits: tuple[int, ...],
    fractional: bool = False,
    waiting: bool = False,
) -> Target:
    """A Qiskit ``Target`` of some of the device's qubits.

    Args:
        device: The device.
        physical_qubits: Its qubits to keep; the target's qubit ``i`` is ``physical_qubits[i]``.
        fractional: Whether to include gates with a continuous angle (``rx``, ``rzz``), where the
            device reports them. Their angles are not folded into the range that hardware takes.
        waiting: Whether gates may wait for the outcome of a measurement (``if_else``).

    Returns:
        The target: basis gates that are not faulty, with errors and durations (s), ``measure``
        (error averaged over both prepared states), ``reset``, ``delay``, T1, T2 and dt.

    Raises:
        InputError: A qubit is not one of the device's, is named twice, or is faulty.
    """
    from qiskit.circuit import Delay, IfElseOp, Measure, Parameter, Reset
    from qiskit.circuit.library import get_standard_gate_name_mapping
    from qiskit.transpiler import InstructionProperties, QubitProperties, Target

    _check(device, physical_qubits)
    index = {physical: compact for compact, physical in enumerate(physical_qubits)}
    calibration = [device.qubits[physical] for physical in physical_qubits]
    target = Target(
        num_qubits=len(physical_qubits),
        dt=None if device.dt_ns is None else device.dt_ns * 1e-9,
        qubit_properties=[
            QubitProperties(t1=_seconds(qubit.t1_us, 1e-6), t2=_seconds(qubit.t2_us, 1e-6))
            for qubit in calibration
        ],
    )
    known = get_standard_gate_name_mapping()
    for name, entries in _usable_gates(device, index, fractional).items():
        if name not in known:
            raise InputError(
                f"The device {device.name} has the gate {name!r}, which Qiskit does not know. "
                "Remove it from the snapshot's `basis_gates`."
            )
        target.add_instruction(known[name], entries, name=name)
    every = range(len(physical_qubits))
    target.add_instruction(Delay(Parameter("t")), {(qubit,): None for qubit in every})
    target.add_instruction(Reset(), _resets(device, index))
    target.add_instruction(
        Measure(),
        {
            (compact,): InstructionProperties(
                error=readout_error(qubit), duration=_seconds(qubit.readout_ns, 1e-9)
            )
            for compact, qubit in enumerate(calibration)
        },
    )
    if waiting:
        target.add_instruction(IfElseOp, name=WAITING)
    return target


def readout_error(qubit: QubitCalibration) -> float | None:
    """Probability of a wrong outcome, averaged over both prepared states; ``None`` if unknown."""
    if qubit.p1_given_0 is None or qubit.p0_given_1 is None:
        return None
    return (qubit.p1_given_0 + qubit.p0_given_1) / 2


def _check(device: Device, physical_qubits: tuple[int, ...]) -> None:
    broken = faults(device).qubits
    for qubit in physical_qubits:
        if not 0 <= qubit < device.num_qubits:
            raise InputError(
                f"A qubit of {device.name} must be between 0 and {device.num_qubits - 1}, "
                f"but is {qubit}."
            )
        if qubit in broken:
            raise InputError(
                f"Qubit {qubit} of {device.name} is faulty ({broken[qubit]}). Choose another one."
            )
    if len(set(physical_qubits)) != len(physical_qubits):
        raise InputError(f"Each qubit must be named once, but is {list(physical_qubits)}.")


def _usable_gates(
    device: Device, index: dict[int, int], fractional: bool
) -> dict[str, dict[tuple[int, ...], InstructionProperties]]:
    """Properties by gate and compact qubits; gates that cannot be used anywhere are absent."""
    from qiskit.transpiler import InstructionProperties

    broken = faults(device)
    usable: dict[str, dict[tuple[int, ...], InstructionProperties]] = {}
    for gate in device.gates:
        if gate.name not in device.basis_gates or not all(q in index for q in gate.qubits):
            continue
        if gate.name in FRACTIONAL_GATES and not fractional:
            continue
        if broken.allow(gate.name, gate.qubits):
            qubits = tuple(index[qubit] for qubit in gate.qubits)
            usable.setdefault(gate.name, {})[qubits] = InstructionProperties(
                error=gate.error, duration=gate.duration_ns * 1e-9
            )
    return usable


def _resets(
    device: Device, index: dict[int, int]
) -> dict[tuple[int, ...], InstructionProperties | None]:
    from qiskit.transpiler import InstructionProperties

    resets: dict[tuple[int, ...], InstructionProperties | None] = {
        (compact,): None for compact in index.values()
    }
    for gate in device.gates:
        if gate.name == "reset" and gate.qubits[0] in index:
            resets[(index[gate.qubits[0]],)] = InstructionProperties(
                duration=gate.duration_ns * 1e-9
            )
    return resets


def _seconds(value: float | None, unit: float) -> float | None:
    return None if value is None else value * unit
