"""Run an experiment, or what is left of it: plan minus store, on a pool, into the store."""

from __future__ import annotations

import signal
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from nisqdl.accounts import redact
from nisqdl.errors import NisqdlError
from nisqdl.experiment import Experiment
from nisqdl.runner.interruption import Interrupted
from nisqdl.runner.message import Answer, Died, Done, Failed, Refused
from nisqdl.runner.plan import Agenda, WorkPlan, plan_work
from nisqdl.runner.pool import Pool
from nisqdl.runner.progress import Progress, Silence
from nisqdl.runner.status import Tally
from nisqdl.store.folder import RunStore, open_run

ERRORS = "errors.log"
"""Tracebacks of failed steps, in the run folder."""

WORKERS = "workers.log"
"""What libraries printed in the workers, in the run folder."""

MOST_FAILURES = 10
"""So many failed steps end the run: the fault is not in one point."""

_HEARTBEAT_S = 1.0


@dataclass(frozen=True)
class RunSummary:
    """What a run did.

    Attributes:
        folder: The run folder.
        points: Points of the experiment; all have a record now, but those that wait.
        added: Records that were added now.
        steps: Steps of work that were done now.
        seconds: Wall time.
        remote: Remote steps whose outcome is not in the folder yet.
        waiting: Points that wait for them.
    """

    folder: Path
    points: int
    added: int
    steps: int
    seconds: float
    remote: int = 0
    waiting: int = 0


def default_folder(name: str) -> Path:
    """Where an experiment of this name runs if nothing else is said, under the current folder."""
    return Path("results") / "runs" / name


def run(
    experiment: Experiment, folder: Path, workers: int, progress: Progress | None = None
) -> RunSummary:
    """Do what is left of an experiment and can be done on this machine.

    Its records are in the folder afterwards, but for points that wait for a remote step. Each
    outcome is stored in a transaction as its step ends. Whenever the run is interrupted or
    killed, the same call goes on and ends with the same records.

    Args:
        experiment: What is asked.
        folder: The run folder.
        workers: How many steps run at once.
        progress: What is told meanwhile; nothing by default.

    Raises:
        InputError: The folder is another experiment's, or a step found the input wrong.
        NisqdlError: Steps failed, a worker was killed, the disk is full, another process writes.
        Interrupted: Ctrl-C.
    """
    start = time.perf_counter()
    points = experiment.points()
    context = experiment.context()
    name = experiment.study.name
    with open_run(folder, experiment.resolved, name, context, len(points)) as store:
        plan = plan_work(experiment.study, points, store.ids(), store.keys())
        if plan.steps:
            work = _Work(experiment, plan, store, workers, progress or Silence())
            work.all()
    seconds = time.perf_counter() - start
    return RunSummary(
        folder,
        plan.points,
        sum(len(step.points) for step in plan.steps),
        len(plan.steps),
        seconds,
        len(plan.remote),
        sum(len(step.points) for step in plan.waiting),
    )


class _Work:
    """The steps of one session: started as workers are free, stored as they end."""

    def __init__(
        self,
        experiment: Experiment,
        plan: WorkPlan,
        store: RunStore,
        workers: int,
        progress: Progress,
    ) -> None:
        self._experiment = experiment
        self._store = store
        self._agenda = Agenda(plan.steps)
        self._tally = Tally(plan, workers)
        self._progress = progress
        self._workers = workers
        self._failures: list[Failed] = []

    def all(self) -> None:
        """Do every step that can be done.

        Raises:
            NisqdlError: As :func:`run`.
        """
        try:
            self._progress.begin(self._experiment.name, self._tally.status(()))
            with Pool(self._experiment.study, self._workers, self._store.folder / WORKERS) as pool:
                while self._start_steps(pool) or pool.running:
                    self._take(pool.wait(_HEARTBEAT_S))
                    self._progress.show(self._tally.status(pool.running))
        except KeyboardInterrupt:
            raise Interrupted(self._interruption()) from None
        finally:
            self._progress.end()
        if self._failures:
            raise self._failure()

    def _start_steps(self, pool: Pool) -> bool:
        """Fill the pool; whether anything was started."""
        started = False
        while pool.has_room and (step := self._agenda.next()) is not None:
            pool.perform(step, {key: self._store.artifact(key) for key in step.needs})
            started = True
        return started

    def _take(self, answer: Answer | None) -> None:
        """Store an outcome, or say what went wrong."""
        if isinstance(answer, Done):
            step, outcome = answer.step, answer.outcome
            if outcome.artifact is not None:
                self._store.add_artifact(step.key, step.kind, outcome.artifact, answer.seconds)
            else:
                self._store.add(outcome.records)
            self._agenda.done(step)
            self._tally.ended(step, answer.seconds)
        elif isinstance(answer, Refused):
            raise self._experiment.blamed(answer.error)
        elif isinstance(answer, Died):
            raise NisqdlError(_obituary(answer, self._store.folder / WORKERS))
        elif isinstance(answer, Failed):
            self._log(answer)
            self._failures.append(answer)
            self._tally.dropped(answer.step)
            if len(self._failures) >= MOST_FAILURES:
                raise self._failure()

    def _log(self, failed: Failed) -> None:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        entry = f"{now} {failed.step.kind} {failed.step.key}: {failed.step.title}\n"
        with (self._store.folder / ERRORS).open("a", encoding="utf-8") as stream:
            stream.write(redact(f"{entry}{failed.traceback}\n"))

    def _failure(self) -> NisqdlError:
        first = self._failures[0]
        count = len(self._failures)
        steps = "1 step" if count == 1 else f"{count} steps"
        return NisqdlError(
            f"{steps} failed, first `{first.step.title or first.step.kind}`: "
            f"{redact(first.summary)} (details in {self._store.folder / ERRORS}); every other "
            "result is stored; run the same command again to try what failed once more."
        )

    def _interruption(self) -> str:
        status = self._tally.status(())
        return (
            f"Interrupted: {status.done} of {status.points} points are stored in "
            f"{self._store.folder}; run the same command again to go on."
        )


def _obituary(died: Died, log: Path) -> str:
    title = died.step.title or died.step.kind
    if died.status == -signal.SIGKILL:
        return (
            f"A worker was killed while it did `{title}`, most likely because memory ran out; "
            "what is stored is safe; run the same command again with fewer `--workers`."
        )
    how = f"signal {-died.status}" if died.status < 0 else f"exit code {died.status}"
    return (
        f"A worker ended ({how}) while it did `{title}`; details in {log}; what is stored is "
        "safe; run the same command again."
    )
