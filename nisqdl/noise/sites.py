"""Where noise sits: the gates of a device that are not virtual, among the active qubits."""

from __future__ import annotations

from collections.abc import Container, Iterator

from nisqdl.errors import InputError
from nisqdl.targets.device import Device, GateCalibration
from nisqdl.targets.faults import GATE_ERROR_LIMIT

VIRTUAL_GATES = frozenset({"rz"})
"""Native gates that are a change of frame: no pulse, no time, no noise."""

NOT_GATES = frozenset({"barrier", "delay", "measure", "reset"})
"""Operations that get no gate noise: idle and readout noise are apart, and relaxation to |0⟩
after a reset changes nothing."""


def compact_indices(device: Device, physical_qubits: tuple[int, ...]) -> dict[int, int]:
    """Physical qubit → index in the compact circuit.

    Raises:
        InputError: A qubit is not on the device, or given twice.
    """
    for qubit in physical_qubits:
        if not 0 <= qubit < device.num_qubits:
            raise InputError(
                f"{device.name} has qubits 0 to {device.num_qubits - 1}, but noise for qubit "
                f"{qubit} was asked for."
            )
    compact = {physical: index for index, physical in enumerate(physical_qubits)}
    if len(compact) != len(physical_qubits):
        raise InputError(f"Each qubit can be active once, but {physical_qubits} repeats one.")
    return compact


def noisy_gates(device: Device, active: Container[int]) -> Iterator[GateCalibration]:
    """The non-virtual one- and two-qubit gates whose qubits are all active.

    Gates that the provider marks as broken (error of 0.99 or more) get no entry, so that a circuit
    that uses one is refused instead of run with an error that nobody measured.
    """
    for gate in device.gates:
        if (
            all(qubit in active for qubit in gate.qubits)
            and 1 <= len(gate.qubits) <= 2
            and gate.name not in VIRTUAL_GATES
            and gate.name not in NOT_GATES
            and (gate.error is None or gate.error < GATE_ERROR_LIMIT)
        ):
            yield gate
