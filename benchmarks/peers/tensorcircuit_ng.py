"""TensorCircuit-NG with JAX: jit, vmap over the batch, reverse-mode gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.peers.contract import Peer, Step
from benchmarks.problem import Array, Gate, Problem

DEEP = 8
"""From so many layers on they are scanned, because compiling them unrolled takes long."""


def prepare(problem: Problem, threads: int) -> Step:
    """States without noise, density matrices (DMCircuit2) with it; threads are XLA's."""
    import tensorcircuit as tc

    tc.set_backend("jax")
    tc.set_dtype("complex128")
    make = {
        "training step": _training_step,
        "values": _values,
        "derivatives": _derivatives,
    }
    return make[problem.task](problem)


def _training_step(problem: Problem) -> Step:
    import jax
    import jax.numpy as jnp

    kraus = _kraus(problem, 0) if problem.noises else None
    factor = problem.readout_factor(problem.noises[0]) if problem.noises else 1.0
    features, targets = jnp.asarray(problem.features), jnp.asarray(problem.targets)

    def loss(w: Any) -> Any:
        def value(x: Any) -> Any:
            return _expectations(problem, x, w, kraus)[0]

        return jnp.mean((factor * jax.vmap(value)(features) - targets) ** 2)

    compiled = jax.jit(jax.value_and_grad(loss))
    weights = jnp.asarray(problem.weights)

    def training_step(count: int) -> Array:
        found, gradient = compiled(weights)
        return np.concatenate([[float(found)], np.asarray(gradient)])

    return training_step


def _values(problem: Problem) -> Step:
    """One compiled function for all noises: Kraus operators are its arguments."""
    import jax
    import jax.numpy as jnp

    weights, features = jnp.asarray(problem.weights), jnp.asarray(problem.features)
    compiled = jax.jit(
        lambda kraus, xs: jax.vmap(lambda x: _expectations(problem, x, weights, kraus)[0])(xs)
    )
    noises = [
        (problem.readout_factor(noise), _kraus(problem, index))
        for index, noise in enumerate(problem.noises)
    ]

    def values(count: int) -> Array:
        return np.array(
            [factor * np.asarray(compiled(kraus, features)) for factor, kraus in noises]
        )

    return values


def _derivatives(problem: Problem) -> Step:
    """Two shifts of the first weight, over the initialisations: faster than forward mode."""
    import jax
    import jax.numpy as jnp

    x, weights = jnp.asarray(problem.features[0]), jnp.asarray(problem.weights)
    shift = jnp.zeros(weights.shape[1]).at[0].set(jnp.pi / 2)

    def slopes(w: Any) -> Any:
        up = _expectations(problem, x, w + shift, None)
        return (up - _expectations(problem, x, w - shift, None)) / 2

    # All at once, as long as the states stay in the cache.
    together = 200 if problem.width < 10 else 25
    compiled = jax.jit(lambda rows: jax.lax.map(slopes, rows, batch_size=together))

    def derivatives(count: int) -> Array:
        return np.asarray(compiled(weights))

    return derivatives


def _expectations(problem: Problem, x: Any, w: Any, kraus: Any) -> Any:
    """Expectation values (O,)."""
    import jax.numpy as jnp
    import tensorcircuit as tc

    make: Callable[..., Any] = tc.DMCircuit2 if kraus is not None else tc.Circuit
    circuit = make(problem.width)
    if len(problem.layers) < DEEP:
        _apply(circuit, problem.gates, x, w, kraus)
    else:
        _apply(circuit, problem.encoder, x, w, kraus)
        circuit = make(problem.width, inputs=_scanned(problem, circuit.state(), w))
    found = [circuit.expectation_ps(z=list(o)) for o in problem.observables]
    return jnp.real(jnp.stack(found))


def _scanned(problem: Problem, start: Any, w: Any) -> Any:
    """The state after the layers, which differ in their weights only (and are complete)."""
    import jax
    import tensorcircuit as tc

    def body(state: Any, own: Any) -> Any:
        circuit = tc.Circuit(problem.width, inputs=state)
        _apply(circuit, problem.layers[0], None, own, None)
        return circuit.state(), None

    return jax.lax.scan(body, start, w.reshape(len(problem.layers), -1))[0]


def _apply(circuit: Any, gates: tuple[Gate, ...], x: Any, w: Any, kraus: Any) -> None:
    for gate in gates:
        if gate.name == "cx":
            circuit.cnot(*gate.qubits)
        else:
            getattr(circuit, gate.name)(*gate.qubits, theta=gate.angle(x, w))
        if kraus is not None:
            circuit.general_kraus(list(kraus[len(gate.qubits) - 1]), *gate.qubits)


def _kraus(problem: Problem, index: int) -> tuple[Array, Array]:
    """Kraus operators after gates of one and of two qubits, filled up with zeros."""
    noise = problem.noises[index]
    filled = []
    for size, most in ((1, 4), (2, 16)):
        operators = np.zeros((most, 2**size, 2**size), dtype=complex)
        found = noise.kraus(size)
        operators[: len(found)] = found
        filled.append(operators)
    return filled[0], filled[1]


PEER = Peer(
    name="tensorcircuit-ng",
    packages=("tensorcircuit-ng", "jax"),
    workloads=("W1", "W2", "W2R", "W3", "W4"),
    prepare=prepare,
    largest={},
    fewer=False,
)
