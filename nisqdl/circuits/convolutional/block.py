"""A two-qubit block: gates on the places 0 and 1, some of which take weights."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nisqdl.circuits.ansatzes.contract import TRAINED_GATES

MEASURE = "measure"

_EULER = ("rz", "ry", "rz")
"""What ``u3`` stands for: any rotation of a qubit, up to a phase that nothing measures."""


@dataclass(frozen=True)
class BlockGate:
    """A gate of a block.

    Attributes:
        gate: Its name; see :mod:`nisqdl.circuits.build`.
        places: 0 or 1, or both: (control, target).
        weight: Number of the block's weight that turns it; ``None`` where it has no angle.
        when: The outcome of measuring place 0 for which it is done; ``None`` is always.
    """

    gate: str
    places: tuple[int, ...]
    weight: int | None
    when: int | None = None


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
    def measures(self) -> bool:
        """Whether a qubit is measured in the circuit, and gates wait for the outcome."""
        return any(gate.gate == MEASURE for gate in self.gates)

    @property
    def separable(self) -> Block:
        """The same block without its gates on both qubits: the control without entanglement."""
        single = [gate for gate in self.gates if len(gate.places) == 1]
        return replace(self, gates=_numbered([(gate.gate, gate.places) for gate in single]))

    def dynamic(self, name: str, summary: str) -> Block:
        """The same pooling with place 0 measured in the circuit instead of controlling gates.

        The measurement comes before the first gate that place 0 controls; from then on X on it
        only exchanges the outcomes.

        Raises:
            ValueError: Place 0 does more than control, so that it cannot be measured first.
        """
        gates: list[BlockGate] = []
        measured, value = False, 1
        for gate in self.gates:
            if gate.places == (0, 1) and gate.gate in ("crx", "crz"):
                if not measured:
                    gates.append(BlockGate(MEASURE, (0,), None))
                    measured = True
                gates.append(BlockGate(gate.gate.removeprefix("c"), (1,), gate.weight, value))
            elif measured and gate.places == (0,) and gate.gate == "x":
                value = 1 - value
            elif len(gate.places) == 1 and (not measured or gate.places == (1,)):
                gates.append(gate)
            else:
                raise ValueError(f"{gate.gate} on {gate.places} of {self.name} cannot be measured.")
        return Block(name, summary, tuple(gates))


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
