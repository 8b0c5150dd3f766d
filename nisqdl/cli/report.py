"""``nisqdl report``"""

from __future__ import annotations

from pathlib import Path

import click

from nisqdl.cli.output import json_option, print_json


@click.command(
    epilog="""\b
Example:
  nisqdl report results/runs/noise_vs_accuracy
"""
)
@click.argument("run_dir", type=click.Path(path_type=Path))
@json_option
def command(run_dir: Path, as_json: bool) -> None:
    """Build the report of a run again, from its records alone.

    Works without Qiskit, on half a run too, and while the run goes on.
    """
    from nisqdl import report

    built = report.build(run_dir)
    if as_json:
        print_json(
            {
                "report": str(built.html),
                "markdown": str(built.markdown),
                "verdict": built.verdict.sentence,
            }
        )
    else:
        click.echo(built.verdict.sentence)
        click.echo(f"Report: {built.html}")
