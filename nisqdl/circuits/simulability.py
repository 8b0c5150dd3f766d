"""What makes a circuit easy to simulate classically: narrow causal cones and little entanglement.

Both are upper bounds from the circuit alone, whatever its angles: a circuit may be easier still.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nisqdl.circuits.model import Model


@dataclass(frozen=True)
class Simulability:
    """Bounds of one circuit.

    Attributes:
        qubits: n.
        two_qubit_gates: Their number.
        cone: Qubits of the largest causal cone of a term of an observable: a state vector of so
            many qubits gives the term.
        log2_bond: log2 of a bond dimension that a matrix product state, qubits in their order, can
            never exceed.
    """

    qubits: int
    two_qubit_gates: int
    cone: int
    log2_bond: int


def simulability(model: Model, whole_state: bool = False) -> Simulability:
    """The bounds of a model's circuit.

    Args:
        model: Any; gates on more than two qubits count as fully entangling what they touch.
        whole_state: Whether the whole state matters, as for a fidelity kernel: the cone is then
            the largest set of qubits that gates connect.
    """
    places = [
        tuple(model.circuit.find_bit(qubit).index for qubit in instruction.qubits)
        for instruction in model.circuit.data
        if len(instruction.qubits) > 1 and instruction.operation.name != "barrier"
    ]
    if whole_state:
        cone = max(len(part) for part in _connected(places, model.num_qubits))
    else:
        supports = {
            frozenset(qubit for qubit in range(model.num_qubits) if x[qubit] or z[qubit])
            for observable in model.observables
            for x, z in zip(observable.paulis.x, observable.paulis.z, strict=True)
        }
        cone = max((len(_cone(places, support)) for support in supports), default=0)
    return Simulability(
        model.num_qubits,
        sum(len(place) == 2 for place in places),
        cone,
        _log2_bond(places, model.num_qubits),
    )


def _cone(places: list[tuple[int, ...]], support: Iterable[int]) -> set[int]:
    active = set(support)
    for place in reversed(places):
        if not active.isdisjoint(place):
            active.update(place)
    return active


def _connected(places: list[tuple[int, ...]], size: int) -> list[set[int]]:
    parts = [{qubit} for qubit in range(size)]
    for place in places:
        touched = [part for part in parts if not part.isdisjoint(place)]
        parts = [part for part in parts if part.isdisjoint(place)] + [set().union(*touched)]
    return parts


def _log2_bond(places: list[tuple[int, ...]], size: int) -> int:
    """At each cut no more than the smaller side has, and one for each crossing gate.

    Controlled rotations have an operator Schmidt rank of 2, the most that two-qubit gates of this
    package's families have.
    """
    found = 0
    for cut in range(1, size):
        crossing = sum(min(place) < cut <= max(place) for place in places)
        found = max(found, min(cut, size - cut, crossing))
    return found
