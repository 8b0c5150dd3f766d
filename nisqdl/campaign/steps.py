"""The three moves of an experiment on a device: submit what is ready, collect what is done, cancel.

Each opens the run's folder, does its part and closes it: killed at any moment, the same move goes
on. Whatever has been paid for is in the folder or at the service, and is never paid for again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from nisqdl.campaign.budget import Terms, bounded, offer, spent_s
from nisqdl.campaign.device import live_targets
from nisqdl.engines.runtime.wire import Patience
from nisqdl.errors import AccountError, BudgetError, InputError, NisqdlError
from nisqdl.experiment import Experiment
from nisqdl.jobs.cancelling import cancel_jobs
from nisqdl.jobs.collecting import RAN_TOO_LONG, Collected, collect_jobs
from nisqdl.jobs.intending import intended
from nisqdl.jobs.results import counted_seconds
from nisqdl.jobs.sending import Sent, Tell, send_intents
from nisqdl.jobs.settling import settle_usage
from nisqdl.runner.plan import WorkPlan, plan_work
from nisqdl.runner.progress import Progress
from nisqdl.runner.run import RunSummary, run
from nisqdl.store.folder import RunStore, open_run
from nisqdl.store.ledger import JobRow, Ledger
from nisqdl.store.record import Point
from nisqdl.targets.service import (
    OPEN_PLAN,
    Connection,
    find_backend,
    require_open,
    require_time,
    usage,
)
from nisqdl.targets.snapshots import find_device

if TYPE_CHECKING:
    from qiskit_ibm_runtime import IBMBackend


@dataclass(frozen=True)
class Here:
    """How work on this machine is done.

    Attributes:
        workers: How many steps run at once.
        progress: What is told meanwhile.
        tell: Takes sentences for the user about jobs.
        patience: How long faults of the service are waited out.
    """

    workers: int
    progress: Progress
    tell: Tell
    patience: Patience = field(default_factory=Patience)


@dataclass(frozen=True)
class Submission:
    """What a submission did.

    Attributes:
        local: What was done on this machine before.
        agreed: Whether the user agreed; true where there was nothing to agree to.
        sent: What was sent, and what the service had already.
        open: Jobs of the run that wait or run now.
        later: Remote steps that need what these jobs bring.
    """

    local: RunSummary
    agreed: bool
    sent: Sent
    open: int
    later: int


def submit(
    experiment: Experiment, folder: Path, connection: Connection, terms: Terms, here: Here
) -> Submission:
    """Do what can be done here, then send what a device can do.

    Raises:
        AccountError: The device or the service refuses, or the plan has no sessions.
        BudgetError: There is not enough time for what would be sent.
        InputError: The experiment asks nothing of a device, or of several.
        NisqdlError: Steps failed.
    """
    backend = _backend(experiment, connection)
    require_sessions(connection, experiment.points())
    require_time(usage(connection))
    local = run(experiment, folder, here.workers, here.progress)
    with _opened(experiment, folder) as (store, plan):
        ledger = Ledger(store)
        device = find_device(_target(experiment))
        what = intended(store, experiment.study, plan.remote, device)
        agreed = True
        if what.jobs:
            time_left = usage(connection)
            what = bounded(what, terms, time_left, spent_s(ledger.jobs(), counted_seconds(ledger)))
            require_open(backend)
            agreed = terms.ask(offer(what, time_left, backend.name))
            ledger.discard_intents()
            if agreed:
                ledger.intend(what.jobs, what.requests)
        sent = Sent((), ())
        if agreed:
            sent = send_intents(ledger, connection, backend, here.tell, here.patience)
        rows = ledger.jobs()
        asked = {piece.key for job in rows for piece in job.pieces}
    return Submission(
        local=local,
        agreed=agreed,
        sent=sent,
        open=sum(job.state == "submitted" for job in rows),
        later=sum(step.key not in asked for step in plan.remote),
    )


def collect(
    experiment: Experiment, folder: Path, connection: Connection, here: Here
) -> tuple[Collected, RunSummary]:
    """Fetch what is done, and do what can be done here with it. Sends nothing.

    Records that were made before the service had settled what a job took are made again with it.

    Raises:
        AccountError: The service cannot be asked.
        NisqdlError: Steps failed.
    """
    with _opened(experiment, folder) as (store, _):
        steps = experiment.study.steps(experiment.points())
        settle_usage(store, steps, connection, here.patience)
        found = collect_jobs(store, connection, here.tell, here.patience)
    return found, run(experiment, folder, here.workers, here.progress)


def look(experiment: Experiment, folder: Path, connection: Connection, here: Here) -> Collected:
    """The jobs as they are now; results are stored, and nothing is made of them yet."""
    with _opened(experiment, folder) as (store, _):
        return collect_jobs(store, connection, here.tell, here.patience)


def cancel(experiment: Experiment, folder: Path, connection: Connection, here: Here) -> Collected:
    """Cancel what has not ended; what has is collected."""
    with _opened(experiment, folder) as (store, _):
        return cancel_jobs(store, connection, here.tell, here.patience)


def run_all(
    experiment: Experiment,
    folder: Path,
    connection: Connection,
    terms: Terms,
    here: Here,
    poll_s: float = 10.0,
) -> RunSummary:
    """Submit and collect in turn until nothing is left.

    Raises:
        BudgetError: As :func:`submit`; a job ran longer than its bound.
        NisqdlError: As :func:`submit` and :func:`collect`; a job failed or was cancelled, or the
            user did not agree.
    """
    while True:
        submission = submit(experiment, folder, connection, terms, here)
        if not submission.agreed:
            raise NisqdlError(
                f"Nothing was sent; what was done on this machine is stored in {folder}. Run the "
                "same command again to be asked again."
            )
        found, summary = collect(experiment, folder, connection, here)
        wait_s = min(1.0, poll_s)
        while found.pending:
            time.sleep(wait_s)
            wait_s = min(poll_s, wait_s * 1.5)
            found, summary = collect(experiment, folder, connection, here)
        if not summary.remote:
            return summary
        broken = unanswered(found.jobs)
        if broken is not None:
            raise broken


def require_sessions(connection: Connection, points: Sequence[Point]) -> None:
    """That the plan has sessions, if points ask for one.

    Raises:
        AccountError: It has none.
    """
    instance = connection.instance
    asked = any(point.settings.get("execution.mode") == "session" for point in points)
    if asked and instance.plan == OPEN_PLAN:
        raise AccountError(
            f"The instance {instance.name} is on the Open plan, which has no sessions; take "
            "--mode batch (`execution.mode`), or another instance (QISKIT_IBM_INSTANCE)."
        )


def unanswered(jobs: tuple[JobRow, ...]) -> NisqdlError | None:
    """What to raise for jobs that came to nothing and were not sent again; ``None`` if none."""
    again = {(job.tag.split("-")[1], job.attempt - 1) for job in jobs if job.attempt > 1}
    broken = [
        job
        for job in jobs
        if job.state in ("failed", "cancelled")
        and (job.tag.split("-")[1], job.attempt) not in again
    ]
    if not broken:
        return None
    first = broken[0]
    what = "failed" if first.state == "failed" else "was cancelled"
    more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
    kind = BudgetError if _reason(first).startswith(RAN_TOO_LONG) else NisqdlError
    return kind(
        f"Job {first.job_id} on {first.backend} {what}: {_reason(first)}{more}. What else came "
        "back is stored; submit the same experiment again to send what is missing, after an "
        "estimate and your consent."
    )


def require_device(experiment: Experiment, folder: Path) -> None:
    """That a run has something on a device.

    Raises:
        InputError: It has not.
    """
    if not live_targets(experiment):
        raise InputError(
            f"Nothing of the run {folder} is on hardware; `nisqdl run` goes on with it here, and "
            "`nisqdl submit --backend NAME` sends its experiment to a device."
        )


def _reason(job: JobRow) -> str:
    return (job.reason or "no reason given").rstrip(".")


def _backend(experiment: Experiment, connection: Connection) -> IBMBackend:
    return find_backend(connection, _target(experiment).partition("@")[0])


def _target(experiment: Experiment) -> str:
    """The one device, with its snapshot's date, that an experiment asks."""
    names = live_targets(experiment)
    if not names:
        raise InputError(
            f"{experiment.source} asks nothing of a device; `nisqdl run` runs it here, and "
            "`nisqdl submit --backend NAME` on a device."
        )
    if len(names) > 1:
        raise InputError(
            f"{experiment.source} names several devices ({', '.join(names)}); a run has one: "
            "submit it once for each with --backend and --out, and `nisqdl compare` the runs."
        )
    return names[0]


@contextmanager
def _opened(experiment: Experiment, folder: Path) -> Iterator[tuple[RunStore, WorkPlan]]:
    points = experiment.points()
    study = experiment.study
    context = study.context(points)
    with open_run(folder, experiment.resolved, study.name, context, len(points)) as store:
        yield store, plan_work(study, points, store.ids(), store.keys())
