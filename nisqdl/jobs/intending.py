"""What is to be sent: the remote steps that are ready, packed, estimated, ready to be written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nisqdl.engines.runtime.estimate import estimate, learning_executions, request_executions
from nisqdl.engines.runtime.learned import LayerModel
from nisqdl.engines.runtime.request import (
    Learned,
    Request,
    learned_to_bytes,
    request_from_bytes,
    request_to_bytes,
)
from nisqdl.errors import NisqdlError
from nisqdl.jobs.packing import Parcel, pack, part_of, tag_of
from nisqdl.store.folder import RunStore
from nisqdl.store.ledger import JobRow, Ledger, intent
from nisqdl.studies.contract import RemoteStudy, Step, Study
from nisqdl.studies.hardware import LEARN
from nisqdl.targets.device import Device

Requests = Mapping[str, tuple[str, str, bytes]]


@dataclass(frozen=True)
class Intended:
    """Jobs that are to be sent, not written yet.

    Attributes:
        jobs: The jobs.
        requests: Title, kind and content of each new step's request, by its key.
        executions: Circuits × shots in all of them.
    """

    jobs: tuple[JobRow, ...]
    requests: Requests
    executions: int

    @property
    def seconds(self) -> float:
        """Expected time on the device for all of them."""
        return sum(job.estimate_s for job in self.jobs)


def intended(store: RunStore, study: Study, remote: Sequence[Step], device: Device) -> Intended:
    """The jobs for the remote steps that can run now and that no job has.

    What failed or was cancelled before is taken again, as it was packed, as a further attempt.

    Args:
        store: The run's folder, open.
        study: Whose steps they are.
        remote: The remote steps without an artifact.
        device: The device's snapshot, for the estimate.
    """
    if not isinstance(study, RemoteStudy):
        raise NisqdlError(f"The study {study.name!r} has remote steps, but cannot say what of.")
    ledger = Ledger(store)
    rows = [job for job in ledger.jobs() if job.state != "intended"]
    wanted = {step.key for step in remote}
    jobs = [_again(job) for job in rows if _failed(job, rows, wanted)]
    contents = {
        piece.key: request_from_bytes(ledger.request(piece.key))
        for job in jobs
        for piece in job.pieces
    }
    executions = sum(
        request_executions(part_of(contents[piece.key], piece))
        for job in jobs
        for piece in job.pieces
    )
    sent = {piece.key for job in rows for piece in job.pieces}
    remote = _without_needless(store, study, remote)
    keys = store.keys()
    ready = [step for step in remote if step.key not in sent and keys.issuperset(step.needs)]
    requests = {
        step.key: study.request(step, {key: store.artifact(key) for key in step.needs})
        for step in ready
    }
    for parcel in pack(requests, device):
        jobs.append(_first(parcel, requests, device))
        executions += parcel.executions
    stored = {
        step.key: (step.title, step.kind, request_to_bytes(requests[step.key])) for step in ready
    }
    return Intended(tuple(jobs), stored, executions)


def _without_needless(store: RunStore, study: RemoteStudy, remote: Sequence[Step]) -> list[Step]:
    """The steps that need a device: a circuit without two-qubit gates has no noise to learn."""
    keys = store.keys()
    left = []
    for step in remote:
        if step.kind == LEARN and keys.issuperset(step.needs):
            asked = study.request(step, {key: store.artifact(key) for key in step.needs})
            if not learning_executions(asked):
                nothing = Learned(LayerModel((), 1.0), asked.backend, (), 0.0, None)
                store.add_artifact(step.key, step.kind, learned_to_bytes(nothing), 0.0)
                continue
        left.append(step)
    return left


def _failed(job: JobRow, rows: Sequence[JobRow], wanted: set[str]) -> bool:
    """Whether a job came to nothing, is wanted still, and was not sent again."""
    if job.state not in ("failed", "cancelled") or not any(p.key in wanted for p in job.pieces):
        return False
    return all(_next_tag(job) != other.tag for other in rows)


def _again(job: JobRow) -> JobRow:
    return intent(
        _next_tag(job),
        job.attempt + 1,
        job.backend,
        job.pieces,
        job.execution,
        job.estimate_s,
        job.execution.get("max_execution_time"),
    )


def _next_tag(job: JobRow) -> str:
    return tag_of(job.tag.split("-")[1], job.attempt + 1)


def _first(parcel: Parcel, requests: Mapping[str, Request], device: Device) -> JobRow:
    parts = [part_of(requests[piece.key], piece) for piece in parcel.pieces]
    return intent(
        tag_of(parcel.content, 1),
        1,
        parcel.backend,
        parcel.pieces,
        parcel.execution.model_dump(mode="json"),
        estimate(parts, device).qpu_seconds,
        parcel.execution.max_execution_time,
    )
