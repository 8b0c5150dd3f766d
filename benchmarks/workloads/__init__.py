"""The workloads by name, each a list of problems; ``quick`` gives small ones for checks."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.problem import Problem
from benchmarks.workloads.w1_noiseless import noiseless
from benchmarks.workloads.w2_noisy import noisy
from benchmarks.workloads.w2_reuploading import reuploading
from benchmarks.workloads.w3_variance import variance
from benchmarks.workloads.w4_scales import scales

WORKLOADS: dict[str, Callable[[bool], list[Problem]]] = {
    "W1": noiseless,
    "W2": noisy,
    "W2R": reuploading,
    "W3": variance,
    "W4": scales,
}


def find_problem(name: str, quick: bool) -> Problem:
    """The problem of this name."""
    problems = WORKLOADS[name.split()[0]](quick)
    return next(problem for problem in problems if problem.name == name)
