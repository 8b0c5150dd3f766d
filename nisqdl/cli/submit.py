"""``nisqdl submit``"""

from __future__ import annotations

from pathlib import Path

import click

from nisqdl.cli.on_device import ask_user, bound_option, here, job_document, yes_option
from nisqdl.cli.output import json_option, print_json
from nisqdl.cli.workers import workers_option


@click.command(
    epilog="""\b
Examples:
  nisqdl submit mine.yaml --backend least_busy
  nisqdl submit mine.yaml --backend ibm_torino --max-qpu-seconds 120
  nisqdl collect mine
"""
)
@click.argument("experiment", metavar="FILE_OR_NAME")
@click.option("--backend", required=True, metavar="NAME|least_busy", help="The device.")
@click.option(
    "--mode",
    type=click.Choice(["batch", "job", "session"]),
    help="How jobs are sent.  [default: the file's, else batch]",
)
@bound_option
@yes_option
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The run folder.  [default: results/runs/<name> under the current folder]",
)
@workers_option
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
def command(
    experiment: str,
    backend: str,
    mode: str | None,
    max_qpu_seconds: int | None,
    yes: bool,
    out: Path | None,
    workers: int,
    quiet: bool,
    as_json: bool,
) -> None:
    """Send an experiment to a device; its results are fetched with `nisqdl collect`.

    Transpiling and training are done here, on the device's calibration of now; then what is to be
    measured is estimated, and sent when you agree. Interrupted at any moment, the same command
    goes on: what the service has already is never sent again.
    """
    from nisqdl.campaign.budget import Terms
    from nisqdl.campaign.device import aim
    from nisqdl.campaign.steps import submit
    from nisqdl.experiment import find_file
    from nisqdl.runner.run import default_folder
    from nisqdl.targets.service import connect

    folder = out or default_folder(find_file(experiment).stem)
    connection = connect()
    aimed = aim(experiment, backend, mode, folder, connection)
    mine = here(workers, quiet)
    mine.tell(aimed.told)
    terms = Terms(ask_user(yes), max_qpu_seconds)
    done = submit(aimed.experiment, folder, connection, terms, mine)
    if as_json:
        print_json(
            {
                "folder": str(folder),
                "agreed": done.agreed,
                "sent": [job_document(job) for job in done.sent.sent],
                "adopted": [job_document(job) for job in done.sent.adopted],
                "open": done.open,
                "later": done.later,
            }
        )
        return
    if not done.agreed:
        click.echo(f"Nothing was sent. What was done here is stored in {folder}.")
    elif done.open:
        later = f" {done.later} more will be sent when they are back." if done.later else ""
        click.echo(
            f"{done.open} {'job is' if done.open == 1 else 'jobs are'} at {aimed.backend.name}."
            f"{later} Fetch the results with: nisqdl collect {folder}"
        )
    else:
        click.echo(f"Nothing is left to send. Fetch the results with: nisqdl collect {folder}")
