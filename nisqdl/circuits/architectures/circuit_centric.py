"""The circuit-centric classifier of Schuld et al. 2020 (arXiv:1804.00633).

Copies of the amplitude-encoded row, strongly entangling layers on all of them, Z of qubit 0.
"""

from __future__ import annotations

from dataclasses import dataclass

from nisqdl.circuits.architectures.amplitudes import (
    amplitude_angles,
    lay_amplitudes,
    lay_turns,
    num_angles,
    qubits_for,
)
from nisqdl.circuits.architectures.contract import (
    Architecture,
    Array,
    Measured,
    observables_of,
    require_count,
)
from nisqdl.circuits.build import build_without_features
from nisqdl.circuits.model import Model
from nisqdl.circuits.options import ModelOptions
from nisqdl.circuits.structure import Structure, structure_of


@dataclass(frozen=True)
class CircuitCentric(Architecture):
    """Copies of an amplitude encoding and strongly entangling layers.

    Attributes:
        layers: Of the ansatz.
        copies: Of the encoded state, which give products of the row's entries.
        entangled: Without, rotations encode the features, nothing couples the qubits, and the
            mean of all Z is read.
    """

    layers: int = 4
    copies: int = 2
    entangled: bool = True

    def __post_init__(self) -> None:
        require_count("layers", self.layers)
        require_count("copies", self.copies)

    @property
    def takes_angles(self) -> bool:  # type: ignore[override]
        return not self.entangled

    def num_qubits(self, num_features: int) -> int:
        return self.copies * qubits_for(num_features)

    def build(self, num_features: int, measured: Measured) -> Model:
        from qiskit.circuit import ParameterVector, QuantumCircuit

        width, size = qubits_for(num_features), self.num_qubits(num_features)
        encoded = num_angles(width) if self.entangled else num_features
        features = ParameterVector("x", encoded)
        circuit = QuantumCircuit(size)
        for copy in range(self.copies):
            qubits = list(range(copy * width, (copy + 1) * width))
            (lay_amplitudes if self.entangled else lay_turns)(circuit, features, qubits)
        ansatz = build_without_features(self._options, size)
        return Model(
            circuit.compose(ansatz.circuit),
            tuple(features),
            ansatz.weights,
            observables_of(measured, size, (0,) if self.entangled else range(size)),
        )

    def structure(self, model: Model) -> Structure:
        return structure_of(self._options, model)

    @property
    def _options(self) -> ModelOptions:
        """The ansatz's; how features enter is not theirs."""
        return ModelOptions.model_validate(
            {
                "ansatz": {"name": "strongly_entangling", "depth": self.layers},
                "entangler": "own" if self.entangled else "none",
            }
        )

    def encode(self, rows: Array) -> Array:
        return amplitude_angles(rows, qubits_for(rows.shape[1])) if self.entangled else rows
