"""qulacs: gradients by its backpropagation; one derivative by two shifts."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.contract import Peer, Step
from benchmarks.problem import Array, Problem


def prepare(problem: Problem, threads: int) -> Step:
    """A parametric circuit; features are parameters too. Threads are OpenMP's.

    qulacs rotates by exp(+iθP/2), so all angles change sign.
    """
    from qulacs import Observable, ParametricQuantumCircuit, QuantumState

    circuit = ParametricQuantumCircuit(problem.width)
    by_feature: list[tuple[int, int]] = []
    by_weight: list[tuple[int, int]] = []
    for gate in problem.gates:
        if gate.name == "cx":
            circuit.add_CNOT_gate(*gate.qubits)
            continue
        place = circuit.get_parameter_count()
        getattr(circuit, f"add_parametric_{gate.name.upper()}_gate")(gate.qubits[0], 0.0)
        if gate.feature is not None:
            by_feature.append((place, gate.feature))
        if gate.weight is not None:
            by_weight.append((place, gate.weight))
    observables = []
    for qubits in problem.observables:
        observable = Observable(problem.width)
        observable.add_operator(1.0, " ".join(f"Z {q}" for q in qubits))
        observables.append(observable)
    state = QuantumState(problem.width)

    def lay(x: Array, w: Array) -> None:
        for place, feature in by_feature:
            circuit.set_parameter(place, -x[feature])
        for place, weight in by_weight:
            circuit.set_parameter(place, -w[weight])

    def expectations() -> list[float]:
        state.set_zero_state()
        circuit.update_quantum_state(state)
        return [observable.get_expectation_value(state) for observable in observables]

    places = np.array([place for place, _ in by_weight])
    trained = np.array([weight for _, weight in by_weight])

    def training_step(count: int) -> Array:
        values = np.empty(count)
        slopes = np.zeros((count, len(problem.weights)))
        for b in range(count):
            if b == 0:
                lay(problem.features[0], problem.weights)
            for place, feature in by_feature:
                circuit.set_parameter(place, -problem.features[b, feature])
            values[b] = expectations()[0]
            slopes[b, trained] = -np.array(circuit.backprop(observables[0]))[places]
        gradient = problem.loss_slopes(values) @ slopes
        return np.concatenate([[problem.loss(values)], gradient])

    first = next((place for place, weight in by_weight if weight == 0), 0)

    def derivatives(count: int) -> Array:
        found = np.empty((count, len(observables)))
        for row, weights in enumerate(problem.weights[:count]):
            lay(problem.features[0], weights)
            circuit.set_parameter(first, -weights[0] - np.pi / 2)
            up = expectations()
            circuit.set_parameter(first, -weights[0] + np.pi / 2)
            found[row] = (np.array(up) - expectations()) / 2
        return found

    return {"training step": training_step, "derivatives": derivatives}[problem.task]


PEER = Peer(
    name="qulacs",
    packages=("qulacs",),
    workloads=("W1", "W3"),
    prepare=prepare,
    largest={},
)
