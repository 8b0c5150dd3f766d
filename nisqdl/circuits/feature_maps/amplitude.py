"""Amplitude encoding: 2^n features are the amplitudes of n qubits.

The state is prepared by uniformly controlled RY rotations, one for each qubit from the most
significant down, each laid as 2^k rotations between 2^k CNOTs in the order of a Gray code
(Möttönen, Vartiainen, Bergholm & Salomaa 2005, quant-ph/0407010). Signs are kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.circuits.feature_maps.contract import Array, FeatureMap
from nisqdl.errors import InputError

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit


def _num_qubits(features: int) -> int:
    return (features - 1).bit_length()


def _num_encoded(features: int) -> int:
    return int(2 ** _num_qubits(features)) - 1


def _encode(rows: Array) -> Array:
    """The angles, (B, F) to (B, 2^n − 1), whose circuit prepares each row, normalised.

    Rows are padded with zeros to 2^n; entry j is the amplitude of |j⟩, qubit 0 the lowest bit.

    Raises:
        InputError: A row is all zeros: it has no direction.
    """
    amplitudes = _scaled(rows)
    levels = []
    while amplitudes.shape[1] > 1:
        even, odd = amplitudes[:, 0::2], amplitudes[:, 1::2]
        # cos(α/2) : sin(α/2) = even : odd. Only the last qubit's rotations see signs: above
        # it the amplitudes are the norms of subtrees.
        levels.append(_between_cnots(2 * np.arctan2(odd, even)))
        amplitudes = np.hypot(even, odd)
    return np.concatenate(levels[::-1], axis=1)


def _lay(circuit: QuantumCircuit, angles: Sequence[Parameter]) -> None:
    num_qubits = circuit.num_qubits
    circuit.ry(angles[0], num_qubits - 1)
    for controls in range(1, num_qubits):
        target = num_qubits - 1 - controls
        size = 2**controls
        for step in range(size):
            circuit.ry(angles[size - 1 + step], target)
            circuit.cx(target + 1 + _turning_bit(step, controls), target)


def _scaled(rows: Array) -> Array:
    """Rows padded to a power of two and divided by their largest entry, against overflow."""
    batch, features = rows.shape
    largest = np.abs(rows).max(axis=1, initial=0.0)
    zero = np.flatnonzero(largest == 0)
    if zero.size:
        raise InputError(
            "Amplitude encoding needs at least one feature other than zero in each row, but row "
            f"{zero[0]} (counted from 0) is all zeros: leave it out, or choose another feature map."
        )
    padded = np.zeros((batch, 2 ** _num_qubits(features)))
    padded[:, :features] = rows / largest[:, None]
    return padded


def _between_cnots(angles: Array) -> Array:
    """Angles (B, 2^k) by state of the controls, to those of the rotations between the CNOTs.

    Rotation i stands after CNOTs that flip its sense where parity(j & gray(i)) is odd, so that
    α_j = Σᵢ ±θᵢ; the signs' matrix is orthogonal up to 2^k.
    """
    size = angles.shape[1]
    states = np.arange(size)
    gray = states ^ (states >> 1)
    signs = 1.0 - 2.0 * (np.bitwise_count(states[:, None] & gray[None, :]) % 2)
    return np.asarray(angles @ signs / size, dtype=np.float64)


def _turning_bit(step: int, bits: int) -> int:
    """The bit in which the cyclic Gray codes of ``step`` and ``step + 1`` differ."""
    following = step + 1
    return min((following & -following).bit_length() - 1, bits - 1)


AMPLITUDE = FeatureMap(
    name="amplitude",
    summary="2ⁿ features as the amplitudes of n qubits, normalised, signs kept (Möttönen 2005)",
    num_qubits=_num_qubits,
    num_encoded=_num_encoded,
    encode=_encode,
    lay=_lay,
    min_features=2,
)
