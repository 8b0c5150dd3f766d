"""Lowering: a model under noise channels, reduced to what its observables feel."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from nisqdl.engines.angles import Angles, compile_angles
from nisqdl.engines.exact.cone import causal_cone, split_at_data
from nisqdl.engines.exact.observables import observable_vectors, support
from nisqdl.engines.exact.program import Floats
from nisqdl.engines.exact.unroll import After, Channel, Event, Rotation, channels_after, unroll
from nisqdl.noise.channels import NoiseChannels, Readout
from nisqdl.noise.inert import refuse_inert

if TYPE_CHECKING:
    from qiskit.quantum_info import SparsePauliOp

    from nisqdl.circuits.model import Model
    from nisqdl.targets.isa import IsaModel


@dataclass(frozen=True)
class Lowered:
    """A model on the n qubits of its observables' causal cone.

    Attributes:
        qubits: The circuit's index of each of the n qubits, ascending.
        prefix, suffix: Events before and after the data end; qubits count from 0 to n − 1.
        angles: All K angles that the events count.
        measured: The observables as given, the identity on spare qubits.
        readout: Confusion by the circuit's qubit.
    """

    qubits: tuple[int, ...]
    prefix: tuple[Event, ...]
    suffix: tuple[Event, ...]
    angles: Angles
    measured: tuple[SparsePauliOp, ...]
    readout: Mapping[int, Readout]

    @property
    def num_qubits(self) -> int:
        return len(self.qubits)

    @cached_property
    def observables(self) -> Floats:
        """(O, 4^n) as read, on the n qubits; made when first asked for, once they surely fit."""
        return observable_vectors(self.measured, self.readout, self.qubits)

    @property
    def events(self) -> tuple[Event, ...]:
        """The whole circuit; an order that its own order allows."""
        return self.prefix + self.suffix

    @cached_property
    def sampled_angles(self) -> frozenset[int]:
        """Angles that depend on features."""
        return frozenset(self.angles.sampled_rows.tolist())

    @property
    def prefix_rotations(self) -> list[Rotation]:
        return [event for event in self.prefix if isinstance(event, Rotation)]


@dataclass(frozen=True)
class CircuitNoise:
    """The noise of one circuit, on the circuit's own qubits.

    Attributes:
        after: What follows each operation.
        readout: Confusion by qubit.
        at_end: What comes after the whole circuit (noise before its measurements).
    """

    after: After
    readout: Mapping[int, Readout]
    at_end: tuple[Channel, ...] = ()


def lower(model: Model | IsaModel, noise: NoiseChannels) -> Lowered:
    """Unroll, check, reduce to the causal cone and split at the data.

    Raises:
        InputError: Noise would be inert, or the circuit has what the engine does not take.
    """
    with _collector_waiting():
        refuse_inert(model.circuit, noise)
    return lower_under(model, CircuitNoise(channels_after(noise), noise.readout))


def lower_under(model: Model | IsaModel, noise: CircuitNoise) -> Lowered:
    """As :func:`lower`, under any noise; whether it is inert is not checked.

    Raises:
        InputError: The circuit has what the engine does not take.
    """
    with _collector_waiting():
        return _lowered(model, noise)


def _lowered(model: Model | IsaModel, noise: CircuitNoise) -> Lowered:
    observed = support(model.observables)
    unrolled = unroll(model.circuit, noise.after, noise.readout, observed)
    events = [*unrolled.events, *noise.at_end]
    events, qubits = causal_cone(events, observed)
    events, expressions = _renumbered(events, qubits, unrolled.expressions)
    angles = compile_angles(expressions, model.features, model.weights)
    prefix, suffix = split_at_data(events, frozenset(angles.sampled_rows.tolist()))
    return Lowered(
        qubits=tuple(qubits),
        prefix=tuple(prefix),
        suffix=tuple(suffix),
        angles=angles,
        measured=tuple(_widened(one, unrolled.spares) for one in model.observables),
        readout=noise.readout,
    )


def _widened(observable: SparsePauliOp, spares: int) -> SparsePauliOp:
    """The observable with the identity on the spare qubits, which hold outcomes."""
    from qiskit.quantum_info import Pauli

    return observable.expand(Pauli("I" * spares)) if spares else observable


@contextmanager
def _collector_waiting() -> Iterator[None]:
    """Without cyclic garbage collection, which would go through the whole heap for nothing.

    Lowering makes thousands of objects that live for milliseconds and have no cycles; counting
    them as survivors, Python would look at every object of the process once in some 30 circuits,
    for 70 ms each time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _renumbered(
    events: list[Event], qubits: list[int], expressions: list[object]
) -> tuple[list[Event], list[object]]:
    """Qubits and angles counted from 0, those left out dropped."""
    place = {qubit: i for i, qubit in enumerate(qubits)}
    result: list[Event] = []
    used: list[object] = []
    for event in events:
        moved = tuple(place[qubit] for qubit in event.qubits)
        if isinstance(event, Channel):
            result.append(Channel(moved, event.matrix))
        else:
            result.append(Rotation(moved, event.paulis, len(used)))
            used.append(expressions[event.angle])
    return result, used
