"""W4: expectation values of 200 samples at ten scales of the noise, six qubits, four layers."""

from __future__ import annotations

from benchmarks.problem import Noise, Problem
from benchmarks.workloads.layered import angles, encoder, labels, layers

SAMPLES, DEPTH = 200, 4
SCALES = tuple(0.25 * (k + 1) for k in range(10))


def scales(quick: bool) -> list[Problem]:
    """Z on the last qubit and on the first."""
    n = 4 if quick else 6
    return [problem(n, n - 1, "last"), problem(n, 0, "first")]


def problem(n: int, measured: int, which: str) -> Problem:
    noises = tuple(Noise().scaled(scale) for scale in SCALES)
    return Problem(
        "W4", which, "values", n, encoder(n), layers(n, DEPTH), ((measured,),), noises,
        angles((SAMPLES, n), 1), angles((2 * n * DEPTH,), 2), labels(SAMPLES),
    )  # fmt: skip
