"""Hybrid encoding: blocks of two qubits, each with four features as its amplitudes.

Hybrid direct encoding of Hur, Kim & Park 2022 (arXiv:2108.00661, section 3.2) with blocks of two
qubits: more features a qubit than angles, at two CNOTs a block instead of a whole register's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.circuits.feature_maps.contract import Array, FeatureMap

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit

_FEATURES, _QUBITS, _ANGLES = 4, 2, 3
"""Of a block."""


def _blocks(features: int) -> int:
    return -(-features // _FEATURES)


def _encode(rows: Array) -> Array:
    """The angles of each block, (B, F) to (B, 3·blocks); the last block is padded with zeros.

    Each block is normalised by itself, signs kept. A block of zeros is |00⟩: it has no direction.
    """
    batch, features = rows.shape
    padded = np.zeros((batch, _blocks(features) * _FEATURES))
    padded[:, :features] = rows
    even, odd = padded[:, 0::2], padded[:, 1::2]
    # Of the lower qubit where the upper one is 0 and 1, then of the upper one by the two norms.
    lower = 2 * np.arctan2(odd, even).reshape(batch, -1, 2)
    norms = np.hypot(even, odd).reshape(batch, -1, 2)
    upper = 2 * np.arctan2(norms[:, :, 1], norms[:, :, 0])
    mean, half = lower.mean(axis=2), (lower[:, :, 0] - lower[:, :, 1]) / 2
    return np.asarray(np.stack([upper, mean, half], axis=2).reshape(batch, -1), dtype=np.float64)


def _lay(circuit: QuantumCircuit, angles: Sequence[Parameter]) -> None:
    for block in range(len(angles) // _ANGLES):
        upper, mean, half = angles[block * _ANGLES : (block + 1) * _ANGLES]
        low, high = _QUBITS * block, _QUBITS * block + 1
        circuit.ry(upper, high)
        # RY by mean + half where the upper qubit is 0, by mean − half where it is 1.
        circuit.ry(mean, low)
        circuit.cx(high, low)
        circuit.ry(half, low)
        circuit.cx(high, low)


HYBRID = FeatureMap(
    name="hybrid",
    summary="four features as the amplitudes of each two qubits (Hur et al. 2022)",
    num_qubits=lambda features: _QUBITS * _blocks(features),
    num_encoded=lambda features: _ANGLES * _blocks(features),
    encode=_encode,
    lay=_lay,
    min_features=2,
)
