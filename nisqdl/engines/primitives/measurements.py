"""The measurements at the end of a circuit, and how outcomes become classical registers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.circuits.control_flow import waits
from nisqdl.errors import InputError
from nisqdl.noise.channels import Readout

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit

Bits: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Register:
    """A classical register.

    Attributes:
        sources: The measurement that is in each bit, −1 where none is; bit 0 first.
    """

    name: str
    sources: tuple[int, ...]

    @property
    def num_bytes(self) -> int:
        """Of one packed outcome."""
        return -(-len(self.sources) // 8)

    def packed(self, read: Bits) -> npt.NDArray[np.uint8]:
        """Outcomes (shots, bytes) as Qiskit's ``BitArray`` has them, from (shots, measurements)."""
        columns = np.zeros((len(read), 8 * self.num_bytes), dtype=np.uint8)
        for bit, source in enumerate(self.sources):
            if source >= 0:
                columns[:, -1 - bit] = read[:, source]
        return np.packbits(columns, axis=-1)


@dataclass(frozen=True, eq=False)
class Measurements:
    """M measurements after everything else.

    Attributes:
        circuit: What comes before them.
        targets: The qubit of each measurement, (M,).
        qubits: The measured qubits that may be 1, ascending, each once; others are 0 for certain.
        registers: All classical registers.
    """

    circuit: QuantumCircuit
    targets: tuple[int, ...]
    qubits: tuple[int, ...]
    registers: tuple[Register, ...]

    @classmethod
    def of(cls, circuit: QuantumCircuit, idle_is_zero: bool = True) -> Measurements:
        """Take the measurements off a circuit.

        Args:
            idle_is_zero: Whether a qubit with nothing but its measurement is in |0⟩.

        Raises:
            InputError: Something other than barriers and delays follows a measurement of its
                qubit, or there is control flow.
        """
        index = {qubit: i for i, qubit in enumerate(circuit.qubits)}
        before = circuit.copy_empty_like()
        targets: list[int] = []
        touched: set[int] = set()
        if waits(circuit):
            raise InputError(
                "Gates of the circuit wait for the outcome of a measurement, but ExactSampler "
                "takes measurements only at the end; ExactEstimator takes such circuits, and Aer's "
                "sampler samples them."
            )
        last: dict[Any, int] = {}
        done: dict[int, str] = {}  # measured qubit → the last thing that happened to it
        for instruction in circuit.data:
            operation = instruction.operation
            qubits = [index[qubit] for qubit in instruction.qubits]
            if operation.name == "measure":
                _check_order(operation.name, [q for q in qubits if done.get(q) == "delay"])
                last[instruction.clbits[0]] = len(targets)
                targets.append(qubits[0])
                done[qubits[0]] = "measure"
            elif operation.name == "barrier":
                continue
            elif operation.name == "delay" and qubits[0] in done:
                done[qubits[0]] = "delay"  # nobody looks at it any more
            else:
                _check_order(operation.name, [qubit for qubit in qubits if qubit in done])
                before.append(instruction, copy=False)
                touched.update(qubits)
        registers = tuple(
            Register(register.name, tuple(last.get(bit, -1) for bit in register))
            for register in circuit.cregs
        )
        active = set(targets) & touched if idle_is_zero else set(targets)
        return cls(before, tuple(targets), tuple(sorted(active)), registers)

    @property
    def repeated(self) -> bool:
        """Whether a qubit is measured more than once."""
        return len(self.targets) > len(set(self.targets))

    def read(
        self, outcomes: Bits, confusion: Mapping[int, Readout], rng: np.random.Generator
    ) -> Bits:
        """What each measurement reads, (shots, M), from outcomes (shots, k) of the qubits.

        Every measurement has its own readout error, also when a qubit is measured twice.
        """
        known = np.zeros((len(outcomes), len(self.qubits) + 1), dtype=bool)
        known[:, :-1] = outcomes
        place = {qubit: i for i, qubit in enumerate(self.qubits)}
        true: Bits = known[:, [place.get(qubit, -1) for qubit in self.targets]]
        perfect = Readout(0.0, 0.0)
        errors = [confusion.get(qubit, perfect) for qubit in self.targets]
        if all(error == perfect for error in errors):
            return true
        flips = np.where(
            true, [error.p0_given_1 for error in errors], [error.p1_given_0 for error in errors]
        )
        read: Bits = true ^ (rng.random(true.shape) < flips)
        return read


def _check_order(name: str, measured: list[int]) -> None:
    if measured:
        raise InputError(
            f"The circuit has {name!r} on qubit {measured[0]} after its measurement, but "
            "ExactSampler takes measurements only at the end; move them there, or use Aer's "
            "sampler for mid-circuit measurement and control flow."
        )
