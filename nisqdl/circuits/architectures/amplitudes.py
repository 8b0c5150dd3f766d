"""Rows as amplitudes, as circuit-centric and tree classifiers take them, and their control.

Amplitudes cannot be prepared without entangling gates, so the separable control of such a model
turns the same qubits by the features instead: feature f on qubit f mod n, by RY and RZ in turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nisqdl.circuits.architectures.contract import Array
from nisqdl.circuits.feature_maps.amplitude import AMPLITUDE

if TYPE_CHECKING:
    from qiskit.circuit import ParameterVector, QuantumCircuit


def qubits_for(num_features: int) -> int:
    """Qubits whose amplitudes hold so many features, at least one."""
    return max(1, (num_features - 1).bit_length())


def num_angles(num_qubits: int) -> int:
    """Angles that prepare the amplitudes of so many qubits."""
    return int(2**num_qubits) - 1


def amplitude_angles(rows: Array, num_qubits: int) -> Array:
    """Rows (B, F) as the angles (B, 2^n − 1) that prepare them.

    Rows shorter than 2^n are filled up with 1/2^n (Bowles et al. 2024), so that their length
    matters, too.

    Raises:
        InputError: A row is all zeros and has 2^n entries.
    """
    size = 2**num_qubits
    filling = np.full((len(rows), size - rows.shape[1]), 1.0 / size)
    return AMPLITUDE.encode(np.concatenate([rows, filling], axis=1))


def lay_amplitudes(circuit: QuantumCircuit, angles: ParameterVector, qubits: list[int]) -> None:
    """The amplitudes on these qubits, the first of them the lowest bit."""
    from qiskit.circuit import QuantumCircuit

    part = QuantumCircuit(len(qubits))
    AMPLITUDE.lay(part, list(angles))
    circuit.compose(part, qubits, inplace=True)


def lay_turns(circuit: QuantumCircuit, features: ParameterVector, qubits: list[int]) -> None:
    """The control: each feature turns one of these qubits."""
    for index, feature in enumerate(features):
        turn = circuit.ry if (index // len(qubits)) % 2 == 0 else circuit.rz
        turn(feature, qubits[index % len(qubits)])
