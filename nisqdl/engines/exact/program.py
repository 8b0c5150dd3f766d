"""The program: a fused circuit as flat arrays, which the compiled kernels interpret."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.engines.exact import ptm
from nisqdl.engines.exact.clusters import Cluster, cluster
from nisqdl.engines.exact.fusion import Chain, Factor, Fused, Turn, fuse
from nisqdl.engines.exact.unroll import Channel, Event, Rotation

Floats: TypeAlias = npt.NDArray[np.float64]
Integers: TypeAlias = npt.NDArray[np.int64]

# Columns and kinds of the kernels' tables; see tiles.py, which says the same to Numba.
DENSE1, DAMP1, ROT1, SPARSE2, ROT2, DENSE2 = range(6)
KIND, A, B, DATA, ROT, GRAD = range(6)

WIDTH = 8
"""Lanes of the kernels."""


@dataclass(frozen=True)
class Factors:
    """Chains as arrays: chain d has the factors [starts[d], starts[d + 1]).

    Attributes:
        kinds: 0 for a fixed matrix, else the axis (1 to 3) of a rotation.
        indices: Row of ``fixed``, or the angle.
        fixed: Matrices, (M, 16).
    """

    starts: Integers
    kinds: Integers
    indices: Integers
    fixed: Floats

    @cached_property
    def turns(self) -> Integers:
        """The factors that are rotations."""
        return np.flatnonzero(self.kinds)

    @cached_property
    def turned(self) -> Integers:
        """The angle of each factor in ``turns``."""
        return self.indices[self.turns]

    @cached_property
    def owners(self) -> Integers:
        """The chain of each factor in ``turns``."""
        return np.searchsorted(self.starts, self.turns, side="right") - 1


@dataclass(frozen=True)
class Program:
    """Operations on n qubits, in clusters. Components are indexed by Σ digit_q 4^q.

    Attributes:
        samples_as_lanes: Whether its states carry WIDTH samples side by side.
        ops, clusters, offsets: See ``tiles.py`` and ``tiling.py``.
        chains: The matrices of the DENSE1 operations.
        damp: (·, 4) factors of X, Y, Z and shift of Z. columns, factors: (·, 64) of SPARSE2;
            see ``ptm.as_two_terms``.
        dense2: (·, 256).
        turns: The angle of each operation that is a rotation of its own.
        accumulators: Rows of derivatives: 12 for each DENSE1, then one for each rotation.
    """

    num_qubits: int
    samples_as_lanes: bool
    ops: Integers
    clusters: Integers
    offsets: Integers
    chains: Factors
    damp: Floats
    columns: Integers
    factors: Floats
    dense2: Floats
    turns: Integers

    @property
    def size(self) -> int:
        return 1 << 2 * self.num_qubits

    @property
    def lanes(self) -> int:
        return WIDTH if self.samples_as_lanes else 1

    @property
    def num_dense(self) -> int:
        return len(self.chains.starts) - 1

    @property
    def accumulators(self) -> int:
        return 12 * self.num_dense + len(self.turns)

    def items(self, samples: int) -> int:
        """How many states are carried for so many samples."""
        return -(-samples // self.lanes)


def build_program(
    events: Sequence[Event],
    num_qubits: int,
    sampled_angles: Collection[int],
    *,
    samples_as_lanes: bool,
) -> Program:
    """Fuse, order and tabulate events.

    Args:
        events: On qubits below ``num_qubits``.
        sampled_angles: Angles that depend on features.
        samples_as_lanes: Layout of the states; places of the other qubits fill the lanes if not,
            so clusters then leave two qubits out where three are left for them. (At four qubits
            half-filled lanes cost less than the twice as many clusters on two.)
    """
    width = 4 if samples_as_lanes else min(4, max(3, num_qubits - 2))
    return _tabulated(
        cluster(fuse(events, sampled_angles), num_qubits, width), num_qubits, samples_as_lanes
    )


def tabulate_factors(chains: Sequence[Sequence[Factor]]) -> Factors:
    """Chains of factors as arrays."""
    kinds: list[int] = []
    indices: list[int] = []
    fixed: list[Floats] = []
    starts = [0]
    for factors in chains:
        for factor in factors:
            if isinstance(factor, Turn):
                kinds.append(factor.axis)
                indices.append(factor.angle)
            else:
                kinds.append(0)
                indices.append(len(fixed))
                fixed.append(factor.reshape(16))
        starts.append(len(kinds))
    if not fixed:
        fixed.append(np.eye(4))  # the kernels look at one row even where no factor is fixed
    return Factors(_integers(starts), _integers(kinds), _integers(indices), _table(fixed, 16))


def _tabulated(groups: Sequence[Cluster], num_qubits: int, samples_as_lanes: bool) -> Program:
    table = _Table()
    clusters: list[list[int]] = []
    offsets: list[Integers] = []
    position = 0
    for group in groups:
        first = len(table.ops)
        strides = {qubit: 4**i for i, qubit in enumerate(group.qubits)}
        for operation in group.operations:
            table.add(operation, [strides[qubit] for qubit in operation.qubits])
        others = [qubit for qubit in range(num_qubits) if qubit not in strides]
        rows, places = _offsets(group.qubits), _offsets(others)
        row_start, place_start = position, position + len(rows)
        position += len(rows) + len(places)
        offsets += [rows, places]
        clusters.append([first, len(table.ops), len(rows), row_start, len(places), place_start])
    ops = _integers(table.ops).reshape(-1, 6)
    rotations = np.isin(ops[:, KIND], (ROT1, ROT2))
    ops[rotations, GRAD] = 12 * len(table.chains) + ops[rotations, ROT]
    return Program(
        num_qubits=num_qubits,
        samples_as_lanes=samples_as_lanes,
        ops=ops,
        clusters=_integers(clusters).reshape(-1, 6),
        offsets=np.concatenate([*offsets, _integers([])]),
        chains=tabulate_factors(table.chains),
        damp=_table(table.damp, 4),
        columns=_table(table.columns, 64).astype(np.int64),
        factors=_table(table.factors, 64),
        dense2=_table(table.dense2, 256),
        turns=_integers(table.turns),
    )


class _Table:
    """The rows of a program while it is written."""

    def __init__(self) -> None:
        self.ops: list[list[int]] = []
        self.chains: list[tuple[Factor, ...]] = []
        self.damp: list[Floats] = []
        self.columns: list[Any] = []
        self.factors: list[Floats] = []
        self.dense2: list[Floats] = []
        self.turns: list[int] = []

    def add(self, operation: Fused, strides: Sequence[int]) -> None:
        if isinstance(operation, Chain):
            self._add_chain(operation, strides[0])
        elif isinstance(operation, Rotation):
            kind = ROT1 if len(strides) == 1 else ROT2
            data = operation.paulis[0]
            if kind == ROT2:
                data = 3 * (operation.paulis[0] - 1) + operation.paulis[1] - 1
            self._row(kind, strides, data, rot=len(self.turns))
            self.turns.append(operation.angle)
        else:
            self._add_channel(operation, strides)

    def _add_chain(self, chain: Chain, stride: int) -> None:
        (first, *more) = chain.factors
        damping = None if more or isinstance(first, Turn) else ptm.as_damping(first)
        if damping is not None:
            self._row(DAMP1, [stride], len(self.damp))
            self.damp.append(damping)
            return
        trained = any(isinstance(factor, Turn) for factor in chain.factors)
        self._row(DENSE1, [stride], len(self.chains), grad=12 * len(self.chains) if trained else -1)
        self.chains.append(chain.factors)

    def _add_channel(self, channel: Channel, strides: Sequence[int]) -> None:
        terms = ptm.as_two_terms(channel.matrix)
        if terms is None:
            self._row(DENSE2, strides, len(self.dense2))
            self.dense2.append(channel.matrix.reshape(256))
            return
        self._row(SPARSE2, strides, len(self.columns))
        self.columns.append(terms[0].reshape(64))
        self.factors.append(terms[1].reshape(64))

    def _row(
        self, kind: int, strides: Sequence[int], data: int, *, rot: int = -1, grad: int = -1
    ) -> None:
        self.ops.append([kind, strides[0], strides[-1], data, rot, grad])


def turning_pairs() -> Integers:
    """(9, 8, 2): the pairs of rows of each two-qubit Pauli rotation, P_a major."""
    return np.array([ptm.turning_pairs(a, b) for a in (1, 2, 3) for b in (1, 2, 3)])


def _offsets(qubits: Sequence[int]) -> Integers:
    """Offsets of all digits of these qubits; the first qubit's digit runs fastest."""
    offsets = np.zeros(1, dtype=np.int64)
    for qubit in qubits:
        offsets = (np.arange(4)[:, np.newaxis] * 4**qubit + offsets).reshape(-1)
    return offsets


def _integers(values: Any) -> Integers:
    return np.array(values, dtype=np.int64)


def _table(rows: Sequence[Any], columns: int) -> Floats:
    return np.array(rows, dtype=float).reshape(-1, columns)
