"""A Pauli-Z evolution map along a line, as benchmarks of kernels on devices use it.

H and RZ(xᵢ) on each qubit, then RZZ((π−xᵢ)(π−xⱼ)) on the pairs (0,1), (2,3), … and after them
(1,2), (3,4), …: the circuit of the benchmark "QML Kernel" of metriq-gym (Unitary Foundation),
which follows Bowles et al. (arXiv:2405.09724). Its depth does not grow with the qubits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.circuits.entanglers import ENTANGLERS, Pair
from nisqdl.circuits.feature_maps.contract import Array, FeatureMap, same_number

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit


def _num_encoded(features: int) -> int:
    return 2 * features - 1


def _encode(rows: Array) -> Array:
    """Angles xᵢ, then (π − xᵢ)(π − xⱼ) for each pair in order: (B, n) to (B, 2n − 1)."""
    pairs = np.array(_pairs(rows.shape[1]), dtype=int).reshape(-1, 2)
    distance = np.pi - rows
    return np.concatenate([rows, distance[:, pairs[:, 0]] * distance[:, pairs[:, 1]]], axis=1)


def _lay(circuit: QuantumCircuit, angles: Sequence[Parameter]) -> None:
    num_qubits = circuit.num_qubits
    for qubit in range(num_qubits):
        circuit.h(qubit)
        circuit.rz(angles[qubit], qubit)
    for (first, second), angle in zip(_pairs(num_qubits), angles[num_qubits:], strict=True):
        circuit.cx(first, second)
        circuit.rz(angle, second)
        circuit.cx(first, second)


def _pairs(num_qubits: int) -> tuple[Pair, ...]:
    return ENTANGLERS["pairwise"].pairs(num_qubits, 0) if num_qubits > 1 else ()


ZZ_CHAIN = FeatureMap(
    name="zz_chain",
    summary="H, RZ(xᵢ), and RZZ((π−xᵢ)(π−xⱼ)) along a line (metriq-gym's QML kernel)",
    num_qubits=same_number,
    num_encoded=_num_encoded,
    encode=_encode,
    lay=_lay,
)
