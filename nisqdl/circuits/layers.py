"""An ansatz laid out on its qubits: which gates stand where, and which weight turns each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from nisqdl.circuits.ansatzes import ANSATZES
from nisqdl.circuits.ansatzes.contract import RANDOM_AXIS, Ansatz, Part
from nisqdl.circuits.convolutional import lay
from nisqdl.circuits.entanglers import DEVICE, OWN, Pair, entangler_pairs
from nisqdl.errors import InputError
from nisqdl.seeds import derive

if TYPE_CHECKING:
    from nisqdl.circuits.options import ModelOptions


@dataclass(frozen=True)
class LaidPart:
    """Gates of one kind, one after the other.

    Attributes:
        gate: Name of the gate, as in :class:`nisqdl.circuits.ansatzes.contract.Part`.
        places: Qubits of each gate; a pair is (control, target).
        first_weight: Number of the weight that turns the first gate; the next gate takes the
            next one; several parts may have the same. ``None`` where the gates have no weights.
        angle: Of gates with an angle but no weights, in radians.
        when: The measured qubit whose outcome the gates wait for, and the outcome for which they
            are done; ``None`` is always.
    """

    gate: str
    places: tuple[tuple[int, ...], ...]
    first_weight: int | None
    angle: float | None = None
    when: tuple[int, int] | None = None

    @property
    def num_weights(self) -> int:
        return 0 if self.first_weight is None else len(self.places)


Layer: TypeAlias = tuple[LaidPart, ...]


def laid_layers(
    options: ModelOptions, num_qubits: int, edges: Sequence[Pair] | None = None
) -> tuple[Layer, ...]:
    """The layers of a model's ansatz, as many as its depth; parts in time order.

    What comes once, before the first or after the last layer, stands in that layer.

    Args:
        options: The model's.
        num_qubits: Its qubits.
        edges: As for :func:`nisqdl.circuits.entanglers.entangler_pairs`.

    Raises:
        InputError: Edges are missing, not wanted, or outside of the circuit.
    """
    ansatz = _ansatz(options)
    if edges is not None and options.entangler != DEVICE:
        raise InputError(
            f"model.entangler must be '{DEVICE}' where edges are given, but is "
            f"{options.entangler!r}."
        )
    if ansatz.is_tree:
        return _tree_layers(options, num_qubits)
    layers: list[Layer] = []
    weights = 0
    for layer in range(options.ansatz.depth):
        laid: list[LaidPart] = []
        for part in _stated(ansatz, layer, options.ansatz.depth):
            places = _places(part, ansatz, options, num_qubits, layer, edges)
            if part.gate == RANDOM_AXIS:
                axes = [_axis(options, layer, qubit) for (qubit,) in places]
                laid += [
                    LaidPart(axis, (place,), weights + number)
                    for number, (axis, place) in enumerate(zip(axes, places, strict=True))
                ]
                weights += len(places)
                continue
            first = weights if part.is_trained else None
            laid.append(LaidPart(part.gate or options.ansatz.gate, places, first, part.angle))
            weights += laid[-1].num_weights
        layers.append(tuple(laid))
    return tuple(layers)


def count_weights(options: ModelOptions, num_qubits: int) -> int:
    """Weights of a model's ansatz on so many qubits."""
    ansatz = _ansatz(options)
    if ansatz.is_tree:
        return count_laid(_tree_layers(options, num_qubits))
    return sum(
        len(_places(part, ansatz, options, num_qubits, layer, None))
        for layer in range(options.ansatz.depth)
        for part in _stated(ansatz, layer, options.ansatz.depth)
        if part.is_trained
    )


def closing_weights(options: ModelOptions, num_qubits: int) -> int:
    """Weights of what comes once, after the last layer.

    They are rotations with which each layer begins, too: a circuit of one layer more has its next
    layer's there.
    """
    ansatz = _ansatz(options)
    return sum(
        len(_places(part, ansatz, options, num_qubits, 0, None))
        for part in ansatz.last
        if part.is_trained
    )


def _axis(options: ModelOptions, layer: int, qubit: int) -> str:
    """The same for a layer and qubit, however many there are besides."""
    return ("rx", "ry", "rz")[derive(options.ansatz.seed or 0, "axis", layer, qubit) % 3]


def count_laid(layers: Sequence[Layer]) -> int:
    """Different weights of these layers; parts may share some."""
    trained = [part for layer in layers for part in layer if part.first_weight is not None]
    return max((int(part.first_weight or 0) + len(part.places) for part in trained), default=0)


def read_qubits(options: ModelOptions, num_qubits: int) -> tuple[int, ...]:
    """The qubits that are read where no observables are named.

    Raises:
        InputError: The depth does not fit the qubits.
    """
    if _ansatz(options).is_tree:
        return lay.outputs(options.ansatz, num_qubits, options.entangler == "none")
    return tuple(range(num_qubits))


def _tree_layers(options: ModelOptions, num_qubits: int) -> tuple[Layer, ...]:
    placed = lay.placed_stages(options.ansatz, num_qubits, options.entangler == "none")
    return tuple(
        tuple(LaidPart(gate.gate, (gate.qubits,), gate.weight, when=gate.when) for gate in stage)
        for stage in placed
    )


def _ansatz(options: ModelOptions) -> Ansatz:
    ansatz = ANSATZES[options.ansatz.name]
    chosen = options.ansatz.rotations
    return ansatz if chosen is None else ansatz.with_rotations(chosen)


def _stated(ansatz: Ansatz, layer: int, depth: int) -> Iterator[Part]:
    if layer == 0:
        yield from ansatz.first
    yield from ansatz.layer
    if layer == depth - 1:
        yield from ansatz.last


def _places(
    part: Part,
    ansatz: Ansatz,
    options: ModelOptions,
    num_qubits: int,
    layer: int,
    edges: Sequence[Pair] | None,
) -> tuple[tuple[int, ...], ...]:
    if part.couples:
        entangler = ansatz.entangler if options.entangler == OWN else options.entangler
        if entangler != OWN or part.places is None:
            return entangler_pairs(entangler, num_qubits, layer, edges)
    if part.places is None:
        return tuple((qubit,) for qubit in range(num_qubits))
    return part.places(num_qubits)
