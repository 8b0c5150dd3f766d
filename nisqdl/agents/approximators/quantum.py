"""A circuit as an approximator: scaled features in, weighted expectation values out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Protocol, cast, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from nisqdl.agents.approximators.circuit import (
    CircuitOptions,
    circuit_model,
    first_weights,
    num_observables,
)
from nisqdl.agents.approximators.contract import Array, Pull, Shape
from nisqdl.agents.approximators.heads import HEADS, Head
from nisqdl.agents.approximators.shifts import Shifts
from nisqdl.engines.contract import Evaluator
from nisqdl.errors import InputError
from nisqdl.store.record import Json


@runtime_checkable
class Differentiable(Protocol):
    """What of an evaluator is needed to learn; the engines exact and statevector have it."""

    def values(self, features: Array, weights: Array) -> Array: ...
    def values_and_derivatives(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array, Array]: ...


@dataclass(frozen=True)
class Quantum:
    """See :class:`~nisqdl.agents.approximators.Approximator`; build it with :meth:`of`.

    Parameters are the input scaling λ (one for each encoded angle, if it is trained), the
    circuit's weights θ and the head's, in this order.

    Attributes:
        options: The circuit's.
        shape: What it takes and gives.
        evaluator: Evaluates the circuit, or a linear map in its place.
        weights: Number of weights of the circuit or the map.
        angles: Trained or scaled angles in the circuit, two circuits each for a gradient on a
            device; 0 without a circuit.
        shots: Outcomes for each value; None for exact values.
    """

    options: CircuitOptions
    shape: Shape
    evaluator: Evaluator | Differentiable
    weights: int
    angles: int
    shots: int | None = None

    @classmethod
    def of(
        cls, options: CircuitOptions, shape: Shape, evaluator: Evaluator, shots: int | None = None
    ) -> Quantum:
        """A circuit with what evaluates it.

        Raises:
            InputError: Shots below 1, or a gradient that shots cannot give.
        """
        if shots is not None and shots < 1:
            raise InputError(f"`shots` must be at least 1, but is {shots}.")
        if shots is not None and options.input_scaling and len(options.encoding) > 1:
            raise InputError(
                "With shots and `input_scaling`, `encoding` must be a single gate, since the"
                f" parameter-shift rule takes one gate an angle, but is {list(options.encoding)}."
            )
        model = circuit_model(options, shape)
        encoded = len(model.features) * len(options.encoding) if options.input_scaling else 0
        angles = encoded + (len(model.weights) if options.trained else 0)
        return cls(options, shape, evaluator, len(model.weights), angles, shots)

    @classmethod
    def without_circuit(cls, options: CircuitOptions, shape: Shape) -> Quantum:
        """The same with a linear map in the circuit's place."""
        place = LinearMap(options.encodings * shape.features, num_observables(options, shape))
        return cls(options, shape, place, place.num_weights, 0)

    @property
    def identity(self) -> Json:
        shots = [] if self.shots is None else [self.shots]
        return [self.options.model_dump(mode="json"), asdict(self.shape), *shots]

    @cached_property
    def groups(self) -> Mapping[str, slice]:
        scales, after = self._num_scales, self._num_scales + self.weights
        return {
            "input": slice(0, scales),
            "weights": slice(scales, after),
            "output": slice(after, self.num_parameters),
        }

    @cached_property
    def num_parameters(self) -> int:
        return self._num_scales + self.weights + self._head.num_parameters

    def first_parameters(self, source: np.random.Generator) -> Array:
        """Input scaling 1, the circuit's weights as its options say, and the head's own start."""
        if isinstance(self.evaluator, LinearMap):
            weights = self.evaluator.first_weights(source)
        else:
            weights = first_weights(self.options, self.weights, source)
        return np.concatenate([np.ones(self._num_scales), weights, self._head.first()])

    def outputs(
        self, observations: NDArray[np.floating], parameters: Array, source: np.random.Generator
    ) -> Array:
        angles, weights = self.inputs(observations, parameters)
        return self.from_values(self._values(angles, weights, source), parameters)

    def inputs(self, observations: NDArray[np.floating], parameters: Array) -> tuple[Array, Array]:
        """What the circuit's features (B, E) and weights (W,) are, in radians: for a job."""
        angles, _ = self._angles(observations, parameters)
        return angles, parameters[self.groups["weights"]]

    def from_values(self, values: Array, parameters: Array) -> Array:
        """Outputs (B, O) from the circuit's expectation values (B, K)."""
        return self._head.outputs(values, parameters[self.groups["output"]])

    def outputs_and_gradient(
        self,
        observations: NDArray[np.floating],
        parameters: Array,
        pull: Pull,
        source: np.random.Generator,
    ) -> tuple[Array, Array]:
        """See the contract; with shots, see :mod:`nisqdl.agents.approximators.shifts`."""
        groups, head = self.groups, self._head
        inputs = self._unscaled(observations)
        angles, slopes = self._angles(observations, parameters)
        own = parameters[groups["output"]]
        seen: list[tuple[Array, Array]] = []

        def pull_values(values: Array) -> Array:
            outputs = head.outputs(values, own)
            by_values, by_head = head.pulled(values, own, pull(outputs))
            seen.append((outputs, by_head))
            return by_values

        weights = parameters[groups["weights"]]
        if self.shots is None:
            if not isinstance(self.evaluator, Differentiable):
                raise InputError(
                    "This engine has no derivatives by encoded angles: learn on the engines exact"
                    " or statevector, or with shots."
                )
            _, by_weights, by_angles = self.evaluator.values_and_derivatives(
                angles, weights, pull_values
            )
        else:
            by_weights, by_angles = self._shifts(self.shots, source).derivatives(
                angles, weights, pull_values
            )
        outputs, by_head = seen[0]
        gradient = np.zeros(self.num_parameters)
        if self.options.input_scaling:
            gradient[groups["input"]] = (by_angles * slopes * inputs).sum(axis=0)
        if self.options.trained:
            gradient[groups["weights"]] = by_weights
        gradient[groups["output"]] = by_head
        return outputs, gradient

    def circuits(self, rows: int, gradient: bool) -> int:
        if not self.options.circuit:
            return 0
        return rows * (1 + 2 * self.angles) if gradient else rows

    @cached_property
    def _num_scales(self) -> int:
        return self.options.encodings * self.shape.features if self.options.input_scaling else 0

    @cached_property
    def _head(self) -> Head:
        values = num_observables(self.options, self.shape)
        return HEADS[self.options.head](values, self.shape.outputs)

    def _values(self, angles: Array, weights: Array, source: np.random.Generator) -> Array:
        if self.shots is None:
            return self.evaluator.values(angles, weights)
        evaluator = cast(Evaluator, self.evaluator)
        return evaluator.estimates(angles, weights, self.shots, source)

    def _shifts(self, shots: int, source: np.random.Generator) -> Shifts:
        options = self.options
        evaluator = cast(Evaluator, self.evaluator)
        return Shifts(evaluator, shots, source, options.trained, options.input_scaling)

    def _unscaled(self, observations: NDArray[np.floating]) -> Array:
        """Unscaled angles (B, E): the features once for each encoding."""
        features = self.options.reach * self.shape.scaled(observations)
        return np.tile(features, (1, self.options.encodings))

    def _angles(
        self, observations: NDArray[np.floating], parameters: Array
    ) -> tuple[Array, Array | float]:
        """Angles (B, E) and their derivatives by the products of features and scales."""
        angles = self._unscaled(observations)
        if self.options.input_scaling:
            angles = angles * parameters[self.groups["input"]]
        if self.options.squash == "none":
            return angles, 1.0
        if self.options.squash == "arctan":
            return np.arctan(angles), 1 / (1 + angles * angles)
        squashed = np.tanh(angles)
        return squashed, 1 - squashed * squashed


@dataclass(frozen=True)
class LinearMap:
    """What stands in a circuit's place where there shall be none: weights (values, angles).

    Attributes:
        angles: Number of inputs E.
        count: Number of values K.
    """

    angles: int
    count: int

    @property
    def num_weights(self) -> int:
        return self.angles * self.count

    def first_weights(self, source: np.random.Generator) -> Array:
        """Uniform within ±1/√inputs, as a network's."""
        bound = 1 / np.sqrt(self.angles)
        return source.uniform(-bound, bound, self.num_weights)

    def values(self, features: Array, weights: Array) -> Array:
        values: Array = features @ weights.reshape(self.count, self.angles).T
        return values

    def values_and_derivatives(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array, Array]:
        values = self.values(features, weights)
        slopes = pull(values)
        by_features = slopes @ weights.reshape(self.count, self.angles)
        return values, (slopes.T @ features).ravel(), by_features
