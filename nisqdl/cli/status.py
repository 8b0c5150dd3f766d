"""``nisqdl status``"""

from __future__ import annotations

import time

import click

from nisqdl.cli.on_device import (
    COLUMNS,
    counted,
    here,
    job_cells,
    job_document,
    run_argument,
    run_folder,
)
from nisqdl.cli.output import json_option, print_json, print_table

EVERY_S = 15.0


@click.command(
    epilog="""\b
Examples:
  nisqdl status
  nisqdl status mine --watch
"""
)
@run_argument
@click.option("--watch", is_flag=True, help="Ask again until every job has ended.")
@json_option
def command(run: str, watch: bool, as_json: bool) -> None:
    """Show the jobs of a run, as the service sees them now.

    Results of jobs that are done are stored on the way; `nisqdl collect` makes records of them.
    """
    from nisqdl.campaign.steps import look, require_device
    from nisqdl.experiment import restore
    from nisqdl.targets.service import connect

    folder = run_folder(run)
    asked = restore(folder)
    require_device(asked, folder)
    connection = connect()
    mine = here(1, quiet=as_json)
    shown: list[list[object]] = []
    while True:
        found = look(asked, folder, connection, mine)
        table = [
            job_cells(job, found.pending.get(job.tag), found.used.get(job.tag))
            for job in found.jobs
        ]
        if as_json and not (watch and found.pending):
            jobs = [
                job_document(job, found.pending.get(job.tag), found.used.get(job.tag))
                for job in found.jobs
            ]
            print_json({"folder": str(folder), "jobs": jobs})
        elif not as_json and table != shown:  # once for each change
            shown = table
            print_table(COLUMNS, table)
            click.echo(f"{folder}: {counted(found.jobs)}")
        if not watch or not found.pending:
            return
        time.sleep(EVERY_S)
