"""W2R: W2 with data re-uploading, RY(xᵢ) before each layer; Z on the last qubit."""

from __future__ import annotations

from benchmarks.problem import Noise, Problem
from benchmarks.workloads.layered import angles, encoder, labels, layers

BATCH, DEPTH = 32, 4


def reuploading(quick: bool) -> list[Problem]:
    """Angles differ from sample to sample throughout the circuit."""
    return [problem(n) for n in ((4,) if quick else (4, 6, 8))]


def problem(n: int) -> Problem:
    again = tuple(encoder(n) + layer for layer in layers(n, DEPTH))
    return Problem(
        "W2R", "", "training step", n, (), again, ((n - 1,),), (Noise(),),
        angles((BATCH, n), 1), angles((2 * n * DEPTH,), 2), labels(BATCH),
    )  # fmt: skip
