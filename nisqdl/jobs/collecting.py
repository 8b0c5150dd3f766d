"""Turn finished jobs into artifacts; may be done any number of times, and sends nothing."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from nisqdl.engines.runtime.adapter import decoded, finalized, unphysical, values_of
from nisqdl.engines.runtime.estimate import request_executions
from nisqdl.engines.runtime.learned import LayerModel, model_from_json, model_to_json
from nisqdl.engines.runtime.learning import detached, learned_from
from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.outcomes import outcome_values
from nisqdl.engines.runtime.request import (
    JobFacts,
    Learned,
    Measured,
    Request,
    learned_to_bytes,
    measured_to_bytes,
    request_from_bytes,
)
from nisqdl.jobs.packing import part_of
from nisqdl.jobs.sending import Tell, settle
from nisqdl.jobs.wire import Patience, persistent
from nisqdl.store.folder import RunStore
from nisqdl.store.ledger import JobRow, Ledger, Piece
from nisqdl.store.record import Json
from nisqdl.targets.live import device_from_backend
from nisqdl.targets.service import Connection

if TYPE_CHECKING:
    from qiskit_ibm_runtime import RuntimeJobV2

    from nisqdl.engines.contract import Array
    from nisqdl.targets.device import Device


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
            _settle_seconds(job, ledger, connection, patience)
            assemble(store, job)  # what a crash left between a result and its artifact
    return Collected(tuple(ledger.jobs()), tuple(finished), pending, counted_seconds(ledger))


def _settle_seconds(
    job: JobRow, ledger: Ledger, connection: Connection, patience: Patience
) -> None:
    """Ask again for the time of a job whose usage the service had not settled yet.

    It counts for the run's bound then. Records that were made before say what was known.
    """
    from qiskit_ibm_runtime.exceptions import RuntimeJobNotFound

    stored = ledger.result(job.tag)
    if _read(stored).facts.qpu_seconds is not None:
        return
    doing = f"asking for the usage of job {job.job_id}"
    try:
        remote: RuntimeJobV2 = persistent(
            lambda: connection.client.job(job.job_id), doing, patience
        )
    except RuntimeJobNotFound:
        return  # deleted there; what it gave is here
    content = json.loads(zlib.decompress(stored))
    seconds = _qpu_seconds(persistent(remote.metrics, doing, patience).get("usage") or {})
    if seconds is not None:
        content["facts"]["qpu_seconds"] = seconds
        ledger.put(job, _packed(content))


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
        reason = f"it ran longer than its bound of {job.cap_s or 'the service’s'} s ({reason})"
        return job.moved("failed", reason=reason)
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
        qpu_seconds=_qpu_seconds(metrics.get("usage") or {}),
        options=finalized(Execution.model_validate(job.execution)),
    )
    started = facts.started or facts.finished
    at = None if started is None else datetime.fromisoformat(started)
    device = device_from_backend(remote.backend(), at)
    return _packed(
        {
            "facts": asdict(facts),
            "device": asdict(device),
            "executions": [
                request_executions(part_of(requests[piece.key], piece)) for piece in job.pieces
            ],
            **found,
        }
    )


def _qpu_seconds(usage: Mapping[str, Any]) -> float | None:
    """The time on the device that is counted; ``None`` while the service has not settled it."""
    if usage.get("status") == "pending":
        return None
    found = usage.get("quantum_seconds", usage.get("qpu_charge_time_seconds"))
    return None if found is None else float(found)


def assemble(store: RunStore, job: JobRow) -> None:
    """Store the artifact of each step of a job whose rows have all come back by now."""
    ledger = Ledger(store)
    done = [other for other in ledger.jobs() if other.state == "done"]
    for key in dict.fromkeys(piece.key for piece in job.pieces):
        if store.has_artifact(key):
            continue
        request = request_from_bytes(ledger.request(key))
        parts = [
            (piece, index, other)
            for other in done
            for index, piece in enumerate(other.pieces)
            if piece.key == key
        ]
        if sum(piece.stop - piece.start for piece, _, _ in parts) < len(request.bindings):
            continue
        if request.learns:
            learned = _learned(request, _read(ledger.result(parts[0][2].tag)))
            artifact, took_s = learned_to_bytes(learned), _seconds(learned.jobs)
        else:
            measured = _measured(request, parts, ledger)
            artifact, took_s = measured_to_bytes(measured), _seconds(measured.jobs)
        store.add_artifact(key, ledger.kind(key), artifact, took_s)


def _learned(request: Request, result: _Result) -> Learned:
    assert result.model is not None
    return Learned(
        model=result.model,
        backend=request.backend,
        jobs=(result.facts,),
        qpu_seconds=result.facts.qpu_seconds,
        snapshot=result.device,
    )


def _measured(
    request: Request, parts: Sequence[tuple[Piece, int, JobRow]], ledger: Ledger
) -> Measured:
    shape = (len(request.bindings), len(request.isa.observables))
    values, stderr = np.full(shape, np.nan), np.full(shape, np.nan)
    results: dict[str, _Result] = {}
    shares: list[float | None] = []
    for piece, index, job in parts:
        result = _read(ledger.result(job.tag))
        rows = slice(piece.start, piece.stop)
        values[rows], stderr[rows] = result.values[index], result.stderr[index]
        results[result.facts.id] = result
        shares.append(result.share(index))
    whole = sorted(
        results.values(), key=lambda result: (result.facts.started or "", result.facts.id)
    )
    known = [share for share in shares if share is not None]
    return Measured(
        values=values,
        stderr=stderr,
        backend=request.backend,
        jobs=tuple(result.facts for result in whole),
        qpu_seconds=sum(known) if len(known) == len(shares) else None,
        unphysical=unphysical(request.isa, values),
        snapshot=whole[0].device,
    )


def _seconds(jobs: Sequence[JobFacts]) -> float:
    """Wall time from the first start to the last end, as far as it is known."""
    starts = [datetime.fromisoformat(j.started) for j in jobs if j.started]
    ends = [datetime.fromisoformat(j.finished) for j in jobs if j.finished]
    return max(0.0, (max(ends) - min(starts)).total_seconds()) if starts and ends else 0.0


def _packed(content: Json) -> bytes:
    return zlib.compress(json.dumps(content, separators=(",", ":")).encode())


@dataclass(frozen=True)
class _Result:
    """What is stored of a job that is done: a table of values for each of its pieces, or noise."""

    facts: JobFacts
    device: Device
    executions: tuple[int, ...]
    values: tuple[Array, ...]
    stderr: tuple[Array, ...]
    model: LayerModel | None = None

    def share(self, index: int) -> float | None:
        """A piece's share of the job's time on the device, by executions."""
        if self.facts.qpu_seconds is None:
            return None
        return self.facts.qpu_seconds * self.executions[index] / sum(self.executions)


@lru_cache(maxsize=4)
def _read(data: bytes) -> _Result:
    """A stored result; one job holds many steps, which are put together one after another."""
    from pydantic import TypeAdapter

    from nisqdl.targets.device import Device

    content = json.loads(zlib.decompress(data))
    return _Result(
        facts=JobFacts(**content["facts"]),
        device=TypeAdapter(Device).validate_python(content["device"]),
        executions=tuple(content["executions"]),
        values=tuple(np.asarray(t, dtype=np.float64) for t in content.get("values", ())),
        stderr=tuple(np.asarray(t, dtype=np.float64) for t in content.get("stderr", ())),
        model=model_from_json(content["model"]) if "model" in content else None,
    )


def counted_seconds(ledger: Ledger) -> dict[str, float]:
    """The time on the device that the service counted, by tag, of jobs that are done."""
    found: dict[str, float] = {}
    for job in ledger.jobs():
        if job.state == "done":
            seconds = _read(ledger.result(job.tag)).facts.qpu_seconds
            if seconds is not None:
                found[job.tag] = float(seconds)
    return found
