"""nisqdl: the exact engine where there is noise, the state-vector engine where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.peers.contract import Peer, Step
from benchmarks.problem import Array, Noise, Problem

if TYPE_CHECKING:
    from nisqdl.engines.contract import Engine, Evaluator
    from nisqdl.noise.channels import NoiseChannels


def prepare(problem: Problem, threads: int) -> Step:
    """Lowering; compiled kernels come from the user's cache folder, or are compiled now."""
    from benchmarks.peers.qiskit_circuits import in_qiskit
    from nisqdl.circuits.model import Model
    from nisqdl.engines.exact import ExactEngine
    from nisqdl.engines.statevector import StatevectorEngine
    from nisqdl.noise.channels import IDEAL

    built = in_qiskit(problem)
    model = Model(built.circuit, built.features, built.weights, built.observables)
    features, weights = problem.features, problem.weights
    if problem.task == "derivatives":
        states = StatevectorEngine(threads=threads).prepare(model, IDEAL)

        def derivatives(count: int) -> Array:
            rows = np.concatenate([weights[:count], weights[:count]])
            rows[:count, 0] += np.pi / 2
            rows[count:, 0] -= np.pi / 2
            shifted = states.values_over_weights(features[0], rows)
            slopes: Array = (shifted[:count] - shifted[count:]) / 2
            return slopes

        return derivatives

    engine: Engine = StatevectorEngine(threads=threads)
    if problem.noises:
        engine = ExactEngine(threads=threads)
    noises = [channels(problem, noise) for noise in problem.noises] or [IDEAL]
    evaluators: list[Evaluator] = [engine.prepare(model, noise) for noise in noises]

    def training_step(count: int) -> Array:
        def pull(values: Array) -> Array:
            return problem.loss_slopes(values[:, 0])[:, np.newaxis]

        values, gradient = evaluators[0].values_and_gradient(features[:count], weights, pull)
        return np.concatenate([[problem.loss(values[:, 0])], gradient])

    def values(count: int) -> Array:
        return np.array([each.values(features[:count], weights)[:, 0] for each in evaluators])

    return training_step if problem.task == "training step" else values


def channels(problem: Problem, noise: Noise) -> NoiseChannels:
    """The noise for each gate of the circuit."""
    from nisqdl.noise.channels import GateNoise, NoiseChannels, Readout, Relaxation

    gates = {}
    for gate in problem.gates:
        p, time = noise.of(len(gate.qubits))
        relaxation = (Relaxation(time, noise.t1_ns, noise.t2_ns),) * len(gate.qubits)
        gates[gate.name, gate.qubits] = GateNoise(p, relaxation)
    confusion = Readout(noise.readout_flip, noise.readout_flip)
    return NoiseChannels("benchmark", gates, {}, dict.fromkeys(range(problem.width), confusion))


PEER = Peer(
    name="nisqdl",
    packages=("nisqdl", "numba", "numpy"),
    workloads=("W1", "W2", "W2R", "W3", "W4"),
    prepare=prepare,
    largest={},
)
