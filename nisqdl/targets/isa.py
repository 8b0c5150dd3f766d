"""The ISA model: circuit, observables, parameters and layout, carried together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp


@dataclass(frozen=True)
class IsaModel:
    """A model transpiled for a device and compacted to the qubits that it uses.

    Attributes:
        circuit: ISA circuit on the ``k`` active qubits only; circuit qubit ``i`` is the device's
            ``physical_qubits[i]``. No measurements but those that gates wait for. Delays (unit
            ns) where it was scheduled.
        features, weights: As in the model, same order; they may be missing from the circuit where
            transpilation cancelled them.
        observables: On the ``k`` active qubits, after layout and routing.
        physical_qubits: Device index of each circuit qubit, length k.
        device: Name and calibration date of the device that it was transpiled for, as in
            ``"torino@2025-02-26"``.
    """

    circuit: QuantumCircuit
    features: tuple[Parameter, ...]
    weights: tuple[Parameter, ...]
    observables: tuple[SparsePauliOp, ...]
    physical_qubits: tuple[int, ...]
    device: str

    @property
    def num_qubits(self) -> int:
        return int(self.circuit.num_qubits)
