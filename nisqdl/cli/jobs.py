"""``nisqdl jobs``"""

from __future__ import annotations

from pathlib import Path

import click

from nisqdl.cli.on_device import COLUMNS, job_cells, job_document
from nisqdl.cli.output import json_option, print_json, print_table


@click.command(
    epilog="""\b
Example:
  nisqdl jobs
"""
)
@click.option(
    "--runs",
    type=click.Path(path_type=Path),
    default=Path("results/runs"),
    show_default=True,
    help="Folder of run folders.",
)
@json_option
def command(runs: Path, as_json: bool) -> None:
    """List the jobs of all runs here, as far as is known without asking the service."""
    from nisqdl.store.schema import DATABASE
    from nisqdl.store.view import read_run

    found = [
        (path.parent, job)
        for path in sorted(runs.glob(f"*/{DATABASE}"))
        for job in read_run(path.parent).jobs()
    ]
    if as_json:
        print_json({"jobs": [{"run": str(run), **job_document(job)} for run, job in found]})
    elif found:
        print_table(("run", *COLUMNS), [[run.name, *job_cells(job)] for run, job in found])
    else:
        click.echo(f"No run in {runs} has sent a job.")
