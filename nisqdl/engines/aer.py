"""The reference engine: Qiskit Aer's density matrix on the compact circuit.

Slow and plain on purpose: every number is Aer's own. The circuit is prepared once, each
parametrised angle as a parameter of its own, and bound for a whole batch in one call. Expectation
values are saved over all qubits of the compact circuit (with a subset and idle qubits, Aer's are
wrong: qiskit-aer #2442), and get their readout confusion from :mod:`nisqdl.noise.readout`, since
Aer's leave it out. Where gates are noiseless, a state vector does the same.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nisqdl.engines.angles import Angles, compile_angles
from nisqdl.engines.contract import Array, Pull
from nisqdl.engines.outcomes import groups, measured, parities, terms
from nisqdl.errors import CapacityError, InputError, NisqdlError
from nisqdl.noise.aer import aer_noise_model
from nisqdl.noise.channels import NoiseChannels, Readout
from nisqdl.noise.inert import refuse_inert
from nisqdl.noise.readout import with_readout

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit
    from qiskit.quantum_info import SparsePauliOp
    from qiskit_aer import AerSimulator

    from nisqdl.circuits.model import Model
    from nisqdl.targets.isa import IsaModel

_ROTATIONS = frozenset({"rx", "ry", "rz", "p", "rxx", "ryy", "rzz", "rzx"})
"""One angle, and eigenvalues of the generator ±1/2 up to a phase: f(θ + π/2) − f(θ − π/2) is
2 f'(θ), exactly, whatever noise follows (Schuld et al. 2019, arXiv:1811.11184)."""

_UNROLLED = (*sorted(_ROTATIONS), "id", "x", "y", "z", "h", "s", "sdg", "t", "tdg", "sx", "sxdg")
_UNROLLED += ("cx", "cy", "cz", "ecr", "swap")

_CIRCUITS_PER_RUN = 2000


@dataclass
class AerEngine:
    """Qiskit Aer behind the engines' contract.

    Attributes:
        threads: Aer's threads; results do not depend on it.
        memory_gib: Memory that one state may take; ``None`` is half of this machine's.
    """

    threads: int = 1
    memory_gib: float | None = None
    name: str = "aer"

    def prepare(self, model: Model | IsaModel, noise: NoiseChannels) -> AerEvaluator:
        """Build the noisy circuit once; see :class:`nisqdl.engines.contract.Engine`.

        Raises:
            CapacityError: One state does not fit the memory.
            InputError: The circuit is not ISA for the noise, or has parameters that are neither
                features nor weights, measurements, or control flow.
        """
        method = "density_matrix" if noise.gates or noise.idle else "statevector"
        _check_memory(model.num_qubits, method, self.memory_gib)
        refuse_inert(model.circuit, noise)
        circuit, expressions, parameters = _own_angles(_rotations_only(model.circuit, noise))
        weights = set(model.weights)
        return AerEvaluator(
            circuit=circuit,
            parameters=tuple(parameters),
            angles=compile_angles(expressions, model.features, model.weights),
            trained=tuple(k for k, e in enumerate(expressions) if weights & set(e.parameters)),
            observables=model.observables,
            readout=noise.readout,
            simulator=_simulator(_of_circuit(noise, circuit), method, self.threads),
        )


@dataclass(frozen=True, eq=False)
class AerEvaluator:
    """A model under noise on Aer; see :class:`nisqdl.engines.contract.Evaluator`.

    Attributes:
        circuit: With a parameter of its own for each parametrised angle, K of them.
        parameters: Those parameters, length K.
        angles: Their values as functions of features and weights.
        trained: Which angles depend on weights.
        observables: As measured without readout confusion, length O.
        readout: qubit → confusion, which acts on the values.
        simulator: Aer with the noise model.
    """

    circuit: QuantumCircuit
    parameters: tuple[Parameter, ...]
    angles: Angles
    trained: tuple[int, ...]
    observables: tuple[SparsePauliOp, ...]
    readout: Mapping[int, Readout]
    simulator: AerSimulator

    def values(self, features: Array, weights: Array) -> Array:
        """Expectation values, shape (B, O)."""
        return self._at(self.angles.evaluate(features, weights))

    def values_and_gradient(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array]:
        """Values (B, O) and gradient (W,) by the parameter-shift rule at each trained angle."""
        angles = self.angles.evaluate(features, weights)
        batch, num_shifts = angles.shape[1], len(self.trained)
        at_all = np.tile(angles, 1 + 2 * num_shifts)
        for i, row in enumerate(self.trained):
            plus = batch * (1 + 2 * i)
            at_all[row, plus : plus + batch] += np.pi / 2
            at_all[row, plus + batch : plus + 2 * batch] -= np.pi / 2
        found = self._at(at_all).reshape(1 + 2 * num_shifts, batch, len(self.observables))
        values, slopes = found[0], (found[1::2] - found[2::2]) / 2
        by_angle = np.zeros_like(angles)
        by_angle[list(self.trained)] = np.einsum("kbo,bo->kb", slopes, pull(values))
        by_weights, _ = self.angles.pullback(features, weights, by_angle)
        return values, by_weights.sum(axis=0)

    def estimates(
        self, features: Array, weights: Array, shots: int, rng: np.random.Generator
    ) -> Array:
        """Values (B, O) from outcomes that Aer samples, its readout errors included.

        Each group of qubit-wise commuting terms, over all observables, gets its own ``shots``. The
        turn to the measured basis is noiseless, as for the exact values.

        Raises:
            InputError: ``shots`` is below 1.
        """
        if shots < 1:
            raise InputError(f"`shots` must be at least 1, but is {shots}.")
        angles = self.angles.evaluate(features, weights)
        estimates = np.zeros((angles.shape[1], len(self.observables)))
        paulis, coefficients = terms(self.observables)
        for group in groups(paulis):
            basis_z = np.bitwise_or.reduce(paulis.z[group], axis=0)
            basis_x = np.bitwise_or.reduce(paulis.x[group], axis=0)
            circuit = measured(self.circuit, basis_x, basis_z)
            signs = parities(paulis.x[group] | paulis.z[group])
            for sample, data in enumerate(self._run(circuit, angles, shots, rng)):
                means = signs(data["counts"]) / shots
                estimates[sample] += coefficients[:, group] @ means
        return estimates

    def _at(self, angles: Array) -> Array:
        """Values (C, O) at C columns of angles (K, C), readout included."""
        circuit, coefficients = self._saving
        labels = [f"pauli_{i}" for i in range(coefficients.shape[1])]
        rows = [[data[label] for label in labels] for data in self._run(circuit, angles)]
        paulis = np.array(rows, dtype=float).reshape(angles.shape[1], len(labels))
        values: Array = paulis @ coefficients.T
        return values

    @cached_property
    def _saving(self) -> tuple[QuantumCircuit, Array]:
        """The circuit that saves every Pauli string, and the observables' coefficients (O, P)."""
        read = [with_readout(o, self.readout) for o in self.observables]
        paulis, coefficients = terms(read)
        circuit = self.circuit.copy()
        for i, pauli in enumerate(paulis):
            circuit.save_expectation_value(pauli, circuit.qubits, label=f"pauli_{i}")
        return circuit, coefficients

    def _run(
        self,
        circuit: QuantumCircuit,
        angles: Array,
        shots: int = 1,
        rng: np.random.Generator | None = None,
    ) -> list[Mapping[str, Any]]:
        """Aer's data at each of C columns of angles (K, C).

        Aer derives a seed for each column from the run's.
        """
        found: list[Mapping[str, Any]] = []
        for first in range(0, angles.shape[1], _CIRCUITS_PER_RUN):
            part = angles[:, first : first + _CIRCUITS_PER_RUN]
            seed = 0 if rng is None else int(rng.integers(1 << 31))
            if self.parameters:
                binds = [dict(zip(self.parameters, part.tolist(), strict=True))]
                circuits = [circuit]
            else:
                binds, circuits = None, [circuit] * part.shape[1]
            result = self.simulator.run(
                circuits, parameter_binds=binds, shots=shots, seed_simulator=seed
            ).result()
            if not result.success:
                raise NisqdlError(f"Qiskit Aer could not run the circuit: {result.status}.")
            found += [result.data(i) for i in range(part.shape[1])]
        return found


def _check_memory(num_qubits: int, method: str, memory_gib: float | None) -> None:
    machine_gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    allowed_gib = machine_gib / 2 if memory_gib is None else memory_gib
    bits = 2 if method == "density_matrix" else 1
    needed_gib = 2.0 ** (bits * num_qubits - 26)
    if needed_gib > allowed_gib:
        most = int((np.log2(allowed_gib) + 26) // bits)
        what = "density matrix" if bits == 2 else "state vector"
        raise CapacityError(
            f"The model uses {num_qubits} qubits, whose {what} takes {needed_gib:,.1f} GiB, but "
            f"{allowed_gib:,.1f} GiB of memory may be used here: at most {most} qubits. Use fewer "
            "features or qubits" + (", or the noise recipe ideal." if bits == 2 else ".")
        )


def _rotations_only(circuit: QuantumCircuit, noise: NoiseChannels) -> QuantumCircuit:
    """The circuit with its parameters in rotations only; others are unrolled where gates are ideal.

    Raises:
        InputError: An operation cannot be evaluated, or must not be unrolled under gate noise.
    """
    others = set()
    for instruction in circuit.data:
        operation = instruction.operation
        if instruction.clbits or operation.name in ("measure", "if_else", "for_loop", "while_loop"):
            raise InputError(
                f"The circuit holds the operation {operation.name}, but a model's circuit must "
                "have gates only; its observables say what is measured."
            )
        # Asked of the instruction: a controlled gate's own is_parameterized() is wrongly False.
        if instruction.is_parameterized() and operation.name not in _ROTATIONS:
            others.add(operation.name)
    if not others:
        return circuit
    if noise.gates:
        raise InputError(
            f"The gate {min(others)} has a parameter but is no plain rotation, and cannot be taken "
            "apart under gate noise; transpile the model for the device."
        )
    from qiskit import transpile

    return transpile(circuit, basis_gates=[*_UNROLLED, "delay", "reset"], optimization_level=0)


def _own_angles(
    circuit: QuantumCircuit,
) -> tuple[QuantumCircuit, list[Any], list[Parameter]]:
    """Each parametrised angle replaced by a new parameter; the expressions it stood for.

    The global phase, which may have parameters too, is dropped: no expectation value feels it.
    """
    from qiskit.circuit import Parameter, QuantumCircuit

    plain = QuantumCircuit(circuit.num_qubits)
    place = {qubit: i for i, qubit in enumerate(circuit.qubits)}
    expressions: list[Any] = []
    parameters: list[Parameter] = []
    for instruction in circuit.data:
        operation = instruction.operation
        if instruction.is_parameterized():
            expressions.append(operation.params[0])
            parameters.append(Parameter(f"angle_{len(parameters)}"))
            operation = operation.to_mutable()
            operation.params = [parameters[-1]]
        plain.append(operation, [place[qubit] for qubit in instruction.qubits])
    return plain, expressions, parameters


def _of_circuit(noise: NoiseChannels, circuit: QuantumCircuit) -> NoiseChannels:
    """The noise of the gates that the circuit has: Aer's errors take long to build."""
    used = {
        (one.operation.name, tuple(circuit.find_bit(qubit).index for qubit in one.qubits))
        for one in circuit.data
    }
    return replace(noise, gates={key: gate for key, gate in noise.gates.items() if key in used})


def _simulator(noise: NoiseChannels, method: str, threads: int) -> AerSimulator:
    from qiskit_aer import AerSimulator

    model = None if noise.is_ideal else aer_noise_model(noise)
    return AerSimulator(method=method, noise_model=model, max_parallel_threads=threads)
