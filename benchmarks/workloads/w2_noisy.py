"""W2: an exact training step under gate noise and readout confusion, batch 32, four layers."""

from __future__ import annotations

from benchmarks.problem import Noise, Problem
from benchmarks.workloads.layered import angles, encoder, labels, layers

BATCH, DEPTH = 32, 4


def noisy(quick: bool) -> list[Problem]:
    """Z on the last qubit, whose cone is everything, and on the first (five qubits at most)."""
    full = [problem(n, n - 1, "last") for n in ((4,) if quick else (4, 6, 8))]
    return full + [problem(n, 0, "first") for n in ((4,) if quick else (4, 8))]


def problem(n: int, measured: int, which: str) -> Problem:
    return Problem(
        "W2", which, "training step", n, encoder(n), layers(n, DEPTH), ((measured,),), (Noise(),),
        angles((BATCH, n), 1), angles((2 * n * DEPTH,), 2), labels(BATCH),
    )  # fmt: skip
