"""A prefix in which qubits meet: each sample's state is carried through a program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from nisqdl.engines.exact.carry import (
    BoundProgram,
    angle_slopes,
    bind,
    bytes_carried,
    bytes_kept,
)
from nisqdl.engines.exact.program import GRAD, ROT, WIDTH, Floats, Integers, Program

CACHE_BYTES = 8 * 2**20
"""States that are carried together, at most (but at least one item): more would leave the cache."""


@dataclass(frozen=True)
class SweptPrefix:
    """A program on |0…0⟩ of each sample.

    Attributes:
        trained_ops: The program's operations, with derivatives wanted for weights only.
        memory_bytes: What states may take; more samples than fit are taken in turn.
        threads: Samples are shared out among so many, where it pays.
    """

    program: Program
    trained_ops: Integers
    memory_bytes: int
    threads: int = 1

    def meet(
        self, angles: Floats, observables: Floats, *, derivatives: Integers | None
    ) -> SweptMeeting:
        """Values of the observables (O, 4^n) in each sample's state.

        Args:
            angles: (K, B).
            derivatives: The operations (``trained_ops`` or the program's) whose derivatives
                will be asked for; ``None`` for none.
        """
        bound = bind(self.program, angles, self.threads)
        items = self.program.items(angles.shape[1])
        meeting = SweptMeeting(self, bound, observables, angles.shape, derivatives)
        if derivatives is not None and len(observables) == 1:
            return meeting.differentiated()
        if derivatives is not None and items * bytes_kept(self.program) <= self.memory_bytes:
            kept = bound.forward_kept(self.start(items))
            return replace(meeting, kept=kept, ends=kept[:, -1].copy()).evaluated()
        return meeting.evaluated()

    def jacobian(self, angles: Floats, observables: Floats) -> tuple[Floats, Floats]:
        """Values (B, O) and their derivatives by all angles, (O, K, B)."""
        bound = bind(self.program, angles, self.threads)
        meeting = SweptMeeting(self, bound, observables, angles.shape, self.program.ops)
        if len(observables) == 1:
            meeting = meeting.differentiated()
            return meeting.values, meeting.angles_pulled(np.ones_like(meeting.values))[np.newaxis]
        meeting = self.meet(angles, observables, derivatives=self.program.ops)
        pulls = np.zeros((len(observables), *meeting.values.shape))
        for o in range(len(observables)):
            pulls[o, :, o] = 1.0
        return meeting.values, np.stack([meeting.angles_pulled(each) for each in pulls])

    def states(self, angles: Floats) -> Iterator[Floats]:
        """The samples' states in turn, each chunk (samples, 4^n)."""
        bound = bind(self.program, angles, self.threads)
        lanes = self.program.lanes
        for first, stop in self.groups(angles.shape[1], bytes_carried(self.program)):
            end = part(bound, first, stop).forward(self.start(stop - first))
            states = end.reshape(stop - first, -1, lanes).transpose(0, 2, 1)
            count = min(angles.shape[1], stop * lanes) - first * lanes
            yield states.reshape(-1, self.program.size)[:count]

    def start(self, items: int) -> Floats:
        """|0…0⟩ of each item."""
        state = np.ones(1)
        for _ in range(self.program.num_qubits):
            state = np.outer([1.0, 0.0, 0.0, 1.0], state).reshape(-1)
        return np.tile(np.repeat(state, self.program.lanes), (items, 1))

    def groups(self, samples: int, item_bytes: int) -> Iterator[tuple[int, int]]:
        """Items [first, stop) that are carried together."""
        items = self.program.items(samples)
        group = min(CACHE_BYTES, self.memory_bytes) // item_bytes
        group = max(1, group, min(self.threads, self.memory_bytes // item_bytes))
        for first in range(0, items, group):
            yield first, min(items, first + group)


@dataclass(frozen=True)
class SweptMeeting:
    """Samples' states met with observables.

    Attributes:
        shape: (K, B).
        ops: The operations whose derivatives are wanted.
        kept: All states between the clusters, where they fit.
        ends: The states at the meeting, (items, size · lanes), where they fit.
        values: (B, O).
        unit: For one observable: derivatives of its values by the angles, (K, B).
    """

    prefix: SweptPrefix
    bound: BoundProgram
    observables: Floats
    shape: tuple[int, ...]
    ops: Integers | None
    kept: Floats | None = None
    ends: Floats | None = None
    values: Floats = field(default_factory=lambda: np.empty((0, 0)))
    unit: Floats | None = None

    def evaluated(self) -> SweptMeeting:
        """With the values."""
        ends = self.ends
        if ends is None and self.ops is not None and self._ends_fit():
            ends = np.concatenate([end for _, _, end in self._ends()])
            return replace(self, ends=ends, values=self._values([ends]))
        return replace(self, values=self._values([end for _, _, end in self._ends()]))

    def differentiated(self) -> SweptMeeting:
        """With the one observable's values and derivatives, each group forward and back at once."""
        assert self.ops is not None
        program = self.bound.program
        ends, values, slopes = [], [], []
        for first, stop in self.prefix.groups(self.shape[1], bytes_kept(program)):
            bound, start = part(self.bound, first, stop), self.prefix.start(stop - first)
            adjoints = np.repeat(self.observables, program.lanes, axis=1)
            adjoints = np.tile(adjoints, (stop - first, 1))
            if bytes_kept(program) <= self.prefix.memory_bytes:
                kept = bound.forward_kept(start)
                end = kept[:, -1].copy()
                totals = bound.slopes_from_kept(kept, adjoints, backward=True, ops=self.ops)
            else:
                end = bound.forward(start)
                totals = bound.slopes_recomputed(start, adjoints, backward=True, ops=self.ops)
            values.append(self._values([end]))
            slopes.append(angle_slopes(bound, totals, self.shape[0]))
            if self._ends_fit():
                ends.append(end)
        return replace(
            self,
            ends=np.concatenate(ends) if ends else None,
            values=np.concatenate(values)[: self.shape[1]],
            unit=self._by_sample(np.concatenate(slopes, axis=1)),
        )

    def observables_pulled(self, pulls: Floats) -> Floats:
        """Derivatives by the observables, (O, 4^n), from those by the values (B, O)."""
        program = self.bound.program
        spread = self._spread(pulls)
        result = np.zeros_like(self.observables)
        for first, stop, end in self._ends():
            states = end.reshape(stop - first, program.size, program.lanes)
            if program.lanes == 1:
                result += np.einsum("io,is->os", spread[first:stop, :, 0], states[:, :, 0])
            else:
                result += (spread[first:stop] @ states.transpose(0, 2, 1)).sum(axis=0)
        return result

    def angles_pulled(self, pulls: Floats) -> Floats:
        """Derivatives by the angles, (K, B), from those by the values (B, O)."""
        if self.unit is not None:
            return self.unit * pulls[:, 0]
        if self.kept is not None:
            return self._group_pulled(pulls, 0, len(self.kept), self.kept)
        groups = self.prefix.groups(self.shape[1], bytes_kept(self.bound.program))
        parts = [self._group_pulled(pulls, first, stop, None) for first, stop in groups]
        return np.concatenate(parts, axis=1)[:, : self.shape[1]]

    def _group_pulled(self, pulls: Floats, first: int, stop: int, kept: Floats | None) -> Floats:
        assert self.ops is not None
        program = self.bound.program
        spread = self._spread(pulls)[first:stop]
        adjoints = np.ascontiguousarray(self.observables.T @ spread).reshape(stop - first, -1)
        bound = part(self.bound, first, stop)
        if kept is None and bytes_kept(program) > self.prefix.memory_bytes:
            start = self.prefix.start(stop - first)
            totals = bound.slopes_recomputed(start, adjoints, backward=True, ops=self.ops)
        else:
            if kept is None:
                kept = bound.forward_kept(self.prefix.start(stop - first))
            totals = bound.slopes_from_kept(kept, adjoints, backward=True, ops=self.ops)
        return self._by_sample(angle_slopes(bound, totals, self.shape[0]))

    def _values(self, ends: list[Floats]) -> Floats:
        """(samples, O), padded samples cut off."""
        program = self.bound.program
        if program.lanes == 1:
            # Item by item: the numbers then do not depend on how many are carried together. Not by
            # BLAS: its idle threads would spin on the cores that the sweeps are shared out to.
            values = np.stack(
                [np.einsum("os,s->o", self.observables, item) for end in ends for item in end]
            )
        else:
            parts = [self.observables @ end.reshape(-1, program.size, WIDTH) for end in ends]
            values = np.concatenate(parts).transpose(0, 2, 1).reshape(-1, len(self.observables))
        return values[: self.shape[1]]

    def _by_sample(self, slopes: Floats) -> Floats:
        """(K, samples) from (K, items, WIDTH)."""
        if self.bound.program.lanes == 1:
            summed: Floats = slopes.sum(axis=2)
            return summed
        return slopes.reshape(len(slopes), slopes.shape[1] * WIDTH)[:, : self.shape[1]]

    def _ends(self) -> Iterator[tuple[int, int, Floats]]:
        """Each group's states at the meeting, (items, size · lanes)."""
        if self.ends is not None:
            yield 0, len(self.ends), self.ends
            return
        for first, stop in self.prefix.groups(self.shape[1], bytes_carried(self.bound.program)):
            bound = part(self.bound, first, stop)
            yield first, stop, bound.forward(self.prefix.start(stop - first))

    def _ends_fit(self) -> bool:
        program = self.bound.program
        size = program.items(self.shape[1]) * program.size * program.lanes * 8
        return size <= self.prefix.memory_bytes // 2

    def _spread(self, pulls: Floats) -> Floats:
        """(items, O, lanes) from (B, O); zero for padded samples."""
        lanes = self.bound.program.lanes
        items = self.bound.program.items(len(pulls))
        padded = np.zeros((items * lanes, pulls.shape[1]))
        padded[: len(pulls)] = pulls
        return padded.reshape(items, lanes, -1).transpose(0, 2, 1)


def swept_prefix(
    program: Program, weighted: Integers, memory_bytes: int, threads: int
) -> SweptPrefix:
    """A swept prefix; ``weighted`` are the angles that depend on weights."""
    ops = program.ops.copy()
    rotations = np.flatnonzero(ops[:, ROT] >= 0)
    fixed = ~np.isin(program.turns[ops[rotations, ROT]], weighted)
    ops[rotations[fixed], GRAD] = -1
    return SweptPrefix(program, ops, memory_bytes, threads)


def part(bound: BoundProgram, first: int, stop: int) -> BoundProgram:
    """The bound program for items [first, stop) only."""
    lanes = bound.program.lanes
    trig = bound.trig[:, :, first * lanes : stop * lanes]
    return replace(bound, trig=np.ascontiguousarray(trig))
