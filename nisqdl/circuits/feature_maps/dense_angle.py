"""Dense angle encoding: two features a qubit, as its polar angle and its phase."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nisqdl.circuits.feature_maps.contract import FeatureMap, same_number, unchanged

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit


def _num_qubits(features: int) -> int:
    return (features + 1) // 2


def _lay(circuit: QuantumCircuit, angles: Sequence[Parameter]) -> None:
    # With an odd number of features the last qubit has a polar angle only.
    for index, angle in enumerate(angles):
        if index % 2 == 0:
            circuit.ry(angle, index // 2)
        else:
            circuit.rz(angle, index // 2)


DENSE_ANGLE = FeatureMap(
    name="dense_angle",
    summary="RY(x₂ᵢ), then RZ(x₂ᵢ₊₁), on qubit i: two features a qubit (LaRose & Coyle 2020)",
    num_qubits=_num_qubits,
    num_encoded=same_number,
    encode=unchanged,
    lay=_lay,
)
