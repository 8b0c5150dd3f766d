"""From a circuit and its noise to steps: maps of Pauli letters on one or two qubits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from nisqdl.circuits.control_flow import waits
from nisqdl.engines.exact.cone import causal_cone
from nisqdl.engines.exact.ptm import Floats
from nisqdl.engines.exact.unroll import After, Channel, Event, Qubits, Rotation, unroll
from nisqdl.engines.formulas import Leaf, affine_form, read_tape
from nisqdl.engines.pauli_paths.fusion import Made, fused
from nisqdl.engines.pauli_paths.initialisation import (
    Distribution,
    Initialisation,
    distribution_of,
)
from nisqdl.engines.pauli_paths.maps import Characteristic, LocalMap, Turn
from nisqdl.engines.pauli_paths.observable import Product, support
from nisqdl.engines.pauli_paths.steps import Lowered, Step, collected_start, without_idle_qubits
from nisqdl.errors import InputError

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit

    from nisqdl.engines.exact.lowering import CircuitNoise

_ROUND = 1e-12
"""Entries of transfer matrices this close to an integer are that integer."""


@dataclass(frozen=True)
class NoiseChannel(Channel):
    """A channel that is noise, not a gate: it may be twirled."""


def lower(
    circuit: QuantumCircuit,
    products: Sequence[Product],
    noise: CircuitNoise,
    initialisation: Initialisation,
    *,
    repeats: bool,
) -> Lowered:
    """The steps that the observable feels.

    Args:
        repeats: Whether gates of one name (and label) on the same qubits have the same noise.

    Raises:
        InputError: The circuit has what the engine does not take, an angle is not affine in its
            parameters, or a parameter is shared by several rotations.
    """
    if waits(circuit):
        raise InputError(
            "Pauli paths take gates only, but the circuit has gates that wait for the outcome of a "
            "measurement; write them as controlled gates and leave the measurement out, which is "
            "the same without noise."
        )
    unrolled = unroll(circuit, _marked(noise.after, repeats))
    events: list[Event] = [*unrolled.events, *map(_as_noise, noise.at_end)]
    events, qubits = causal_cone(events, support(products))
    place = {qubit: i for i, qubit in enumerate(qubits)}
    steps = _Steps(circuit, unrolled.expressions, initialisation, place)
    return Lowered(
        qubits=tuple(qubits),
        steps=tuple(steps.of(events)),
        start=np.tile([1.0, 0.0, 0.0, 1.0], (len(qubits), 1)),
        products=tuple(
            Product(p.coefficient, {place[q]: f for q, f in p.factors.items() if q in place})
            for p in products
        ),
        num_parameters=len(circuit.parameters),
    )


def prepared(lowered: Lowered, twirl: bool) -> Lowered:
    """Twirl the noise if it is to be, take the product start in, and fuse what is fixed."""
    if twirl:
        diagonals = Made(lambda matrix: np.diag(np.diag(matrix)))
        steps = tuple(
            Step(step.qubits, diagonals.of(step.matrix), None, (), True)
            if step.is_noise and step.matrix is not None
            else step
            for step in lowered.steps
        )
        lowered = replace(lowered, steps=steps)
    return fused(without_idle_qubits(collected_start(lowered)))


def neglected_by_twirling(lowered: Lowered) -> float:
    """The largest entry of a noise channel's transfer matrix off its diagonal."""
    noise = {id(step.matrix): step.matrix for step in lowered.steps if step.is_noise}
    return max(
        (_off_diagonal(matrix) for matrix in noise.values() if matrix is not None), default=0.0
    )


def _off_diagonal(matrix: Floats) -> float:
    return float(np.abs(matrix - np.diag(np.diag(matrix))).max())


class _Steps:
    """Makes steps of events; each parameter belongs to one step."""

    def __init__(
        self,
        circuit: QuantumCircuit,
        expressions: Sequence[Any],
        initialisation: Initialisation,
        place: Mapping[int, int],
    ) -> None:
        self._parameters: list[Parameter] = list(circuit.parameters)
        self._leaves = {p: Leaf("weight", i) for i, p in enumerate(self._parameters)}
        self._expressions = expressions
        self._initialisation = initialisation
        self._place = place
        self._used: set[int] = set()
        self._maps: dict[Any, LocalMap] = {}
        self._fixed: dict[Any, Floats] = {}
        self._rounded = Made(_rounded)

    def of(self, events: Sequence[Event]) -> Iterator[Step]:
        """The steps, in order of time."""
        waiting: list[Rotation] = []
        for event in events:
            if isinstance(event, Rotation) and self._parameters_of(event):
                if waiting and not self._share(waiting[-1], event):
                    yield self._turning(waiting)
                    waiting = []
                waiting.append(event)
                continue
            if waiting:
                yield self._turning(waiting)
                waiting = []
            matrix = event.matrix if isinstance(event, Channel) else self._turned(event)
            noise = isinstance(event, NoiseChannel)
            yield Step(self._placed(event.qubits), self._rounded.of(matrix), None, (), noise)
        if waiting:
            yield self._turning(waiting)

    def _parameters_of(self, event: Rotation) -> frozenset[Any]:
        return frozenset(getattr(self._expressions[event.angle], "parameters", ()))

    def _share(self, one: Rotation, other: Rotation) -> bool:
        return not self._parameters_of(one).isdisjoint(self._parameters_of(other))

    def _placed(self, qubits: Qubits) -> Qubits:
        return tuple(self._place[qubit] for qubit in qubits)

    def _turned(self, event: Rotation) -> Floats:
        """A rotation by a number."""
        turn = Turn(event.paulis, 0.0, float(self._expressions[event.angle]))
        if turn not in self._fixed:
            matrix = LocalMap.turned([turn], lambda _: 1.0).matrix
            assert matrix is not None
            self._fixed[turn] = matrix
        return self._fixed[turn]

    def _turning(self, events: Sequence[Rotation]) -> Step:
        """One rotation, or several in a row that share their one parameter."""
        forms = [self._affine(event) for event in events]
        used = sorted({index for form in forms for index in form if index != "constant"})
        self._take(used)
        distributions = [distribution_of(self._parameters[i], self._initialisation) for i in used]
        qubits = _joined(events)
        if len(events) == 1:
            rates = {index: forms[0][index] for index in used}
            turn = Turn(events[0].paulis, 1.0, forms[0].get("constant", 0.0))
            law = tuple((rates[i], d) for i, d in zip(used, distributions, strict=True))
            return self._random(qubits, (turn,), law, tuple((i, rates[i] ** 2) for i in used))
        if len(used) > 1 or len(qubits) > 2:
            raise InputError(
                f"The parameters {self._names(used)} are in several rotations together, which the "
                "chain on Pauli strings does not cover; give each rotation its own parameter."
            )
        turns = tuple(
            Turn(
                tuple(dict(zip(event.qubits, event.paulis, strict=True)).get(q, 0) for q in qubits),
                form.get(used[0], 0.0),
                form.get("constant", 0.0),
            )
            for event, form in zip(events, forms, strict=True)
        )
        return self._random(qubits, turns, ((1.0, distributions[0]),), ((used[0], 1.0),))

    def _random(
        self,
        qubits: Qubits,
        turns: tuple[Turn, ...],
        law: tuple[tuple[float, Distribution], ...],
        derivatives: tuple[tuple[int, float], ...],
    ) -> Step:
        key = (turns, law)
        if key not in self._maps:
            self._maps[key] = LocalMap.turned(turns, _characteristic(law))
        return Step(self._placed(qubits), None, self._maps[key], derivatives)

    def _affine(self, event: Rotation) -> dict[Any, float]:
        expression = self._expressions[event.angle]
        form = affine_form(read_tape(expression, self._leaves))
        if form is None:
            raise InputError(
                f"The angle {expression} must be affine in its parameters (a·θ + b), because their "
                "distribution is known and the angle's must be; use a parameter for the angle."
            )
        return {
            key if key == "constant" else key[1]: value
            for key, value in form.items()
            if value or key == "constant"
        }

    def _take(self, used: Sequence[int]) -> None:
        again = self._used.intersection(used)
        if again:
            raise InputError(
                f"The parameter {self._names(again)} is in several rotations, whose angles are "
                "then correlated, which the chain on Pauli strings does not cover; give each "
                "rotation its own parameter (a controlled rotation that was transpiled to several "
                "is covered before it is), or sample with the engine 'exact' or 'statevector'."
            )
        self._used.update(used)

    def _names(self, indices: Any) -> str:
        return ", ".join(repr(self._parameters[i].name) for i in sorted(indices))


def _characteristic(law: Sequence[tuple[float, Distribution]]) -> Characteristic:
    """Of a sum of independent angles."""

    def of(frequency: float) -> complex:
        value: complex = 1.0
        for rate, distribution in law:
            value *= distribution.characteristic(frequency * rate)
        return value

    return of


def _joined(events: Sequence[Rotation]) -> Qubits:
    """The qubits of rotations together; those of the widest first."""
    qubits = list(max(events, key=lambda event: len(event.qubits)).qubits)
    for event in events:
        qubits += [q for q in event.qubits if q not in qubits]
    return tuple(qubits)


def _marked(after: After, repeats: bool) -> After:
    """The same noise, marked; where it repeats, it is made once, which makes fusion fast."""
    known: dict[Any, tuple[NoiseChannel, ...]] = {}

    def marked(gate: Any, qubits: Qubits) -> tuple[NoiseChannel, ...]:
        if not repeats or gate.name == "delay":
            return tuple(map(_as_noise, after(gate, qubits)))
        key = (gate.name, gate.label, qubits)
        if key not in known:
            known[key] = tuple(map(_as_noise, after(gate, qubits)))
        return known[key]

    return marked


def _as_noise(channel: Channel) -> NoiseChannel:
    return NoiseChannel(channel.qubits, channel.matrix)


def _rounded(matrix: Floats) -> Floats:
    whole = np.round(matrix)
    return np.where(np.abs(matrix - whole) < _ROUND, whole, matrix)
