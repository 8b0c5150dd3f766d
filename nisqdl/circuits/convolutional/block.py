"""A two-qubit block: gates on the places 0 and 1, some of which take weights."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nisqdl.circuits.ansatzes.contract import TRAINED_GATES

_EULER = ("rz", "ry", "rz")
"""What ``u3`` stands for: any rotation of a qubit, up to a phase that nothing measures."""


@dataclass(frozen=True)
class BlockGate:
    """A gate of a block.

    Attributes:
        gate: Its name; see :mod:`nisqdl.circuits.build`.
        places: 0 or 1, or both: (control, target).
        weight: Number of the block's weight that turns it; ``None`` where it has no angle.
    """

    gate: str
    places: tuple[int, ...]
    weight: int | None


@dataclass(frozen=True)
class Block:
    """A block of gates on two qubits.

    Attributes:
        name: Name in experiment files.
        summary: One line for people, with the source.
        gates: In time order; weights are numbered as they come.
    """

    name: str
    summary: str
    gates: tuple[BlockGate, ...]

    @property
    def num_weights(self) -> int:
        return sum(gate.weight is not None for gate in self.gates)

    @property
    def separable(self) -> Block:
        """The same block without its gates on both qubits: the control without entanglement."""
        single = [gate for gate in self.gates if len(gate.places) == 1]
        return replace(self, gates=_numbered([(gate.gate, gate.places) for gate in single]))


def block(name: str, summary: str, text: str) -> Block:
    """A block from its gates in time order.

    Args:
        name: Its name.
        summary: One line for people.
        text: Gates as ``gate:places``: ``"ry:0 ry:1 cx:01"``. Each gate with an angle takes the
            next weight; ``u3`` is RZ, RY, RZ with three.
    """
    gates: list[tuple[str, tuple[int, ...]]] = []
    for token in text.split():
        gate, _, digits = token.partition(":")
        places = tuple(int(digit) for digit in digits)
        gates.extend((one, places) for one in (_EULER if gate == "u3" else (gate,)))
    return Block(name, summary, _numbered(gates))


def _numbered(gates: list[tuple[str, tuple[int, ...]]]) -> tuple[BlockGate, ...]:
    numbered: list[BlockGate] = []
    weights = 0
    for gate, places in gates:
        trained = gate in TRAINED_GATES
        numbered.append(BlockGate(gate, places, weights if trained else None))
        weights += trained
    return tuple(numbered)
