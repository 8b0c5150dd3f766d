"""Circuits whose noise would be inert are refused.

Noise belongs to gate names. A circuit with other gates than the device's would run nearly
noiselessly, and nobody would notice (qiskit-aer #2312).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nisqdl.circuits.control_flow import flat
from nisqdl.errors import InputError
from nisqdl.noise.channels import NoiseChannels
from nisqdl.noise.sites import NOT_GATES, VIRTUAL_GATES

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit


def refuse_inert(circuit: QuantumCircuit, noise: NoiseChannels) -> None:
    """Refuse a circuit that is not ISA for the noise.

    Gates are checked where the noise has gate entries: every gate that is not virtual must have
    one (it may say that the gate is noiseless).

    Raises:
        InputError: A gate has no entry, or the noise is of more qubits than the circuit has.
    """
    used = {qubit for _, qubits in noise.gates for qubit in qubits}
    used |= noise.idle.keys() | noise.readout.keys()
    if used and max(used) >= circuit.num_qubits:
        raise InputError(
            f"Noise {noise.name!r} was made for at least {max(used) + 1} qubits, but the circuit "
            f"has {circuit.num_qubits}; make it for the circuit's own physical qubits."
        )
    if not noise.gates:
        return
    for operation, qubits in flat(circuit):
        name = operation.name
        if name in VIRTUAL_GATES or name in NOT_GATES or (name, qubits) in noise.gates:
            continue
        valid = ", ".join(sorted({gate for gate, _ in noise.gates} | VIRTUAL_GATES))
        raise InputError(
            f"The gate {name} on {_listed(qubits)} has no entry in the noise {noise.name!r}, so it "
            f"would run without noise. Transpile the model for the device (its usable gates: "
            f"{valid}), in the direction in which it has them."
        )


def _listed(qubits: tuple[int, ...]) -> str:
    word = "qubit" if len(qubits) == 1 else "qubits"
    return f"{word} {', '.join(map(str, qubits))}"
