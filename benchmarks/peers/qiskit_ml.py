"""Qiskit Machine Learning as its users run it: EstimatorQNN on Aer's EstimatorV2."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.contract import Peer, Step
from benchmarks.problem import Array, Problem


def prepare(problem: Problem, threads: int) -> Step:
    """Forward and backward of one EstimatorQNN with the parameter-shift gradient."""
    from qiskit_aer.primitives import EstimatorV2
    from qiskit_machine_learning.gradients import ParamShiftEstimatorGradient
    from qiskit_machine_learning.neural_networks import EstimatorQNN

    from benchmarks.peers.aer import noise_model
    from benchmarks.peers.qiskit_circuits import in_qiskit

    built = in_qiskit(problem)
    options = {
        "method": "density_matrix" if problem.noises else "statevector",
        "max_parallel_threads": threads,
        "max_parallel_experiments": threads,
    }
    factor = 1.0
    if problem.noises:
        options["noise_model"] = noise_model(problem.noises[0])
        factor = problem.readout_factor(problem.noises[0])
    estimator = EstimatorV2(options={"backend_options": options, "default_precision": 0.0})
    used = set(built.circuit.parameters)
    trained = [i for i, weight in enumerate(built.weights) if weight in used]
    network = EstimatorQNN(
        circuit=built.circuit,
        estimator=estimator,
        observables=factor * built.observables[0],
        input_params=[x for x in built.features if x in used],
        weight_params=[built.weights[i] for i in trained],
        gradient=ParamShiftEstimatorGradient(estimator),
        default_precision=0.0,
    )
    columns = [i for i, x in enumerate(built.features) if x in used]
    features, weights = problem.features[:, columns], problem.weights[trained]

    def training_step(count: int) -> Array:
        values = network.forward(features[:count], weights)[:, 0]
        _, slopes = network.backward(features[:count], weights)
        gradient = np.zeros(len(problem.weights))
        gradient[trained] = problem.loss_slopes(values) @ slopes[:, 0, :]
        return np.concatenate([[problem.loss(values)], gradient])

    return training_step


PEER = Peer(
    name="Qiskit ML on Aer",
    packages=("qiskit-machine-learning", "qiskit-aer", "qiskit"),
    workloads=("W1", "W2"),
    prepare=prepare,
    largest={"W1": 4, "W2": 4},
)
