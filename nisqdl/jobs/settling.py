"""The time on the device that the service had not settled when a job's result was fetched."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from nisqdl.engines.runtime.wire import Patience, persistent
from nisqdl.jobs.results import facts_of, qpu_seconds, with_seconds
from nisqdl.store.folder import RunStore
from nisqdl.store.ledger import JobRow, Ledger
from nisqdl.studies.contract import Step
from nisqdl.targets.service import Connection

if TYPE_CHECKING:
    from qiskit_ibm_runtime import RuntimeJobV2


def settle_usage(
    store: RunStore, steps: Sequence[Step], connection: Connection, patience: Patience
) -> None:
    """Ask again for the time of jobs that had none yet, and drop what was made without it.

    What came back stays. The artifacts that it went into and all that this machine made of them
    are dropped with the same transaction that writes the time, so that they are made again, with
    the same ids: by :func:`nisqdl.jobs.collecting.collect_jobs`, then by the runner.

    Args:
        store: The run's folder, open.
        steps: All steps of the experiment, each after those that it needs.
        connection: The service.
        patience: How long faults are waited out.

    Raises:
        AccountError: The service cannot be asked.
    """
    ledger = Ledger(store)
    for job in ledger.jobs():
        if job.state != "done":
            continue
        result = ledger.result(job.tag)
        if facts_of(result).qpu_seconds is not None:
            continue
        seconds = _settled(job, connection, patience)
        if seconds is not None:
            keys, ids = made_of({piece.key for piece in job.pieces}, steps)
            ledger.amend(job.tag, with_seconds(result, seconds), keys, ids)


def made_of(keys: Collection[str], steps: Sequence[Step]) -> tuple[set[str], set[str]]:
    """Keys of these artifacts and those made of them here, and ids of the points made of them.

    What a device made is not among them: what was asked of it stays as it was asked.
    """
    behind, ids = set(keys), set[str]()
    for step in steps:
        if not step.remote and not behind.isdisjoint(step.needs):
            behind.add(step.key)
            ids.update(point.id for point in step.points)
    return behind, ids


def _settled(job: JobRow, connection: Connection, patience: Patience) -> float | None:
    """The time that the service counts by now."""
    from qiskit_ibm_runtime.exceptions import RuntimeJobNotFound

    doing = f"asking for the usage of job {job.job_id}"
    try:
        remote: RuntimeJobV2 = persistent(
            lambda: connection.client.job(job.job_id), doing, patience
        )
    except RuntimeJobNotFound:
        return None  # deleted there; what it gave is here
    return qpu_seconds(persistent(remote.metrics, doing, patience).get("usage") or {})
