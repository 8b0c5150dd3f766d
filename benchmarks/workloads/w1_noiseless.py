"""W1: a training step without noise, batch 32, Z on the last qubit."""

from __future__ import annotations

from benchmarks.problem import Problem
from benchmarks.workloads.layered import angles, encoder, labels, layers

BATCH = 32


def noiseless(quick: bool) -> list[Problem]:
    """Four layers on n qubits, and a deep one."""
    cases = [(4, 4)] if quick else [(4, 4), (8, 4), (12, 4), (16, 4), (8, 20)]
    return [problem(n, depth) for n, depth in cases]


def problem(n: int, depth: int) -> Problem:
    return Problem(
        "W1", f"L={depth}", "training step", n, encoder(n), layers(n, depth), ((n - 1,),), (),
        angles((BATCH, n), 1), angles((2 * n * depth,), 2), labels(BATCH),
    )  # fmt: skip
