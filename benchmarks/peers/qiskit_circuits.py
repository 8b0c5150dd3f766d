"""A problem's circuit and observables in Qiskit, for the peers that take them."""

from __future__ import annotations

from dataclasses import dataclass

from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from benchmarks.problem import Problem


@dataclass(frozen=True)
class QiskitProblem:
    """The circuit with its parameters, in the columns' order."""

    circuit: QuantumCircuit
    features: tuple[Parameter, ...]
    weights: tuple[Parameter, ...]
    observables: tuple[SparsePauliOp, ...]


def in_qiskit(problem: Problem) -> QiskitProblem:
    """RY, RZ and CX with parameters; weights and features outside the cone stay in the lists."""
    features = tuple(Parameter(f"x{i:02d}") for i in range(problem.features.shape[1]))
    weights = tuple(Parameter(f"w{i:04d}") for i in range(problem.weights.shape[-1]))
    circuit = QuantumCircuit(problem.width)
    for gate in problem.gates:
        if gate.name == "cx":
            circuit.cx(*gate.qubits)
        else:
            getattr(circuit, gate.name)(gate.angle(features, weights), *gate.qubits)
    observables = tuple(
        SparsePauliOp.from_sparse_list([("Z" * len(o), list(o), 1.0)], problem.width)
        for o in problem.observables
    )
    return QiskitProblem(circuit, features, weights, observables)
