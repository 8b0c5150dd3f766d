"""Fusing events: runs of one-qubit events become chains, noise joins what it follows.

A chain is a product of fixed matrices and rotations on one qubit; it is one dense operation in a
program. Rotations by feature-dependent angles stay apart, so that every matrix is shared by all
samples.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from nisqdl.engines.exact import ptm
from nisqdl.engines.exact.unroll import Channel, Event, Qubits, Rotation


@dataclass(frozen=True)
class Turn:
    """A factor of a chain: the rotation about ``axis`` (1 to 3) by an angle, given by its index."""

    axis: int
    angle: int


Factor: TypeAlias = ptm.Floats | Turn


@dataclass(frozen=True)
class Chain:
    """One-qubit factors, first applied first; neighbouring matrices are multiplied already."""

    qubits: Qubits
    factors: tuple[Factor, ...]


Fused: TypeAlias = Chain | Channel | Rotation
"""Chains on one qubit, channels and rotations on two, and feature-dependent rotations."""


def fuse(events: Iterable[Event], sampled_angles: Collection[int]) -> list[Fused]:
    """Fuse events to as few operations as keep all matrices shared."""
    return list(_fused(events, sampled_angles))


def chains(events: Iterable[Event], num_qubits: int) -> list[Chain] | None:
    """One chain for each qubit, feature-dependent rotations included; ``None`` if qubits meet."""
    pending: list[list[Factor]] = [[] for _ in range(num_qubits)]
    for event in events:
        if len(event.qubits) > 1:
            return None
        _add(pending[event.qubits[0]], event)
    return [Chain((qubit,), tuple(factors)) for qubit, factors in enumerate(pending)]


def _fused(events: Iterable[Event], sampled_angles: Collection[int]) -> Iterator[Fused]:
    pending: dict[int, list[Factor]] = {}
    held: dict[Qubits, Channel] = {}  # the last two-qubit channel, which may take more noise in

    def release(qubit: int) -> Iterator[Fused]:
        factors = pending.pop(qubit, [])
        for qubits in [qubits for qubits in held if qubit in qubits]:
            channel = held.pop(qubits)
            merged = _merged(channel, qubit, factors)
            if merged is not None:
                channel, factors = merged, []
            yield channel
        if factors:
            yield Chain((qubit,), tuple(factors))

    for event in events:
        sampled = isinstance(event, Rotation) and event.angle in sampled_angles
        if len(event.qubits) == 1 and not sampled:
            _add(pending.setdefault(event.qubits[0], []), event)
            continue
        last = held.get(event.qubits)
        untouched = not any(pending.get(qubit) for qubit in event.qubits)
        if isinstance(event, Channel) and last is not None and untouched:
            held[event.qubits] = Channel(event.qubits, event.matrix @ last.matrix)
            continue
        for qubit in event.qubits:
            yield from release(qubit)
        if isinstance(event, Channel):
            held[event.qubits] = event
        else:
            yield event
    for qubit in sorted(set(pending) | {qubit for qubits in held for qubit in qubits}):
        yield from release(qubit)


def _merged(channel: Channel, qubit: int, factors: list[Factor]) -> Channel | None:
    """The channel with the one matrix that follows on one of its qubits, if no slower for it."""
    if len(factors) != 1 or isinstance(factors[0], Turn):
        return None
    eye = np.eye(4)
    after = np.kron(eye, factors[0]) if qubit == channel.qubits[0] else np.kron(factors[0], eye)
    matrix = after @ channel.matrix
    if ptm.is_sparse(channel.matrix) and not ptm.is_sparse(matrix):
        return None
    return Channel(channel.qubits, matrix)


def _add(factors: list[Factor], event: Event) -> None:
    if isinstance(event, Rotation):
        factors.append(Turn(event.paulis[0], event.angle))
    elif factors and isinstance(factors[-1], np.ndarray):
        factors[-1] = event.matrix @ factors[-1]
    else:
        factors.append(event.matrix)
