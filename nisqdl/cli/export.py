"""``nisqdl export``"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nisqdl.cli.names import OneOf


@click.command(
    epilog="""\b
Examples:
  nisqdl export results/runs/mine > mine.csv
  nisqdl export results/runs/mine --format json --out mine.json
"""
)
@click.argument("run_dir", type=click.Path(path_type=Path))
@click.option("--format", "form", type=OneOf("format", ("csv", "json")), default="csv")
@click.option(
    "--out", type=click.Path(path_type=Path), help="The file.  [default: standard output]"
)
def command(run_dir: Path, form: str, out: Path | None) -> None:
    """Write a run's records: one row a point, its settings and its values."""
    from nisqdl.store.export import FORMATS, export_file
    from nisqdl.store.view import read_run

    view = read_run(run_dir)
    if out is None:
        FORMATS.find(form).write(view, sys.stdout)
    else:
        export_file(view, form, out)
        click.echo(f"{len(view.records)} records: {out}", err=True)
