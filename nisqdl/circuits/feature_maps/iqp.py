"""Instantaneous quantum polynomial map: Hadamards, then phases of features and of their products.

Havlíček et al. 2019 (Nature 567, 209) with φ(xᵢ, xⱼ) = xᵢxⱼ and half its angles, as Bowles et al.
2024 (arXiv:2403.07059) use it: RZ(xᵢ), then exp(−i xᵢxⱼ ZᵢZⱼ/2) on all pairs i < j.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.circuits.feature_maps.contract import Array, FeatureMap, same_number

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit


def _num_encoded(features: int) -> int:
    return features + features * (features - 1) // 2


def _encode(rows: Array) -> Array:
    """Angles xᵢ, then xᵢxⱼ for the pairs i < j: (B, n) to (B, n + n(n−1)/2)."""
    first, second = np.triu_indices(rows.shape[1], k=1)
    return np.concatenate([rows, rows[:, first] * rows[:, second]], axis=1)


def _lay(circuit: QuantumCircuit, angles: Sequence[Parameter]) -> None:
    num_qubits = circuit.num_qubits
    for qubit in range(num_qubits):
        circuit.h(qubit)
        circuit.rz(angles[qubit], qubit)
    pairs = combinations(range(num_qubits), 2)
    for (first, second), angle in zip(pairs, angles[num_qubits:], strict=True):
        circuit.cx(first, second)
        circuit.rz(angle, second)
        circuit.cx(first, second)


IQP = FeatureMap(
    name="iqp",
    summary="H, RZ(xᵢ), and RZZ(xᵢxⱼ) on all pairs (Havlíček et al. 2019, Bowles et al. 2024)",
    num_qubits=same_number,
    num_encoded=_num_encoded,
    encode=_encode,
    lay=_lay,
)
