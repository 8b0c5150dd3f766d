"""Angle encoding: one feature a qubit, as the angle of a rotation about a chosen axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from nisqdl.circuits.feature_maps.contract import FeatureMap, same_number, unchanged

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit


def _lay_x(circuit: QuantumCircuit, angles: Sequence[Parameter]) -> None:
    for qubit, angle in enumerate(angles):
        circuit.rx(angle, qubit)


def _lay_y(circuit: QuantumCircuit, angles: Sequence[Parameter]) -> None:
    for qubit, angle in enumerate(angles):
        circuit.ry(angle, qubit)


def _lay_z(circuit: QuantumCircuit, angles: Sequence[Parameter]) -> None:
    # On |0⟩ alone RZ is only a phase: H puts the qubit on the equator, where it turns.
    for qubit, angle in enumerate(angles):
        circuit.h(qubit)
        circuit.rz(angle, qubit)


ANGLE = FeatureMap(
    name="angle",
    summary="RY(xᵢ) on qubit i; the usual angle encoding (Schuld & Petruccione 2018)",
    num_qubits=same_number,
    num_encoded=same_number,
    encode=unchanged,
    lay=_lay_y,
)
ANGLE_X = replace(ANGLE, name="angle_x", summary="RX(xᵢ) on qubit i", lay=_lay_x)
ANGLE_Y = replace(ANGLE, name="angle_y", summary="RY(xᵢ) on qubit i; the same as angle")
ANGLE_Z = replace(ANGLE, name="angle_z", summary="H, then RZ(xᵢ), on qubit i", lay=_lay_z)
