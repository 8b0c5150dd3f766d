"""Observables as vectors of Pauli components, with readout confusion in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.engines.exact.program import Floats
from nisqdl.errors import InputError
from nisqdl.noise.channels import Readout
from nisqdl.noise.readout import with_readout

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp


def support(observables: Sequence[SparsePauliOp]) -> set[int]:
    """Qubits on which some observable is not the identity."""
    found: set[int] = set()
    for observable in observables:
        paulis = observable.paulis
        found |= set(np.flatnonzero((paulis.x | paulis.z).any(axis=0)).tolist())
    return found


def observable_vectors(
    observables: Sequence[SparsePauliOp],
    readout: Mapping[int, Readout],
    qubits: Sequence[int],
) -> Floats:
    """(O, 4^n) coefficients whose inner product with a state's components is the value as read.

    Args:
        qubits: The n qubits that count, ascending; on all others the observables are the identity.

    Raises:
        InputError: A coefficient is not real.
    """
    vectors = np.zeros((len(observables), 4 ** len(qubits)))
    strides = 4 ** np.arange(len(qubits))
    for row, observable in enumerate(observables):
        if np.abs(np.imag(observable.coeffs)).max(initial=0.0) > 1e-12:
            raise InputError(
                f"An observable's coefficients must be real, but observable {row} has "
                f"{observable.coeffs.tolist()}."
            )
        read = with_readout(observable, readout)
        x, z = read.paulis.x[:, list(qubits)], read.paulis.z[:, list(qubits)]
        digits = np.where(x, np.where(z, 2, 1), np.where(z, 3, 0))
        np.add.at(vectors[row], digits @ strides, np.real(read.coeffs))
    return vectors
