"""The quantum part of a dressed circuit, Mari et al. 2020 (arXiv:1912.08278).

On each qubit H and RY by an angle that a classical layer made; then layers of trained RY and a ring
of CNOTs; Z of every qubit goes to another classical layer.
"""

from __future__ import annotations

from dataclasses import dataclass

from nisqdl.circuits.architectures.contract import (
    Architecture,
    Measured,
    observables_of,
    require_count,
)
from nisqdl.circuits.layers import LaidPart
from nisqdl.circuits.model import Model
from nisqdl.circuits.structure import Structure, locality_of


@dataclass(frozen=True)
class DressedCore(Architecture):
    """The circuit between the two classical layers; a feature is the angle of one qubit.

    Attributes:
        layers: Of RY and CNOTs.
        entangled: Without, the CNOTs are left out.
    """

    layers: int = 3
    entangled: bool = True

    def __post_init__(self) -> None:
        require_count("layers", self.layers)

    def num_qubits(self, num_features: int) -> int:
        return num_features

    def build(self, num_features: int, measured: Measured) -> Model:
        from qiskit.circuit import ParameterVector, QuantumCircuit

        features = ParameterVector("x", num_features)
        weights = ParameterVector("w", self.layers * num_features)
        circuit = QuantumCircuit(num_features)
        for qubit, feature in enumerate(features):
            circuit.h(qubit)
            circuit.ry(feature, qubit)
        given = iter(weights)
        for _ in range(self.layers):
            for qubit in range(num_features):
                circuit.ry(next(given), qubit)
            for pair in self._ring(num_features):
                circuit.cx(*pair)
        observables = observables_of(measured, num_features, range(num_features))
        return Model(circuit, tuple(features), tuple(weights), observables)

    def structure(self, model: Model) -> Structure:
        size = model.num_qubits
        qubits = tuple((qubit,) for qubit in range(size))
        ring = LaidPart("cx", self._ring(size), None)
        layers = [(LaidPart("ry", qubits, layer * size), ring) for layer in range(self.layers)]
        return Structure(tuple(layers), locality_of(model), reuploads=False)

    def _ring(self, size: int) -> tuple[tuple[int, int], ...]:
        """The pairs of the CNOTs; two qubits have one."""
        count = 0 if not self.entangled else size if size > 2 else size - 1
        return tuple((qubit, (qubit + 1) % size) for qubit in range(count))
