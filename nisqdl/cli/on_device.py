"""What the verbs for devices share: which run is meant, consent, and how jobs are told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from nisqdl.errors import InputError
from nisqdl.store.record import Json

if TYPE_CHECKING:
    from nisqdl.campaign.steps import Here
    from nisqdl.jobs.collecting import Collected
    from nisqdl.store.ledger import JobRow

LATEST = "latest"
"""The word for the run in results/runs that was written to last."""

run_argument = click.argument("run", default=LATEST, metavar="[RUN|latest]")

yes_option = click.option("--yes", is_flag=True, help="Send without asking.")

bound_option = click.option(
    "--max-qpu-seconds",
    type=click.IntRange(min=1),
    metavar="N",
    help="At most so much time on the device, for all jobs of the run together.",
)


def run_folder(run: str) -> Path:
    """The folder of a run: a path, a name under results/runs, or the latest.

    Raises:
        InputError: There is none.
    """
    from nisqdl.runner.run import default_folder
    from nisqdl.store.schema import DATABASE

    if run == LATEST:
        runs = default_folder("x").parent
        found = [path.parent for path in runs.glob(f"*/{DATABASE}")]
        if not found:
            raise InputError(f"There is no run in {runs} yet; name a run folder.")
        return max(found, key=lambda folder: (folder / DATABASE).stat().st_mtime)
    for folder in (Path(run), default_folder(run)):
        if (folder / DATABASE).is_file():
            return folder
    raise InputError(f"There is no run {run}, neither as a folder nor under results/runs.")


def ask_user(yes: bool) -> Callable[[str], bool]:
    """Shows what would be spent on standard error, and asks unless ``--yes`` was given.

    Where nobody can answer, the answer is no.
    """

    def ask(offered: str) -> bool:
        click.echo(offered, err=True)
        if yes:
            return True
        try:
            return click.confirm("Send?", default=False, err=True)
        except click.Abort:
            click.echo(err=True)
            return False

    return ask


def here(workers: int, quiet: bool) -> Here:
    """How the work on this machine is done, told on standard error."""
    from nisqdl.campaign.steps import Here
    from nisqdl.runner.progress import Silence, progress_for

    if quiet:
        return Here(workers, Silence(), lambda sentence: None)
    return Here(workers, progress_for(sys.stderr), lambda sentence: click.echo(sentence, err=True))


COLUMNS = (
    "job", "device", "state", "circuits", "estimate s", "bound s", "used s", "submitted", "reason",
)  # fmt: skip


def job_cells(job: JobRow, word: str | None = None, used_s: float | None = None) -> list[object]:
    """A job as a line of a table.

    Args:
        job: The job.
        word: The service's word for its state, where it was asked.
        used_s: Seconds on the device that the service counted.
    """
    state = (word or job.state).lower()
    return [
        job.job_id or job.tag,
        job.backend,
        state,
        len(job.pieces),
        round(job.estimate_s, 1),
        job.cap_s,
        used_s,
        job.created[:19],
        job.reason,
    ]


def known(job: JobRow, found: Collected) -> tuple[str | None, float | None]:
    """What the service says of a job: the word for its state while it is open, and its time."""
    return found.pending.get(job.tag), found.used.get(job.tag)


def job_document(job: JobRow, word: str | None = None, used_s: float | None = None) -> Json:
    """A job for programs; arguments as of :func:`job_cells`."""
    return {
        "id": job.job_id,
        "tag": job.tag,
        "attempt": job.attempt,
        "backend": job.backend,
        "state": job.state,
        "service_state": word,
        "circuits": len(job.pieces),
        "estimate_seconds": job.estimate_s,
        "max_execution_time": job.cap_s,
        "qpu_seconds": used_s,
        "reason": job.reason,
        "created": job.created,
        "changed": job.changed,
    }


def counted(jobs: Sequence[JobRow]) -> str:
    """How many jobs are in which state, in words."""
    states: dict[str, int] = {}
    for job in jobs:
        states[job.state] = states.get(job.state, 0) + 1
    return ", ".join(f"{count} {state}" for state, count in states.items()) or "no jobs"
