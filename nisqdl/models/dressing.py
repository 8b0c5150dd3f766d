"""The classical layer before a dressed circuit, behind the engines' own contract."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nisqdl.engines.contract import Array, Pull

_LARGEST_ANGLE = np.pi / 2


class DifferentiableEvaluator(Protocol):
    """An evaluator that also knows its derivatives by the features."""

    def values(self, features: Array, weights: Array) -> Array: ...

    def estimates(
        self, features: Array, weights: Array, shots: int, rng: np.random.Generator
    ) -> Array: ...

    def values_and_derivatives(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array, Array]:
        """Values (B, O), and a loss's derivatives by weights (W,) and by features (B, F)."""
        ...


@dataclass(frozen=True)
class Dressed:
    """A circuit whose n features are tanh(A x)·π/2 of the data's F columns (Mari et al. 2020).

    Its weights are the circuit's, then A row by row.

    Attributes:
        circuit: Evaluates the circuit.
        circuit_weights: How many weights are the circuit's.
        angles, columns: n and F.
    """

    circuit: DifferentiableEvaluator
    circuit_weights: int
    angles: int
    columns: int

    @property
    def num_weights(self) -> int:
        return self.circuit_weights + self.angles * self.columns

    def first_weights(self, rng: np.random.Generator) -> Array:
        """Of the layer: normal with the standard deviation 1/F, as in the paper's own code."""
        return rng.normal(0.0, 1.0 / self.columns, self.angles * self.columns)

    def values(self, features: Array, weights: Array) -> Array:
        """Expectation values (B, O) of rows (B, F)."""
        own, layer = self._split(weights)
        return self.circuit.values(self._angles_of(features, layer), own)

    def values_and_gradient(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array]:
        """Expectation values (B, O) and the gradient by all weights."""
        own, layer = self._split(weights)
        angles = self._angles_of(features, layer)
        values, gradient, by_angle = self.circuit.values_and_derivatives(angles, own, pull)
        share = angles / _LARGEST_ANGLE
        by_sum = by_angle * _LARGEST_ANGLE * (1.0 - share**2)
        return values, np.concatenate([gradient, (by_sum.T @ features).reshape(-1)])

    def estimates(
        self, features: Array, weights: Array, shots: int, rng: np.random.Generator
    ) -> Array:
        """Sampled values (B, O) of rows (B, F)."""
        own, layer = self._split(weights)
        return self.circuit.estimates(self._angles_of(features, layer), own, shots, rng)

    def _split(self, weights: Array) -> tuple[Array, Array]:
        layer = weights[self.circuit_weights :].reshape(self.angles, self.columns)
        return weights[: self.circuit_weights], layer

    def _angles_of(self, features: Array, layer: Array) -> Array:
        return np.asarray(np.tanh(features @ layer.T) * _LARGEST_ANGLE, dtype=np.float64)
