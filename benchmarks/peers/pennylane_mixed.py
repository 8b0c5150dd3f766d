"""PennyLane's default.mixed with JAX: jit of value and gradient, vmap over the batch."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.peers.contract import Peer, Step
from benchmarks.problem import Array, Problem


def prepare(problem: Problem, threads: int) -> Step:
    """Backpropagation through the density matrix; threads are XLA's."""
    import jax
    import jax.numpy as jnp
    import pennylane as qml

    noise = problem.noises[0]
    kraus = {size: noise.kraus(size) for size in (1, 2)}
    rotations = {"ry": qml.RY, "rz": qml.RZ}

    @qml.qnode(qml.device("default.mixed", wires=problem.width), interface="jax")
    def value(x: Any, w: Any) -> Any:
        for gate in problem.gates:
            if gate.name == "cx":
                qml.CNOT(gate.qubits)
            else:
                rotations[gate.name](gate.angle(x, w), gate.qubits[0])
            qml.QubitChannel(kraus[len(gate.qubits)], gate.qubits)
        return qml.expval(qml.Z(problem.observables[0][0]))

    features, targets = jnp.asarray(problem.features), jnp.asarray(problem.targets)
    factor = problem.readout_factor(noise)

    def loss(w: Any) -> Any:
        values = factor * jax.vmap(value, in_axes=(0, None))(features, w)
        return jnp.mean((values - targets) ** 2)

    compiled = jax.jit(jax.value_and_grad(loss))
    weights = jnp.asarray(problem.weights)

    def training_step(count: int) -> Array:
        found, gradient = compiled(weights)
        return np.concatenate([[float(found)], np.asarray(gradient)])

    return training_step


PEER = Peer(
    name="PennyLane mixed",
    packages=("pennylane", "jax"),
    workloads=("W2", "W2R"),
    prepare=prepare,
    largest={"W2": 6, "W2R": 6},
    fewer=False,
)
