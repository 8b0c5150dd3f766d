"""W3: derivatives by the first weight at 200 random initialisations, L = 10 n, without noise.

Their variance shows a barren plateau. Local cost: Z₀Z₁. Global cost: Z on all qubits.
"""

from __future__ import annotations

from benchmarks.problem import Problem
from benchmarks.workloads.layered import angles, encoder, labels, layers

INITIALISATIONS = 200


def variance(quick: bool) -> list[Problem]:
    """Both costs are answered together: a state serves both."""
    return [problem(n) for n in ((4,) if quick else (4, 8, 10, 12))]


def problem(n: int) -> Problem:
    depth = 10 * n
    return Problem(
        "W3", "", "derivatives", n, encoder(n), layers(n, depth), ((0, 1), tuple(range(n))), (),
        angles((1, n), 1), angles((INITIALISATIONS, 2 * n * depth), 2), labels(1),
    )  # fmt: skip
