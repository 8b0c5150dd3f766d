"""From a circuit and its noise to events: channels and rotations on one or two qubits, in order."""

from __future__ import annotations

from collections.abc import (
    Callable,
    Collection,
    Hashable,
    Iterable,
    Iterator,
    Mapping,
    Sequence,
)
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nisqdl.circuits.control_flow import WAITING, blocks
from nisqdl.engines.exact import feedback, ptm
from nisqdl.errors import InputError
from nisqdl.noise.aer import delay_ns
from nisqdl.noise.channels import GateNoise, NoiseChannels, Readout

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit

Qubits: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class Channel:
    """A fixed channel by its Pauli transfer matrix, (4, 4) or (16, 16)."""

    qubits: Qubits
    matrix: ptm.Floats

    @property
    def resets(self) -> bool:
        """Whether the outcome does not depend on the state before."""
        return len(self.qubits) == 1 and not self.matrix[:, 1:].any()


@dataclass(frozen=True)
class Rotation:
    """exp(−iθP/2) with P a product of ``paulis`` (1 to 3), one a qubit; θ is an angle's index."""

    qubits: Qubits
    paulis: tuple[int, ...]
    angle: int


Event: TypeAlias = Channel | Rotation


@dataclass
class Unrolled:
    """A circuit's events, the expressions of the angles that they count, and its spare qubits."""

    events: list[Event] = field(default_factory=list)
    expressions: list[Any] = field(default_factory=list)
    spares: int = 0


After: TypeAlias = Callable[[Any, Qubits], Iterable[Channel]]
"""What follows an operation on these qubits of the circuit: its noise."""


def unroll(
    circuit: QuantumCircuit,
    after: After,
    readout: Mapping[int, Readout] | None = None,
    observed: Collection[int] = (),
) -> Unrolled:
    """The events of a circuit; each gate, reset and delay is followed by its own noise.

    A measurement dephases its qubit, and what is read is confused; its noise comes before it, as
    in Aer. Gates that wait for an outcome are controlled by the qubit that holds it: the measured
    one, or a spare one, counted on from the circuit's qubits.

    Args:
        readout: Confusion of the measurements by qubit.
        observed: Qubits that observables are on; needed where the circuit has measurements.

    Raises:
        InputError: An instruction is not a gate, noise is on a gate of three or more qubits, a gate
            on several qubits waits for an outcome, or none does for one that is measured.
    """
    result = Unrolled()
    index = {qubit: i for i, qubit in enumerate(circuit.qubits)}
    plan = feedback.plan(circuit, observed) if circuit.num_clbits else feedback.Plan()
    result.spares = plan.spares
    for number, instruction in enumerate(circuit.data):
        gate = instruction.operation
        qubits = tuple(index[qubit] for qubit in instruction.qubits)
        if gate.name == "barrier" or number in plan.idle:
            continue
        for reading in plan.before.get(number, ()):
            _lay_reading(reading, readout or {}, result)
        if gate.name == WAITING:
            for block, value in blocks(instruction):
                _lay_waiting(block, qubits, (plan.asked[number], value), after, result)
            continue
        if gate.name not in ("delay", "measure"):
            _lay(gate, qubits, result)
        result.events.extend(after(gate, qubits))
    return result


def channels_after(noise: NoiseChannels) -> After:
    """Noise channels as what follows each operation."""

    def after(gate: Any, qubits: Qubits) -> Iterator[Channel]:
        if gate.name == "delay" and qubits[0] in noise.idle:
            t1_ns, t2_ns = noise.idle[qubits[0]]
            yield Channel(qubits, ptm.relaxation(delay_ns(gate), t1_ns, t2_ns))
        found = noise.gates.get((gate.name, qubits))
        if found is not None:
            yield from _noise(gate.name, found, qubits)

    return after


def _lay_reading(
    reading: feedback.Reading, readout: Mapping[int, Readout], result: Unrolled
) -> None:
    """Dephase the measured qubit, and put what is read where it is kept."""
    qubit, kept = reading.qubit, reading.kept
    result.events.append(Channel((qubit,), ptm.DEPHASING))
    if kept != qubit:
        result.events += [Channel((kept,), ptm.RESET), Channel((qubit, kept), ptm.COPY)]
    if qubit in readout:
        confusion = readout[qubit]
        matrix = ptm.confusion(confusion.p1_given_0, confusion.p0_given_1)
        result.events.append(Channel((kept,), matrix))


def _lay_waiting(
    block: QuantumCircuit, qubits: Qubits, awaited: tuple[int, int], after: After, result: Unrolled
) -> None:
    """Append the events of gates that are done only where a qubit holds a value.

    Args:
        awaited: The qubit that holds the outcome, and the value.
    """
    holder, value = awaited
    alone = Unrolled()
    place = dict(zip(block.qubits, qubits, strict=True))
    for instruction in block.data:
        own = tuple(place[qubit] for qubit in instruction.qubits)
        if instruction.operation.name == "barrier":
            continue
        if instruction.operation.name != "delay":
            _lay(instruction.operation, own, alone)
        alone.events.extend(after(instruction.operation, own))
    for event in alone.events:
        if len(event.qubits) > 1:
            raise InputError(
                "A gate on two qubits waits for an outcome, but the engine 'exact' takes only "
                "gates on one qubit there; take it apart into gates on two qubits that do not "
                "wait, and gates on one that do."
            )
        if isinstance(event, Channel):
            matrix = ptm.where_it_holds(value, event.matrix)
            result.events.append(Channel((holder, *event.qubits), matrix))
            continue
        half = alone.expressions[event.angle] / 2
        _turn(event.paulis, event.qubits, half, result)
        _turn((Z, *event.paulis), (holder, *event.qubits), (1 - 2 * value) * half, result)


def _lay(gate: Any, qubits: Qubits, result: Unrolled) -> None:
    """Append one gate's events: from the tables, its matrix, or its definition."""
    if not qubits:
        return  # a global phase
    if gate.name in _ROTATIONS and _standard(gate):
        for paulis, places, angle in _ROTATIONS[gate.name](*gate.params):
            _turn(paulis, tuple(qubits[p] for p in places), angle, result)
        return
    if gate.name == "reset":
        result.events.append(Channel(qubits, ptm.RESET))
        return
    free = any(getattr(value, "parameters", None) for value in gate.params)
    if not free and len(qubits) <= 2 and (matrix := _matrix(gate)) is not None:
        result.events.append(Channel(qubits, matrix))
        return
    definition = gate.definition if _unitary(gate) else None
    if definition is None:
        raise InputError(
            f"The circuit has {gate.name!r} on qubits {', '.join(map(str, qubits))}; the engine "
            "'exact' takes gates, reset, delay, barrier, measurements, and gates that wait for an "
            "outcome (`if_test`). Remove other control flow and what is no gate."
        )
    index = {qubit: i for i, qubit in enumerate(definition.qubits)}
    for inner in definition.data:
        places = tuple(qubits[index[qubit]] for qubit in inner.qubits)
        if inner.operation.name != "barrier":
            _lay(inner.operation, places, result)


def _turn(paulis: Sequence[int], qubits: Qubits, angle: Any, result: Unrolled) -> None:
    if getattr(angle, "parameters", None) or len(qubits) == 2:
        result.events.append(Rotation(qubits, tuple(paulis), len(result.expressions)))
        result.expressions.append(angle)
    else:
        result.events.append(Channel(qubits, ptm.rotation(paulis[0], float(angle))))


def _unitary(gate: Any) -> bool:
    """Whether an operation without a table entry may be replaced by its definition."""
    from qiskit.circuit import ControlFlowOp, Instruction

    return isinstance(gate, Instruction) and not (
        gate.num_clbits or isinstance(gate, ControlFlowOp)
    )


def _standard(gate: Any) -> bool:
    """Whether it is Qiskit's own gate of this name."""
    return str(gate.base_class.__module__).startswith("qiskit.circuit.library.standard_gates")


def _matrix(gate: Any) -> ptm.Floats | None:
    """The transfer matrix of a gate without free parameters; ``None`` if it has no matrix."""
    if not gate.params and _standard(gate):
        kind: Any = gate.base_class
        return _standard_matrix(kind, getattr(gate, "ctrl_state", None))
    return _computed_matrix(gate)


@cache
def _standard_matrix(kind: Hashable, control_state: int | None) -> ptm.Floats | None:
    create: Any = kind
    gate = create() if control_state is None else create(ctrl_state=control_state)
    return _computed_matrix(gate)


def _computed_matrix(gate: Any) -> ptm.Floats | None:
    from qiskit.circuit.exceptions import CircuitError
    from qiskit.exceptions import QiskitError
    from qiskit.quantum_info import Operator

    if not _unitary(gate):
        return None
    try:
        matrix = gate.to_matrix()
    except (CircuitError, AttributeError):
        try:
            matrix = Operator(gate).data
        except QiskitError:
            return None
    return ptm.unitary_ptm(np.asarray(matrix, dtype=complex))


def _noise(name: str, noise: GateNoise, qubits: Qubits) -> Iterator[Channel]:
    """Depolarizing on all qubits together, then relaxation of each."""
    if noise.depolarizing:
        if len(qubits) > 2:
            raise InputError(
                f"The noise depolarizes the gate {name!r} on {len(qubits)} qubits; the engine "
                "'exact' takes noise on gates of one or two. Transpile the circuit to such gates."
            )
        diagonal = ptm.depolarizing(noise.depolarizing, len(qubits))
        yield Channel(qubits, np.diag(diagonal))
    for qubit, relax in zip(qubits, noise.relaxation, strict=bool(noise.relaxation)):
        if relax.time_ns:
            matrix = ptm.relaxation(relax.time_ns, relax.t1_ns, relax.t2_ns)
            yield Channel((qubit,), matrix)


X, Y, Z = 1, 2, 3
_HALF = np.pi / 2

# Gate name → its angles → rotations in order, each (Paulis, places in the gate's qubits, angle);
# a global phase does not matter.
_ROTATIONS: Mapping[str, Any] = {
    "rx": lambda t: [((X,), (0,), t)],
    "ry": lambda t: [((Y,), (0,), t)],
    "rz": lambda t: [((Z,), (0,), t)],
    "p": lambda t: [((Z,), (0,), t)],
    "u1": lambda t: [((Z,), (0,), t)],
    "r": lambda t, f: [((Z,), (0,), -f), ((X,), (0,), t), ((Z,), (0,), f)],
    "u": lambda t, f, g: [((Z,), (0,), g), ((Y,), (0,), t), ((Z,), (0,), f)],
    "u3": lambda t, f, g: [((Z,), (0,), g), ((Y,), (0,), t), ((Z,), (0,), f)],
    "u2": lambda f, g: [((Z,), (0,), g), ((Y,), (0,), _HALF), ((Z,), (0,), f)],
    "rxx": lambda t: [((X, X), (0, 1), t)],
    "ryy": lambda t: [((Y, Y), (0, 1), t)],
    "rzz": lambda t: [((Z, Z), (0, 1), t)],
    "rzx": lambda t: [((Z, X), (0, 1), t)],
    "crx": lambda t: [((X,), (1,), t / 2), ((Z, X), (0, 1), -t / 2)],
    "cry": lambda t: [((Y,), (1,), t / 2), ((Z, Y), (0, 1), -t / 2)],
    "crz": lambda t: [((Z,), (1,), t / 2), ((Z, Z), (0, 1), -t / 2)],
    "cp": lambda t: [((Z,), (0,), t / 2), ((Z,), (1,), t / 2), ((Z, Z), (0, 1), -t / 2)],
    "cu1": lambda t: [((Z,), (0,), t / 2), ((Z,), (1,), t / 2), ((Z, Z), (0, 1), -t / 2)],
}
