"""Where the outcomes of measurements in mid-circuit are kept while gates wait for them.

An engine of density matrices has no classical bits, and needs none: a bit is a qubit without
coherence, and a gate that waits for it is controlled by that qubit. The measured qubit holds its
own outcome if nothing touches it any more; else a spare qubit gets a copy, which the next outcome
may have as soon as nobody waits for this one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nisqdl.circuits.control_flow import WAITING, awaited
from nisqdl.errors import InputError

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit


@dataclass(frozen=True)
class Reading:
    """A measurement.

    Attributes:
        number: Its instruction's in the circuit.
        qubit: What is measured.
        kept: The qubit that holds the outcome: the measured one, or a spare one, counted on from
            the circuit's; ``None`` where nobody waits for it.
    """

    number: int
    qubit: int
    kept: int | None


@dataclass
class Plan:
    """What to do with a circuit's classical bits.

    Attributes:
        spares: Spare qubits that are needed.
        before: Instruction's number → measurements that are laid before it, as late as can be, so
            that few outcomes are waited for at once; the circuit's length for those at its end.
        asked: Number of an ``if_else`` → the qubit that holds what it waits for.
        idle: Numbers of delays after which nobody looks at their qubit.
    """

    spares: int = 0
    before: dict[int, list[Reading]] = field(default_factory=dict)
    asked: dict[int, int] = field(default_factory=dict)
    idle: set[int] = field(default_factory=set)


def plan(circuit: QuantumCircuit, observed: Collection[int]) -> Plan:
    """The plan for a circuit.

    Args:
        observed: Qubits that observables are on.

    Raises:
        InputError: A gate waits for several bits, or for one that no measurement has written.
    """
    index = {qubit: number for number, qubit in enumerate(circuit.qubits)}
    made = Plan()
    end = len(circuit.data)
    touches: dict[int, list[int]] = {qubit: [] for qubit in range(circuit.num_qubits)}
    delays: dict[int, list[int]] = {qubit: [] for qubit in range(circuit.num_qubits)}
    written: list[tuple[int, int]] = []  # (number, qubit) of each measurement
    latest: dict[object, int] = {}  # bit → the measurement, counted, that wrote it last
    readers: dict[int, list[int]] = {}
    for number, instruction in enumerate(circuit.data):
        name = instruction.operation.name
        if name == "barrier":
            continue
        for qubit in instruction.qubits:
            (delays if name == "delay" else touches)[index[qubit]].append(number)
        if name == "measure":
            latest[instruction.clbits[0]] = len(written)
            written.append((number, index[instruction.qubits[0]]))
        elif name == WAITING:
            bit, _ = awaited(instruction)
            if bit not in latest:
                raise InputError(
                    "A gate waits for a bit that no measurement before it has written: measure "
                    "first, then wait."
                )
            readers.setdefault(latest[bit], []).append(number)

    waiting: list[tuple[int, int, Reading]] = []  # (laid before, last reader, reading with a spare)
    for count, (number, qubit) in enumerate(written):
        asking = readers.get(count, [])
        later = [touch for touch in touches[qubit] if touch > number]
        pauses = [pause for pause in delays[qubit] if pause > number]
        if not later and qubit not in observed:
            made.idle.update(pauses)
            if asking:
                reading = Reading(number, qubit, qubit)
                made.before.setdefault(asking[0], []).append(reading)
                made.asked.update(dict.fromkeys(asking, qubit))
        else:
            first = min([*asking[:1], *later[:1], *pauses[:1], end])
            reading = Reading(number, qubit, None)
            if asking:
                waiting.append((first, asking[-1], reading))
                made.asked.update(dict.fromkeys(asking, -1 - count))
            else:
                made.before.setdefault(first, []).append(reading)
    _keep_on_spares(made, waiting, circuit.num_qubits, {n: c for c, (n, _) in enumerate(written)})
    for laid in made.before.values():
        laid.sort(key=lambda reading: reading.number)
    return made


def _keep_on_spares(
    made: Plan,
    waiting: list[tuple[int, int, Reading]],
    num_qubits: int,
    count_of: dict[int, int],
) -> None:
    """Give each of these readings a spare qubit for as long as somebody waits for it."""
    held_until: list[int] = []  # by spare: the last reader of what it holds
    for first, last, reading in sorted(waiting, key=lambda one: (one[0], one[2].number)):
        free = [spare for spare, until in enumerate(held_until) if until < first]
        spare = free[0] if free else len(held_until)
        if not free:
            held_until.append(last)
        held_until[spare] = last
        kept = num_qubits + spare
        made.before.setdefault(first, []).append(Reading(reading.number, reading.qubit, kept))
        placeholder = -1 - count_of[reading.number]
        for number, asked in made.asked.items():
            if asked == placeholder:
                made.asked[number] = kept
    made.spares = len(held_until)
