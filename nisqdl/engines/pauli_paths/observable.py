"""Observables as sums of products of one-qubit operators, as they would be read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nisqdl.engines.exact.ptm import Floats
from nisqdl.errors import InputError
from nisqdl.noise.channels import Readout

if TYPE_CHECKING:
    from qiskit.quantum_info import Pauli, SparseObservable, SparsePauliOp

ObservableLike: TypeAlias = "str | Pauli | SparsePauliOp | SparseObservable"
"""A Pauli string (qubit 0 rightmost), or a sum; projectors as in Qiskit's ``SparseObservable``."""

MANY_STRINGS = 512
"""Sums of products are written out as Pauli strings up to so many."""


@dataclass(frozen=True)
class Product:
    """A coefficient times one operator on each qubit.

    Attributes:
        coefficient: Real.
        factors: qubit → components of the operator along I, X, Y, Z; other qubits have I.
    """

    coefficient: float
    factors: Mapping[int, tuple[float, float, float, float]]

    @property
    def num_strings(self) -> int:
        """Pauli strings in it."""
        count = 1
        for factor in self.factors.values():
            count *= sum(component != 0 for component in factor)
        return count

    def strings(self) -> list[Product]:
        """It, written out."""
        qubits = list(self.factors)
        choices = [
            [(letter, value) for letter, value in enumerate(self.factors[q]) if value]
            for q in qubits
        ]
        found = []
        for chosen in product(*choices):
            coefficient = self.coefficient
            factors = {}
            for qubit, (letter, value) in zip(qubits, chosen, strict=True):
                coefficient *= value
                if letter:
                    factors[qubit] = _UNIT[letter]
            found.append(Product(coefficient, factors))
        return found


def read_observable(given: ObservableLike, num_qubits: int) -> tuple[Product, ...]:
    """The products of an observable, in Qiskit's bit order.

    Raises:
        InputError: It is not an observable, on another number of qubits, or not real.
    """
    from qiskit.exceptions import QiskitError
    from qiskit.quantum_info import SparseObservable

    try:
        observable = SparseObservable(given)
    except (TypeError, ValueError, QiskitError) as error:
        raise InputError(
            "`observable` must be a Pauli string, a Pauli, a SparsePauliOp or a SparseObservable, "
            f"but is {given!r}: {error}"
        ) from error
    if observable.num_qubits != num_qubits:
        raise InputError(
            f"`observable` must be on the circuit's {num_qubits} qubits, but is on "
            f"{observable.num_qubits}; an ISA circuit takes it after `apply_layout`."
        )
    products = []
    for term in observable:
        if abs(term.coeff.imag) > 1e-12 * abs(term.coeff):
            raise InputError(f"`observable` must be Hermitian, but has a coefficient {term.coeff}.")
        factors = {
            int(qubit): _LETTERS[int(bit)]
            for qubit, bit in zip(term.indices, term.bit_terms, strict=True)
        }
        products.append(Product(float(term.coeff.real), factors))
    return written_out(products)


def as_read(products: Sequence[Product], readout: Mapping[int, Readout]) -> tuple[Product, ...]:
    """Products whose exact expectation is the observable's value as it would be read.

    Each traceless factor P becomes (1 − a − b) P + (b − a) I, with a = P(1|0) and b = P(0|1).
    """
    changed = []
    for term in products:
        factors = dict(term.factors)
        for qubit in factors.keys() & readout.keys():
            confusion = readout[qubit]
            a, b = confusion.p1_given_0, confusion.p0_given_1
            one, *traceless = factors[qubit]
            shift = (b - a) * sum(traceless)
            x, y, z = ((1 - a - b) * value for value in traceless)
            factors[qubit] = (one + shift, x, y, z)
        changed.append(Product(term.coefficient, factors))
    return written_out(changed)


def support(products: Sequence[Product]) -> set[int]:
    """Qubits on which the observable is not the identity."""
    return {q for term in products for q, factor in term.factors.items() if any(factor[1:])}


def dense(products: Sequence[Product], qubits: Sequence[int]) -> Floats:
    """Coefficients of all strings on these qubits, (4^n,); the first qubit is least significant."""
    total: Any = np.zeros(4 ** len(qubits))
    place = {qubit: i for i, qubit in enumerate(qubits)}
    for term in products:
        if term.num_strings == 1:
            letters = {place[q]: int(np.argmax(np.abs(f))) for q, f in term.factors.items()}
            size = math.prod(sum(factor) for factor in term.factors.values())
            total[sum(letter * 4**i for i, letter in letters.items())] += term.coefficient * size
            continue
        vector = np.array([term.coefficient])
        for qubit in qubits:
            vector = np.kron(np.array(term.factors.get(qubit, _UNIT[0])), vector)
        total += vector
    return np.asarray(total)


def written_out(products: list[Product]) -> tuple[Product, ...]:
    """As different Pauli strings, equal ones merged; products of very many strings stay."""
    many = sum(term.num_strings for term in products) > MANY_STRINGS
    merged: dict[frozenset[Any], float] = {}
    wide = []
    for term in products:
        if many and term.num_strings > 1:
            wide.append(term)
            continue
        for string in term.strings():
            key = frozenset(string.factors.items())
            merged[key] = merged.get(key, 0.0) + string.coefficient
    return tuple(Product(value, dict(sorted(key))) for key, value in merged.items() if value) + (
        tuple(wide)
    )


def constant(products: Sequence[Product]) -> float:
    """The coefficient of the identity."""
    total = 0.0
    for term in products:
        total += term.coefficient * math.prod(factor[0] for factor in term.factors.values())
    return total


def square_sum(products: Sequence[Product]) -> float:
    """At least the sum of all strings' squared coefficients: no second moment is larger where
    different strings are uncorrelated."""
    norms = [
        abs(term.coefficient)
        * math.sqrt(math.prod(sum(v * v for v in f) for f in term.factors.values()))
        for term in products
    ]
    if all(term.num_strings == 1 for term in products):
        return sum(norm * norm for norm in norms)
    return sum(norms) ** 2


_UNIT = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 1.0, 0.0), (0.0, 0.0, 0.0, 1.0))

# The values of SparseObservable.BitTerm: the Paulis, and projectors on their eigenstates.
_LETTERS: Mapping[int, tuple[float, float, float, float]] = {
    2: _UNIT[1], 3: _UNIT[2], 1: _UNIT[3],
    10: (0.5, 0.5, 0.0, 0.0), 6: (0.5, -0.5, 0.0, 0.0),
    11: (0.5, 0.0, 0.5, 0.0), 7: (0.5, 0.0, -0.5, 0.0),
    9: (0.5, 0.0, 0.0, 0.5), 5: (0.5, 0.0, 0.0, -0.5),
}  # fmt: skip
