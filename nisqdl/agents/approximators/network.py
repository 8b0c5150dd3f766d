"""The classical twin: a fully connected network, or a linear map, with gradients by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from nisqdl.agents.approximators.contract import Array, Pull, Shape
from nisqdl.store.record import Json


class NetworkOptions(BaseModel):
    """A network; without hidden layers it is linear.

    Attributes:
        kind: ``network``.
        hidden: Units of each hidden layer.
        activation: Of hidden units.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["network"] = "network"
    hidden: Annotated[
        tuple[Annotated[StrictInt, Field(ge=1, le=4096)], ...], Field(max_length=8)
    ] = (16,)
    activation: Literal["tanh", "relu"] = "tanh"


@dataclass(frozen=True)
class Network:
    """Layers of weights and offsets; see :class:`~nisqdl.agents.approximators.Approximator`.

    It sees the same scaled features as a circuit: within [−1, 1].

    Attributes:
        options: Its layers.
        shape: What it takes and gives.
    """

    options: NetworkOptions
    shape: Shape

    @property
    def identity(self) -> Json:
        return [self.options.model_dump(mode="json"), asdict(self.shape)]

    @cached_property
    def groups(self) -> Mapping[str, slice]:
        return {"network": slice(0, self.num_parameters)}

    @cached_property
    def num_parameters(self) -> int:
        return sum((rows + 1) * columns for rows, columns in self._sizes())

    def first_parameters(self, source: np.random.Generator) -> Array:
        """Uniform within ±1/√inputs, as PyTorch's linear layers."""
        parts = []
        for rows, columns in self._sizes():
            bound = 1 / np.sqrt(rows)
            parts.append(source.uniform(-bound, bound, (rows + 1) * columns))
        return np.concatenate(parts)

    def outputs(
        self, observations: NDArray[np.floating], parameters: Array, source: np.random.Generator
    ) -> Array:
        return self._layers(observations, parameters)[-1]

    def outputs_and_gradient(
        self,
        observations: NDArray[np.floating],
        parameters: Array,
        pull: Pull,
        source: np.random.Generator,
    ) -> tuple[Array, Array]:
        layers = self._layers(observations, parameters)
        slopes = pull(layers[-1])
        parts: list[Array] = []
        for (weights, _), before, after in reversed(
            list(zip(self._split(parameters), layers, layers[1:], strict=False))
        ):
            if after is not layers[-1]:
                slopes = slopes * self._slope(after)
            parts += [slopes.sum(axis=0), (before.T @ slopes).ravel()]
            slopes = slopes @ weights.T
        return layers[-1], np.concatenate(parts[::-1])

    def circuits(self, rows: int, gradient: bool) -> int:
        return 0

    def _layers(self, observations: NDArray[np.floating], parameters: Array) -> list[Array]:
        """Values of every layer, the inputs first."""
        layers = [self.shape.scaled(observations)]
        split = self._split(parameters)
        for number, (weights, offsets) in enumerate(split, start=1):
            values = layers[-1] @ weights + offsets
            layers.append(values if number == len(split) else self._activated(values))
        return layers

    def _activated(self, values: Array) -> Array:
        return np.tanh(values) if self.options.activation == "tanh" else np.maximum(values, 0.0)

    def _slope(self, after: Array) -> Array:
        """The activation's derivative, from its value."""
        if self.options.activation == "tanh":
            return 1 - after * after
        return (after > 0).astype(np.float64)

    def _sizes(self) -> list[tuple[int, int]]:
        return list(pairwise((self.shape.features, *self.options.hidden, self.shape.outputs)))

    def _split(self, parameters: Array) -> list[tuple[Array, Array]]:
        """Weights (inputs, units) and offsets (units,) of each layer."""
        parts, done = [], 0
        for rows, columns in self._sizes():
            weights = parameters[done : done + rows * columns].reshape(rows, columns)
            done += rows * columns
            parts.append((weights, parameters[done : done + columns]))
            done += columns
        return parts
