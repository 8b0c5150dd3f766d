"""What a peer is: which workloads it takes, and how it makes a callable of a problem."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.problem import Array, Problem

Step = Callable[[int], Array]
"""One repetition for the first so many samples or initialisations; the answer as in ``Task``.

A peer that is compiled for the whole batch ignores the number and answers for all."""

Prepare = Callable[[Problem, int], Step]
"""Builds the step of a problem for so many threads. What it does is not timed as steady state."""


@dataclass(frozen=True)
class Peer:
    """A way to solve problems, in a module of its own.

    Attributes:
        name: In tables.
        packages: Whose versions are reported.
        workloads: What it takes.
        largest: The most qubits it is tried at, by workload, where that is limited; the README
            says why.
        fewer: Whether it can be given fewer samples, in proportion to its time.
        prepare: Makes the step.
    """

    name: str
    packages: tuple[str, ...]
    workloads: tuple[str, ...]
    prepare: Prepare
    largest: dict[str, int]
    fewer: bool = True

    def takes(self, problem: Problem) -> bool:
        """Whether it is tried at this problem."""
        if problem.workload not in self.workloads:
            return False
        return problem.num_qubits <= self.largest.get(problem.workload, problem.num_qubits)
