"""A prefix whose qubits never meet: each sample's state is a product, met with the observables
without ever being written out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nisqdl.engines.exact.factors import prepare, prepare_slopes
from nisqdl.engines.exact.program import Factors, Floats


@dataclass(frozen=True)
class ProductPrefix:
    """One-qubit chains on |0…0⟩.

    Attributes:
        chains: One for each of the n qubits.
    """

    num_qubits: int
    chains: Factors

    def meet(self, angles: Floats, observables: Floats, *, derivatives: bool) -> ProductMeeting:
        """Values of the observables (O, 4^n) in each sample's state.

        Args:
            angles: (K, B).
            derivatives: Whether derivatives by the prefix's own angles will be asked for.
        """
        chains = self.chains
        samples = angles.shape[1]
        trig = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        vectors = np.empty((self.num_qubits, 4, samples))
        kept = np.empty((len(chains.kinds) if derivatives else 0, 4, samples))
        prepare(chains.starts, chains.kinds, chains.indices, chains.fixed, trig, derivatives,
                kept, vectors)  # fmt: skip
        half = self.num_qubits // 2
        low, high = _product(vectors[:half]), _product(vectors[half:])
        carried = observables.reshape(-1, len(low)) @ low
        carried = carried.reshape(len(observables), len(high), samples)
        return ProductMeeting(self, observables, trig, vectors, kept, low, high, carried)


@dataclass(frozen=True)
class ProductMeeting:
    """Samples' product states met with observables.

    Attributes:
        vectors: (n, 4, B), each qubit's components.
        low, high: Products over the lower and the upper half of the qubits, (4^k, B).
        carried: Observables contracted with ``low``, (O, 4^k, B).
    """

    prefix: ProductPrefix
    observables: Floats
    trig: Floats
    vectors: Floats
    kept: Floats
    low: Floats
    high: Floats
    carried: Floats

    @property
    def values(self) -> Floats:
        """(B, O)."""
        values: Floats = np.einsum("hb,ohb->bo", self.high, self.carried)
        return values

    def observables_pulled(self, pulls: Floats) -> Floats:
        """Derivatives by the observables, (O, 4^n), from those by the values (B, O)."""
        weighted = self.high * pulls.T[:, np.newaxis]
        product: Floats = weighted.reshape(-1, len(pulls)) @ self.low.T
        return product.reshape(self.observables.shape)

    def angles_pulled(self, pulls: Floats) -> Floats:
        """Derivatives by the angles, (K, B), from those by the values (B, O)."""
        d_high = np.einsum("bo,ohb->hb", pulls, self.carried)
        weighted = (self.high * pulls.T[:, np.newaxis]).reshape(-1, len(pulls))
        d_low = self.observables.reshape(len(weighted), -1).T @ weighted
        half = self.prefix.num_qubits // 2
        adjoints = np.concatenate(
            [
                _leave_one_out(self.vectors[:half], d_low),
                _leave_one_out(self.vectors[half:], d_high),
            ]
        )
        chains = self.prefix.chains
        result = np.zeros((len(self.trig), len(pulls)))
        prepare_slopes(chains.starts, chains.kinds, chains.indices, chains.fixed, self.trig,
                       self.kept, adjoints, result)  # fmt: skip
        return result


def _product(vectors: Floats) -> Floats:
    """(4^k, B) from (k, 4, B); the first qubit's digit runs fastest."""
    product = np.ones((1, vectors.shape[2]))
    for vector in vectors:
        product = (vector[:, np.newaxis] * product).reshape(-1, vectors.shape[2])
    return product


def _leave_one_out(vectors: Floats, adjoint: Floats) -> Floats:
    """∂/∂ each vector (k, 4, B) of Σ adjoint · product(vectors)."""
    result = np.empty_like(vectors)
    samples = vectors.shape[2]
    for qubit in range(len(vectors)):
        before = _product(vectors[:qubit])
        after = _product(vectors[qubit + 1 :])
        tensor = adjoint.reshape(len(after), 4, len(before), samples)
        result[qubit] = np.einsum("hilb,hb,lb->ib", tensor, after, before, optimize=True)
    return result
