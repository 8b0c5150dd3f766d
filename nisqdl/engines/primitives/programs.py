"""Circuits lowered once: programs by the circuit's content, the least recently used dropped."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from threading import RLock
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.circuits.model import Model
from nisqdl.engines.contract import Array
from nisqdl.engines.exact import ExactEngine
from nisqdl.engines.exact.lowering import CircuitNoise, lower_under
from nisqdl.engines.primitives.noise import NoiseSource
from nisqdl.engines.statevector import StatevectorEngine
from nisqdl.errors import InputError
from nisqdl.noise.channels import NoiseChannels
from nisqdl.noise.sites import NOT_GATES

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit
    from qiskit.quantum_info import SparseObservable, SparsePauliOp

MOST_PROGRAMS = 128
"""Programs that are kept."""

_LOCK = RLock()
"""Jobs run in threads. It is no attribute, so that estimators can be copied and stored."""

Mask: TypeAlias = tuple[bool, ...]
"""Which of a circuit's parameters vary from row to row."""


class PointEvaluator(Protocol):
    """What the primitives ask of an engine's evaluator."""

    def values(self, features: Array, weights: Array) -> Array: ...

    def jacobian(self, features: Array, weights: Array) -> tuple[Array, Array, Array]: ...

    def estimates_with_errors(
        self, features: Array, weights: Array, shots: int, rng: np.random.Generator
    ) -> tuple[Array, Array]: ...

    def outcomes(
        self, features: Array, weights: Array, shots: int, rng: np.random.Generator
    ) -> Iterator[npt.NDArray[np.bool_]]: ...


@dataclass(frozen=True, eq=False)
class CircuitContent:
    """A circuit, and a key that equal circuits share."""

    circuit: QuantumCircuit
    key: Hashable

    @classmethod
    def of(cls, circuit: QuantumCircuit) -> CircuitContent:
        """The key has every instruction: name, label, qubits and parameters."""
        index = {qubit: i for i, qubit in enumerate(circuit.qubits)}
        content = []
        for instruction in circuit.data:
            operation = instruction.operation
            qubits = tuple([index[qubit] for qubit in instruction.qubits])
            parameters = tuple([_hashable(value) for value in getattr(operation, "params", ())])
            label = getattr(operation, "label", None)
            content.append((_identity(operation), label, qubits, parameters))
        return cls(circuit, (circuit.num_qubits, tuple(content)))


@dataclass(frozen=True)
class Program:
    """A lowered circuit.

    Attributes:
        evaluator: Takes features and weights.
        varying: Which of the circuit's parameters are features, (P,); the others are weights.
        noise: Of the circuit.
    """

    evaluator: PointEvaluator
    varying: npt.NDArray[np.bool_]
    noise: CircuitNoise

    def inputs(self, rows: Array) -> tuple[Array, Array]:
        """Features (R, F) and weights (W,) from rows (R, P) of the circuit's parameters."""
        weights = rows[0, ~self.varying] if len(rows) else np.zeros(int((~self.varying).sum()))
        return np.ascontiguousarray(rows[:, self.varying]), np.ascontiguousarray(weights)

    def jacobian(self, rows: Array) -> tuple[Array, Array]:
        """Values (R, O) and their derivatives by the circuit's parameters (R, O, P), in order."""
        values, by_weights, by_features = self.evaluator.jacobian(*self.inputs(rows))
        found = np.empty((*values.shape, rows.shape[1]))
        found[:, :, self.varying] = by_features
        found[:, :, ~self.varying] = by_weights
        return values, found


@dataclass(frozen=True, eq=False)
class Programs:
    """Makes programs under one noise, and keeps them.

    Attributes:
        noise: Of every circuit.
        readout: Whether values carry readout confusion.
        memory_gib: What states may take.
    """

    noise: NoiseSource
    readout: bool
    memory_gib: float
    _kept: OrderedDict[Hashable, dict[Mask, Program]] = field(default_factory=OrderedDict)

    def find(
        self,
        content: CircuitContent,
        observables: Sequence[SparseObservable],
        rows: Array,
        measured: tuple[int, ...] = (),
    ) -> Program:
        """The program for these observables at these rows (R, P) of parameters.

        What varies over the rows are the features, so that the engine can share all else.

        Args:
            measured: Qubits that are measured by instructions, each once.

        Raises:
            InputError: Noise would be inert, or the circuit has what the engines do not take.
            CapacityError: It does not fit the memory.
        """
        varying = tuple((rows != rows[:1]).any(axis=0).tolist())
        key = (content.key, tuple(observable_key(one) for one in observables))
        with _LOCK:
            known = self._kept.get(key, {})
            found = _suitable(known, varying)
            if found is None:
                paulis = tuple(_as_pauli_sum(one) for one in observables)
                found = known[varying] = self._program(content.circuit, paulis, varying, measured)
            self._kept[key] = known
            self._kept.move_to_end(key)
            while sum(map(len, self._kept.values())) > MOST_PROGRAMS and len(self._kept) > 1:
                self._kept.popitem(last=False)
        return found

    def _program(
        self,
        circuit: QuantumCircuit,
        observables: tuple[SparsePauliOp, ...],
        varying: Mask,
        measured: tuple[int, ...],
    ) -> Program:
        paired = list(zip(circuit.parameters, varying, strict=True))
        model = Model(
            circuit=_concrete(circuit),
            features=tuple(parameter for parameter, varies in paired if varies),
            weights=tuple(parameter for parameter, varies in paired if not varies),
            observables=observables,
        )
        observed = _observed(observables)
        if not measured:
            _warn_of_ancillas(circuit, observed)
            self._check_readout()
        noise = self.noise.of_circuit(model.circuit, observed, measured)
        return Program(self._evaluator(model, noise), np.array(varying, dtype=bool), noise)

    def _check_readout(self) -> None:
        if self.readout and self.noise.acts_before_measurements:
            raise InputError(
                "The noise model has quantum errors on measurements, which expectation values "
                "cannot carry; describe them as readout errors, pass readout=False to leave them "
                "out, or use ExactSampler."
            )

    def _evaluator(self, model: Model, noise: CircuitNoise) -> PointEvaluator:
        """State vectors where gates are ideal, density matrices where they are not."""
        readout = noise.readout if self.readout else {}
        if self.noise.only_readout and _only_gates(model.circuit):
            engine = StatevectorEngine(memory_gib=self.memory_gib)
            return engine.prepare(model, NoiseChannels("readout", readout=readout))
        lowered = lower_under(model, replace(noise, readout=readout))
        return ExactEngine(memory_gib=self.memory_gib).evaluator(lowered, model.num_qubits)


def _observed(observables: Sequence[SparsePauliOp]) -> tuple[int, ...]:
    """Qubits on which an observable is not the identity."""
    return tuple(
        {
            int(qubit)
            for observable in observables
            for qubit in np.flatnonzero((observable.paulis.x | observable.paulis.z).any(axis=0))
        }
    )


def _concrete(circuit: QuantumCircuit) -> QuantumCircuit:
    """A copy, for some of it is read later, with Cliffords, permutations and such synthesised."""
    from qiskit.circuit import Instruction
    from qiskit.circuit.library import PermutationGate
    from qiskit.transpiler import PassManager
    from qiskit.transpiler.passes import HighLevelSynthesis

    if any(
        not isinstance(instruction.operation, Instruction)
        or isinstance(instruction.operation, PermutationGate)
        for instruction in circuit.data
    ):
        return PassManager([HighLevelSynthesis()]).run(circuit)
    return circuit.copy()


def _warn_of_ancillas(circuit: QuantumCircuit, observed: tuple[int, ...]) -> None:
    """An observable that was not laid out as its circuit measures qubits that do nothing."""
    if circuit.layout is None:
        return
    used = circuit.layout.final_index_layout(filter_ancillas=True)
    stray = sorted(set(observed) - set(used))
    if stray:
        warnings.warn(
            f"An observable is on qubits {', '.join(map(str, stray))}, which hold no qubit of the "
            f"circuit before it was laid out (those are on {', '.join(map(str, used))}); make it "
            "with observable.apply_layout(circuit.layout).",
            UserWarning,
            stacklevel=2,
        )


def _suitable(known: dict[Mask, Program], varying: Mask) -> Program | None:
    """A program with these features, or with a few more: what varies may be the same in a batch.

    One that takes all parameters as features does not do for fewer: it shares nothing.
    """
    if varying in known:
        return known[varying]
    fitting = [
        mask
        for mask in known
        if not all(mask) and all(have or not need for have, need in zip(mask, varying, strict=True))
    ]
    return known[min(fitting, key=sum)] if fitting else None


def _only_gates(circuit: QuantumCircuit) -> bool:
    from qiskit.circuit import Gate

    return all(
        isinstance(instruction.operation, Gate) or instruction.operation.name in _NO_OPERATION
        for instruction in circuit.data
    )


_NO_OPERATION = NOT_GATES - {"measure", "reset"}


def _identity(operation: Any) -> Hashable:
    """The name of Qiskit's own gates; any other operation is its own kind."""
    name = operation.name
    kind = getattr(operation, "base_class", type(operation))
    if str(kind.__module__).startswith("qiskit.circuit.library.standard_gates"):
        return name, getattr(operation, "ctrl_state", None)
    if name in NOT_GATES:
        return name, getattr(operation, "unit", None)
    return _Itself(operation)


@dataclass(frozen=True)
class _Itself:
    """An operation that equals only itself; it is kept alive, so that no other takes its place."""

    operation: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and other.operation is self.operation

    def __hash__(self) -> int:
        return id(self.operation)


def _hashable(value: Any) -> Hashable:
    if isinstance(value, np.ndarray):
        return value.shape, value.tobytes()
    return value if isinstance(value, Hashable) else repr(value)


def observable_key(observable: SparseObservable) -> tuple[object, ...]:
    """What equal observables share."""
    parts = (observable.coeffs, observable.bit_terms, observable.indices, observable.boundaries)
    return observable.num_qubits, *(np.asarray(part).tobytes() for part in parts)


def _as_pauli_sum(observable: SparseObservable) -> SparsePauliOp:
    """Projectors (0, 1, +, …) written out in Pauli strings."""
    from qiskit.quantum_info import SparsePauliOp

    return SparsePauliOp.from_sparse_observable(observable).simplify()
