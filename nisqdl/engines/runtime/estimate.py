"""How much time on a device requests take, before anything is sent: counted, then timed.

**Counted** exactly as the client prepares a job (qiskit-ibm-runtime 0.51, ``executor_estimator``):
a circuit runs for every row of bindings, every basis (groups of qubit-wise commuting terms), and
every noise factor of ZNE. With twirling the shots s of each are split into r random circuits of
⌈s / r⌉ shots each; where r is not given, each takes max(64, ⌈s / 32⌉) shots. TREX adds one
calibration circuit a job, with as many random circuits and shots.

**Timed** by the rule that IBM gives for planning (IBM Quantum documentation, "Workload usage"):
an overhead a job, and for each execution the repetition delay and the circuit's length; in short,
2 s + 0.35 ms for each execution at the usual delay of 0.25 ms. So the overhead is taken as 2 s, and
an execution as the device's own delay plus whatever is longer: 0.1 ms, or the circuit with its
measurement. Assumed besides: a job is not split by the service (each part would pay the overhead
again), ZNE stretches the whole circuit by its factor, and nothing is refused and repeated. It is
an estimate: ``max_execution_time`` is what bounds the bill.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from nisqdl.engines.runtime.options import Execution
from nisqdl.errors import InputError
from nisqdl.targets.cost import circuit_cost, measured_qubits
from nisqdl.targets.device import Device

if TYPE_CHECKING:
    from nisqdl.engines.runtime.request import Request
    from nisqdl.targets.isa import IsaModel

JOB_OVERHEAD_S = 2.0
"""Loading and setting up a job, by IBM's rule."""

LEAST_CIRCUIT_US = 100.0
"""What IBM's rule leaves for a short circuit: 350 µs − 250 µs of delay."""

USUAL_DELAY_US = 250.0
"""The repetition delay of devices that do not report theirs."""

MAX_EXECUTIONS = 10_000_000
"""Executions that a job may have (IBM Quantum documentation, "Job limits")."""


@dataclass(frozen=True)
class Estimate:
    """What requests would take.

    Attributes:
        pubs: How many requests.
        circuits: Circuits with different angles, bases, noise factors or twirls.
        shots: Shots of one circuit and basis at one noise factor, all twirls together; of the
            request that has the most.
        executions: Runs of circuits, calibration included.
        calibrations: Those of TREX's calibration circuits.
        jobs: Into how many jobs they are packed at least: one for each set of options, and more
            where there would be too many executions.
        qpu_seconds: Time on the device.
    """

    pubs: int
    circuits: int
    shots: int
    executions: int
    calibrations: int
    jobs: int
    qpu_seconds: float


def estimate(requests: Sequence[Request], device: Device) -> Estimate:
    """What these requests would take on this device.

    Args:
        requests: Circuits that are transpiled for the device.
        device: Its snapshot; the calibration does not matter, the durations and the delay do.
    """
    groups: dict[Execution, list[Request]] = {}
    for request in requests:
        groups.setdefault(request.execution, []).append(request)
    pubs = circuits = shots = executions = calibrations = jobs = 0
    seconds = 0.0
    for execution, members in groups.items():
        twirls, each = twirled_shots(execution)
        configurations = sum(_configurations(request) for request in members)
        run = configurations * twirls * each
        needed = max(1, math.ceil(run / MAX_EXECUTIONS))
        calibration = needed * calibration_executions(execution)
        pubs += len(members)
        circuits += configurations * twirls + needed * twirls * execution.mitigates_readout
        shots = max(shots, twirls * each)
        executions += run + calibration
        calibrations += calibration
        jobs += needed
        seconds += needed * JOB_OVERHEAD_S + calibration * _execution_s(0.0, device)
        seconds += sum(request_seconds(request, device) for request in members)
    return Estimate(pubs, circuits, shots, executions, calibrations, jobs, seconds)


def request_executions(request: Request) -> int:
    """Runs of circuits for one request, without calibration."""
    twirls, each = twirled_shots(request.execution)
    return _configurations(request) * twirls * each


def request_seconds(request: Request, device: Device) -> float:
    """Time on the device for one request, without the job's overhead and calibration."""
    twirls, each = twirled_shots(request.execution)
    length_us = circuit_us(request.isa, device)
    runs = len(request.bindings) * bases(request.isa) * twirls * each
    return sum(runs * _execution_s(length_us * factor, device) for factor in factors(request))


def twirled_shots(execution: Execution) -> tuple[int, int]:
    """Random circuits for each circuit, and shots for each of them, as the client splits them."""
    shots = execution.effective_shots
    if not (execution.twirls_gates or execution.twirls_measurements):
        return 1, shots
    asked = execution.twirling.num_randomizations
    if asked is not None:
        return asked, math.ceil(shots / asked)
    each = max(64, math.ceil(shots / 32))
    return math.ceil(shots / each), each


def calibration_executions(execution: Execution) -> int:
    """Runs of TREX's calibration circuits, once a job."""
    twirls, each = twirled_shots(execution)
    return twirls * each if execution.mitigates_readout else 0


def bases(isa: IsaModel) -> int:
    """In how many bases the observables are measured."""
    from qiskit.quantum_info import PauliList

    labels = [label for op in isa.observables for label in op.paulis.to_labels()]
    return len(PauliList(labels).unique().group_commuting(qubit_wise=True))


def factors(request: Request) -> tuple[float, ...]:
    """The noise factors at which its circuits run."""
    zne = request.execution.extrapolation
    return (1.0,) if zne is None else zne.noise_factors


def circuit_us(isa: IsaModel, device: Device) -> float:
    """Duration of one run in microseconds: the circuit, and the slowest of its measurements."""
    readout = [
        device.qubits[isa.physical_qubits[q]].readout_ns or 0.0 for q in measured_qubits(isa)
    ]
    return (circuit_cost(isa, device).duration_ns + max(readout, default=0.0)) / 1000


def _configurations(request: Request) -> int:
    return len(request.bindings) * bases(request.isa) * len(factors(request))


def _execution_s(length_us: float, device: Device) -> float:
    delay = USUAL_DELAY_US if device.rep_delay_us is None else device.rep_delay_us
    return (delay + max(LEAST_CIRCUIT_US, length_us)) * 1e-6


def affordable_shots(request: Request, device: Device, seconds: float) -> int:
    """The most shots with which a request, alone in a job, fits a time on the device.

    Args:
        request: What is asked; its own shots do not matter.
        device: Its snapshot.
        seconds: Time on the device, with the job's overhead and calibration.

    Raises:
        InputError: Not even one shot fits.
    """

    def fits(shots: int) -> bool:
        update = {"shots": shots, "precision": None}
        asked = replace(request, execution=request.execution.model_copy(update=update))
        return estimate([asked], device).qpu_seconds <= seconds

    if not fits(1):
        update = {"shots": 1, "precision": None}
        least = replace(request, execution=request.execution.model_copy(update=update))
        needed = estimate([least], device).qpu_seconds
        raise InputError(
            f"{seconds:g} s on the device must suffice for one shot of everything that is asked, "
            f"but that takes {needed:.1f} s. Allow more time, or ask for fewer samples, noise "
            "factors or randomizations."
        )
    low, high = 1, 2
    while fits(high) and high < MAX_EXECUTIONS:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low
