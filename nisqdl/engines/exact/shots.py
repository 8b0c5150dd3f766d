"""Sampled estimates: outcomes drawn from the exact distribution, as a device would give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.engines.exact.program import Floats, Integers
from nisqdl.noise.channels import Readout
from nisqdl.noise.readout import confused_probabilities

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

Bits: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Group:
    """Terms that commute qubit by qubit, measured together on k qubits.

    Attributes:
        components: Index of the state's component for each subset of the k qubits (bit i: the
            i-th of them takes its measured Pauli, else I), (2^k,).
        readout: Confusion by the qubit's number among the k.
        subsets: The subset of each term, (T,).
        contributions: (O, T), coefficient of each term in each observable.
    """

    components: Integers
    readout: Mapping[int, Readout]
    subsets: Integers
    contributions: Floats

    @cached_property
    def numbers(self) -> Floats:
        """What each outcome says about each observable, (O, 2^k): Σ coefficient · (−1)^parity."""
        spectrum = np.zeros((len(self.contributions), len(self.components)))
        spectrum[:, self.subsets] = self.contributions
        return _signed_sums(spectrum)

    def probabilities(self, states: Floats) -> Floats:
        """Outcome probabilities as read, (B, 2^k), from components (B, 4^n)."""
        moments = states[:, self.components]
        exact = _signed_sums(moments) / len(self.components)
        return confused_probabilities(exact, self.readout)


@dataclass(frozen=True)
class Measurement:
    """All groups, and what needs no measurement.

    Attributes:
        constants: The observables' coefficients of the identity, (O,).
    """

    groups: tuple[Group, ...]
    constants: Floats

    @classmethod
    def of(
        cls,
        observables: Sequence[SparsePauliOp],
        readout: Mapping[int, Readout],
        qubits: Sequence[int],
    ) -> Measurement:
        """Group the terms of all observables greedily, heaviest terms first.

        Args:
            qubits: The n qubits that count; on all others every term is the identity.
        """
        terms: dict[tuple[int, ...], Floats] = {}
        for row, observable in enumerate(observables):
            x = observable.paulis.x[:, list(qubits)]
            z = observable.paulis.z[:, list(qubits)]
            digits = np.where(x, np.where(z, 2, 1), np.where(z, 3, 0))
            for term, coefficient in zip(digits.tolist(), observable.coeffs, strict=True):
                zero = np.zeros(len(observables))
                terms.setdefault(tuple(term), zero)[row] += coefficient.real
        constants = terms.pop((0,) * len(qubits), np.zeros(len(observables)))
        return cls(tuple(_grouped(terms, readout, qubits)), constants)


def sampled_values(
    states: Floats, measurement: Measurement, shots: int, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Estimates and their standard errors, both (B, O), from components (B, 4^n).

    A group's ``shots`` outcomes give each observable one number a shot; the standard error comes
    from their sample variance, so terms that share outcomes are counted with their covariance.
    One shot has none: its standard error is NaN (0 where nothing was measured).
    """
    values = np.tile(measurement.constants, (len(states), 1))
    variances = np.zeros_like(values)
    for group in measurement.groups:
        # Rounding leaves probabilities a little below 0 or a sum a little above 1.
        probabilities = np.clip(group.probabilities(states), 0.0, None)
        probabilities /= probabilities.sum(axis=1, keepdims=True)
        frequencies = rng.multinomial(shots, probabilities) / shots
        means = frequencies @ group.numbers.T
        values += means
        spread = np.clip(frequencies @ (group.numbers**2).T - means**2, 0.0, None)
        felt = group.contributions.any(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            variances[:, felt] += spread[:, felt] / np.float64(shots - 1)
    return values, np.sqrt(variances)


def drawn_bits(probabilities: Floats, shots: int, rng: np.random.Generator) -> Bits:
    """Outcomes (shots, k) of k qubits with these probabilities (2^k,); the first is the lowest."""
    cumulative = np.cumsum(np.clip(probabilities, 0.0, None))
    # A draw below the total never lands past the last outcome that can happen.
    drawn = np.searchsorted(cumulative, rng.random(shots) * cumulative[-1], side="right")
    count = len(probabilities).bit_length() - 1
    bits: Bits = (drawn[:, np.newaxis] >> np.arange(count) & 1).astype(bool)
    return bits


def _grouped(
    terms: Mapping[tuple[int, ...], Floats], readout: Mapping[int, Readout], qubits: Sequence[int]
) -> list[Group]:
    bases: list[list[int]] = []
    members: list[list[tuple[int, ...]]] = []
    for term in sorted(terms, key=lambda term: (-sum(map(bool, term)), term)):
        for basis, group in zip(bases, members, strict=True):
            if all(p in (0, b) or b == 0 for p, b in zip(term, basis, strict=True)):
                basis[:] = [p or b for p, b in zip(term, basis, strict=True)]
                group.append(term)
                break
        else:
            bases.append(list(term))
            members.append([term])
    return [
        _group(basis, group, terms, readout, qubits)
        for basis, group in zip(bases, members, strict=True)
    ]


def _group(
    basis: Sequence[int],
    members: Sequence[tuple[int, ...]],
    terms: Mapping[tuple[int, ...], Floats],
    readout: Mapping[int, Readout],
    qubits: Sequence[int],
) -> Group:
    measured = [q for q, pauli in enumerate(basis) if pauli]
    components = np.zeros(1, dtype=np.int64)
    for q in measured:
        components = np.concatenate([components, components + basis[q] * 4**q])
    subsets = [sum(1 << i for i, q in enumerate(measured) if term[q]) for term in members]
    return Group(
        components=components,
        readout={i: readout[qubits[q]] for i, q in enumerate(measured) if qubits[q] in readout},
        subsets=np.array(subsets, dtype=np.int64),
        contributions=np.stack([terms[term] for term in members], axis=1),
    )


def _signed_sums(table: Floats) -> Floats:
    """Σ_s (−1)^|s ∧ t| table[:, s] for every t (Walsh-Hadamard transform), (B, 2^k)."""
    result = table.copy()
    step = 1
    while step < table.shape[1]:
        pairs = result.reshape(len(table), -1, 2, step)
        plus, minus = pairs[:, :, 0] + pairs[:, :, 1], pairs[:, :, 0] - pairs[:, :, 1]
        result = np.stack([plus, minus], axis=2).reshape(table.shape)
        step *= 2
    return result
