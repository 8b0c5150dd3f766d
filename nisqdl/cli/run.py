"""``nisqdl run``"""

from __future__ import annotations

from pathlib import Path

import click

from nisqdl.cli.on_device import ask_user, bound_option, here, yes_option
from nisqdl.cli.output import json_option, print_json
from nisqdl.cli.workers import workers_option


@click.command(
    epilog="""\b
Examples:
  nisqdl run noise_vs_accuracy
  nisqdl run mine.yaml --out /scratch/mine --workers 8
  nisqdl run mine.yaml --json > summary.json
"""
)
@click.argument("experiment", metavar="FILE_OR_NAME")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The run folder.  [default: results/runs/<name> under the current folder]",
)
@workers_option
@bound_option
@yes_option
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
def command(
    experiment: str,
    out: Path | None,
    workers: int,
    max_qpu_seconds: int | None,
    yes: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Run an experiment, or resume what was interrupted.

    FILE_OR_NAME is an experiment file, or the name of a shipped one (`nisqdl list experiments`).
    Each result is stored as it is found: interrupted at any moment, the same command goes on,
    and ends with the same records. The report is built at the end. With `engine: runtime`, jobs
    are sent after an estimate and your consent, and waited for.
    """
    from nisqdl import report
    from nisqdl.campaign.everything import run_everything
    from nisqdl.experiment import load
    from nisqdl.runner.run import default_folder

    asked = load(experiment)
    folder = out or default_folder(asked.name)
    mine = here(workers, quiet)
    summary = run_everything(asked, folder, ask_user(yes), max_qpu_seconds, mine)
    built = report.build(folder, planned=summary.points)
    if as_json:
        print_json(
            {
                "experiment": asked.name,
                "folder": str(folder),
                "points": summary.points,
                "added": summary.added,
                "seconds": round(summary.seconds, 3),
                "report": str(built.html),
                "markdown": str(built.markdown),
                "verdict": built.verdict.sentence,
            }
        )
    else:
        click.echo(built.verdict.sentence)
        click.echo(f"Report: {built.html}")
