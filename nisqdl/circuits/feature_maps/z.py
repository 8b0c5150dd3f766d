"""The first-order Pauli-Z evolution map of Havlíček et al. 2019 (Nature 567, 209)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nisqdl.circuits.feature_maps.contract import Array, FeatureMap, same_number

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit


def _encode(rows: Array) -> Array:
    return 2 * rows


def _lay(circuit: QuantumCircuit, angles: Sequence[Parameter]) -> None:
    for qubit, angle in enumerate(angles):
        circuit.h(qubit)
        circuit.rz(angle, qubit)


Z = FeatureMap(
    name="z",
    summary="H and RZ(2xᵢ) on qubit i, twice (Havlíček et al. 2019)",
    num_qubits=same_number,
    num_encoded=same_number,
    encode=_encode,
    lay=_lay,
    repetitions=2,
)
