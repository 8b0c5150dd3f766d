"""Ordering operations into clusters on few qubits, so that a whole cluster runs in cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nisqdl.engines.exact.fusion import Fused

LONGEST = 64
"""Operations of one cluster at most: a gradient keeps a tile for each."""


@dataclass(frozen=True)
class Cluster:
    """Operations, in an order that the circuit allows, on the given qubits (ascending)."""

    qubits: tuple[int, ...]
    operations: tuple[Fused, ...]


def cluster(operations: Sequence[Fused], num_qubits: int, width: int) -> list[Cluster]:
    """Greedy: from the first operation that is ready, take in the qubits that free most others.

    Args:
        operations: In the circuit's order.
        num_qubits: Of the circuit.
        width: Qubits of a cluster; every cluster gets exactly min(width, num_qubits) of them.
    """
    width = min(width, num_qubits)
    left = list(operations)
    found = []
    while left:
        qubits: set[int] = set()
        ready = _ready(left, qubits)
        while True:
            best = None
            for candidate in _wider(left, qubits, width):
                more = _ready(left, candidate)
                gain = (len(more) - len(ready)) / len(candidate - qubits)
                if best is None or gain > best[0]:
                    best = (gain, candidate, more)
            if best is None:
                break
            _, qubits, ready = best
        chosen = ready[:LONGEST]
        for free in range(num_qubits - 1, -1, -1):  # high qubits leave the low ones contiguous
            if len(qubits) < width:
                qubits.add(free)
        found.append(Cluster(tuple(sorted(qubits)), tuple(left[i] for i in chosen)))
        gone = set(chosen)
        left = [operation for i, operation in enumerate(left) if i not in gone]
    return found


def _ready(operations: Sequence[Fused], qubits: set[int]) -> list[int]:
    """Which operations can run, in order, when only these qubits are worked on."""
    blocked: set[int] = set()
    ready = []
    for i, operation in enumerate(operations):
        if qubits.issuperset(operation.qubits) and blocked.isdisjoint(operation.qubits):
            ready.append(i)
        else:
            blocked.update(operation.qubits)
            if qubits <= blocked:
                break
    return ready


def _wider(operations: Sequence[Fused], qubits: set[int], width: int) -> list[set[int]]:
    """The sets that the next blocked operations would need, none of them too wide."""
    blocked: set[int] = set()
    wider: list[set[int]] = []
    for operation in operations:
        if not blocked.isdisjoint(operation.qubits) or not qubits.issuperset(operation.qubits):
            candidate = qubits | set(operation.qubits)
            near = not qubits or not qubits.isdisjoint(operation.qubits)
            free = blocked.isdisjoint(operation.qubits)
            if free and near and len(candidate) <= width and candidate not in wider:
                wider.append(candidate)
            blocked.update(operation.qubits)
            if qubits and qubits <= blocked:
                break
            if not qubits and wider:
                break
    return wider
