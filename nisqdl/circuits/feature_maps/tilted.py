"""Tilted angle encoding: a fixed turn about X before each feature's turn about Y.

The separable map of Bowles et al. 2024 (arXiv:2403.07059): repeated, it draws higher frequencies
from each feature, with no entanglement.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import pi
from typing import TYPE_CHECKING

from nisqdl.circuits.feature_maps.contract import FeatureMap, same_number, unchanged

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit


def _lay(circuit: QuantumCircuit, angles: Sequence[Parameter]) -> None:
    for qubit, angle in enumerate(angles):
        circuit.rx(pi / 4, qubit)
        circuit.ry(angle, qubit)


TILTED = FeatureMap(
    name="tilted",
    summary="RX(π/4), then RY(xᵢ), on qubit i: the separable map of Bowles et al. 2024",
    num_qubits=same_number,
    num_encoded=same_number,
    encode=unchanged,
    lay=_lay,
)
