"""Qiskit's gates as Pauli rotations and moves of the Clifford frame, up to global phases.

Gates that are not listed are taken apart by Qiskit's own definitions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from nisqdl.engines.statevector.frame import Frame
from nisqdl.errors import InputError

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp


class Rotation(NamedTuple):
    """exp(−iθP/2) with P = i^(x·z mod 2) X^x Z^z and θ = factor · angle.

    Attributes:
        angle: A number or Qiskit's expression of parameters.
    """

    x: int
    z: int
    factor: float
    angle: Any


class Unrolling:
    """A circuit as rotations and a frame: its state is F · rotations |0…0⟩.

    Attributes:
        rotations: In order of time.
        frame: F; with ``only_relabels`` strings of Z have images of Z.
    """

    def __init__(self, num_qubits: int, only_relabels: bool) -> None:
        self.rotations: list[Rotation] = []
        self.frame = Frame(num_qubits, only_relabels)

    def add_circuit(self, circuit: QuantumCircuit, qubits: Sequence[int]) -> None:
        """Append a circuit, its qubits at these places.

        Raises:
            InputError: It has a measurement, reset or control flow, or an unknown operation.
        """
        place = dict(zip(circuit.qubits, qubits, strict=True))
        for instruction in circuit.data:
            at = [place[qubit] for qubit in instruction.qubits]
            if instruction.clbits:
                raise _refusal(instruction.operation.name)
            self._add(instruction.operation, at)

    def rotate(self, letters: str, qubits: Sequence[int], angle: Any, factor: float = 1.0) -> None:
        """Append exp(−i factor·angle P/2), P one letter a qubit."""
        string = tuple(zip(qubits, letters, strict=True))
        if not getattr(angle, "parameters", None):
            angle, factor = factor * _number(angle), 1.0
            turns = angle / (math.pi / 2)
            if abs(turns - round(turns)) < 1e-14 * max(1.0, abs(turns)) and (
                self.frame.quarter_turns(string, round(turns))
            ):
                return
        image = self.frame.image(string)
        self.rotations.append(Rotation(image.x, image.z, factor * image.sign, angle))

    def _add(self, operation: Any, at: list[int]) -> None:
        name = operation.name
        if name in _IGNORED:
            return
        if name in _GATES and getattr(operation, "_ctrl_state", None) in (None, 1):
            _GATES[name](self, at, operation.params)
            return
        if name in ("reset", "measure", "initialize") or getattr(operation, "blocks", None):
            raise _refusal(name)
        definition = operation.definition
        if definition is None:
            raise _refusal(name)
        self.add_circuit(definition, at)


def observable_strings(frame: Frame, observable: SparsePauliOp) -> list[tuple[int, int, float]]:
    """F†OF of an observable, as (x, z, coefficient) of i^(x·z mod 2) X^x Z^z.

    Raises:
        InputError: A coefficient is not real.
    """
    strings = []
    for letters, qubits, coefficient in observable.to_sparse_list():
        value = complex(coefficient)
        if abs(value.imag) > 1e-12 * max(1.0, abs(value)):
            raise InputError(f"An observable's coefficients must be real, but one is {value}.")
        known = [(q, letter) for q, letter in zip(qubits, letters, strict=True) if letter != "I"]
        image = frame.image(known)
        strings.append((image.x, image.z, image.sign * value.real))
    return strings


def _refusal(name: str) -> InputError:
    return InputError(
        f"The circuit holds the operation {name}, but the engine statevector takes gates only; "
        "remove measurements and resets (observables say what is measured), or use the engine "
        "exact."
    )


def _number(angle: Any) -> float:
    number = complex(angle.numeric() if hasattr(angle, "numeric") else angle)
    if number.imag != 0:
        raise InputError(f"An angle must be real, but is {number}.")
    return number.real


def _plain(letters: str) -> Callable[[Unrolling, list[int], list[Any]], None]:
    def add(to: Unrolling, at: list[int], params: list[Any]) -> None:
        to.rotate(letters, at, params[0])

    return add


def _fixed(*turns: tuple[str, float]) -> Callable[[Unrolling, list[int], list[Any]], None]:
    """Rotations by multiples of π, one after the other."""

    def add(to: Unrolling, at: list[int], params: list[Any]) -> None:
        for letters, angle in turns:
            to.rotate(letters, at, angle * math.pi)

    return add


def _controlled(letter: str) -> Callable[[Unrolling, list[int], list[Any]], None]:
    def add(to: Unrolling, at: list[int], params: list[Any]) -> None:
        to.rotate(letter, at[1:], params[0], 0.5)
        to.rotate("Z" + letter, at, params[0], -0.5)

    return add


def _euler(to: Unrolling, at: list[int], params: list[Any]) -> None:
    theta, phi, lam = params
    to.rotate("Z", at, lam)
    to.rotate("Y", at, theta)
    to.rotate("Z", at, phi)


def _u2(to: Unrolling, at: list[int], params: list[Any]) -> None:
    _euler(to, at, [math.pi / 2, *params])


def _r(to: Unrolling, at: list[int], params: list[Any]) -> None:
    theta, phi = params
    to.rotate("Z", at, phi, -1.0)
    to.rotate("X", at, theta)
    to.rotate("Z", at, phi)


def _controlled_phase(to: Unrolling, at: list[int], params: list[Any]) -> None:
    to.rotate("Z", at[:1], params[0], 0.5)
    to.rotate("Z", at[1:], params[0], 0.5)
    to.rotate("ZZ", at, params[0], -0.5)


def _cy(to: Unrolling, at: list[int], params: list[Any]) -> None:
    to.rotate("Z", at[1:], -math.pi / 2)
    to.frame.cx(*at)
    to.rotate("Z", at[1:], math.pi / 2)


def _ecr(to: Unrolling, at: list[int], params: list[Any]) -> None:
    to.rotate("Z", at[:1], math.pi / 2)
    to.rotate("X", at[1:], math.pi / 2)
    to.frame.cx(*at)
    to.rotate("X", at[:1], math.pi)


def _dcx(to: Unrolling, at: list[int], params: list[Any]) -> None:
    to.frame.cx(at[0], at[1])
    to.frame.cx(at[1], at[0])


_IGNORED = frozenset({"barrier", "delay", "id", "global_phase"})

_GATES: Mapping[str, Callable[[Unrolling, list[int], list[Any]], None]] = {
    "rx": _plain("X"), "ry": _plain("Y"), "rz": _plain("Z"), "p": _plain("Z"), "u1": _plain("Z"),
    "rxx": _plain("XX"), "ryy": _plain("YY"), "rzz": _plain("ZZ"), "rzx": _plain("ZX"),
    "x": _fixed(("X", 1)), "y": _fixed(("Y", 1)), "z": _fixed(("Z", 1)),
    "s": _fixed(("Z", 0.5)), "sdg": _fixed(("Z", -0.5)),
    "t": _fixed(("Z", 0.25)), "tdg": _fixed(("Z", -0.25)),
    "sx": _fixed(("X", 0.5)), "sxdg": _fixed(("X", -0.5)),
    "h": _fixed(("Z", 1), ("Y", 0.5)),
    "iswap": _fixed(("XX", -0.5), ("YY", -0.5)),
    "u": _euler, "u3": _euler, "u2": _u2, "r": _r,
    "crx": _controlled("X"), "cry": _controlled("Y"), "crz": _controlled("Z"),
    "cp": _controlled_phase, "cu1": _controlled_phase,
    "cx": lambda to, at, params: to.frame.cx(*at),
    "cz": lambda to, at, params: to.frame.cz(*at),
    "swap": lambda to, at, params: to.frame.swap(*at),
    "cy": _cy, "ecr": _ecr, "dcx": _dcx,
}  # fmt: skip
