"""What it takes to see a gradient: shots, circuits and QPU time, from the variance."""

from __future__ import annotations

import math
from dataclasses import dataclass

from nisqdl.analysis.plateau_cells import Cell

JOB_OVERHEAD_S = 2.0
"""Loading and setting up a job: IBM Quantum documentation, "Workload usage"; with what follows the
same rule as that of :mod:`nisqdl.engines.runtime.estimate`."""

LEAST_CIRCUIT_US = 100.0
"""What that rule leaves for a short circuit."""

USUAL_DELAY_US = 250.0
"""Pause between two runs of devices that do not report theirs."""

MAX_EXECUTIONS = 10_000_000
"""Runs of circuits that one job may have."""


@dataclass(frozen=True)
class Price:
    """What it takes to resolve one gradient component to a signal-to-noise ratio of 1.

    Attributes:
        cell: Of which circuit.
        shots: 1/E[(∂C)²], at least 2: both circuits of the parameter-shift rule together, each
            outcome having a variance of at most 1.
        step_shots: The same for all parameters: one training step.
        step_circuits: Circuits of one training step: two for each parameter.
        seconds: QPU time of ``shots``, from the circuit's and the readout's durations alone;
            ``None`` without a device.
        usage: QPU time as it is billed: with the pause between runs, the least time that a run
            takes, and the jobs' overhead; ``None`` without a device.
        step_usage: The same for one training step, in as few jobs as its runs allow.
    """

    cell: Cell
    shots: float
    step_shots: float
    step_circuits: int
    seconds: float | None
    usage: float | None
    step_usage: float | None


def price_of(cell: Cell) -> Price:
    """The price of one gradient component and one step of a circuit."""
    parameters = int(cell.main["parameters"])
    shots = max(2.0, 1 / cell.value) if cell.value > 0 else math.inf
    step = shots * parameters
    duration = cell.main.get("duration_ns")
    if duration is None:
        return Price(cell, shots, step, 2 * parameters, None, None, None)
    each = (float(duration) + float(cell.main.get("readout_ns") or 0.0)) * 1e-9
    delay = cell.main.get("rep_delay_us")
    run = (USUAL_DELAY_US if delay is None else float(delay)) * 1e-6
    run += max(LEAST_CIRCUIT_US * 1e-6, each)
    return Price(
        cell, shots, step, 2 * parameters, shots * each, _usage(shots, run),
        _usage(step, run),
    )  # fmt: skip


def _usage(shots: float, run_s: float) -> float:
    if not math.isfinite(shots):
        return math.inf
    return JOB_OVERHEAD_S * math.ceil(shots / MAX_EXECUTIONS) + shots * run_s
