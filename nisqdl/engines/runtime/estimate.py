"""How much time on a device requests take, before anything is sent: counted, then timed.

**Counted** exactly as the client prepares a job (qiskit-ibm-runtime 0.51, ``executor_estimator``):
a circuit runs for every row of bindings, every basis (groups of qubit-wise commuting terms), and
every noise factor of ZNE. With twirling the shots s of each are split into r random circuits of
⌈s / r⌉ shots each; where r is not given, each takes max(64, ⌈s / 32⌉) shots. TREX adds one
calibration circuit a job, with as many random circuits and shots. PEC takes 64 shots for each
random circuit, and γ² as many random circuits: by the noise that was learned, else, before that, by
the calibrated errors r of two-qubit gates: such a gate has a Pauli error in 5r/4 of its runs, and
γ² = exp(4 · 5r/4). Learning the noise takes nine circuits for each layer and depth, and one more.

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

BASES_OF_LEARNING = 9
"""Circuits that measure all two-qubit terms of a layer at one depth."""

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
    groups: dict[tuple[Execution, bool], list[Request]] = {}
    for request in requests:
        groups.setdefault((request.execution, request.learns), []).append(request)
    pubs = circuits = shots = executions = calibrations = jobs = 0
    seconds = 0.0
    for (execution, learns), members in groups.items():
        if learns:
            for request in members:
                run = request_executions(request)
                each = execution.learning.shots_per_randomization
                pubs, jobs, executions = pubs + 1, jobs + 1, executions + run
                circuits += run // each
                seconds += JOB_OVERHEAD_S + request_seconds(request, device)
            continue
        twirls, each = twirled_shots(execution)
        random = [configurations(request) * twirls_of(request, device) for request in members]
        run = sum(random) * each
        needed = max(1, math.ceil(run / MAX_EXECUTIONS))
        calibration = needed * calibration_executions(execution)
        pubs += len(members)
        circuits += sum(random) + needed * twirls * execution.mitigates_readout
        shots = max(shots, *(twirls_of(request, device) * each for request in members))
        executions += run + calibration
        calibrations += calibration
        jobs += needed
        seconds += needed * JOB_OVERHEAD_S + calibration * _execution_s(0.0, device)
        seconds += sum(request_seconds(request, device) for request in members)
    return Estimate(pubs, circuits, shots, executions, calibrations, jobs, seconds)


def request_executions(request: Request, device: Device | None = None) -> int:
    """Runs of circuits for one request, without calibration.

    Args:
        request: What is asked.
        device: By whose calibration PEC's overhead is foreseen where no noise was learned yet;
            ``None`` foresees none.
    """
    if request.learns:
        return learning_executions(request)
    _, each = twirled_shots(request.execution)
    return configurations(request) * twirls_of(request, device) * each


def learning_executions(request: Request) -> int:
    """Runs of circuits that learning the noise of a request's circuit takes."""
    from nisqdl.engines.runtime.learning import detached, layers_of

    learning = request.execution.learning
    width = max(request.isa.physical_qubits) + 1
    layers = len(layers_of(detached(request.execution), request, width))
    each = learning.num_randomizations * learning.shots_per_randomization
    circuits = BASES_OF_LEARNING * layers * len(set(learning.depths)) + 1
    return circuits * each if layers else 0


def twirls_of(request: Request, device: Device | None = None) -> int:
    """Random circuits for each circuit of a request, PEC's overhead included."""
    twirls, _ = twirled_shots(request.execution)
    pec = request.execution.pec
    if pec is None:
        return twirls
    full, gain = pec_overhead(request, device), pec.noise_gain
    if gain is None:  # what the client's "auto" chooses
        gain = 1.0 if full <= 1 else 1 - math.log(pec.max_overhead) / math.log(full)
        gain = min(1.0, max(0.0, gain))
    # Cancelling the share 1 − gain of the noise takes γ²'s power of that.
    overhead = min(pec.max_overhead, math.exp((1 - gain) * math.log(full)))
    return math.ceil(twirls * overhead)


def pec_overhead(request: Request, device: Device | None) -> float:
    """γ² of cancelling all noise: as learned, else as the calibration lets expect."""
    if request.learned is not None:
        return request.learned.gamma**2
    if device is None:
        return 1.0
    errors = {(gate.name, gate.qubits): gate.error or 0.0 for gate in device.gates}
    places = request.isa.physical_qubits
    total = 0.0
    for instruction in request.isa.circuit:
        if len(instruction.qubits) == 2:
            pair = tuple(places[request.isa.circuit.find_bit(q).index] for q in instruction.qubits)
            name = instruction.operation.name
            total += errors.get((name, pair), errors.get((name, pair[::-1]), 0.0))
    return math.exp(min(700.0, 5.0 * total))


def request_seconds(request: Request, device: Device) -> float:
    """Time on the device for one request, without the job's overhead and calibration."""
    length_us = circuit_us(request.isa, device)
    if request.learns:
        learning = request.execution.learning
        # Pairs of a layer, each of one gate's length; what is besides is short beside the delay.
        pair_us = 2 * longest_gate_us(request.isa, device)
        depths = sorted(set(learning.depths))
        mean_us = pair_us * sum(depths) / len(depths)
        return request_executions(request) * _execution_s(mean_us, device)
    _, each = twirled_shots(request.execution)
    runs = len(request.bindings) * bases(request.isa) * twirls_of(request, device) * each
    return sum(runs * _execution_s(length_us * factor, device) for factor in factors(request))


def twirled_shots(execution: Execution) -> tuple[int, int]:
    """Random circuits for each circuit, and shots for each of them, as the client splits them."""
    shots = execution.effective_shots
    if not (execution.twirls_gates or execution.twirls_measurements):
        return 1, shots
    asked = execution.twirling.num_randomizations
    if asked is not None:
        return asked, math.ceil(shots / asked)
    if execution.pec is not None:
        return math.ceil(shots / 64), 64
    each = max(64, math.ceil(shots / 32))
    return math.ceil(shots / each), each


def calibration_executions(execution: Execution) -> int:
    """Runs of TREX's calibration circuits, once a job."""
    twirls, each = twirled_shots(execution)
    return twirls * each if execution.mitigates_readout else 0


def bases(isa: IsaModel) -> int:
    """In how many bases the observables are measured."""
    from qiskit.primitives.containers.observables_array import ObservablesArray
    from qiskit.quantum_info import PauliList

    # How many groups there are depends on the order of the strings: the client's is that in which
    # its pubs have them.
    terms = [term for op in ObservablesArray.coerce(list(isa.observables)) for term in op]
    return len(PauliList(list(dict.fromkeys(terms))).group_commuting(qubit_wise=True))


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


def longest_gate_us(isa: IsaModel, device: Device) -> float:
    """Duration of the slowest two-qubit gate among a circuit's qubits, in microseconds."""
    used = set(isa.physical_qubits)
    pairs = [gate for gate in device.gates if len(gate.qubits) == 2]
    found = [gate.duration_ns for gate in pairs if used.issuperset(gate.qubits)]
    return max(found, default=0.0) / 1000


def configurations(request: Request) -> int:
    """Circuits that differ in angles, basis or noise factor."""
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
