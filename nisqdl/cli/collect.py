"""``nisqdl collect``"""

from __future__ import annotations

from contextlib import suppress

import click

from nisqdl.cli.on_device import (
    counted,
    here,
    job_document,
    run_argument,
    run_folder,
)
from nisqdl.cli.output import json_option, print_json
from nisqdl.cli.workers import workers_option


@click.command(
    epilog="""\b
Examples:
  nisqdl collect mine
  nisqdl collect results/runs/mine --json
"""
)
@run_argument
@workers_option
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
def command(run: str, workers: int, quiet: bool, as_json: bool) -> None:
    """Fetch the results of a run's jobs, and build its report. Sends nothing, costs nothing.

    May be called any number of times; exit code 3 says that jobs are not done yet. What came back
    is kept, also where other jobs failed.
    """
    from nisqdl import report
    from nisqdl.campaign.steps import collect, require_device, unanswered
    from nisqdl.errors import PendingError, TooEarlyError
    from nisqdl.experiment import restore
    from nisqdl.targets.service import connect

    folder = run_folder(run)
    asked = restore(folder)
    require_device(asked, folder)
    found, summary = collect(asked, folder, connect(), here(workers, quiet))
    built = None
    if found.finished or not found.pending:  # else nothing is new
        with suppress(TooEarlyError):
            built = report.build(folder, planned=summary.points)
    if as_json:
        print_json(
            {
                "folder": str(folder),
                "jobs": [
                    job_document(job, found.pending.get(job.tag), found.used.get(job.tag))
                    for job in found.jobs
                ],
                "points": summary.points,
                "waiting": summary.waiting,
                "report": None if built is None else str(built.html),
                "verdict": None if built is None else built.verdict.sentence,
            }
        )
    elif built is not None:
        click.echo(built.verdict.sentence)
        click.echo(f"Report: {built.html}")
    broken = unanswered(found.jobs)
    if broken is not None:
        raise broken
    if found.pending:
        raise PendingError(
            f"{len(found.pending)} of {len(found.jobs)} jobs are not done yet "
            f"({', '.join(sorted(set(found.pending.values()))).lower()}); collect again later."
        )
    if summary.remote:
        raise PendingError(
            f"{summary.waiting} of {summary.points} points wait for circuits that have not been "
            f"sent ({counted(found.jobs)} so far); submit the experiment again to send them."
        )
