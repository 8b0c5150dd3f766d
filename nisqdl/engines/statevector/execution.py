"""Programs run for a batch: eight samples a group, groups over threads, states within a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.engines.contract import Pull
from nisqdl.engines.kernels.lanes import WIDTH
from nisqdl.engines.kernels.threads import share_out
from nisqdl.engines.statevector import kernels
from nisqdl.engines.statevector.program import ROW_BYTES, Floats, Integers, Program
from nisqdl.engines.statevector.schedule import TILE
from nisqdl.engines.statevector.turns import ROW, SLOT

Flags: TypeAlias = npt.NDArray[np.uint8]

_CACHE = 1 << 20

_TILE = ROW << TILE
"""Entries of a tile."""


@dataclass(frozen=True)
class SlotNumbers:
    """What the kernels need to know of every slot's angle, for B samples.

    Attributes:
        places: Of each slot, its row in ``sampled``, or −1 minus its row in ``shared``, (K,).
        shared: Two numbers of each slot that is the same for all samples, (rows, 2).
        sampled: Of each other slot, (rows, 2, B).
        signs: 1 for a phase, −1 for a rotation, (K,).
    """

    places: Integers
    shared: Floats
    sampled: Floats
    signs: Floats
    num_samples: int


@dataclass(frozen=True, eq=False)
class Execution:
    """Runs one program.

    Attributes:
        threads: Groups of eight samples are shared out among so many.
        memory_gib: For states and slots.
    """

    program: Program
    threads: int
    memory_gib: float

    @property
    def samples_in_cache(self) -> int:
        """How many samples' states and slots stay in the second cache, as far as groups allow."""
        group = (2 * ROW_BYTES << self.program.dimensions) + self._slot_bytes
        return WIDTH * self.threads * max(1, min(_CACHE // group, 32))

    def values(self, numbers: SlotNumbers) -> Floats:
        """Expectation values (B, O)."""
        parts = [self._values(states) for _, _, states in self._chunks(numbers, 1)]
        return np.concatenate(parts)[: numbers.num_samples]

    def states(self, numbers: SlotNumbers) -> Iterator[npt.NDArray[np.complex128]]:
        """Every sample's state (2^D,) in turn, in the rows' numbering."""
        left = numbers.num_samples
        for _, _, states in self._chunks(numbers, 1):
            lanes = states.reshape(len(states), -1, 2, WIDTH)
            for group in lanes[:, :, 0] + 1j * lanes[:, :, 1]:
                yield from group.T[:left]
                left -= WIDTH

    def slopes(self, numbers: SlotNumbers, pull: Pull, wanted: Flags) -> tuple[Floats, Floats]:
        """Values (B, O), and a function's derivatives by the slots' angles (K, B).

        Args:
            pull: The function's derivatives by the values, of the values, both (B, O).
            wanted: Which slots' derivatives are; the others' are 0.
        """
        if self._groups(numbers) <= self._groups_at_once(1):
            for _, slots, states in self._chunks(numbers, 1):
                values = self._values(states)[: numbers.num_samples]
                slopes = self._slopes(slots, states, pull(values), wanted)
                return values, slopes[:, : numbers.num_samples]
        values = self.values(numbers)
        factors = pull(values)
        found = []
        for first, slots, states in self._chunks(numbers, 1):
            found.append(self._slopes(slots, states, factors[first * WIDTH :], wanted))
        return values, np.concatenate(found, axis=1)[:, : numbers.num_samples]

    def all_slopes(self, numbers: SlotNumbers, wanted: Flags) -> tuple[Floats, Floats]:
        """Values (B, O), and every observable's derivatives by the slots' angles (O, K, B)."""
        outputs = self.program.num_observables
        values, found = [], []
        for _, slots, states in self._chunks(numbers, 2):
            values.append(self._values(states))
            rows = np.zeros((outputs, len(self.program.slots), len(states) * WIDTH))
            for output in range(outputs):
                factors = np.zeros((len(states) * WIDTH, outputs))
                factors[:, output] = 1.0
                last = output == outputs - 1
                work = states
                if not last:
                    work = _aligned(states.shape)
                    work[:] = states
                rows[output] = self._slopes(slots, work, factors, wanted)
            found.append(rows)
        count = numbers.num_samples
        return np.concatenate(values)[:count], np.concatenate(found, axis=2)[:, :, :count]

    def _groups(self, numbers: SlotNumbers) -> int:
        return -(-numbers.num_samples // WIDTH)

    def _groups_at_once(self, copies: int) -> int:
        state = ROW_BYTES << self.program.dimensions
        room = self.memory_gib * 2**30 - self.threads * state
        return max(1, int(room // (copies * state + self._slot_bytes)))

    @property
    def _slot_bytes(self) -> int:
        return 8 * SLOT * len(self.program.slots)

    def _chunks(self, numbers: SlotNumbers, copies: int) -> Iterator[tuple[int, Floats, Floats]]:
        """(first group, slots, final states) of as many groups as fit the memory at once."""
        program, total = self.program, self._groups(numbers)
        at_once = min(total, self._groups_at_once(copies))
        slots = _aligned((at_once, max(1, len(program.slots)) * SLOT))
        states = _aligned((at_once, (2 * WIDTH) << program.dimensions))
        for first in range(0, total, at_once):
            count = min(at_once, total - first)
            kernels.lay_slots(
                numbers.places, numbers.signs, numbers.shared, numbers.sampled, slots[:count],
                first * WIDTH,
            )  # fmt: skip
            self._forward(slots[:count], states[:count])
            yield first, slots[:count], states[:count]

    def _forward(self, slots: Floats, states: Floats) -> None:
        def work(start: int, stop: int) -> None:
            tile = _aligned((_TILE,))
            kernels.forward(*self.program.arrays, slots, states, tile, start, stop)

        self._share_out(len(states), work)

    def _values(self, states: Floats) -> Floats:
        """(groups × WIDTH, O)."""
        outputs = self.program.num_observables
        values = np.zeros((len(states), outputs, WIDTH))
        self._share_out(
            len(states),
            lambda start, stop: kernels.expectations(
                *self.program.parts, states, values, start, stop
            ),
        )
        return values.transpose(0, 2, 1).reshape(-1, outputs)

    def _slopes(self, slots: Floats, states: Floats, factors: Floats, wanted: Flags) -> Floats:
        """(K, groups × WIDTH) from factors (samples, O), which may end early or go on."""
        groups, outputs = len(states), self.program.num_observables
        padded = np.zeros((groups * WIDTH, outputs))
        rows = factors[: groups * WIDTH]
        padded[: len(rows)] = rows
        lanes = np.ascontiguousarray(padded.reshape(groups, WIDTH, outputs).transpose(0, 2, 1))
        grads = _aligned((groups, max(1, len(self.program.slots)) * WIDTH))
        grads[:] = 0.0

        def work(start: int, stop: int) -> None:
            kernels.backward(
                *self.program.arrays, *self.program.parts, wanted, slots, states, lanes,
                _aligned(states.shape[1:]), _aligned((2 * _TILE,)), grads, start, stop,
            )  # fmt: skip

        self._share_out(groups, work)
        by_slot = grads.reshape(groups, -1, WIDTH).transpose(1, 0, 2)
        return by_slot.reshape(-1, groups * WIDTH)[: len(self.program.slots)]

    def _share_out(self, groups: int, work: Callable[[int, int], None]) -> None:
        cost = 3.0 * len(self.program.ops) * (2 * WIDTH << self.program.dimensions)
        share_out(groups, self.threads, cost, work)


def _aligned(shape: tuple[int, ...]) -> Floats:
    """An array that begins on a cache line: a vector that crosses two takes twice as long."""
    size = int(np.prod(shape))
    buffer = np.empty(size + 8)
    start = -buffer.ctypes.data // 8 % 8
    return buffer[start : start + size].reshape(shape)
