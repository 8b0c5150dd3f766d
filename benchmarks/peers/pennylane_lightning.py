"""PennyLane's lightning.qubit with adjoint differentiation."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.peers.contract import Peer, Step
from benchmarks.problem import Array, Problem


def prepare(problem: Problem, threads: int) -> Step:
    """A QNode with the batch broadcast, differentiated by autograd."""
    import pennylane as qml
    from pennylane import numpy as pnp

    device = qml.device("lightning.qubit", wires=problem.width)
    rotations = {"ry": qml.RY, "rz": qml.RZ}

    def apply(x: Any, w: Any) -> None:
        for gate in problem.gates:
            if gate.name == "cx":
                qml.CNOT(gate.qubits)
            else:
                rotations[gate.name](gate.angle(x, w), gate.qubits[0])

    def measured(qubits: tuple[int, ...]) -> Any:
        return qml.prod(*(qml.Z(q) for q in qubits)) if len(qubits) > 1 else qml.Z(qubits[0])

    if problem.task == "training step":

        @qml.qnode(device, diff_method="adjoint")
        def value(x: Any, w: Any) -> Any:
            apply(x.T, w)  # a row for each feature, broadcast over the batch
            return qml.expval(measured(problem.observables[0]))

        def loss(w: Any, x: Any, y: Any) -> Any:
            return pnp.mean((value(x, w) - y) ** 2)

        gradient = qml.grad(loss, argnums=0)
        weights = pnp.array(problem.weights, requires_grad=True)

        def training_step(count: int) -> Array:
            x = pnp.array(problem.features[:count], requires_grad=False)
            y = pnp.array(problem.targets[:count], requires_grad=False)
            slopes = gradient(weights, x, y)
            return np.concatenate([[float(gradient.forward)], np.asarray(slopes)])

        return training_step

    @qml.qnode(device, diff_method="adjoint")
    def values(first: Any, rest: Any, x: Any) -> Any:
        apply(x, [first, *rest])
        return [qml.expval(measured(o)) for o in problem.observables]

    def stacked(first: Any, rest: Any, x: Any) -> Any:
        return pnp.stack(values(first, rest, x))

    jacobian = qml.jacobian(stacked, argnums=0)
    x = pnp.array(problem.features[0], requires_grad=False)

    def derivatives(count: int) -> Array:
        rows = [
            jacobian(
                pnp.array(row[0], requires_grad=True), pnp.array(row[1:], requires_grad=False), x
            )
            for row in problem.weights[:count]
        ]
        return np.asarray(rows)

    return derivatives


PEER = Peer(
    name="lightning",
    packages=("pennylane", "pennylane-lightning"),
    workloads=("W1", "W3"),
    prepare=prepare,
    largest={},
)
