"""Standard errors of sums of Pauli strings that share their shots.

IBM's client adds the variances of an observable's strings as if each had shots of its own. Strings
that are measured together share them: the mean of Z over several qubits has a variance of its own,
larger where the qubits agree.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.engines.contract import Array
from nisqdl.engines.twin.model import Model
from nisqdl.noise.channels import NoiseChannels

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

MOST_STRINGS = 24
"""Observables of more strings keep the errors that were stated: their square has too many."""


def shared_shots(model: Model, noise: NoiseChannels) -> Array:
    """True standard errors over those that take an observable's strings as independent, (B, O).

    1 where an observable is one string, has strings that are not measured together, or too many.
    """
    factors = np.ones((len(model.features), len(model.isa.observables)))
    for column, operator in enumerate(model.isa.observables):
        strings = operator.simplify()
        if not 1 < len(strings) <= MOST_STRINGS or not _measured_together(strings):
            continue
        pieces = tuple(strings[k] for k in range(len(strings)))
        isa = replace(model.isa, observables=(strings, (strings @ strings).simplify(), *pieces))
        values = replace(model, isa=isa).values(noise)
        true = values[:, 1] - values[:, 0] ** 2
        # A piece is a coefficient times a string, whose own variance is its square less the mean's.
        apart = (np.abs(strings.coeffs) ** 2 - values[:, 2:] ** 2).sum(axis=1)
        known = apart > 1e-12
        factors[known, column] = np.sqrt(np.maximum(true[known], 0.0) / apart[known])
    return factors


def _measured_together(operator: SparsePauliOp) -> bool:
    """Whether no qubit is measured in two bases."""
    x, z = operator.paulis.x, operator.paulis.z
    kinds = [{(a, b) for a, b in zip(x[:, q], z[:, q], strict=True) if a or b}
             for q in range(operator.num_qubits)]  # fmt: skip
    return all(len(kind) <= 1 for kind in kinds)
