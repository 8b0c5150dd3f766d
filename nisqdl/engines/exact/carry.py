"""Carrying states through a program within a memory budget, and derivatives back.

Forward carries states, backward carries observables or adjoints with the transposed operations.
Derivatives need what the other direction had between the clusters: kept whole where that fits, else
from checkpoints, recomputed one segment at a time. Nothing is ever inverted, so channels that have
no inverse (reset, full depolarizing) are as good as any.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from nisqdl.engines.exact.factors import assemble, collect
from nisqdl.engines.exact.program import WIDTH, Floats, Integers, Program, turning_pairs
from nisqdl.engines.exact.sweeps import sweep, sweep_slopes
from nisqdl.engines.exact.tiling import FIRST, LAST
from nisqdl.engines.kernels.threads import share_out

PAIRS = turning_pairs()
_BYTES = 8
_LINE = 64


@dataclass(frozen=True)
class BoundProgram:
    """A program with its angles.

    Attributes:
        dense1: Matrices of the chains, (D, 16).
        slopes: Their derivatives by each of their angles, (rotations in chains, 12).
        trig: Cosines and sines of the program's own rotations, (R, 2, samples or 1).
        threads: Items are shared out among so many, where it pays.
    """

    program: Program
    dense1: Floats
    slopes: Floats
    trig: Floats
    threads: int = 1

    def forward(self, states: Floats) -> Floats:
        """States (items, size · lanes) after the program."""
        return self._carried(states, backward=False)

    def backward(self, states: Floats) -> Floats:
        """Observables (items, size · lanes) at the program's end, seen from its start."""
        return self._carried(states, backward=True)

    def forward_kept(self, states: Floats) -> Floats:
        """(items, clusters + 1, size · lanes): before the first cluster … after the last."""
        kept = self._slots(states, len(self.program.clusters) + 1)
        kept[:, 0] = states
        self._sweep(kept, np.arange(kept.shape[1]), 0, len(self.program.clusters), False)
        return kept

    def backward_kept(self, states: Floats) -> Floats:
        """As :meth:`forward_kept`, for :meth:`backward`; the last slot is the given one."""
        kept = self._slots(states, len(self.program.clusters) + 1)
        kept[:, -1] = states
        self._sweep(kept, np.arange(kept.shape[1]), 0, len(self.program.clusters), True)
        return kept

    def slopes_from_kept(
        self, kept: Floats, moving: Floats, *, backward: bool, ops: Integers
    ) -> Floats:
        """Derivatives of Σ adjoint · state, (items, accumulators · WIDTH).

        Args:
            kept: What went the other way, from :meth:`forward_kept` if ``backward``, else from
                :meth:`backward_kept`.
            moving: (items, size · lanes), adjoints at the end if ``backward``, else states at the
                start. Changed in place to what arrives at the other end.
            ops: The program's operations, with −1 where no derivative is wanted.
        """
        totals = np.zeros((len(moving), self.program.accumulators * WIDTH))
        slots = np.arange(kept.shape[1])
        stop = len(self.program.clusters)
        self._sweep_slopes(kept, slots, 0, stop, backward, moving, totals, ops)
        return totals

    def slopes_recomputed(
        self, start: Floats, moving: Floats, *, backward: bool, ops: Integers
    ) -> Floats:
        """As :meth:`slopes_from_kept`, where only the kept states' own start is given.

        Holds about 2 √clusters states of each item instead of all.
        """
        totals = np.zeros((len(moving), self.program.accumulators * WIDTH))
        segments = list(self._segments())
        if not segments:
            return totals
        if not backward:
            segments.reverse()  # what is recomputed then comes from the end
        checkpoints = self._slots(start, len(segments))
        inner = self._slots(start, segment_length(len(self.program.clusters)) + 1)
        checkpoints[:, 0] = start
        for number, (first, stop) in enumerate(segments[:-1]):
            self._fill(inner, checkpoints[:, number], first, stop, not backward)
            checkpoints[:, number + 1] = inner[:, stop - first if backward else 0]
        for number, (first, stop) in reversed(list(enumerate(segments))):
            slots = self._fill(inner, checkpoints[:, number], first, stop, not backward)
            self._sweep_slopes(inner, slots, first, stop, backward, moving, totals, ops)
        return totals

    def _carried(self, states: Floats, *, backward: bool) -> Floats:
        count = len(self.program.clusters)
        pair = self._slots(states, 2)
        slots = np.arange(count + 1) % 2
        source, target = (slots[-1], slots[0]) if backward else (slots[0], slots[-1])
        pair[:, source] = states
        self._sweep(pair, slots, 0, count, backward)
        return pair[:, target].copy()

    def _segments(self) -> Iterator[tuple[int, int]]:
        count = len(self.program.clusters)
        length = segment_length(count)
        for first in range(0, count, length):
            yield first, min(first + length, count)

    def _fill(
        self, inner: Floats, start: Floats, first: int, stop: int, backward: bool
    ) -> Integers:
        slots = np.zeros(len(self.program.clusters) + 1, dtype=np.int64)
        slots[first : stop + 1] = np.arange(stop + 1 - first)
        inner[:, stop - first if backward else 0] = start
        self._sweep(inner, slots, first, stop, backward)
        return slots

    def _slots(self, states: Floats, count: int) -> Floats:
        shape = (len(states), count, states.shape[1])
        room = np.empty(math.prod(shape) + WIDTH)
        skip = -room.ctypes.data % _LINE // _BYTES
        return room[skip : skip + math.prod(shape)].reshape(shape)

    def _sweep(
        self, states: Floats, slots: Integers, start: int, stop: int, backward: bool
    ) -> None:
        p = self.program
        tables = self._tables()

        def work(first: int, last: int) -> None:
            sweep(p.ops, p.clusters, p.offsets, tables, self.trig, p.lanes, backward,
                  states, slots, start, stop, first, last)  # fmt: skip

        share_out(len(states), self.threads, self._cost(start, stop), work)

    def _sweep_slopes(
        self, kept: Floats, slots: Integers, start: int, stop: int, backward: bool,
        moving: Floats, totals: Floats, ops: Integers,
    ) -> None:  # fmt: skip
        p = self.program
        tables = self._tables()

        def work(first: int, last: int) -> None:
            sweep_slopes(ops, p.clusters, p.offsets, tables, self.trig, p.lanes, backward,
                         kept, slots, start, stop, moving, totals, first, last)  # fmt: skip

        share_out(len(moving), self.threads, 3 * self._cost(start, stop), work)

    def _cost(self, start: int, stop: int) -> float:
        """Multiply-adds of one item in clusters [start, stop), roughly."""
        if self.threads == 1 or start == stop:
            return 0.0
        clusters = self.program.clusters
        ops = int(clusters[stop - 1, LAST] - clusters[start, FIRST])
        return 3.0 * ops * self.program.size * self.program.lanes

    def _tables(self) -> tuple[Floats, Floats, Integers, Floats, Integers, Floats]:
        p = self.program
        return self.dense1, p.damp, p.columns, p.factors, PAIRS, p.dense2


def bind(program: Program, angles: Floats, threads: int = 1) -> BoundProgram:
    """Give a program its angles (K, samples), or (K, 1) where no sample differs.

    Angles in chains must be the same for all samples; the first column is taken.
    """
    chains = program.chains
    dense1 = np.empty((program.num_dense, 16))
    slopes = np.empty((len(chains.turns), 12))
    assemble(chains.starts, chains.kinds, chains.indices, chains.fixed, angles[:, 0], dense1,
             slopes)  # fmt: skip
    own = angles[program.turns]
    trig = np.empty((len(own), 2, own.shape[1]))
    np.cos(own, out=trig[:, 0])
    np.sin(own, out=trig[:, 1])
    return BoundProgram(program, dense1, slopes, trig, threads)


def angle_slopes(bound: BoundProgram, totals: Floats, num_angles: int) -> Floats:
    """Derivatives by all K angles, (K, items, WIDTH), from the accumulators' totals."""
    program = bound.program
    chains = program.chains
    result = np.zeros((num_angles, len(totals), WIDTH))
    collect(chains.owners, chains.turned, bound.slopes, program.turns, program.num_dense,
            totals, result)  # fmt: skip
    return result


def segment_length(clusters: int) -> int:
    """Clusters between checkpoints."""
    return max(1, math.isqrt(max(0, clusters - 1)) + 1)


def bytes_kept(program: Program) -> int:
    """Memory for one item with all its states kept."""
    return (len(program.clusters) + 3) * program.size * program.lanes * _BYTES


def bytes_carried(program: Program) -> int:
    """Memory for one item without derivatives."""
    return 4 * program.size * program.lanes * _BYTES
