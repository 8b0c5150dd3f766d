"""Readout confusion on expectation values and on outcome probabilities.

A qubit with a = P(1|0) and b = P(0|1) reads ⟨Z⟩ as (1 − a − b)⟨Z⟩ + (b − a), because Z measures
P(0) − P(1) and P(0) becomes (1 − a) P(0) + b P(1). X and Y are measured by turning them to Z first.
Aer's estimators leave this out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nisqdl.noise.channels import Readout

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp


def with_readout(observable: SparsePauliOp, readout: Mapping[int, Readout]) -> SparsePauliOp:
    """The observable whose exact expectation is the observable's value as it would be read.

    Each factor P of a term becomes (1 − a − b) P + (b − a) I; a term of weight w becomes up to 2^w.

    Args:
        observable: On the compact circuit's qubits, in Qiskit's bit order.
        readout: qubit → confusion; qubits that are missing are read perfectly.
    """
    from qiskit.quantum_info import PauliList, SparsePauliOp

    terms: dict[tuple[bytes, bytes], complex] = {}
    paulis = observable.paulis
    for x, z, coefficient in zip(paulis.x, paulis.z, observable.coeffs, strict=True):
        measured = [q for q in np.flatnonzero(x | z).tolist() if q in readout]
        pending = [(x, z, complex(coefficient))]
        for qubit in measured:
            pending = _confused(pending, qubit, readout[qubit])
        for x_bits, z_bits, value in pending:
            key = (x_bits.tobytes(), z_bits.tobytes())
            terms[key] = terms.get(key, 0.0) + value
    x_table, z_table = (
        np.array([np.frombuffer(key[part], dtype=bool) for key in terms]) for part in (0, 1)
    )
    return SparsePauliOp(PauliList.from_symplectic(z_table, x_table), list(terms.values()))


def confused_probabilities(
    probabilities: npt.NDArray[np.float64], readout: Mapping[int, Readout]
) -> npt.NDArray[np.float64]:
    """Outcome probabilities as they would be read.

    Args:
        probabilities: Shape (..., 2^n); outcome index as Qiskit's integers (qubit 0 is the lowest
            bit).
        readout: qubit → confusion, of qubits below n.
    """
    shape = probabilities.shape
    num_qubits = shape[-1].bit_length() - 1
    tensor = probabilities.reshape(shape[:-1] + (2,) * num_qubits)
    for qubit, confusion in readout.items():
        a, b = confusion.p1_given_0, confusion.p0_given_1
        matrix = np.array([[1 - a, b], [a, 1 - b]])
        axis = tensor.ndim - 1 - qubit
        tensor = np.moveaxis(np.tensordot(matrix, tensor, axes=(1, axis)), 0, axis)
    return tensor.reshape(shape)


def _confused(
    terms: list[tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], complex]],
    qubit: int,
    confusion: Readout,
) -> list[tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_], complex]]:
    """Each term with its factor on this qubit kept, and dropped."""
    a, b = confusion.p1_given_0, confusion.p0_given_1
    result = []
    for x, z, value in terms:
        result.append((x, z, value * (1 - a - b)))
        if a != b:
            x_dropped, z_dropped = x.copy(), z.copy()
            x_dropped[qubit] = z_dropped[qubit] = False
            result.append((x_dropped, z_dropped, value * (b - a)))
    return result
