"""Aer, tuned: transpiled once, all shifts and samples as bindings of one circuit, shots=1."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.peers.contract import Peer, Step
from benchmarks.problem import Array, Noise, Problem


def prepare(problem: Problem, threads: int) -> Step:
    """One circuit and a simulator for each noise; gradients by parameter shift."""
    from qiskit import transpile
    from qiskit_aer import AerSimulator

    from benchmarks.peers.qiskit_circuits import in_qiskit

    built = in_qiskit(problem)
    # Late binding is faster, but then threads share a circuit instead of taking one each, which
    # for state vectors of 16 qubits is five times slower.
    bind_late = threads == 1 or bool(problem.noises)
    # Aer fuses from 14 qubits on by itself, or 7 where states are density matrices.
    fusion = {"fusion_threshold": 1} if problem.noises and problem.width == 6 else {}
    simulators = [
        AerSimulator(
            method="density_matrix" if problem.noises else "statevector",
            noise_model=noise_model(noise) if noise else None,
            max_parallel_threads=threads,
            max_parallel_experiments=threads,
            basis_gates=["ry", "rz", "cx"],
            runtime_parameter_bind_enable=bind_late,
            **fusion,
        )
        for noise in (problem.noises or (None,))
    ]
    circuit = built.circuit.copy()
    for index, observable in enumerate(built.observables):
        circuit.save_expectation_value(observable, range(circuit.num_qubits), label=f"o{index}")
    circuit = transpile(circuit, simulators[0], optimization_level=0)
    columns = (*built.features, *built.weights)
    present = [i for i, parameter in enumerate(columns) if parameter in circuit.parameters]

    def run(simulator: AerSimulator, inputs: Array) -> Array:
        """Expectation values (rows, O) at rows of features and weights."""
        binds = {columns[i]: inputs[:, i].tolist() for i in present}
        result = simulator.run([circuit], parameter_binds=[binds], shots=1).result()
        labels = [f"o{index}" for index in range(len(built.observables))]
        return np.array([[result.data(r)[o] for o in labels] for r in range(len(inputs))])

    features, weights = problem.features, problem.weights
    factors = [problem.readout_factor(noise) for noise in problem.noises] or [1.0]
    shifted = [i - len(built.features) for i in present if i >= len(built.features)]

    def training_step(count: int) -> Array:
        """For each sample the value, then two shifts of each weight in the circuit."""
        points = np.tile(weights, (1 + 2 * len(shifted), 1))
        for k, index in enumerate(shifted):
            points[1 + 2 * k, index] += np.pi / 2
            points[2 + 2 * k, index] -= np.pi / 2
        rows = [np.concatenate([x, point]) for x in features[:count] for point in points]
        values = factors[0] * run(simulators[0], np.array(rows))[:, 0].reshape(count, -1)
        slopes = (values[:, 1::2] - values[:, 2::2]) / 2
        gradient = np.zeros(len(weights))
        gradient[shifted] = problem.loss_slopes(values[:, 0]) @ slopes
        return np.concatenate([[problem.loss(values[:, 0])], gradient])

    def values(count: int) -> Array:
        rows = np.array([np.concatenate([x, weights]) for x in features[:count]])
        pairs = zip(factors, simulators, strict=True)
        return np.array([factor * run(simulator, rows)[:, 0] for factor, simulator in pairs])

    def derivatives(count: int) -> Array:
        rows = np.repeat(weights[:count], 2, axis=0)
        rows[::2, 0] += np.pi / 2
        rows[1::2, 0] -= np.pi / 2
        inputs = np.concatenate([np.tile(features[0], (len(rows), 1)), rows], axis=1)
        found = run(simulators[0], inputs)
        return (found[::2] - found[1::2]) / 2

    return {"training step": training_step, "values": values, "derivatives": derivatives}[
        problem.task
    ]


def noise_model(noise: Noise) -> Any:
    """Aer's: depolarizing, then relaxation, after every gate; readout multiplies the values."""
    from qiskit_aer.noise import NoiseModel, depolarizing_error, thermal_relaxation_error

    model = NoiseModel(basis_gates=["ry", "rz", "cx"])
    for names, size in ((["ry", "rz"], 1), (["cx"], 2)):
        p, time = noise.of(size)
        relaxed = thermal_relaxation_error(noise.t1_ns, noise.t2_ns, time)
        if size == 2:
            relaxed = relaxed.expand(relaxed)
        model.add_all_qubit_quantum_error(depolarizing_error(p, size).compose(relaxed), names)
    return model


PEER = Peer(
    name="Aer, tuned",
    packages=("qiskit-aer", "qiskit"),
    workloads=("W1", "W2", "W2R", "W3", "W4"),
    prepare=prepare,
    largest={},
)
