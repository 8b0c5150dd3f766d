"""A small network of real numbers that is trained as a circuit is: by values and their gradient.

With it classical models go through the very loop, loss and optimizer of the quantum ones. Its
outputs are made to be decoded like expectation values: for two classes E = tanh(z/2), so that
(1 + E)/2 is the logistic function of z; for more, E_k = 2 softmax(z)_k − 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Network:
    """Logistic regression, or a network with one hidden layer of tanh.

    Weights lie in a vector (W,): the matrix into each layer row by row, then its biases.

    Attributes:
        features: F.
        hidden: Units of the hidden layer; 0 is none, which is logistic regression.
        classes: K, at least 2.
    """

    features: int
    hidden: int
    classes: int

    @property
    def outputs(self) -> int:
        """O: one value for two classes, else one for each."""
        return 1 if self.classes == 2 else self.classes

    @property
    def num_weights(self) -> int:
        """W."""
        return sum((rows + 1) * columns for rows, columns in self._shapes())

    def first_weights(self, rng: np.random.Generator) -> Array:
        """Normal with deviation 1/√(inputs) of each layer, biases 0 (LeCun et al. 1998)."""
        parts = []
        for rows, columns in self._shapes():
            parts.append(rng.normal(0.0, 1 / np.sqrt(rows), rows * columns))
            parts.append(np.zeros(columns))
        return np.concatenate(parts)

    def values(self, features: Array, weights: Array) -> Array:
        """Outputs (B, O) between −1 and 1, from features (B, F) and weights (W,)."""
        return self._squashed(self._forward(features, weights)[-1])

    def values_and_gradient(
        self, features: Array, weights: Array, pull: Callable[[Array], Array]
    ) -> tuple[Array, Array]:
        """Outputs (B, O) and the gradient (W,) of a loss that is a function of them.

        Args:
            features: Shape (B, F).
            weights: Shape (W,).
            pull: ∂loss/∂outputs as a function of the outputs, both (B, O).
        """
        layers = self._layers(weights)
        passed = self._forward(features, weights)
        values = self._squashed(passed[-1])
        slope = self._pulled(values, pull(values))
        parts: list[Array] = []
        for index in range(len(layers) - 1, -1, -1):
            incoming = features if index == 0 else passed[index - 1]
            parts = [(incoming.T @ slope).ravel(), slope.sum(axis=0), *parts]
            if index:
                slope = (slope @ layers[index][0].T) * (1 - incoming**2)
        return values, np.concatenate(parts)

    def _shapes(self) -> list[tuple[int, int]]:
        sizes = [self.features, *([self.hidden] if self.hidden else []), self.outputs]
        return list(pairwise(sizes))

    def _layers(self, weights: Array) -> list[tuple[Array, Array]]:
        layers, start = [], 0
        for rows, columns in self._shapes():
            middle, stop = start + rows * columns, start + (rows + 1) * columns
            layers.append((weights[start:middle].reshape(rows, columns), weights[middle:stop]))
            start = stop
        return layers

    def _forward(self, features: Array, weights: Array) -> list[Array]:
        """What each layer gives; the last before it is squashed."""
        passed: list[Array] = []
        layers = self._layers(weights)
        given = features
        for index, (matrix, biases) in enumerate(layers):
            given = given @ matrix + biases
            if index < len(layers) - 1:
                given = np.tanh(given)
            passed.append(given)
        return passed

    def _squashed(self, raw: Array) -> Array:
        if self.outputs == 1:
            return np.tanh(raw / 2)
        powers = np.exp(raw - raw.max(axis=1, keepdims=True))
        return np.asarray(2 * powers / powers.sum(axis=1, keepdims=True) - 1)

    def _pulled(self, values: Array, slopes: Array) -> Array:
        """∂loss/∂raw from ∂loss/∂values."""
        if self.outputs == 1:
            return np.asarray(slopes * (1 - values**2) / 2)
        shares = (values + 1) / 2
        return np.asarray(2 * shares * (slopes - (slopes * shares).sum(axis=1, keepdims=True)))
