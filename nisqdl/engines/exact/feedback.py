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
            the circuit's.
    """

    number: int
    qubit: int
    kept: int


@dataclass
class Plan:
    """What to do with a circuit's classical bits.

    Attributes:
        spares: Spare qubits that are needed.
        before: Instruction's number → measurements that are laid before it, as late as can be, so
            that few outcomes are waited for at once.
        asked: Number of an ``if_else`` → the qubit that holds what it waits for.
        idle: Numbers of delays after which nobody looks at their qubit.
    """

    spares: int = 0
    before: dict[int, list[Reading]] = field(default_factory=dict)
    asked: dict[int, int] = field(default_factory=dict)
    idle: set[int] = field(default_factory=set)

    def keep(self, reading: Reading, first: int, asking: list[int]) -> None:
        """Lay a measurement before an instruction, and let these ask for its outcome."""
        self.before.setdefault(first, []).append(reading)
        self.asked.update(dict.fromkeys(asking, reading.kept))


def plan(circuit: QuantumCircuit, observed: Collection[int]) -> Plan:
    """The plan for a circuit.

    Args:
        observed: Qubits that observables are on.

    Raises:
        InputError: A gate waits for several bits, or for one that no measurement has written, or
            none waits for what a measurement has.
    """
    index = {qubit: number for number, qubit in enumerate(circuit.qubits)}
    made = Plan()
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

    on_spares: list[_Stay] = []
    for count, (number, qubit) in enumerate(written):
        if count not in readers:
            raise InputError(
                f"The circuit measures qubit {qubit} and no gate waits for the outcome; the engine "
                "'exact' takes gates, reset, delay, barrier, and measurements that gates wait for "
                "(`if_test`). Remove it: observables say what is measured, and "
                "nisqdl.ExactSampler takes measurements at the end."
            )
        asking = readers[count]
        later = [touch for touch in touches[qubit] if touch > number]
        pauses = [pause for pause in delays[qubit] if pause > number]
        if later or qubit in observed:
            first = min([asking[0], *later[:1], *pauses[:1]])
            on_spares.append(_Stay(first, number, qubit, asking))
        else:
            made.idle.update(pauses)
            made.keep(Reading(number, qubit, qubit), asking[0], asking)
    _keep_on_spares(made, on_spares, circuit.num_qubits)
    for laid in made.before.values():
        laid.sort(key=lambda reading: reading.number)
    return made


@dataclass(frozen=True, order=True)
class _Stay:
    """An outcome that needs a spare qubit: from before which instruction, and who asks for it."""

    first: int
    number: int
    qubit: int
    asking: list[int]


def _keep_on_spares(made: Plan, stays: list[_Stay], num_qubits: int) -> None:
    """Give each outcome a spare qubit for as long as somebody waits for it."""
    held_until: list[int] = []  # by spare: the last reader of what it holds
    for stay in sorted(stays):
        spare = next(
            (spare for spare, until in enumerate(held_until) if until < stay.first), len(held_until)
        )
        held_until[spare : spare + 1] = [stay.asking[-1]]
        reading = Reading(stay.number, stay.qubit, num_qubits + spare)
        made.keep(reading, stay.first, stay.asking)
    made.spares = len(held_until)
