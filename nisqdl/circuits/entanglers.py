"""Entanglers: which pairs of qubits a layer couples, in time order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from nisqdl.catalog import Table
from nisqdl.errors import InputError

Pair: TypeAlias = tuple[int, int]

DEVICE = "device"
"""The entangler whose pairs are the device's own edges."""

OWN = "own"
"""The entangler whose pairs the ansatz states itself."""


@dataclass(frozen=True)
class Entangler:
    """The pairs (control, target) of each layer.

    Attributes:
        name: Name in experiment files.
        summary: One line for people.
        pairs: Pairs in time order, from the number of qubits (≥ 2) and the layer, counted from 0.
    """

    name: str
    summary: str
    pairs: Callable[[int, int], tuple[Pair, ...]]


def entangler_pairs(
    name: str, num_qubits: int, layer: int, edges: Sequence[Pair] | None = None
) -> tuple[Pair, ...]:
    """The pairs (control, target) that one layer couples, in time order; none on one qubit.

    Args:
        name: Name of the entangler.
        num_qubits: Qubits of the circuit.
        layer: Layer, counted from 0.
        edges: The edges between the circuit's qubits, for ``device`` and for it alone; of an
            edge given both ways the first one counts.

    Raises:
        InputError: Unknown name; edges missing, not wanted, or outside of the circuit.
    """
    entangler = ENTANGLERS.find(name, "model.entangler")
    if name == DEVICE:
        return _checked_edges(num_qubits, edges)
    if edges is not None:
        raise InputError(
            f"model.entangler must be '{DEVICE}' where edges are given, but is {name!r}."
        )
    return entangler.pairs(num_qubits, layer) if num_qubits > 1 else ()


def _checked_edges(num_qubits: int, edges: Sequence[Pair] | None) -> tuple[Pair, ...]:
    if edges is None:
        raise InputError(
            f"model.entangler '{DEVICE}' takes the edges of a device, but there is no device: "
            "name a target, or choose another entangler."
        )
    kept: dict[frozenset[int], Pair] = {}
    for first, second in edges:
        if first == second or not (0 <= first < num_qubits and 0 <= second < num_qubits):
            raise InputError(
                f"An edge of entangler '{DEVICE}' must join two different qubits from 0 to "
                f"{num_qubits - 1}, but is ({first}, {second})."
            )
        kept.setdefault(frozenset((first, second)), (first, second))
    return tuple(kept.values())


def _none(num_qubits: int, layer: int) -> tuple[Pair, ...]:
    return ()


def _linear(num_qubits: int, layer: int) -> tuple[Pair, ...]:
    return tuple((qubit, qubit + 1) for qubit in range(num_qubits - 1))


def _reverse_linear(num_qubits: int, layer: int) -> tuple[Pair, ...]:
    return _linear(num_qubits, layer)[::-1]


def _circular(num_qubits: int, layer: int) -> tuple[Pair, ...]:
    closing = ((num_qubits - 1, 0),) if num_qubits > 2 else ()
    return closing + _linear(num_qubits, layer)


def _full(num_qubits: int, layer: int) -> tuple[Pair, ...]:
    return tuple(combinations(range(num_qubits), 2))


def _pairwise(num_qubits: int, layer: int) -> tuple[Pair, ...]:
    line = _linear(num_qubits, layer)
    return line[0::2] + line[1::2]


def _sca(num_qubits: int, layer: int) -> tuple[Pair, ...]:
    ring = _circular(num_qubits, layer)
    cut = -layer % len(ring)
    shifted = ring[cut:] + ring[:cut]
    if layer % 2 == 1:
        return tuple((target, control) for control, target in shifted)
    return shifted


def _star(num_qubits: int, layer: int) -> tuple[Pair, ...]:
    return tuple((0, qubit) for qubit in range(1, num_qubits))


def _strided_ring(num_qubits: int, layer: int) -> tuple[Pair, ...]:
    stride = layer % (num_qubits - 1) + 1
    return tuple((qubit, (qubit + stride) % num_qubits) for qubit in range(num_qubits))


ENTANGLERS: Table[Entangler] = Table(
    "entangler",
    {
        "none": Entangler("none", "no two-qubit gates: the separable control", _none),
        "linear": Entangler("linear", "a line: (0,1), (1,2), …", _linear),
        "reverse_linear": Entangler(
            "reverse_linear", "a line from its end: …, (1,2), (0,1)", _reverse_linear
        ),
        "circular": Entangler("circular", "a ring: (n−1,0), then the line", _circular),
        "full": Entangler("full", "every pair i < j", _full),
        "pairwise": Entangler(
            "pairwise", "a line in two steps: (0,1), (2,3), …, then (1,2), (3,4), …", _pairwise
        ),
        "sca": Entangler(
            "sca", "the ring, shifted and turned from layer to layer (Sim et al. 2019)", _sca
        ),
        "star": Entangler("star", "qubit 0 with each other", _star),
        "strided_ring": Entangler(
            "strided_ring",
            "a ring (i, i+r mod n) with stride r = layer mod (n−1) + 1 (Schuld et al. 2020)",
            _strided_ring,
        ),
        # Its pairs come from the ansatz: see nisqdl.circuits.layers.
        OWN: Entangler(OWN, "the pairs that the ansatz states itself, or its usual ones", _none),
        # Its pairs come from the target: entangler_pairs takes them as edges.
        DEVICE: Entangler(DEVICE, "the edges that the target really has", _none),
    },
)
