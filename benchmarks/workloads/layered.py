"""The circuit of all workloads: RY(xᵢ) on each qubit, then layers of RY, RZ and a CX chain."""

from __future__ import annotations

import numpy as np

from benchmarks.problem import Array, Gate


def encoder(num_qubits: int) -> tuple[Gate, ...]:
    """RY(xᵢ) on each qubit."""
    return tuple(Gate("ry", (q,), feature=q) for q in range(num_qubits))


def layer(num_qubits: int, number: int) -> tuple[Gate, ...]:
    """RY and RZ on each qubit with weights of its own, then CX from each qubit to the next."""
    first = 2 * num_qubits * number
    return (
        *(Gate("ry", (q,), weight=first + q) for q in range(num_qubits)),
        *(Gate("rz", (q,), weight=first + num_qubits + q) for q in range(num_qubits)),
        *(Gate("cx", (q, q + 1)) for q in range(num_qubits - 1)),
    )


def layers(num_qubits: int, depth: int) -> tuple[tuple[Gate, ...], ...]:
    """All layers."""
    return tuple(layer(num_qubits, number) for number in range(depth))


def angles(shape: tuple[int, ...], seed: int) -> Array:
    """Uniform on [−π, π)."""
    return np.random.default_rng(seed).uniform(-np.pi, np.pi, shape)


def labels(count: int) -> Array:
    """±1 in turns."""
    return np.where(np.arange(count) % 2 == 0, 1.0, -1.0)
