"""``nisqdl plan``"""

from __future__ import annotations

import sys

import click

from nisqdl.cli.output import json_option, print_json, print_table
from nisqdl.cli.workers import workers_option


@click.command(
    epilog="""\b
Examples:
  nisqdl plan noise_vs_accuracy
  nisqdl plan mine.yaml --workers 64
"""
)
@click.argument("experiment", metavar="FILE_OR_NAME")
@workers_option
@json_option
def command(experiment: str, workers: int, as_json: bool) -> None:
    """Say what an experiment would take: circuits, points, steps, time, memory.

    Nothing is stored. Circuits are transpiled to tell their depth and gates, and a few
    evaluations are timed.
    """
    from dataclasses import asdict

    from nisqdl.experiment import load
    from nisqdl.runner.forecast import forecast
    from nisqdl.runner.progress import duration, progress_for

    asked = load(experiment)
    found = forecast(asked, workers, progress_for(sys.stderr))
    if as_json:
        print_json({"experiment": asked.name, **asdict(found)})
        return
    columns = list(dict.fromkeys(name for row in found.circuits for name in row))
    print_table(columns, [[row.get(name) for name in columns] for row in found.circuits])
    steps = ", ".join(f"{count} × {kind}" for kind, count in found.steps.items())
    click.echo()
    click.echo(f"{found.points} points in {sum(found.steps.values())} steps ({steps})")
    click.echo(
        f"about {duration(found.seconds)} and {found.memory_mib / 1024:.1f} GiB "
        f"with {found.workers} worker{'s' if found.workers > 1 else ''}"
    )
