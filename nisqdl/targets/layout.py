"""Good places on a device: connected regions of well calibrated qubits."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from nisqdl.errors import CapacityError
from nisqdl.targets.device import Device
from nisqdl.targets.faults import faults
from nisqdl.targets.reports import FRACTIONAL_GATES
from nisqdl.targets.target import readout_error

_WORST_FIDELITY = 1e-6
_BRANCHES = 3
"""How many ways each region is grown further at every size, from every qubit."""
_FEW, _KEPT = 32, 48
"""Of more than so many qubits, so many regions are followed: they take minutes otherwise."""


@dataclass(frozen=True)
class GoodGraph:
    """What can be used of a device, with log fidelities.

    Attributes:
        readout: Usable qubit → log(1 − readout error).
        edges: Usable qubit → neighbour → log(1 − error) of the better two-qubit gate.
    """

    readout: Mapping[int, float]
    edges: Mapping[int, Mapping[int, float]]

    def inner_edges(self, region: tuple[int, ...]) -> list[tuple[int, int]]:
        """The couplings inside a region, as indices in it (smaller, larger), sorted."""
        return [
            (first, second)
            for first in range(len(region))
            for second in range(first + 1, len(region))
            if region[second] in self.edges.get(region[first], {})
        ]


def regions(device: Device, num_qubits: int, count: int) -> list[tuple[int, ...]]:
    """Distinct connected regions without faults, the best calibrated first.

    They are grown from every qubit, one neighbour at a time, following the best few choices;
    large ones are also what is left when the worst qubits are taken away from the device. The
    score of a region is the sum of log fidelities of its qubits' readout and of its best spanning
    tree's edges, so that rings do not count against it. Deterministic.

    Args:
        device: The device.
        num_qubits: Size of each region.
        count: At most so many regions.

    Returns:
        Regions as physical qubits; neighbours along a line stand side by side where the region
        is a line.

    Raises:
        CapacityError: The device has no such region.
    """
    ranked = _ranked_regions(device, num_qubits)
    if not ranked:
        raise CapacityError(_too_large(device, num_qubits))
    graph = good_graph(device)
    return [_walk_order(graph, region) for region in ranked[:count]]


def varied_regions(device: Device, num_qubits: int, count: int) -> list[tuple[int, ...]]:
    """The best regions, but of different shapes: best, longest, most compact, then the next best.

    Which shape needs the fewest SWAPs depends on the circuit; the transpiler finds out.
    """
    graph, pool = good_graph(device), regions(device, num_qubits, 200)
    spreads = {region: _spread(graph, region) for region in pool}
    longest = max(pool, key=lambda region: spreads[region])
    densest = min(pool, key=lambda region: (spreads[region], -len(graph.inner_edges(region))))
    return list(dict.fromkeys([pool[0], densest, longest, *pool[1:]]))[:count]


def region_edges(device: Device, region: tuple[int, ...]) -> list[tuple[int, int]]:
    """The usable couplings inside a region, as compact indices (smaller, larger).

    They come in rounds of couplings that share no qubit, so that a layer of gates along them is as
    deep as there are rounds (three to five), not as the region is long.

    Args:
        device: The device.
        region: Physical qubits; index ``i`` of the result is ``region[i]``.
    """
    rounds: list[set[int]] = []
    placed = []
    for edge in good_graph(device).inner_edges(region):
        free = next((i for i, busy in enumerate(rounds) if busy.isdisjoint(edge)), len(rounds))
        if free == len(rounds):
            rounds.append(set())
        rounds[free].update(edge)
        placed.append((free, edge))
    return [edge for _, edge in sorted(placed)]


@lru_cache(maxsize=64)
def good_graph(device: Device) -> GoodGraph:
    """The device's usable qubits and couplings, fractional gates aside."""
    broken = faults(device)
    readout = {
        qubit: math.log(max(1 - (readout_error(calibration) or 0.0), _WORST_FIDELITY))
        for qubit, calibration in enumerate(device.qubits)
        if qubit not in broken.qubits
    }
    edges: dict[int, dict[int, float]] = {qubit: {} for qubit in readout}
    for gate in device.gates:
        if len(gate.qubits) != 2 or gate.name not in device.basis_gates:
            continue
        if gate.name in FRACTIONAL_GATES or not broken.allow(gate.name, gate.qubits):
            continue
        first, second = gate.qubits
        quality = math.log(max(1 - (gate.error or 0.0), _WORST_FIDELITY))
        quality = max(quality, edges[first].get(second, -math.inf))
        edges[first][second] = edges[second][first] = quality
    return GoodGraph(readout, edges)


@lru_cache(maxsize=64)
def _ranked_regions(device: Device, num_qubits: int) -> tuple[frozenset[int], ...]:
    graph = good_graph(device)
    found = {frozenset([qubit]) for qubit in graph.readout}
    for size in range(2, num_qubits + 1):
        found = {grown for region in found for grown in _grown(graph, region)}
        keep = _BRANCHES * len(graph.readout) if size <= _FEW else _KEPT
        found = set(_best(graph, found, keep))
    if num_qubits > _FEW:
        for part in _connected_parts(graph):
            if len(part) >= num_qubits:
                found |= _shrunk(graph, frozenset(part), num_qubits)
    return tuple(_best(graph, found, 1000))


def _best(graph: GoodGraph, found: set[frozenset[int]], keep: int) -> list[frozenset[int]]:
    """The best regions, yet some for every qubit, so that no part of the device is forgotten."""
    order = {region: (-_score(graph, region), sorted(region)) for region in found}
    ranked = sorted(found, key=lambda region: order[region])
    share = max(1, keep // max(1, len(graph.readout)))
    seen: dict[int, int] = {}
    first: list[frozenset[int]] = []
    rest: list[frozenset[int]] = []
    for region in ranked:
        corner = min(region)
        seen[corner] = seen.get(corner, 0) + 1
        (first if seen[corner] <= share else rest).append(region)
    chosen = (first + rest)[:keep]
    return sorted(chosen, key=lambda region: order[region])


def _grown(graph: GoodGraph, region: frozenset[int]) -> Iterator[frozenset[int]]:
    """The region with each neighbour of it, the best few."""
    gains: dict[int, float] = {}
    for qubit in region:
        for neighbour, quality in graph.edges[qubit].items():
            if neighbour not in region:
                gain = quality + graph.readout[neighbour]
                gains[neighbour] = max(gain, gains.get(neighbour, -math.inf))
    for neighbour in sorted(gains, key=lambda qubit: (-gains[qubit], qubit))[:_BRANCHES]:
        yield region | {neighbour}


def _score(graph: GoodGraph, region: frozenset[int]) -> float:
    """Log fidelity of all readout and of the best spanning tree."""
    tree = _best_tree(graph, region)
    return sum(graph.readout[qubit] for qubit in region) + sum(quality for *_, quality in tree)


def _best_tree(graph: GoodGraph, region: frozenset[int]) -> list[tuple[int, int, float]]:
    """The spanning tree of the best edges (Prim): parent, child, log fidelity."""
    start = min(region)
    reached = {start}
    best = {n: (quality, start) for n, quality in graph.edges[start].items() if n in region}
    tree = []
    while best:
        qubit = max(best, key=lambda candidate: (best[candidate][0], -candidate))
        quality, parent = best.pop(qubit)
        tree.append((parent, qubit, quality))
        reached.add(qubit)
        for neighbour, quality in graph.edges[qubit].items():
            if neighbour in region and neighbour not in reached:
                known = best.get(neighbour, (-math.inf, qubit))
                best[neighbour] = max(known, (quality, qubit), key=lambda entry: entry[0])
    return tree


def _shrunk(graph: GoodGraph, part: frozenset[int], num_qubits: int) -> set[frozenset[int]]:
    """Connected regions that are left of a part when leaves of its best tree are taken away."""
    found = {part: _score(graph, part)}
    for _ in range(len(part) - num_qubits):
        smaller: dict[frozenset[int], float] = {}
        for region, score in found.items():
            tree = _best_tree(graph, region)
            degree = Counter(qubit for *pair, _ in tree for qubit in pair)
            for parent, child, quality in tree:
                for leaf in (parent, child):
                    # Without a leaf, what is left of the best tree is the best tree.
                    if degree[leaf] == 1:
                        smaller[region - {leaf}] = score - quality - graph.readout[leaf]
        kept = sorted(smaller, key=lambda region: (-smaller[region], sorted(region)))[:_KEPT]
        found = {region: smaller[region] for region in kept}
    return set(found)


def _walk_order(graph: GoodGraph, region: frozenset[int]) -> tuple[int, ...]:
    """The region's qubits in the order of a walk from one of its ends, depth first."""
    inside = {qubit: sorted(set(graph.edges[qubit]) & region) for qubit in region}
    start = min(region, key=lambda qubit: (len(inside[qubit]), qubit))
    order: list[int] = []
    waiting = [start]
    while waiting:
        qubit = waiting.pop()
        if qubit not in order:
            order.append(qubit)
            waiting.extend(reversed(inside[qubit]))
    return tuple(order)


def _spread(graph: GoodGraph, region: tuple[int, ...]) -> int:
    """Sum of the hops between all pairs: small for compact regions, largest for a line."""
    neighbours: dict[int, list[int]] = {qubit: [] for qubit in range(len(region))}
    for first, second in graph.inner_edges(region):
        neighbours[first].append(second)
        neighbours[second].append(first)
    total = 0
    for start in neighbours:
        hops = {start: 0}
        queue = [start]
        for qubit in queue:
            for neighbour in neighbours[qubit]:
                if neighbour not in hops:
                    hops[neighbour] = hops[qubit] + 1
                    queue.append(neighbour)
        total += sum(hops.values())
    return total


def _too_large(device: Device, num_qubits: int) -> str:
    if num_qubits > device.num_qubits:
        return (
            f"The model needs {num_qubits} qubits, but {device.name} has {device.num_qubits}. "
            "Use a smaller model or a larger device."
        )
    largest = max(map(len, _connected_parts(good_graph(device))), default=0)
    return (
        f"The model needs {num_qubits} connected qubits, but without its faulty gates and qubits "
        f"{device.name} has at most {largest} in one piece. Use a smaller model or another device."
    )


def _connected_parts(graph: GoodGraph) -> list[set[int]]:
    parts: list[set[int]] = []
    for start in graph.readout:
        if any(start in part for part in parts):
            continue
        part, queue = {start}, [start]
        for qubit in queue:
            fresh = [neighbour for neighbour in graph.edges[qubit] if neighbour not in part]
            part.update(fresh)
            queue.extend(fresh)
        parts.append(part)
    return parts
