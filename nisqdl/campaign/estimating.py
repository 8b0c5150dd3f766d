"""What an experiment would take of a device, before it is trained, and at each mitigation level."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from nisqdl.engines.runtime.estimate import Estimate, estimate, learning_executions
from nisqdl.engines.runtime.options import Execution, Twirling
from nisqdl.engines.runtime.request import Request
from nisqdl.errors import InputError
from nisqdl.experiment import Experiment
from nisqdl.jobs.packing import pack, part_of
from nisqdl.runner.forecast import TRANSPILE, prepared
from nisqdl.runner.plan import plan_work
from nisqdl.runner.progress import Progress
from nisqdl.store.record import content_hash
from nisqdl.studies.contract import RemoteStudy, Step
from nisqdl.studies.device_training import BEGIN, MEASURE
from nisqdl.studies.hardware import LEARN
from nisqdl.studies.settings import nested
from nisqdl.targets.device import Device
from nisqdl.targets.serial import isa_from_bytes
from nisqdl.training.checkpoint import trained_to_bytes
from nisqdl.training.device.options import DeviceTraining
from nisqdl.training.options import TrainingOptions
from nisqdl.training.state import Trained

AS_ASKED = "as in the file"
LEVELS: tuple[tuple[str, Execution], ...] = (
    ("level 0: nothing", Execution(resilience_level=0)),
    ("level 1: TREX", Execution(resilience_level=1)),
    ("level 2: TREX, gate twirling, ZNE", Execution(resilience_level=2)),
)


@dataclass(frozen=True)
class Line:
    """One way to run the experiment's circuits.

    Attributes:
        name: What it is called.
        estimate: What it would take.
    """

    name: str
    estimate: Estimate


def estimates(
    experiment: Experiment, device: Device, workers: int, progress: Progress
) -> list[Line]:
    """What the experiment takes as it is, and would at each of the client's resilience levels.

    Circuits are transpiled as for a run; nothing is trained, stored or sent. How many executions
    there are does not depend on the weights, so zeros stand for those that training would give.
    Training on the device itself is counted as if every round took the shots of the first; two more
    lines say what it takes if all later ones take the fewest shots that they may, or the most.

    Args:
        experiment: An experiment on a device.
        device: The device's snapshot.
        workers: How many circuits are transpiled at once.
        progress: Is told how far that is.

    Raises:
        InputError: It asks nothing of a device, or does not fit it.
    """
    study = experiment.study
    remote = plan_work(study, experiment.points()).remote
    if not isinstance(study, RemoteStudy) or not remote:
        raise InputError(
            f"{experiment.source} asks nothing of a device: name one with --backend, or see "
            "`nisqdl plan` for what it takes on this machine."
        )
    ready = prepared(experiment, workers, (TRANSPILE, BEGIN), progress)
    try:
        asked = _requests(study, remote, ready)
        # A circuit without two-qubit gates has no noise to learn.
        requests = {k: r for k, r in asked.items() if not r.learns or learning_executions(r)}
    except InputError as error:
        raise experiment.blamed(error) from None
    kept = [step for step in remote if step.key in requests]
    distinct = {(step.needs, step.kind): requests[step.key] for step in kept}
    values = [request for request in distinct.values() if not request.learns]
    bare = {str(index): request for index, request in enumerate(values)}
    lines = [Line(AS_ASKED, _packed(_waves(kept, requests), device))]
    if any(step.kind == MEASURE for step in kept):
        for name, bound in (("fewest", "least_shots"), ("most", "most_shots")):
            waves = _waves(kept, _at_shots(kept, requests, bound))
            lines.append(Line(f"the {name} shots in training", _packed(waves, device)))
    for name, level in LEVELS:
        asked = {key: _at(request, level) for key, request in bare.items()}
        lines.append(Line(name, _packed([asked], device)))
    return lines


def _at_shots(
    remote: Sequence[Step], requests: Mapping[str, Request], bound: str
) -> dict[str, Request]:
    """The same, with a bound of ``training.device`` as the shots of all rounds but the first."""
    changed = dict(requests)
    for step in remote:
        if step.kind == MEASURE and step.settings["round"] > 0:
            device = TrainingOptions.model_validate(nested(step.settings, "training")).device
            shots = getattr(device or DeviceTraining(), bound)
            asked = requests[step.key]
            execution = asked.execution.model_copy(update={"shots": shots})
            changed[step.key] = replace(asked, execution=execution)
    return changed


def _waves(remote: Sequence[Step], requests: Mapping[str, Request]) -> list[dict[str, Request]]:
    """What is sent together: noise is learned first, and each round waits for the one before."""
    waves: dict[tuple[str, int], dict[str, Request]] = {}
    for step in remote:
        number = int(step.settings["round"]) if step.kind == MEASURE else 0
        waves.setdefault((step.kind, number), {})[step.key] = requests[step.key]
    return list(waves.values())


def _packed(waves: Sequence[Mapping[str, Request]], device: Device) -> Estimate:
    """All jobs together, packed as they would be sent."""
    jobs = [
        estimate([part_of(requests[piece.key], piece) for piece in parcel.pieces], device)
        for requests in waves
        for parcel in pack(requests, device)
    ]
    return Estimate(
        pubs=sum(job.pubs for job in jobs),
        circuits=sum(job.circuits for job in jobs),
        shots=max(job.shots for job in jobs),
        executions=sum(job.executions for job in jobs),
        calibrations=sum(job.calibrations for job in jobs),
        jobs=sum(job.jobs for job in jobs),
        qpu_seconds=sum(job.qpu_seconds for job in jobs),
    )


def _at(request: Request, level: Execution) -> Request:
    """The same at a resilience level's defaults; shots, twirls and pulses stay as asked."""
    asked = request.execution
    execution = asked.model_copy(
        update={
            "resilience_level": level.resilience_level,
            "measure_mitigation": None,
            "zne_mitigation": None,
            "zne": None,
            "pec": None,
            "noise_learning": None,
            "twirling": Twirling(num_randomizations=asked.twirling.num_randomizations),
            "repetition": 0,
        }
    )
    return Request(request.isa, request.bindings, execution, request.backend)


def _requests(
    study: RemoteStudy, remote: Sequence[Step], ready: Mapping[str, bytes]
) -> dict[str, Request]:
    """What each step would ask, by its key.

    The rounds of a training on the device stand for one another: they have as many circuits, and
    what the shots of later ones will be only the earlier ones tell.
    """
    learning = {step.key for step in remote if step.kind == LEARN}
    first: dict[str, Request] = {}
    requests: dict[str, Request] = {}
    for step in remote:
        if step.kind != MEASURE:
            requests[step.key] = study.request(step, _needed(step, ready, learning))
            continue
        chain = content_hash({n: v for n, v in step.settings.items() if n != "round"})
        if chain not in first:
            first[chain] = study.request(step, _needed(step, ready, learning))
        requests[step.key] = first[chain]
    return requests


def _needed(step: Step, ready: Mapping[str, bytes], learning: Collection[str]) -> dict[str, bytes]:
    """The circuits that a step needs, and zeros in place of what was not trained yet.

    Noise that was not learned yet is left out: its overhead is foreseen by the calibration.
    """
    known = {key: ready[key] for key in step.needs if key in ready}
    needs = [key for key in step.needs if key not in learning]
    return {key: known.get(key) or _untrained(list(known.values())) for key in needs}


def _untrained(circuits: Sequence[bytes]) -> bytes:
    weights = max(len(isa_from_bytes(circuit).weights) for circuit in circuits)
    return trained_to_bytes(
        Trained(
            weights=np.zeros(weights),
            history=(),
            checks=(),
            steps=0,
            stopped_early=False,
            evaluations=0,
            best_step=0,
            batch_size=1,
        )
    )
