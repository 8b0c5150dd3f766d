"""Classical heads: trained layers around a circuit, behind the engines' own contract.

A model with a head is an evaluator like any other, so the training loop trains circuit and head
together and knows of neither. Its weights are the circuit's, then the head's. Heads that give class
probabilities p put out 2pₖ − 1 for each class, which :func:`nisqdl.circuits.decoding.probabilities`
decodes to p again (to 1e-6).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nisqdl.engines.contract import Array, Evaluator, Pull
from nisqdl.training.normalisation import Statistics, normalised, pull_normalised


class Head(Protocol):
    """A layer on expectation values (B, O), with H weights."""

    @property
    def num_weights(self) -> int: ...

    def first_weights(self, rng: np.random.Generator) -> Array:
        """Where training starts, (H,)."""
        ...

    def outputs(self, values: Array, weights: Array) -> Array:
        """What is decoded, (B, K), from the values (B, O)."""
        ...

    def pulled(self, values: Array, weights: Array, slopes: Array) -> tuple[Array, Array]:
        """∂loss/∂values (B, O) and ∂loss/∂weights (H,) from ∂loss/∂outputs (B, K)."""
        ...


@dataclass(frozen=True)
class Direct:
    """No head: the values are the outputs."""

    num_weights: int = 0

    def first_weights(self, rng: np.random.Generator) -> Array:
        return np.zeros(0)

    def outputs(self, values: Array, weights: Array) -> Array:
        return values

    def pulled(self, values: Array, weights: Array, slopes: Array) -> tuple[Array, Array]:
        return slopes, np.zeros(0)


@dataclass(frozen=True)
class Bias:
    """A trained offset on the one value (Schuld et al. 2020)."""

    num_weights: int = 1

    def first_weights(self, rng: np.random.Generator) -> Array:
        return np.zeros(1)

    def outputs(self, values: Array, weights: Array) -> Array:
        return values + weights

    def pulled(self, values: Array, weights: Array, slopes: Array) -> tuple[Array, Array]:
        return slopes, slopes.sum(axis=0)


@dataclass(frozen=True)
class Linear:
    """An affine layer from O values to K outputs: for regression.

    Attributes:
        inputs, outs: O and K.
    """

    inputs: int
    outs: int

    @property
    def num_weights(self) -> int:
        return self.outs * (self.inputs + 1)

    def first_weights(self, rng: np.random.Generator) -> Array:
        matrix = rng.normal(0.0, 1.0 / self.inputs, (self.outs, self.inputs))
        return np.concatenate([matrix, np.zeros((self.outs, 1))], axis=1).reshape(-1)

    def outputs(self, values: Array, weights: Array) -> Array:
        matrix = weights.reshape(self.outs, self.inputs + 1)
        return np.asarray(values @ matrix[:, :-1].T + matrix[:, -1], dtype=np.float64)

    def pulled(self, values: Array, weights: Array, slopes: Array) -> tuple[Array, Array]:
        matrix = weights.reshape(self.outs, self.inputs + 1)
        by_matrix = np.concatenate([slopes.T @ values, slopes.sum(axis=0)[:, np.newaxis]], axis=1)
        return slopes @ matrix[:, :-1], by_matrix.reshape(-1)


@dataclass(frozen=True)
class Logits:
    """The outputs of a head as logits: the softmax of them; of one output z, that of z and −z.

    Attributes:
        head: Puts them out.
    """

    head: Head

    @property
    def num_weights(self) -> int:
        return self.head.num_weights

    def first_weights(self, rng: np.random.Generator) -> Array:
        return self.head.first_weights(rng)

    def outputs(self, values: Array, weights: Array) -> Array:
        logits = self.head.outputs(values, weights)
        return np.tanh(logits) if logits.shape[1] == 1 else 2.0 * _softmax(logits) - 1.0

    def pulled(self, values: Array, weights: Array, slopes: Array) -> tuple[Array, Array]:
        logits = self.head.outputs(values, weights)
        if logits.shape[1] == 1:
            return self.head.pulled(values, weights, slopes * (1.0 - np.tanh(logits) ** 2))
        shares = _softmax(logits)
        mean = (slopes * shares).sum(axis=1, keepdims=True)
        return self.head.pulled(values, weights, 2.0 * shares * (slopes - mean))


@dataclass(frozen=True, eq=False)
class Normalised:
    """A head on normalised values; see :mod:`nisqdl.training.normalisation`.

    Attributes:
        head: What sees them.
        statistics: By which they are normalised; ``None`` takes those of the batch.
    """

    head: Head
    statistics: Statistics | None = None

    @property
    def num_weights(self) -> int:
        return self.head.num_weights

    def first_weights(self, rng: np.random.Generator) -> Array:
        return self.head.first_weights(rng)

    def outputs(self, values: Array, weights: Array) -> Array:
        return self.head.outputs(normalised(values, self.statistics), weights)

    def pulled(self, values: Array, weights: Array, slopes: Array) -> tuple[Array, Array]:
        scores = normalised(values, self.statistics)
        by_scores, by_weights = self.head.pulled(scores, weights, slopes)
        return pull_normalised(values, by_scores, self.statistics), by_weights


@dataclass(frozen=True)
class Headed:
    """A circuit's evaluator with a head.

    Attributes:
        circuit: Evaluates the circuit.
        circuit_weights: How many weights are the circuit's.
        head: What is laid on its values.
    """

    circuit: Evaluator
    circuit_weights: int
    head: Head

    @property
    def num_weights(self) -> int:
        return self.circuit_weights + self.head.num_weights

    def values(self, features: Array, weights: Array) -> Array:
        """The head's outputs (B, K)."""
        own, head = self._split(weights)
        return self.head.outputs(self.circuit.values(features, own), head)

    def values_and_gradient(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array]:
        """The head's outputs (B, K) and the gradient by all weights."""
        own, head = self._split(weights)
        found: dict[str, Array] = {}

        def through(values: Array) -> Array:
            found["outputs"] = self.head.outputs(values, head)
            slopes = pull(found["outputs"])
            by_values, found["head"] = self.head.pulled(values, head, slopes)
            return by_values

        _, gradient = self.circuit.values_and_gradient(features, own, through)
        return found["outputs"], np.concatenate([gradient, found["head"]])

    def estimates(
        self, features: Array, weights: Array, shots: int, rng: np.random.Generator
    ) -> Array:
        """The head's outputs of sampled values."""
        own, head = self._split(weights)
        return self.head.outputs(self.circuit.estimates(features, own, shots, rng), head)

    def _split(self, weights: Array) -> tuple[Array, Array]:
        return weights[: self.circuit_weights], weights[self.circuit_weights :]


def _softmax(logits: Array) -> Array:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)
