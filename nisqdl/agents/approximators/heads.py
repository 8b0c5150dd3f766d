"""Heads: from a circuit's expectation values to an approximator's outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from nisqdl.agents.approximators.contract import Array


@dataclass(frozen=True)
class Head(ABC):
    """A function of K expectation values with trained parameters.

    Attributes:
        values: Number of values K: 1, which all outputs read, or as many as outputs.
        count: Number of outputs O.
    """

    values: int
    count: int

    @property
    def num_parameters(self) -> int:
        """One an output."""
        return self.count

    @abstractmethod
    def first(self) -> Array:
        """Parameters to start with."""

    @abstractmethod
    def outputs(self, values: Array, parameters: Array) -> Array:
        """Outputs (B, O) of values (B, K)."""

    @abstractmethod
    def pulled(self, values: Array, parameters: Array, slopes: Array) -> tuple[Array, Array]:
        """Derivatives by values (B, K) and parameters, from those by outputs (B, O)."""

    def gathered(self, by_output: Array) -> Array:
        """(B, K) from (B, O): outputs that read the same value add up."""
        return by_output if self.values == self.count else by_output.sum(axis=1, keepdims=True)


class Weighted(Head):
    """w·v."""

    def first(self) -> Array:
        """1 and −1 in turn where all outputs read the same value, else 1."""
        if self.values == self.count:
            return np.ones(self.count)
        return np.where(np.arange(self.count) % 2 == 0, 1.0, -1.0)

    def outputs(self, values: Array, parameters: Array) -> Array:
        return values * parameters

    def pulled(self, values: Array, parameters: Array, slopes: Array) -> tuple[Array, Array]:
        return self.gathered(slopes * parameters), (slopes * values).sum(axis=0)


class Range(Head):
    """w·(1 + v)/2, from 0 to w."""

    def first(self) -> Array:
        return np.ones(self.count)

    def outputs(self, values: Array, parameters: Array) -> Array:
        return (1 + values) / 2 * parameters

    def pulled(self, values: Array, parameters: Array, slopes: Array) -> tuple[Array, Array]:
        by_parameters = (slopes * (1 + values) / 2).sum(axis=0)
        return self.gathered(slopes * parameters / 2), by_parameters


class Offset(Head):
    """v + b."""

    def first(self) -> Array:
        return np.zeros(self.count)

    def outputs(self, values: Array, parameters: Array) -> Array:
        return values + parameters

    def pulled(self, values: Array, parameters: Array, slopes: Array) -> tuple[Array, Array]:
        return self.gathered(slopes), slopes.sum(axis=0)


class Linear(Head):
    """Σₖ wₖvₖ + b for each output; parameters: b, then w row by row."""

    @property
    def num_parameters(self) -> int:
        return self.count * (1 + self.values)

    def first(self) -> Array:
        """Each output is its own value, or the one that there is."""
        start = np.zeros((1 + self.values, self.count))
        start[1:] = np.eye(self.values, self.count) if self.values > 1 else 1.0
        return np.concatenate([start[0], start[1:].T.ravel()])

    def outputs(self, values: Array, parameters: Array) -> Array:
        offsets, weights = self._parts(parameters)
        outputs: Array = values @ weights.T + offsets
        return outputs

    def pulled(self, values: Array, parameters: Array, slopes: Array) -> tuple[Array, Array]:
        _, weights = self._parts(parameters)
        by_parameters = np.concatenate([slopes.sum(axis=0), (slopes.T @ values).ravel()])
        return slopes @ weights, by_parameters

    def _parts(self, parameters: Array) -> tuple[Array, Array]:
        return parameters[: self.count], parameters[self.count :].reshape(self.count, self.values)


HEADS: Mapping[str, Callable[[int, int], Head]] = {
    "weighted": Weighted,
    "range": Range,
    "offset": Offset,
    "linear": Linear,
}
