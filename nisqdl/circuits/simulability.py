"""What makes a circuit easy to simulate classically: narrow causal cones and little entanglement.

Both are upper bounds from the circuit alone, whatever its angles: a circuit may be easier still.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nisqdl.circuits.model import Model

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit


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
    places = _places(model.circuit)
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


def _places(circuit: QuantumCircuit) -> list[tuple[int, ...]]:
    """The qubits of each gate on several; one that waits for an outcome is on the measured, too."""
    index = {qubit: number for number, qubit in enumerate(circuit.qubits)}
    written: dict[object, int] = {}
    found: list[tuple[int, ...]] = []
    for instruction in circuit.data:
        qubits = [index[qubit] for qubit in instruction.qubits]
        if instruction.operation.name == "measure":
            written[instruction.clbits[0]] = qubits[0]
        elif instruction.operation.name != "barrier":
            place = (*dict.fromkeys([*(written[bit] for bit in instruction.clbits), *qubits]),)
            found += [place] if len(place) > 1 else []
    return found


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
