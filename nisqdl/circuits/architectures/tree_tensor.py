"""The tree tensor network classifier of Zhang et al. 2020 (arXiv:2011.06258).

The row as amplitudes of a power of two of qubits; in each level RY on the qubits that are left and
CNOTs that merge them in pairs; Z of qubit 0, the root. As Bowles et al. 2024 run it.
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
from nisqdl.circuits.architectures.contract import Architecture, Array, Measured, observables_of
from nisqdl.circuits.layers import LaidPart
from nisqdl.circuits.model import Model
from nisqdl.circuits.structure import Structure, locality_of


@dataclass(frozen=True)
class TreeTensor(Architecture):
    """A binary tree of qubits with 2n − 1 weights.

    Attributes:
        entangled: Without, rotations encode the features, the CNOTs are left out, and the mean of
            all Z is read.
    """

    entangled: bool = True

    @property
    def takes_angles(self) -> bool:  # type: ignore[override]
        return not self.entangled

    @property
    def is_tree(self) -> bool:  # type: ignore[override]
        return self.entangled

    def num_qubits(self, num_features: int) -> int:
        return int(2 ** (qubits_for(num_features) - 1).bit_length())

    def build(self, num_features: int, measured: Measured) -> Model:
        from qiskit.circuit import ParameterVector, QuantumCircuit

        size = self.num_qubits(num_features)
        qubits = list(range(size))
        encoded = num_angles(size) if self.entangled else num_features
        features = ParameterVector("x", encoded)
        weights = ParameterVector("w", 2 * size - 1)
        given = iter(weights)
        circuit = QuantumCircuit(size)
        (lay_amplitudes if self.entangled else lay_turns)(circuit, features, qubits)
        step = 1
        while step < size:
            for qubit in range(0, size, step):
                circuit.ry(next(given), qubit)
            if self.entangled:
                for qubit in range(0, size, 2 * step):
                    circuit.cx(qubit + step, qubit)
            step *= 2
        circuit.ry(next(given), 0)
        own = (0,) if self.entangled else qubits
        observables = observables_of(measured, size, own)
        return Model(circuit, tuple(features), tuple(weights), observables)

    def structure(self, model: Model) -> Structure:
        """Levels of the tree; the last has the root's own turn, too."""
        size = model.num_qubits
        levels: list[tuple[LaidPart, ...]] = []
        first, step = 0, 1
        while step < size:
            turned = tuple((qubit,) for qubit in range(0, size, step))
            merged = tuple((qubit + step, qubit) for qubit in range(0, size, 2 * step))
            merging = (LaidPart("cx", merged, None),) if self.entangled else ()
            levels.append((LaidPart("ry", turned, first), *merging))
            first, step = first + len(turned), 2 * step
        root = LaidPart("ry", ((0,),), first)
        layers = (*levels[:-1], (*levels[-1], root)) if levels else ((root,),)
        return Structure(layers, locality_of(model), reuploads=False, is_tree=True)

    def encode(self, rows: Array) -> Array:
        if not self.entangled:
            return rows
        return amplitude_angles(rows, self.num_qubits(rows.shape[1]))
