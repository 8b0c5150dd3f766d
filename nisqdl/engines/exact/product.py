"""A prefix whose qubits never meet: each sample's state is a product, met with the observables
without ever being written out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from nisqdl.engines.exact.factors import prepare, prepare_slopes
from nisqdl.engines.exact.fusion import Chain
from nisqdl.engines.exact.program import Factors, Floats, Integers, tabulate_factors


@dataclass(frozen=True)
class ProductPrefix:
    """One-qubit chains on |0…0⟩.

    Attributes:
        angles: Those of the K angles that the chains have, ascending.
        chains: One for each of the n qubits; indices of angles count ``angles``.
    """

    num_qubits: int
    angles: Integers
    chains: Factors

    def meet(self, angles: Floats, observables: Floats, *, derivatives: bool) -> ProductMeeting:
        """Values of the observables (O, 4^n) in each sample's state.

        Args:
            angles: (K, B).
            derivatives: Whether derivatives by the prefix's own angles will be asked for.
        """
        chains = self.chains
        own, samples = angles[self.angles], angles.shape[1]
        trig = np.empty((len(own), 2, samples))
        np.cos(own, out=trig[:, 0])
        np.sin(own, out=trig[:, 1])
        half = self.num_qubits // 2
        vectors = np.empty((self.num_qubits, 4, samples))
        low = np.empty((4**half, samples))
        high = np.empty((4 ** (self.num_qubits - half), samples))
        kept = np.empty((len(chains.kinds) if derivatives else 0, 4, samples))
        prepare(chains.starts, chains.kinds, chains.indices, chains.fixed, trig, derivatives,
                kept, vectors, low, high)  # fmt: skip
        carried = observables.reshape(-1, len(low)) @ low
        carried = carried.reshape(len(observables), len(high), samples)
        return ProductMeeting(
            self, observables, len(angles), trig, vectors, kept, low, high, carried
        )


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
    num_angles: int
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
        slopes = np.zeros((len(self.trig), len(pulls)))
        prepare_slopes(chains.starts, chains.kinds, chains.indices, chains.fixed, self.trig,
                       self.kept, adjoints, slopes)  # fmt: skip
        result = np.zeros((self.num_angles, len(pulls)))
        result[self.prefix.angles] = slopes
        return result


def product_prefix(chains: Sequence[Chain]) -> ProductPrefix:
    """A product prefix of one chain for each qubit."""
    factors = tabulate_factors([chain.factors for chain in chains])
    angles, places = np.unique(factors.indices[factors.turns], return_inverse=True)
    indices = factors.indices.copy()
    indices[factors.turns] = places
    return ProductPrefix(len(chains), angles, replace(factors, indices=indices))


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
