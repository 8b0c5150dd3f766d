"""Models on the state-vector engine: from features and weights to values and gradients."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from nisqdl.engines.contract import Array, Pull
from nisqdl.engines.statevector.execution import Execution, Flags
from nisqdl.engines.statevector.program import lower
from nisqdl.engines.statevector.sampling import Group, Sampling
from nisqdl.engines.statevector.slot_angles import SlotAngles, SlotsOfInputs, slots_depending_on
from nisqdl.errors import InputError
from nisqdl.noise.channels import NoiseChannels
from nisqdl.noise.readout import with_readout

if TYPE_CHECKING:
    from nisqdl.circuits.model import Model
    from nisqdl.targets.isa import IsaModel


@dataclass(frozen=True, eq=False)
class StatevectorEvaluator:
    """A model without gate noise; see :class:`nisqdl.engines.contract.Evaluator`.

    Build it with :meth:`StatevectorEvaluator.of`.
    """

    model: Model | IsaModel
    noise: NoiseChannels
    execution: Execution
    slots: SlotAngles

    @classmethod
    def of(
        cls, model: Model | IsaModel, noise: NoiseChannels, threads: int, memory_gib: float
    ) -> StatevectorEvaluator:
        """Lower a model; see :meth:`nisqdl.engines.statevector.StatevectorEngine.prepare`."""
        _check_roles(model)
        observables = [with_readout(o, noise.readout) for o in model.observables]
        program = lower(model.circuit, observables, memory_gib)
        return cls(
            model=model,
            noise=noise,
            execution=Execution(program, threads, memory_gib),
            slots=SlotAngles.of(program, model.features, model.weights),
        )

    def values(self, features: Array, weights: Array) -> Array:
        """Expectation values, shape (B, O)."""
        self._check(features, weights)
        return self.execution.values(self.slots.numbers(features, weights))

    def values_and_gradient(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array]:
        """Values (B, O) and the gradient (W,) of a loss, in about three passes."""
        self._check(features, weights)
        values, slopes = self.execution.slopes(
            self.slots.numbers(features, weights), pull, self._trained
        )
        return values, self.slots.gradient(features, weights, slopes)

    def jacobian(self, features: Array, weights: Array) -> tuple[Array, Array, Array]:
        """Values (B, O) and their derivatives by weights (B, O, W) and features (B, O, F)."""
        self._check(features, weights)
        wanted = np.ones(len(self.slots.places), dtype=np.uint8)
        numbers = self.slots.numbers(features, weights)
        values, slopes = self.execution.all_slopes(numbers, wanted)
        pulled = [self.slots.derivatives(features, weights, rows) for rows in slopes]
        d_weights, d_features = (np.stack(part, axis=1) for part in zip(*pulled, strict=True))
        return values, d_weights, d_features

    def values_and_derivatives(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array, Array]:
        """Values (B, O), and a loss's derivatives by weights (W,) and by features (B, F).

        As :meth:`values_and_gradient`, for where the features come from something that is trained.
        """
        self._check(features, weights)
        wanted = np.ones(len(self.slots.places), dtype=np.uint8)
        numbers = self.slots.numbers(features, weights)
        values, slopes = self.execution.slopes(numbers, pull, wanted)
        by_weights, by_features = self.slots.derivatives(features, weights, slopes)
        return values, by_weights.sum(axis=0), by_features

    def values_over_weights(self, features: Array, weights: Array) -> Array:
        """Values (R, O) of one sample (F,) at each of R weight vectors (R, W)."""
        parts = [
            self.execution.values(self._inputs.numbers(inputs))
            for inputs in self._chunks(features, weights)
        ]
        return np.concatenate(parts)

    def gradients_over_weights(self, features: Array, weights: Array) -> tuple[Array, Array]:
        """Values (R, O) and gradients (R, O, W) of one sample (F,) at R weight vectors (R, W).

        Eight weight vectors share a pass, so this is the way to the gradient's variance.
        """
        outputs, own = len(self.model.observables), len(self.model.features)
        values = np.empty((len(weights), outputs))
        gradients = np.empty((len(weights), outputs, len(self.model.weights)))
        done = 0
        for inputs in self._chunks(features, weights):
            rows = slice(done, done + len(inputs))
            numbers = self._inputs.numbers(inputs)
            values[rows], slopes = self.execution.all_slopes(numbers, self._trained)
            for output in range(outputs):
                derivatives = self._inputs.derivatives(inputs, slopes[output])
                gradients[rows, output] = derivatives[:, own:]
            done += len(inputs)
        return values, gradients

    def estimates(
        self, features: Array, weights: Array, shots: int, rng: np.random.Generator
    ) -> Array:
        """Values (B, O) estimated from sampled outcomes, readout confusion included.

        Each group of qubit-wise commuting terms, over all observables, gets its own ``shots``.

        Raises:
            InputError: ``shots`` is below 1.
        """
        return self.estimates_with_errors(features, weights, shots, rng)[0]

    def estimates_with_errors(
        self, features: Array, weights: Array, shots: int, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """As :meth:`estimates`, with the standard error of each value as its outcomes show it.

        Returns:
            Values and standard errors, both (B, O); one shot has a standard error of NaN.
        """
        values = np.tile(self._sampling.constants, (len(features), 1))
        variances = np.zeros_like(values)
        for group, states in self._measured_states(features, weights, shots):
            for sample, state in enumerate(states):
                value, variance = group.estimate(state, shots, rng)
                values[sample] += value
                variances[sample] += variance
        return values, np.sqrt(variances)

    def outcomes(
        self, features: Array, weights: Array, shots: int, rng: np.random.Generator
    ) -> Iterator[npt.NDArray[np.bool_]]:
        """Each sample's outcomes in turn, (shots, k), for a model whose one observable is a string.

        Columns are the k qubits on which the string is not the identity, in ascending order.
        """
        for group, states in self._measured_states(features, weights, shots):
            for state in states:
                yield group.outcomes(state, shots, rng)

    def _measured_states(
        self, features: Array, weights: Array, shots: int
    ) -> Iterator[tuple[Group, Iterator[npt.NDArray[np.complex128]]]]:
        """Each group of terms, and the samples' states turned to its basis."""
        self._check(features, weights)
        if shots < 1:
            raise InputError(f"`shots` must be at least 1, but is {shots}.")
        for group, (slots, execution) in zip(self._sampling.groups, self._grouped, strict=True):
            yield group, execution.states(slots.numbers(features, weights))

    @cached_property
    def _trained(self) -> Flags:
        return slots_depending_on(self.execution.program, self.model.weights)

    @cached_property
    def _inputs(self) -> SlotsOfInputs:
        everything = (*self.model.features, *self.model.weights)
        return SlotsOfInputs.of(self.execution.program, everything)

    @cached_property
    def _sampling(self) -> Sampling:
        return Sampling.of(
            self.model.circuit, self.model.observables, self.noise.readout,
            self.execution.memory_gib,
        )  # fmt: skip

    @cached_property
    def _grouped(self) -> list[tuple[SlotAngles, Execution]]:
        run = self.execution
        return [
            (
                SlotAngles.of(group.program, self.model.features, self.model.weights),
                Execution(group.program, run.threads, run.memory_gib),
            )
            for group in self._sampling.groups
        ]

    def _chunks(self, features: Array, weights: Array) -> Iterator[Array]:
        """Features and weights side by side, (rows, F + W), as many rows as stay in the cache."""
        self._check(features[np.newaxis], weights[0])
        most = self.execution.samples_in_cache
        for first in range(0, len(weights), most):
            part = weights[first : first + most]
            yield np.concatenate([np.tile(features, (len(part), 1)), part], axis=1)

    def _check(self, features: Array, weights: Array) -> None:
        expected = (len(self.model.features), len(self.model.weights))
        if (features.shape[1], len(weights)) != expected:
            raise InputError(
                f"The model takes {expected[0]} features and {expected[1]} weights, but was given "
                f"{features.shape[1]} and {len(weights)}."
            )


def _check_roles(model: Model | IsaModel) -> None:
    """Parameters that nothing feels are gone after lowering, and must be refused before it."""
    known = {*model.features, *model.weights}
    stray = [p.name for p in model.circuit.parameters if p not in known]
    if stray:
        raise InputError(
            f"The circuit's parameter {stray[0]!r} must be one of the model's features or weights, "
            "but is neither; add it to one of them or bind it to a number."
        )
