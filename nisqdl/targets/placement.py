"""A place for each of a circuit's qubits, so that those that meet are near: for tree circuits.

Regions (:mod:`nisqdl.targets.layout`) know how good a device's qubits are, but not which of a
circuit's qubits meet. A convolutional network's meet along a tree, with far fewer pairs than
qubits could form, so a place of the right shape saves most SWAPs. It is found by simulated
annealing of the gates' log infidelity, counting three gates for each coupling in between.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from nisqdl.targets.device import Device
from nisqdl.targets.layout import GoodGraph, good_graph, regions

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit

Meetings: TypeAlias = Mapping[tuple[int, int], int]
"""How many two-qubit gates each pair (smaller, larger) of a circuit's qubits has."""

_SWAP_GATES = 3
_MOVES = 20_000
_WARM, _COLD = 0.3, 0.003
"""Temperatures at the start and the end, as shares of the first cost."""


def meetings(circuit: QuantumCircuit) -> Meetings:
    """The pairs of qubits that meet in gates; a controlled rotation counts as its two CX."""
    index = {qubit: number for number, qubit in enumerate(circuit.qubits)}
    found: Counter[tuple[int, int]] = Counter()
    for instruction in circuit.data:
        if len(instruction.qubits) == 2:
            first, second = sorted(index[qubit] for qubit in instruction.qubits)
            found[first, second] += 1 if instruction.operation.name in ("cx", "cz") else 2
    return found


def shaped_places(
    device: Device,
    num_qubits: int,
    pairs: Meetings,
    measured: frozenset[int],
    seed: int,
    starts: int = 3,
) -> list[tuple[int, ...]]:
    """Places for a circuit's qubits, the cheapest first, each from another good region.

    Args:
        device: Where it shall run; what is faulty is not used.
        num_qubits: The circuit's qubits n.
        pairs: Which of them meet, and how often.
        measured: Those that are read: only their readout counts.
        seed: Of the search.
        starts: From how many regions it starts.

    Returns:
        Physical qubits: the circuit's qubit ``i`` at place ``i`` for i < n, then those on the
        shortest ways between qubits that meet and are not neighbours.

    Raises:
        CapacityError: The device has no region of so many qubits.
    """
    graph = good_graph(device)
    distances = _distances(graph)
    rng = np.random.default_rng(seed)
    found: dict[tuple[int, ...], float] = {}
    for region in regions(device, num_qubits, starts):
        place, cost = _annealed(graph, distances, region, pairs, measured, rng)
        found.setdefault(place, cost)
    return [
        (*place, *_between(graph, place, pairs))
        for place in sorted(found, key=lambda place: (found[place], place))
    ]


def connected(device: Device, num_qubits: int) -> tuple[int, ...]:
    """All usable qubits that are in one piece with the device's best region of this size."""
    best = regions(device, num_qubits, 1)[0]
    return tuple(sorted(_distances(good_graph(device))[best[0]]))


def _annealed(
    graph: GoodGraph,
    distances: Mapping[int, Mapping[int, int]],
    start: Sequence[int],
    pairs: Meetings,
    measured: frozenset[int],
    rng: np.random.Generator,
) -> tuple[tuple[int, ...], float]:
    """The best place met, and its cost."""
    usable = sorted(distances[start[0]])  # what is connected to the start
    mean = float(np.mean([-q for near in graph.edges.values() for q in near.values()]))
    partners: dict[int, list[tuple[int, int]]] = {}
    for (first, second), count in pairs.items():
        partners.setdefault(first, []).append((second, count))
        partners.setdefault(second, []).append((first, count))

    def cost_of(qubit: int, place: Sequence[int]) -> float:
        here = place[qubit]
        # Each pair is counted from both its ends.
        total = -2 * graph.readout[here] if qubit in measured else 0.0
        for other, count in partners.get(qubit, ()):
            there = place[other]
            steps = distances[here][there]
            if steps == 1:
                total -= count * graph.edges[here][there]
            else:
                # A pair that meets often is brought together once, not for each gate.
                total += mean * (count + _SWAP_GATES * (steps - 1))
        return total

    place = list(start)
    total = sum(cost_of(qubit, place) for qubit in range(len(place))) / 2
    best, lowest = tuple(place), total
    first_total = total
    holder = {physical: qubit for qubit, physical in enumerate(place)}
    draws = rng.random((_MOVES, 3))
    for move in range(_MOVES):
        heat = first_total * _WARM * (_COLD / _WARM) ** (move / _MOVES) / len(place)
        qubit = int(draws[move, 0] * len(place))
        around = partners.get(qubit)
        # Next to a partner, where there is one: elsewhere nothing is gained.
        anchor = place[around[int(draws[move, 1] * len(around))][0]] if around else usable[0]
        near = sorted({*graph.edges[anchor], place[qubit]} - {place[qubit]}) or usable
        goal = near[int(draws[move, 2] * len(near))]
        other = holder.get(goal)
        changed = [qubit] if other is None else [qubit, other]
        before = sum(cost_of(one, place) for one in changed)
        source = place[qubit]
        place[qubit] = goal
        if other is not None:
            place[other] = source
        change = sum(cost_of(one, place) for one in changed) - before
        if change <= 0 or rng.random() < math.exp(-change / max(heat, 1e-12)):
            del holder[source]
            holder[goal] = qubit
            if other is not None:
                holder[source] = other
            total += change
            if total < lowest - 1e-12:
                best, lowest = tuple(place), total
        else:
            place[qubit] = source
            if other is not None:
                place[other] = goal
    return best, sum(cost_of(qubit, best) for qubit in range(len(best))) / 2


def _between(graph: GoodGraph, place: tuple[int, ...], pairs: Meetings) -> list[int]:
    """Qubits on shortest ways between those that meet, none of the place's own."""
    found: dict[int, None] = {}
    for first, second in pairs:
        for qubit in _way(graph, place[first], place[second])[1:-1]:
            if qubit not in place:
                found[qubit] = None
    return list(found)


def _way(graph: GoodGraph, start: int, goal: int) -> list[int]:
    came: dict[int, int] = {start: start}
    queue = deque([start])
    while queue and goal not in came:
        qubit = queue.popleft()
        for near in sorted(graph.edges[qubit]):
            if near not in came:
                came[near] = qubit
                queue.append(near)
    way = [goal]
    while way[-1] != start:
        way.append(came[way[-1]])
    return way[::-1]


def _distances(graph: GoodGraph) -> dict[int, dict[int, int]]:
    """Couplings between any two usable qubits; only those that are connected."""
    found: dict[int, dict[int, int]] = {}
    for start in graph.readout:
        steps = {start: 0}
        queue = deque([start])
        while queue:
            qubit = queue.popleft()
            for near in graph.edges[qubit]:
                if near not in steps:
                    steps[near] = steps[qubit] + 1
                    queue.append(near)
        found[start] = steps
    return found
