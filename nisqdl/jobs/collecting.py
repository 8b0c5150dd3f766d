"""Turn finished jobs into artifacts; may be done any number of times, and sends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from nisqdl.engines.runtime.adapter import decoded, finalized, values_of
from nisqdl.engines.runtime.estimate import request_executions
from nisqdl.engines.runtime.learned import model_to_json
from nisqdl.engines.runtime.learning import detached, learned_from
from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.outcomes import outcome_values
from nisqdl.engines.runtime.request import JobFacts, request_from_bytes
from nisqdl.engines.runtime.wire import Patience, persistent
from nisqdl.jobs.assembling import assemble
from nisqdl.jobs.packing import part_of
from nisqdl.jobs.results import counted_seconds, packed, qpu_seconds
from nisqdl.jobs.sending import Tell, settle
from nisqdl.store.folder import RunStore
from nisqdl.store.ledger import JobRow, Ledger
from nisqdl.store.record import Json
from nisqdl.targets.live import device_from_backend
from nisqdl.targets.service import Connection

if TYPE_CHECKING:
    from qiskit_ibm_runtime import RuntimeJobV2


@dataclass(frozen=True)
class Collected:
    """What a run's jobs have come to.

    Attributes:
        jobs: All of them, as they are now.
        finished: Those that ended now, well or not.
        pending: Those that wait or run; by the service's word for it.
        used: Seconds on the device that the service counted, by tag, of those that are done.
    """

    jobs: tuple[JobRow, ...]
    finished: tuple[JobRow, ...]
    pending: Mapping[str, str]
    used: Mapping[str, float]


RAN_TOO_LONG = "it ran longer than"
"""How the reason of a job begins that was stopped for its time on the device."""

_ENDS = {"DONE": "done", "ERROR": "failed", "CANCELLED": "cancelled"}


def collect_jobs(
    store: RunStore,
    connection: Connection,
    tell: Tell,
    patience: Patience | None = None,
) -> Collected:
    """Ask for every open job; store what ended, and the artifacts that are whole now.

    Args:
        store: The run's folder, open.
        connection: The service.
        tell: Takes a sentence for the user.
        patience: How long faults are waited out.

    Raises:
        AccountError: The service cannot be asked. What was collected is stored.
    """
    patience = patience or Patience()
    ledger = Ledger(store)
    finished: list[JobRow] = []
    pending: dict[str, str] = {}
    for job in ledger.jobs():
        if job.state == "sending":
            found = settle(job, ledger, connection, tell, patience)
            job = found or job.moved("intended")
            ledger.put(job)
        if job.state != "submitted":
            continue
        status, ended = _asked(job, ledger, connection, patience)
        if ended is None:
            pending[job.tag] = status
            continue
        finished.append(ended)
        assemble(store, ended)
    for job in ledger.jobs():
        if job.state == "done":
            assemble(store, job)  # what a crash left between a result and its artifact
    return Collected(tuple(ledger.jobs()), tuple(finished), pending, counted_seconds(ledger))


def _asked(
    job: JobRow, ledger: Ledger, connection: Connection, patience: Patience
) -> tuple[str, JobRow | None]:
    """The service's word for a job's state, and the job as stored if it has ended."""
    from qiskit_ibm_runtime.exceptions import RuntimeJobNotFound

    doing = f"asking for job {job.job_id}"
    try:
        remote: RuntimeJobV2 = persistent(
            lambda: connection.client.job(job.job_id), doing, patience
        )
    except RuntimeJobNotFound:
        ended = job.moved("failed", reason="the service does not know the job any more")
        ledger.put(ended)
        return "UNKNOWN", ended
    status = str(persistent(remote.status, doing, patience))
    if status not in _ENDS:
        return status, None
    if status != "DONE":
        ended = _without_result(job, remote, status)
        ledger.put(ended)
        return status, ended
    result = persistent(lambda: _result(job, remote, ledger), f"{doing}'s result", patience)
    ended = job.moved("done")
    ledger.put(ended, result)
    return status, ended


def _without_result(job: JobRow, remote: RuntimeJobV2, status: str) -> JobRow:
    reason = " ".join(str(getattr(remote, "_reason", None) or "no reason given").split())
    if getattr(remote, "_reason_code", None) == 1305:
        bound = "the service's bound" if job.cap_s is None else f"its bound of {job.cap_s} s"
        return job.moved("failed", reason=f"{RAN_TOO_LONG} {bound} ({reason})")
    return job.moved("failed" if status == "ERROR" else "cancelled", reason=reason)


def _result(job: JobRow, remote: RuntimeJobV2, ledger: Ledger) -> bytes:
    """What a job gave, with what the service says about it and its device at that time."""
    requests = {piece.key: request_from_bytes(ledger.request(piece.key)) for piece in job.pieces}
    shapes = [
        (piece.stop - piece.start, len(requests[piece.key].isa.observables)) for piece in job.pieces
    ]
    first = requests[job.pieces[0].key]
    found: Json
    if first.learns:
        client, width = detached(first.execution), remote.backend().num_qubits
        model = learned_from(decoded(remote), client, first, width, remote.job_id())
        found = {"model": model_to_json(model)}
    else:
        if first.execution.primitive == "sampler":
            parts = [part_of(requests[piece.key], piece) for piece in job.pieces]
            values = outcome_values(decoded(remote), parts, remote.job_id())
        else:
            values = values_of(remote, shapes)
        found = {
            "values": [v.values.tolist() for v in values],
            "stderr": [v.stderr.tolist() for v in values],
        }
    metrics = remote.metrics()
    times = metrics.get("timestamps") or {}
    facts = JobFacts(
        id=remote.job_id(),
        submitted=times.get("created"),
        started=times.get("running"),
        finished=times.get("finished"),
        qpu_seconds=qpu_seconds(metrics.get("usage") or {}),
        options=finalized(Execution.model_validate(job.execution)),
    )
    started = facts.started or facts.finished
    at = None if started is None else datetime.fromisoformat(started)
    device = device_from_backend(remote.backend(), at)
    return packed(
        {
            "facts": asdict(facts),
            "device": asdict(device),
            "executions": [
                request_executions(part_of(requests[piece.key], piece)) for piece in job.pieces
            ],
            **found,
        }
    )
