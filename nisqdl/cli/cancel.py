"""``nisqdl cancel``"""

from __future__ import annotations

import click

from nisqdl.cli.on_device import counted, here, job_document, run_folder
from nisqdl.cli.output import json_option, print_json


@click.command(
    epilog="""\b
Example:
  nisqdl cancel mine
"""
)
@click.argument("run", metavar="RUN|latest")
@json_option
def command(run: str, as_json: bool) -> None:
    """Cancel the jobs of a run that have not ended; what has ended is kept."""
    from nisqdl.campaign.steps import cancel, require_device
    from nisqdl.experiment import restore
    from nisqdl.targets.service import connect

    folder = run_folder(run)
    asked = restore(folder)
    require_device(asked, folder)
    found = cancel(asked, folder, connect(), here(1, quiet=as_json))
    if as_json:
        print_json({"folder": str(folder), "jobs": [job_document(job) for job in found.jobs]})
    else:
        click.echo(f"{folder}: {counted(found.jobs)}")
