"""Other places of the same shape where a circuit's own gates would fare better."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from nisqdl.targets.device import Device
from nisqdl.targets.layout import GoodGraph, good_graph, regions

if TYPE_CHECKING:
    import rustworkx

_POOL = 400
_MAPPINGS_PER_REGION = 50


def relocations(
    device: Device,
    region: tuple[int, ...],
    usage: Mapping[tuple[int, int], int],
    measured: Collection[int],
    count: int,
) -> list[tuple[float, tuple[int, ...]]]:
    """Regions coupled like a given one, best first for what a circuit does there.

    A circuit uses some couplings far more than others and measures only some qubits, which the
    regions' own ranking cannot know (the idea of Nation and Treinish 2023, arXiv:2209.15512).

    Args:
        device: The device.
        region: Where the circuit is now, as physical qubits.
        usage: Number of gates on each coupling (smaller, larger index in the region).
        measured: Indices in the region that are measured.
        count: At most so many.

    Returns:
        (log fidelity of couplings and readout, region), the given region itself included where
        it is among the best; index ``i`` of a region takes the place of index ``i``.
    """
    graph = good_graph(device)
    shape = graph.inner_edges(region)
    best: dict[frozenset[int], tuple[float, tuple[int, ...]]] = {}
    for other in regions(device, len(region), _POOL):
        for mapped in _alike(shape, other, graph.inner_edges(other)):
            found = (_log_fidelity(graph, mapped, usage, measured), mapped)
            best[frozenset(other)] = max(found, best.get(frozenset(other), (-math.inf, ())))
    return sorted(best.values(), reverse=True)[:count]


def _alike(
    shape: list[tuple[int, int]], other: tuple[int, ...], edges: list[tuple[int, int]]
) -> list[tuple[int, ...]]:
    """The other region's qubits in all orders that give them the shape's couplings."""
    import rustworkx

    if len(edges) != len(shape):
        return []
    wanted, there = _graph(len(other), shape), _graph(len(other), edges)
    mappings = rustworkx.vf2_mapping(wanted, there, induced=True, id_order=True, call_limit=10_000)
    orders = []
    for mapping, _ in zip(mappings, range(_MAPPINGS_PER_REGION), strict=False):
        orders.append(tuple(other[mapping[index]] for index in range(len(other))))
    return orders


def _graph(num_qubits: int, edges: list[tuple[int, int]]) -> rustworkx.PyGraph:
    import rustworkx

    graph = rustworkx.PyGraph()
    graph.add_nodes_from(range(num_qubits))
    graph.add_edges_from_no_data(edges)
    return graph


def _log_fidelity(
    graph: GoodGraph,
    region: tuple[int, ...],
    usage: Mapping[tuple[int, int], int],
    measured: Collection[int],
) -> float:
    gates = sum(
        times * graph.edges[region[first]][region[second]]
        for (first, second), times in usage.items()
    )
    return gates + sum(graph.readout[region[index]] for index in measured)
