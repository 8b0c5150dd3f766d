"""The exact evaluator: expectation values, gradients, Jacobians and sampled estimates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.engines.angles import Angles
from nisqdl.engines.contract import Array, Pull
from nisqdl.engines.exact.carry import BoundProgram, angle_slopes, bind, bytes_kept
from nisqdl.engines.exact.fusion import chains
from nisqdl.engines.exact.lowering import Lowered
from nisqdl.engines.exact.product import ProductMeeting, ProductPrefix, product_prefix
from nisqdl.engines.exact.program import Floats, Program, build_program
from nisqdl.engines.exact.shots import Bits, Measurement, drawn_bits, sampled_values
from nisqdl.engines.exact.step import Step
from nisqdl.engines.exact.swept import SweptMeeting, SweptPrefix, swept_prefix
from nisqdl.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nisqdl.engines.exact.unroll import Event

SAMPLES_AS_LANES = 6
"""Up to so many qubits, eight samples are carried side by side; beyond, a state fills the cache."""


@dataclass(frozen=True)
class ExactEvaluator:
    """A lowered model, ready for any features (B, F) and weights (W,); see ``contract.Evaluator``.

    Readout confusion is in every value. Results depend neither on how a batch is split (beyond
    rounding) nor on threads.

    Attributes:
        lowered: Events, angles and observables on the qubits that matter.
        memory_bytes: What the states kept for derivatives may take.
        threads: Samples and observables are shared out among so many, where it pays.
    """

    lowered: Lowered
    memory_bytes: int
    threads: int = 1

    def values(self, features: Array, weights: Array) -> Array:
        """Expectation values, shape (B, O), exact."""
        angles = self._angles(features, weights)
        if angles.shape[1] == 0:
            return np.empty((0, len(self.lowered.observables)))
        observables = self.lowered.observables
        if not self._meets(angles):
            return self.whole.meet(angles, observables, derivatives=None).values
        observables = bind(self.suffix, angles[:, :1], self.threads).backward(observables)
        return self._met(angles, observables, derivatives=False).values

    def values_and_gradient(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array]:
        """Expectation values (B, O) and the gradient (W,) of a loss of them; see the contract."""
        angles = self._angles(features, weights)
        if angles.shape[1] == 0:
            return np.empty((0, len(self.lowered.observables))), np.zeros(len(weights))
        if not self._meets(angles):
            whole = self.whole
            ops = whole.trained_ops
            meeting = whole.meet(angles, self.lowered.observables, derivatives=ops)
            values = meeting.values
            slopes = meeting.angles_pulled(_pulled(pull, values))
            return values, self.lowered.angles.pullback(features, weights, slopes)[0].sum(0)
        if self.step is not None:
            values, slopes = self.step.values_and_slopes(angles, lambda v: _pulled(pull, v))
            shared = slopes[self.lowered.angles.shared_rows]
            return values, self.lowered.angles.pullback_shared(weights, shared)
        return self._met_gradient(features, weights, angles, pull)

    def jacobian(self, features: Array, weights: Array) -> tuple[Array, Array, Array]:
        """Values (B, O) and their derivatives by weights (B, O, W) and by features (B, O, F)."""
        angles = self._angles(features, weights)
        shape = (angles.shape[1], len(self.lowered.observables))
        d_weights = np.zeros((*shape, len(weights)))
        d_features = np.zeros((*shape, features.shape[1]))
        if shape[0] == 0:
            return np.empty(shape), d_weights, d_features
        values, slopes = self.whole.jacobian(angles, self.lowered.observables)
        for o, each in enumerate(slopes):
            pulled = self.lowered.angles.pullback(features, weights, each)
            d_weights[:, o], d_features[:, o] = pulled
        return values, d_weights, d_features

    def values_and_derivatives(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array, Array]:
        """Values (B, O), and a loss's derivatives by weights (W,) and by features (B, F).

        As :meth:`values_and_gradient`, for where the features come from something that is trained.
        """
        angles = self._angles(features, weights)
        whole = self.whole
        meeting = whole.meet(angles, self.lowered.observables, derivatives=whole.program.ops)
        slopes = meeting.angles_pulled(_pulled(pull, meeting.values))
        by_weights, by_features = self.lowered.angles.pullback(features, weights, slopes)
        return meeting.values, by_weights.sum(axis=0), by_features

    def estimates(
        self, features: Array, weights: Array, shots: int, rng: np.random.Generator
    ) -> Array:
        """Values (B, O) from ``shots`` outcomes for each sample and group of observables.

        Outcomes are drawn from the exact distribution with readout confusion. Terms that commute
        qubit by qubit share outcomes. The turns of X and Y to Z before a measurement are noiseless
        here; a device makes them with gates.
        """
        return self.estimates_with_errors(features, weights, shots, rng)[0]

    def estimates_with_errors(
        self, features: Array, weights: Array, shots: int, rng: np.random.Generator
    ) -> tuple[Array, Array]:
        """As :meth:`estimates`, with the standard error of each value as its outcomes show it.

        Returns:
            Values and standard errors, both (B, O); one shot has a standard error of NaN.
        """
        _check_shots(shots)
        angles = self._angles(features, weights)
        if angles.shape[1] == 0:
            empty = np.empty((0, len(self.lowered.observables)))
            return empty, empty.copy()
        chunks = [
            sampled_values(states, self.measurement, shots, rng)
            for states in self.whole.states(angles)
        ]
        values, errors = (np.concatenate(part) for part in zip(*chunks, strict=True))
        return values, errors

    def outcomes(
        self, features: Array, weights: Array, shots: int, rng: np.random.Generator
    ) -> Iterator[Bits]:
        """Each sample's outcomes in turn, (shots, k), for a model whose one observable is a string.

        Columns are the k qubits on which the string is not the identity, in ascending order.
        """
        _check_shots(shots)
        angles = self._angles(features, weights)
        if angles.shape[1] == 0:
            return
        (group,) = self.measurement.groups
        for states in self.whole.states(angles):
            for probabilities in group.probabilities(states):
                yield drawn_bits(probabilities, shots, rng)

    @cached_property
    def prefix(self) -> ProductPrefix | SweptPrefix:
        """What depends on the features, and what comes before."""
        lowered = self.lowered
        alone = chains(lowered.prefix, lowered.num_qubits)
        if alone is None:
            return self._swept(lowered.prefix)
        return product_prefix(alone)

    @cached_property
    def suffix(self) -> Program:
        """What is the same for all samples; observables go backward through it."""
        return build_program(
            self.lowered.suffix, self.lowered.num_qubits, frozenset(), samples_as_lanes=False
        )

    @cached_property
    def step(self) -> Step | None:
        """The gradient in two compiled calls, where states are small and the prefix is simple."""
        if self._prefix_is_trained or not isinstance(self.prefix, ProductPrefix):
            return None
        lowered = self.lowered
        if len(lowered.observables) * bytes_kept(self.suffix) > self.memory_bytes:
            return None
        return Step.of(self.prefix, self.suffix, lowered.observables, lowered.angles.num_angles)

    @cached_property
    def whole(self) -> SweptPrefix:
        """The circuit not split: one state for each sample."""
        return self._swept(self.lowered.events)

    @cached_property
    def measurement(self) -> Measurement:
        """The groups of terms to be measured together."""
        return Measurement.of(self.lowered.measured, self.lowered.readout, self.lowered.qubits)

    def _swept(self, events: Sequence[Event]) -> SweptPrefix:
        lowered = self.lowered
        program = build_program(
            events,
            lowered.num_qubits,
            lowered.sampled_angles,
            samples_as_lanes=lowered.num_qubits <= SAMPLES_AS_LANES,
        )
        weighted = np.flatnonzero(lowered.angles.depend_on_weights)
        return swept_prefix(program, weighted, self.memory_bytes, self.threads)

    def _angles(self, features: Array, weights: Array) -> Floats:
        angles: Angles = self.lowered.angles
        if features.ndim != 2 or features.shape[1] != angles.num_features:
            raise InputError(
                f"`features` must be of shape (samples, {angles.num_features}), but is of shape "
                f"{features.shape}."
            )
        if weights.shape != (angles.num_weights,):
            raise InputError(
                f"`weights` must be of shape ({angles.num_weights},), but is of shape "
                f"{weights.shape}."
            )
        return angles.evaluate(features, weights)

    def _meets(self, angles: Floats) -> bool:
        """Whether carrying O observables back through the suffix is less than B states forward."""
        return len(self.lowered.observables) <= angles.shape[1] or not self.lowered.suffix

    def _met_gradient(
        self, features: Array, weights: Array, angles: Floats, pull: Pull
    ) -> tuple[Array, Array]:
        end = self.lowered.observables
        bound = bind(self.suffix, angles[:, :1], self.threads)
        kept = None
        if len(end) * bytes_kept(self.suffix) <= self.memory_bytes:
            kept = bound.backward_kept(end)
        start = kept[:, 0].copy() if kept is not None else bound.backward(end)

        trained = self._prefix_is_trained
        meeting = self._met(angles, start, derivatives=trained)
        values = meeting.values
        pulls = _pulled(pull, values)
        slopes = self._suffix_slopes(bound, kept, meeting.observables_pulled(pulls))
        lowered = self.lowered
        gradient = lowered.angles.pullback_shared(weights, slopes[lowered.angles.shared_rows])
        if trained:
            own = meeting.angles_pulled(pulls)
            gradient = gradient + lowered.angles.pullback(features, weights, own)[0].sum(0)
        return values, gradient

    def _suffix_slopes(self, bound: BoundProgram, kept: Floats | None, pulled: Floats) -> Floats:
        """Derivatives by all angles, (K,): the pulled states go forward, observables are kept."""
        program = bound.program
        count = self.lowered.angles.num_angles
        if kept is not None:
            totals = bound.slopes_from_kept(kept, pulled, backward=False, ops=program.ops)
            return _summed(angle_slopes(bound, totals, count))
        result = np.zeros(count)
        for o in range(len(pulled)):
            end, moving = self.lowered.observables[o : o + 1], pulled[o : o + 1]
            totals = bound.slopes_recomputed(end, moving, backward=False, ops=program.ops)
            result += _summed(angle_slopes(bound, totals, count))
        return result

    @cached_property
    def _prefix_is_trained(self) -> bool:
        weighted = self.lowered.angles.depend_on_weights
        return any(weighted[event.angle] for event in self.lowered.prefix_rotations)

    def _met(
        self, angles: Floats, observables: Floats, *, derivatives: bool
    ) -> ProductMeeting | SweptMeeting:
        prefix = self.prefix
        if isinstance(prefix, ProductPrefix):
            return prefix.meet(angles, observables, derivatives=derivatives)
        ops = prefix.trained_ops if derivatives else None
        return prefix.meet(angles, observables, derivatives=ops)


def _summed(slopes: Floats) -> Floats:
    """(K,) from (K, items, WIDTH)."""
    total: Floats = slopes.sum(axis=(1, 2))
    return total


def _check_shots(shots: int) -> None:
    if shots < 1:
        raise InputError(f"`shots` must be at least 1, but is {shots}.")


def _pulled(pull: Pull, values: Array) -> Floats:
    pulls = np.asarray(pull(values), dtype=float)
    if pulls.shape != values.shape:
        raise ValueError(f"`pull` must return shape {values.shape}, but returned {pulls.shape}")
    return pulls
