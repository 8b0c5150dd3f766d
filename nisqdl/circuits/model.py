"""The model: a logical circuit together with the roles of its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp


@dataclass(frozen=True)
class Model:
    """A logical circuit with its roles; what is trained and measured.

    Attributes:
        circuit: The logical circuit on ``n`` qubits, without measurements; its free parameters
            are exactly ``features`` and ``weights``.
        features: Parameters that take a sample's features, in the columns' order, length F.
        weights: Parameters that are trained, in order, length W.
        observables: What is measured, length O; Qiskit's bit order (qubit 0 rightmost). Real
            coefficients.
    """

    circuit: QuantumCircuit
    features: tuple[Parameter, ...]
    weights: tuple[Parameter, ...]
    observables: tuple[SparsePauliOp, ...]

    @property
    def num_qubits(self) -> int:
        return int(self.circuit.num_qubits)
