"""Models on the state-vector engine: from features and weights to values and gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nisqdl.engines.angles import Angles, compile_angles
from nisqdl.engines.contract import Array, Pull
from nisqdl.engines.statevector.execution import (
    Execution, Flags, SlotNumbers, slot_numbers,
)  # fmt: skip
from nisqdl.engines.statevector.program import Integers, Program, lower
from nisqdl.engines.statevector.sampling import Sampling
from nisqdl.errors import InputError
from nisqdl.noise.channels import NoiseChannels
from nisqdl.noise.readout import with_readout

if TYPE_CHECKING:
    from qiskit.circuit import Parameter

    from nisqdl.circuits.model import Model
    from nisqdl.engines.statevector.turning import Slot
    from nisqdl.targets.isa import IsaModel


@dataclass(frozen=True, eq=False)
class SlotAngles:
    """The slots' angles of a program as functions of features and weights.

    Attributes:
        angles: Row k is slot k.
        program: Whose slots these are.
        places: As in :class:`nisqdl.engines.statevector.execution.SlotNumbers`.
    """

    angles: Angles
    program: Program
    places: Integers

    @classmethod
    def of(
        cls, program: Program, features: Sequence[Parameter], weights: Sequence[Parameter]
    ) -> SlotAngles:
        """Compile the slots' expressions.

        Raises:
            InputError: A parameter is neither feature nor weight, or an operation is not known.
        """
        angles = compile_angles([_expression(slot) for slot in program.slots], features, weights)
        places = np.empty(len(program.slots), dtype=np.int64)
        places[angles.sampled_rows] = np.arange(len(angles.sampled_rows))
        places[angles.shared_rows] = -1 - np.arange(len(angles.shared_rows))
        return cls(angles, program, places)

    def numbers(self, features: Array, weights: Array) -> SlotNumbers:
        """At features (B, F) and weights (W,)."""
        angles, is_phase = self.angles, self.program.is_phase
        shared = angles.evaluate_shared(weights)
        sampled = angles.evaluate_sampled(features, weights)
        return SlotNumbers(
            places=self.places,
            shared=slot_numbers(shared, is_phase[angles.shared_rows]),
            sampled=slot_numbers(sampled, is_phase[angles.sampled_rows]),
            signs=np.where(is_phase, 1.0, -1.0),
            num_samples=len(features),
        )

    def depending_on(self, parameters: Sequence[Parameter]) -> Flags:
        """Which slots' angles have any of these parameters, (K,)."""
        wanted = set(parameters)
        flags = [
            any(wanted & set(expression.parameters) for _, expression in slot.terms)
            for slot in self.program.slots
        ]
        return np.array(flags, dtype=np.uint8)


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
        angles = self.slots.angles
        values, slopes = self.execution.slopes(
            self.slots.numbers(features, weights), pull, self._trained
        )
        gradient = angles.pullback_shared(weights, slopes[angles.shared_rows].sum(axis=1))
        if len(angles.sampled_rows):
            by_sample, _ = angles.pullback_sampled(features, weights, slopes[angles.sampled_rows])
            gradient = gradient + by_sample.sum(axis=0)
        return values, gradient

    def jacobian(self, features: Array, weights: Array) -> tuple[Array, Array, Array]:
        """Values (B, O) and their derivatives by weights (B, O, W) and features (B, O, F)."""
        self._check(features, weights)
        wanted = np.ones(len(self.slots.program.slots), dtype=np.uint8)
        numbers = self.slots.numbers(features, weights)
        values, slopes = self.execution.all_slopes(numbers, wanted)
        pulled = [self.slots.angles.pullback(features, weights, rows) for rows in slopes]
        d_weights, d_features = (np.stack(part, axis=1) for part in zip(*pulled, strict=True))
        return values, d_weights, d_features

    def values_over_weights(self, features: Array, weights: Array) -> Array:
        """Values (R, O) of one sample (F,) at each of R weight vectors (R, W)."""
        inputs = self._at_all(features, weights)
        return self.execution.values(self._all_sampled.numbers(inputs, np.empty(0)))

    def gradients_over_weights(self, features: Array, weights: Array) -> tuple[Array, Array]:
        """Values (R, O) and gradients (R, O, W) of one sample (F,) at R weight vectors (R, W).

        Eight weight vectors share a pass, so this is the way to the gradient's variance.
        """
        inputs = self._at_all(features, weights)
        slots = self._all_sampled
        numbers = slots.numbers(inputs, np.empty(0))
        values, slopes = self.execution.all_slopes(numbers, self._trained)
        sampled = slots.angles.sampled_rows
        pulled = [
            slots.angles.pullback_sampled(inputs, np.empty(0), rows[sampled])[1] for rows in slopes
        ]
        return values, np.stack(pulled, axis=1)[:, :, len(self.model.features) :]

    def estimates(
        self, features: Array, weights: Array, shots: int, rng: np.random.Generator
    ) -> Array:
        """Values (B, O) estimated from sampled outcomes, readout confusion included.

        Each group of qubit-wise commuting terms, over all observables, gets its own ``shots``.

        Raises:
            InputError: ``shots`` is below 1.
        """
        self._check(features, weights)
        if shots < 1:
            raise InputError(f"`shots` must be at least 1, but is {shots}.")
        estimates = np.tile(self._sampling.constants, (len(features), 1))
        for group, (slots, execution) in zip(self._sampling.groups, self._grouped, strict=True):
            states = execution.states(slots.numbers(features, weights))
            for sample, state in enumerate(states):
                estimates[sample] += group.estimate(state, shots, rng)
        return estimates

    @cached_property
    def _trained(self) -> Flags:
        return self.slots.depending_on(self.model.weights)

    @cached_property
    def _all_sampled(self) -> SlotAngles:
        """The slots with the weights as features, so that every sample has its own."""
        everything = (*self.model.features, *self.model.weights)
        return SlotAngles.of(self.slots.program, everything, ())

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

    def _at_all(self, features: Array, weights: Array) -> Array:
        self._check(np.reshape(features, (1, -1)), weights[0])
        return np.concatenate([np.tile(features, (len(weights), 1)), weights], axis=1)

    def _check(self, features: Array, weights: Array) -> None:
        expected = (len(self.model.features), len(self.model.weights))
        if (features.shape[1], len(weights)) != expected:
            raise InputError(
                f"The model takes {expected[0]} features and {expected[1]} weights, but was given "
                f"{features.shape[1]} and {len(weights)}."
            )


def _expression(slot: Slot) -> Any:
    total: Any = slot.constant
    for factor, expression in slot.terms:
        term = expression if factor == 1.0 else factor * expression
        total = term if total is slot.constant and total == 0.0 else total + term
    return total
