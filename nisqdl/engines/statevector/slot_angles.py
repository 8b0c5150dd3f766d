"""A program's slots as functions of features and weights: for batches, and for many weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nisqdl.engines.angles import Angles, compile_angles
from nisqdl.engines.statevector.execution import Flags, SlotNumbers
from nisqdl.engines.statevector.program import Floats, Integers, Program

if TYPE_CHECKING:
    from qiskit.circuit import Parameter

    from nisqdl.engines.statevector.turning import Slot


@dataclass(frozen=True, eq=False)
class SlotAngles:
    """The slots' angles at features (B, F) and one weight vector (W,).

    Attributes:
        angles: Row i is slot ``order[i]``.
        order: The slots, phases first.
        places: As in :class:`nisqdl.engines.statevector.execution.SlotNumbers`.
        is_phase: Of each slot.
    """

    angles: Angles
    order: Integers
    places: Integers
    is_phase: Any

    @classmethod
    def of(
        cls, program: Program, features: Sequence[Parameter], weights: Sequence[Parameter]
    ) -> SlotAngles:
        """Compile the slots' expressions.

        Raises:
            InputError: A parameter is neither feature nor weight, or an operation is not known.
        """
        order = _phases_first(program)
        expressions = [_expression(program.slots[slot]) for slot in order]
        angles = compile_angles(expressions, features, weights)
        places = np.empty(len(order), dtype=np.int64)
        places[order[angles.sampled_rows]] = np.arange(len(angles.sampled_rows))
        places[order[angles.shared_rows]] = -1 - np.arange(len(angles.shared_rows))
        return cls(angles, order, places, program.is_phase)

    def numbers(self, features: Floats, weights: Floats) -> SlotNumbers:
        """What the kernels need at features (B, F) and weights (W,)."""
        angles = self.angles
        phases = int(np.count_nonzero(self.is_phase))
        return SlotNumbers(
            places=self.places,
            shared=_numbers(
                angles.evaluate_shared(weights), int(np.searchsorted(angles.shared_rows, phases))
            ),
            sampled=_numbers(
                angles.evaluate_sampled(features, weights),
                int(np.searchsorted(angles.sampled_rows, phases)),
            ),
            signs=np.where(self.is_phase, 1.0, -1.0),
            num_samples=len(features),
        )

    def gradient(self, features: Floats, weights: Floats, slopes: Floats) -> Floats:
        """The derivatives by the weights (W,) of what has these by the slots' angles (K, B)."""
        angles = self.angles
        shared = slopes[self.order[angles.shared_rows]].sum(axis=1)
        gradient = angles.pullback_shared(weights, shared)
        if len(angles.sampled_rows):
            sampled = slopes[self.order[angles.sampled_rows]]
            gradient = gradient + angles.pullback_sampled(features, weights, sampled)[0].sum(axis=0)
        return gradient

    def derivatives(
        self, features: Floats, weights: Floats, slopes: Floats
    ) -> tuple[Floats, Floats]:
        """Of each sample on its own: derivatives by weights (B, W) and features (B, F)."""
        return self.angles.pullback(features, weights, slopes[self.order])


@dataclass(frozen=True, eq=False)
class SlotsOfInputs:
    """The slots' angles where every sample has all its inputs (R, I) of its own.

    Attributes:
        order: The slots, phases first; rows of the others are in this order.
        places: As in :class:`nisqdl.engines.statevector.execution.SlotNumbers`.
        is_phase: Of each slot.
        constant: (K,).
        linear: Factors of the inputs, a sparse matrix (K, I).
        others: The rows that are not sums of parameters, whose rows above are zero.
        formulas: Their angles, as functions of the inputs as features.
    """

    order: Integers
    places: Integers
    is_phase: Any
    constant: Floats
    linear: Any
    others: Integers
    formulas: Angles

    @classmethod
    def of(cls, program: Program, inputs: Sequence[Parameter]) -> SlotsOfInputs:
        """Sort the slots' expressions; most are sums of parameters."""
        from scipy.sparse import csr_array

        column = {parameter: i for i, parameter in enumerate(inputs)}
        order = _phases_first(program)
        constant = np.zeros(len(order))
        entries: list[tuple[int, int, float]] = []
        others: list[int] = []
        for row, slot in enumerate(program.slots[place] for place in order):
            if all(expression in column for _, expression in slot.terms):
                constant[row] = slot.constant
                entries += [(row, column[known], factor) for factor, known in slot.terms]
            else:
                others.append(row)
        rows, columns, factors = zip(*entries, strict=True) if entries else ((), (), ())
        shape = (len(order), len(inputs))
        return cls(
            order=order,
            places=np.argsort(order),
            is_phase=program.is_phase,
            constant=constant,
            linear=csr_array((np.array(factors, dtype=float), (rows, columns)), shape=shape),
            others=np.array(others, dtype=np.int64),
            formulas=compile_angles(
                [_expression(program.slots[order[row]]) for row in others], inputs, ()
            ),
        )

    def numbers(self, inputs: Floats) -> SlotNumbers:
        """What the kernels need at inputs (R, I)."""
        return self.numbers_at(self.at(inputs))

    def at(self, inputs: Floats) -> Floats:
        """The slots' angles at inputs (R, I), in the order of ``order``, (K, R)."""
        angles: Floats = self.linear @ inputs.T
        angles += self.constant[:, np.newaxis]
        if len(self.others):
            angles[self.others] = self.formulas.evaluate_sampled(inputs, np.empty(0))
        return angles

    def numbers_at(self, angles: Floats) -> SlotNumbers:
        """What the kernels need at angles (K, R) in the order of ``order``."""
        return SlotNumbers(
            places=self.places,
            shared=np.empty((0, 2)),
            sampled=_numbers(angles, int(np.count_nonzero(self.is_phase))),
            signs=np.where(self.is_phase, 1.0, -1.0),
            num_samples=angles.shape[1],
        )

    def derivatives(self, inputs: Floats, slopes: Floats) -> Floats:
        """By the inputs (R, I), from those by the slots' angles (K, R)."""
        ordered = slopes[self.order]
        found: Floats = (self.linear.T @ ordered).T
        if len(self.others):
            found += self.formulas.pullback_sampled(inputs, np.empty(0), ordered[self.others])[1]
        return found


def slots_depending_on(program: Program, parameters: Sequence[Parameter]) -> Flags:
    """Which slots' angles have any of these parameters, (K,)."""
    wanted = set(parameters)
    flags = [
        any(not wanted.isdisjoint(expression.parameters) for _, expression in slot.terms)
        for slot in program.slots
    ]
    return np.array(flags, dtype=np.uint8)


def _phases_first(program: Program) -> Integers:
    return np.argsort(~program.is_phase, kind="stable").astype(np.int64)


def _numbers(angles: Floats, phases: int) -> Floats:
    """(cos θ, sin θ) of phases, which come first, then (tan(θ/4), sin(θ/2)) of rotations.

    A rotation's θ is taken to [−π, π], which may change its sign: the tangent stays below 1.

    Args:
        angles: (rows,) or (rows, B).

    Returns:
        (rows, 2) or (rows, 2, B).
    """
    numbers = np.empty((len(angles), 2, *angles.shape[1:]))
    np.cos(angles[:phases], out=numbers[:phases, 0])
    np.sin(angles[:phases], out=numbers[:phases, 1])
    quarters = angles[phases:] / 4
    quarters -= np.round(angles[phases:] / (2 * np.pi)) * (np.pi / 2)
    tangents = np.tan(quarters, out=numbers[phases:, 0])
    np.divide(2 * tangents, 1 + tangents * tangents, out=numbers[phases:, 1])
    return numbers


def _expression(slot: Slot) -> Any:
    total: Any = None
    for factor, expression in slot.terms:
        term = expression if factor == 1.0 else factor * expression
        total = term if total is None else total + term
    if total is None:
        return slot.constant
    return total if slot.constant == 0.0 else total + slot.constant
