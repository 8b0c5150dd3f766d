"""An exact oracle for Pauli paths on a line of any width, and circuits to hold walks against it.

The chain on Pauli strings is contracted qubit by qubit: each qubit is a column of letters in time,
each two-qubit map a bond between columns of neighbours. With d maps between two neighbours, the
state between their columns has r^d numbers (r = 4 for CX and CZ, up to 8 with depolarizing noise),
whatever the number of qubits. All of them are positive, so that even 1e-30 is found to many digits.
It shares the steps with the engine and nothing else.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

    from nisqdl.engines.pauli_paths.steps import Lowered
    from nisqdl.noise.channels import NoiseChannels

_I = (1.0, 0.0, 0.0, 0.0)


def moment(lowered: Lowered, slope: int | None = None) -> float:
    """E[C²] of an observable whose strings are uncorrelated; with ``slope``, a step's number,
    E[(∂C)²] by its angle."""
    from dataclasses import replace

    terms = [p for p in lowered.products if p.factors]
    parts = [replace(lowered, products=(term,)) for term in terms]
    return math.fsum(math.exp(max(log_moment(part, slope), -700.0)) for part in parts)


def log_moment(lowered: Lowered, slope: int | None = None) -> float:
    """ln E[C²] of one string; with ``slope``, a step's number, ln E[(∂C)²] by its angle."""
    (term,) = [p for p in lowered.products if p.factors]
    parts: list[tuple[int, Any]] = []
    known: dict[bytes, tuple[Any, Any]] = {}
    for number, step in enumerate(lowered.steps):
        matrix = step.map.squared_slopes if number == slope else step.map.squares
        if len(step.qubits) == 1:
            parts.append((step.qubits[0], matrix))
            continue
        first, second = step.qubits
        if first > second:
            first, second = second, first
            matrix = matrix.reshape(4, 4, 4, 4).transpose(1, 0, 3, 2).reshape(16, 16)
        assert second == first + 1, "only neighbours on the line"
        key = matrix.tobytes()
        known[key] = known.get(key) or _split(matrix)
        parts.append((first, known[key]))
    state, log = np.ones(1), 2.0 * np.log(abs(term.coefficient))
    for qubit in range(lowered.num_qubits):
        # Bonds to the left that are not used yet, the letter, bonds to the right.
        column = state[:, None, None] * (np.array(term.factors.get(qubit, _I)) ** 2)[:, None]
        for place, part in reversed(parts):
            if isinstance(part, np.ndarray):
                column = np.einsum("alr,lo->aor", column, part) if place == qubit else column
            elif place == qubit - 1:
                column = column.reshape(len(part[1]), -1, *column.shape[1:])
                column = np.einsum("kalr,klo->aor", column, part[1])
            elif place == qubit:
                column = np.einsum("alr,klo->aork", column, part[0])
                column = column.reshape(*column.shape[:2], -1)
        state = np.einsum("alr,l->r", column, lowered.start[qubit] ** 2)
        size = state.max()
        if size <= 0.0:
            return -np.inf
        state, log = state / size, log + np.log(size)
    return float(log + np.log(state[0]))


def _split(matrix: Any) -> tuple[Any, Any]:
    """K[a + 4 b, a' + 4 b'] = Σ_k A[k, a, a'] B[k, b, b'] without negative numbers."""
    blocks = matrix.reshape(4, 4, 4, 4).transpose(1, 3, 0, 2)
    found: list[tuple[Any, Any]] = []
    for a, after in np.ndindex(4, 4):
        block = blocks[a, after]
        size = block.max()
        if size <= 0.0:
            continue
        same = [left for left, right in found if np.allclose(right, block / size, atol=1e-14)]
        if not same:
            same = [np.zeros((4, 4))]
            found.append((same[0], block / size))
        same[0][a, after] = size
    return np.array([left for left, _ in found]), np.array([right for _, right in found])


def on_a_line(
    num_qubits: int, layers: int, gate: str = "cz", brick: bool = False
) -> QuantumCircuit:
    """Layers of RY and RZ on each qubit and a chain, or a brick wall, of entangling gates."""
    from qiskit import QuantumCircuit
    from qiskit.circuit import ParameterVector

    theta = iter(ParameterVector("t", 2 * num_qubits * layers))
    circuit = QuantumCircuit(num_qubits)
    for layer in range(layers):
        for qubit in range(num_qubits):
            circuit.ry(next(theta), qubit)
            circuit.rz(next(theta), qubit)
        first, stride = (layer % 2, 2) if brick else (0, 1)
        for qubit in range(first, num_qubits - 1, stride):
            getattr(circuit, gate)(qubit, qubit + 1)
    return circuit


def depolarizing(circuit: QuantumCircuit, rates: float | Sequence[float]) -> NoiseChannels:
    """Depolarizing noise after two-qubit gates, of one rate or of one for each pair of neighbours
    by its first qubit."""
    from nisqdl.noise.channels import GateNoise, NoiseChannels

    places = {qubit: place for place, qubit in enumerate(circuit.qubits)}
    gates = {}
    for instruction in circuit.data:
        qubits = tuple(places[qubit] for qubit in instruction.qubits)
        rate = 0.0
        if len(qubits) == 2:
            rate = rates if isinstance(rates, float) else rates[min(qubits)]
        gates[instruction.operation.name, qubits] = GateNoise(rate)
    return NoiseChannels("line", gates)


def lowered_of(
    circuit: QuantumCircuit,
    observable: Any,
    noise: Any = None,
    initialisation: Any = None,
    twirl: bool = False,
) -> Lowered:
    """The steps that :func:`nisqdl.gradient_variance` would walk."""
    from nisqdl.engines.pauli_paths.initialisation import Uniform
    from nisqdl.engines.pauli_paths.lowering import lower, prepared
    from nisqdl.engines.pauli_paths.observable import as_read, read_observable, support
    from nisqdl.engines.primitives.noise import noise_source

    products = read_observable(observable, circuit.num_qubits)
    qubits = tuple(sorted(support(products)))
    found = noise_source(noise, True).of_circuit(circuit, qubits, ())
    read = as_read(products, found.readout)
    lowered = lower(circuit, read, found, initialisation or Uniform(), repeats=True)
    return prepared(lowered, twirl)
