"""What an ansatz states: the parts of its layers. The builder lays the gates for all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

Places: TypeAlias = Callable[[int], tuple[tuple[int, ...], ...]]
"""From the number of qubits to the qubits of each gate, in time order."""

TRAINED_GATES = frozenset(("rx", "ry", "rz", "crx", "crz"))
"""Gates with an angle; each takes a weight of its own."""

RANDOM_AXIS = "r?"
"""A rotation about X, Y or Z, drawn for each layer and qubit from ``ansatz.seed``."""

ONE_QUBIT_GATES = frozenset(("h", "rx", "ry", "rz", RANDOM_AXIS))


@dataclass(frozen=True)
class Part:
    """A part of a layer: gates of one kind, one after the other.

    Attributes:
        gate: "h", "rx", "ry" or "rz" on qubits; "crx", "crz", "cx" or "cz" on pairs (control,
            target); ``None`` is the two-qubit gate that the user chooses (``ansatz.gate``);
            ``RANDOM_AXIS`` is a rotation of each qubit whose axis is drawn.
        places: Qubits of each gate. ``None`` is every qubit in ascending order, or the pairs of
            the model's entangler. Places of pairs hold where the entangler is ``own``; another
            one replaces them.
        angle: Of gates that are not trained, in radians; ``None`` where they are, or have none.
    """

    gate: str | None
    places: Places | None = None
    angle: float | None = None

    @property
    def is_trained(self) -> bool:
        return self.angle is None and (self.gate in TRAINED_GATES or self.gate == RANDOM_AXIS)

    @property
    def couples(self) -> bool:
        """Whether its gates act on pairs of qubits."""
        return self.gate not in ONE_QUBIT_GATES


@dataclass(frozen=True)
class Ansatz:
    """A layered ansatz: ``first`` once, ``layer`` repeated ``depth`` times, ``last`` once.

    Weights are numbered as their gates are laid: by layer, then by part, then by place.

    Attributes:
        name: Name in experiment files.
        summary: One line for people, with the number of weights.
        layer: Parts of each layer, in time order.
        first: Parts before the first layer.
        last: Parts after the last layer.
        entangler: Its entangler when the user names none; ``own`` where its parts state pairs.
        gate: Its two-qubit gate when the user names none.
        choosable: Whether the user may choose other rotations.
        usual: Options that a convolutional network alone has (``convolution``, ``pooling``, …),
            each with its value where the user names none.
    """

    name: str
    summary: str
    layer: tuple[Part, ...]
    first: tuple[Part, ...] = ()
    last: tuple[Part, ...] = ()
    entangler: str = "linear"
    gate: str = "cx"
    choosable: bool = False
    usual: Mapping[str, str | bool] = field(default_factory=dict)

    @property
    def is_tree(self) -> bool:
        """Whether its layers are the stages of a tree, which states their pairs itself."""
        return bool(self.usual)

    @property
    def parts(self) -> tuple[Part, ...]:
        """All parts that it states."""
        return self.first + self.layer + self.last

    @property
    def takes_a_gate(self) -> bool:
        """Whether ``ansatz.gate`` matters: there is a pair whose gate it does not state itself."""
        return any(part.gate is None for part in self.parts)

    @property
    def draws_axes(self) -> bool:
        """Whether ``ansatz.seed`` matters."""
        return any(part.gate == RANDOM_AXIS for part in self.parts)

    @property
    def trains_pairs(self) -> bool:
        """Whether two-qubit gates have weights, so that their number depends on the pairs."""
        return any(part.is_trained and part.couples for part in self.parts)

    def with_rotations(self, gates: Sequence[str]) -> Ansatz:
        """The same ansatz with these rotations of each qubit in place of its own."""
        chosen = rotations(*gates)
        return replace(
            self,
            layer=chosen + tuple(part for part in self.layer if part.couples),
            last=chosen if self.last else (),
        )


def rotations(*gates: str) -> tuple[Part, ...]:
    """Each gate on every qubit, one gate after the other."""
    return tuple(Part(gate) for gate in gates)


ENTANGLE = Part(None)
"""The chosen gate on the pairs of the model's entangler."""
