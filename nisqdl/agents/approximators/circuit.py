"""Circuits of agents: layers of trained rotations, an entangler and encoded features."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from nisqdl.agents.approximators.contract import Array, Shape
from nisqdl.circuits.entanglers import DEVICE, OWN, entangler_pairs
from nisqdl.circuits.model import Model
from nisqdl.circuits.options import EntanglerName, RotationName, TwoQubitGateName
from nisqdl.errors import InputError

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp


class CircuitOptions(BaseModel):
    """A parametrised circuit with scaled inputs and weighted outputs.

    The defaults are those of Jerbi et al. 2021 (arXiv:2103.05363), after whose authors' tutorial
    for TensorFlow Quantum the details are.

    Attributes:
        kind: ``circuit``.
        qubits: Number of qubits, at most one a feature; feature i is encoded on qubit
            i mod qubits. None is one a feature.
        layers: Number of layers.
        rotations: Trained rotations of each qubit in a layer, in time order.
        entangler, gate: Which pairs each layer couples, and by which gate.
        reupload: Whether features are encoded in each layer (rotations, entangler, features; and
            rotations once more at the end), or once at the start (then entangler, rotations).
        encoding: Gates that take a feature's angle, in time order.
        reach: Angle in radians of a feature at the end of its range, before scaling.
        input_scaling: Whether each encoded angle is multiplied by a trained factor, first 1.
        squash: What is done to the scaled angles: nothing, ``arctan``, or ``tanh``.
        observables: What outputs read. ``product``: all the same, Z on every qubit; their
            weights start at 1 and −1 in turn. ``blocks``: output k the product of Z in the k-th
            of equal blocks of qubits. ``strings``: output k the k-th product of Z, in order of
            length (Z₀, Z₁, …, Z₀Z₁, …). ``auto``: ``product`` for two outputs, else ``strings``.
        head: What outputs are, of their expectation values v: ``weighted`` w·v, ``range``
            w·(1 + v)/2, ``offset`` v + b, ``linear`` Σₖ wₖvₖ + b over all observables, which with
            ``strings`` are at least as many as qubits.
        start: First weights of the circuit: ``uniform`` on [0, π), or ``small``: normal with
            standard deviation 0.01.
        trained: Whether the circuit's weights learn, or stay where they started.
        circuit: False puts a linear map in the circuit's place.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["circuit"] = "circuit"
    qubits: Annotated[StrictInt, Field(ge=1, le=20)] | None = None
    layers: Annotated[StrictInt, Field(ge=1, le=100)] = 5
    rotations: Annotated[tuple[RotationName, ...], Field(min_length=1, max_length=6)] = (
        "rx",
        "ry",
        "rz",
    )
    entangler: EntanglerName = "circular"
    gate: TwoQubitGateName = "cz"
    reupload: StrictBool = True
    encoding: Annotated[tuple[RotationName, ...], Field(min_length=1, max_length=3)] = ("rx",)
    reach: Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)] = 1.0
    input_scaling: StrictBool = True
    squash: Literal["none", "arctan", "tanh"] = "none"
    observables: Literal["auto", "product", "blocks", "strings"] = "auto"
    head: Literal["weighted", "range", "offset", "linear"] = "weighted"
    start: Literal["uniform", "small"] = "uniform"
    trained: StrictBool = True
    circuit: StrictBool = True

    def num_qubits(self, features: int) -> int:
        """Number of qubits for so many features.

        Raises:
            InputError: There are more qubits than features.
        """
        if self.qubits is not None and self.qubits > features:
            raise InputError(
                f"`qubits` must be at most the number of features ({features}), but is"
                f" {self.qubits}."
            )
        return self.qubits or features

    def read_by(self, outputs: int) -> Literal["product", "blocks", "strings"]:
        """What so many outputs read."""
        if self.observables == "auto":
            return "product" if outputs == 2 else "strings"
        return self.observables

    @property
    def encodings(self) -> int:
        """How often each feature is encoded."""
        return self.layers if self.reupload else 1


def circuit_model(options: CircuitOptions, shape: Shape) -> Model:
    """The logical model: its E features are angles already scaled, E = encodings · F, all of the
    first encoding first; its weights those of the rotations, in time order.

    Raises:
        InputError: Qubits, observables or entangler do not fit.
    """
    from qiskit.circuit import ParameterVector, QuantumCircuit

    if options.entangler in (OWN, DEVICE):
        raise InputError(
            f"`entangler` of an agent's circuit must name its pairs, but is {options.entangler!r}:"
            " take circular, linear, full or another with fixed pairs."
        )
    qubits = options.num_qubits(shape.features)
    rounds = options.layers + (1 if options.reupload else 0)
    angles = tuple(ParameterVector("x", options.encodings * shape.features))
    weights = tuple(ParameterVector("w", rounds * qubits * len(options.rotations)))
    circuit = QuantumCircuit(qubits)
    given = iter(weights)
    if not options.reupload:
        _encode(circuit, options, angles)
    for layer in range(options.layers):
        if options.reupload:
            _rotate(circuit, options, given)
        _entangle(circuit, options, layer)
        if options.reupload:
            _encode(circuit, options, angles[layer * shape.features :][: shape.features])
        else:
            _rotate(circuit, options, given)
    if options.reupload:
        _rotate(circuit, options, given)
    return Model(circuit, angles, weights, _observables(options, shape))


def first_weights(options: CircuitOptions, count: int, source: np.random.Generator) -> Array:
    """Where the circuit's weights start, in radians."""
    if options.start == "uniform":
        return source.uniform(0.0, np.pi, count)
    return 0.01 * source.standard_normal(count)


def num_observables(options: CircuitOptions, shape: Shape) -> int:
    """How many observables the circuit has."""
    read = options.read_by(shape.outputs)
    if read == "product":
        return 1
    if read == "strings" and options.head == "linear":
        return max(shape.outputs, options.num_qubits(shape.features))
    return shape.outputs


def strings(options: CircuitOptions, shape: Shape) -> tuple[tuple[int, ...], ...]:
    """The qubits of each observable's Z.

    Raises:
        InputError: There are not enough for the outputs.
    """
    qubits, outputs = options.num_qubits(shape.features), shape.outputs
    read = options.read_by(outputs)
    if read == "product":
        return (tuple(range(qubits)),)
    if read == "blocks":
        if outputs > qubits:
            raise InputError(
                f"`observables` 'blocks' needs a qubit for each of the {outputs} outputs, but there"
                f" are {qubits}: take 'strings'."
            )
        edges = [qubits * k // outputs for k in range(outputs + 1)]
        return tuple(tuple(range(a, b)) for a, b in pairwise(edges))
    if outputs > 2**qubits - 1:
        raise InputError(
            f"{qubits} qubits have {2**qubits - 1} products of Z, but there are {outputs} outputs:"
            " take more qubits."
        )
    found: list[tuple[int, ...]] = []
    for length in range(1, qubits + 1):
        found += combinations(range(qubits), length)
    return tuple(found[: num_observables(options, shape)])


def _observables(options: CircuitOptions, shape: Shape) -> tuple[SparsePauliOp, ...]:
    from qiskit.quantum_info import SparsePauliOp

    qubits = options.num_qubits(shape.features)
    return tuple(
        SparsePauliOp.from_sparse_list([("Z" * len(places), list(places), 1.0)], qubits)
        for places in strings(options, shape)
    )


def _encode(circuit: QuantumCircuit, options: CircuitOptions, angles: tuple[Any, ...]) -> None:
    for feature, angle in enumerate(angles):
        for gate in options.encoding:
            getattr(circuit, gate)(angle, feature % circuit.num_qubits)


def _rotate(circuit: QuantumCircuit, options: CircuitOptions, weights: Any) -> None:
    for qubit in range(circuit.num_qubits):
        for gate in options.rotations:
            getattr(circuit, gate)(next(weights), qubit)


def _entangle(circuit: QuantumCircuit, options: CircuitOptions, layer: int) -> None:
    for pair in entangler_pairs(options.entangler, circuit.num_qubits, layer):
        getattr(circuit, options.gate)(*pair)
