"""A QCNN laid out: gates with their qubits and weights, stage by stage, and what is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from nisqdl.circuits.convolutional.block import Block
from nisqdl.circuits.convolutional.convolutions import CONVOLUTIONS
from nisqdl.circuits.convolutional.poolings import POOLINGS
from nisqdl.circuits.convolutional.tree import Pair, Stage, stages

if TYPE_CHECKING:
    from nisqdl.circuits.options import AnsatzOptions

FINAL = ("rz", "ry")
"""Rotations of each qubit in the fully connected layer, before and after its CZ gates: after
them only the second, since nothing that is read feels an RZ at the end."""


@dataclass(frozen=True)
class PlacedGate:
    """A gate on qubits of the circuit.

    Attributes:
        gate: Its name.
        qubits: One qubit, or (control, target).
        weight: Number of the weight that turns it; ``None`` where it has no angle.
        when: The measured qubit whose outcome it waits for, and the outcome for which it is done;
            ``None`` is always.
    """

    gate: str
    qubits: tuple[int, ...]
    weight: int | None
    when: tuple[int, int] | None = None


def placed_stages(
    options: AnsatzOptions, num_qubits: int, separable: bool
) -> tuple[tuple[PlacedGate, ...], ...]:
    """The gates of each stage; those of the fully connected layer stand in the last.

    Weights are numbered as they come: by stage, its convolution's, then its pooling's. Shared
    ones are a stage's, free ones a pair's.

    Args:
        options: Of an ansatz that is a tree.
        num_qubits: Qubits of the circuit.
        separable: Whether gates on two qubits are left out: the control without entanglement.
            Then nothing can be pooled, so that all qubits stay and are read.

    Raises:
        InputError: The depth does not fit the qubits.
    """
    return tuple(tuple(stage) for stage in _stages(options, num_qubits, separable))


def outputs(options: AnsatzOptions, num_qubits: int, separable: bool) -> tuple[int, ...]:
    """The qubits that are read by default: those left after the last stage.

    Raises:
        InputError: The depth does not fit the qubits.
    """
    tree = _tree(options, num_qubits)
    return tuple(range(num_qubits)) if separable else tree[-1].remaining


def _tree(options: AnsatzOptions, num_qubits: int) -> tuple[Stage, ...]:
    periodic = options.boundary == "periodic"
    return stages(num_qubits, options.depth, str(options.tree), periodic)


def _stages(options: AnsatzOptions, num_qubits: int, separable: bool) -> Iterator[list[PlacedGate]]:
    convolution = CONVOLUTIONS[str(options.convolution)]
    pooling = POOLINGS[str(options.pooling)]
    if separable:
        convolution = convolution.separable
    tree = _tree(options, num_qubits)
    everywhere = stages(num_qubits, 1, str(options.tree), options.boundary == "periodic")[0]
    weights = 0
    for number, stage in enumerate(tree):
        gates: list[PlacedGate] = []
        pairs = everywhere.convolved if separable else stage.convolved
        weights = _lay(gates, convolution, pairs, weights, bool(options.shared))
        if not separable:
            weights = _lay(gates, pooling, stage.pooled, weights, bool(options.shared))
        if number == len(tree) - 1 and options.final == "full":
            _lay_final(gates, outputs(options, num_qubits, separable), weights, separable)
        yield gates


def _lay(
    gates: list[PlacedGate], block: Block, pairs: tuple[Pair, ...], first: int, shared: bool
) -> int:
    """Append the block on each pair; returns the number of the next free weight."""
    for number, pair in enumerate(pairs):
        start = first if shared else first + number * block.num_weights
        gates.extend(
            PlacedGate(
                gate.gate,
                tuple(pair[place] for place in gate.places),
                None if gate.weight is None else start + gate.weight,
                None if gate.when is None else (pair[0], gate.when),
            )
            for gate in block.gates
        )
    return first + block.num_weights * (1 if shared and pairs else len(pairs))


def _lay_final(
    gates: list[PlacedGate], qubits: tuple[int, ...], first: int, separable: bool
) -> None:
    """Rotations of each qubit, CZ between all pairs, and a rotation of each again."""
    weight = first
    for gate in FINAL:
        for qubit in qubits:
            gates.append(PlacedGate(gate, (qubit,), weight))
            weight += 1
    if separable or len(qubits) == 1:
        return
    gates.extend(PlacedGate("cz", pair, None) for pair in combinations(qubits, 2))
    for qubit in qubits:
        gates.append(PlacedGate(FINAL[-1], (qubit,), weight))
        weight += 1
