"""``nisqdl export``"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from nisqdl.cli.names import OneOf
from nisqdl.errors import InputError


@click.command(
    epilog="""\b
Examples:
  nisqdl export results/runs/mine > mine.csv
  nisqdl export results/runs/mine --format json --out mine.json
  nisqdl export results/runs/mine --model best --out mine.npz
"""
)
@click.argument("run_dir", type=click.Path(path_type=Path))
@click.option("--format", "form", type=OneOf("format", ("csv", "json")), default="csv")
@click.option(
    "--model",
    metavar="POINT",
    help="Save a trained QNN instead: the id of its point (or how it begins), or best. "
    "nisqdl.models.load(FILE) reads it.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), help="The file.  [default: standard output]"
)
def command(run_dir: Path, form: str, model: str | None, out: Path | None) -> None:
    """Write a run's records: one row a point, its settings and its values. Or a trained model."""
    from nisqdl.store.export import FORMATS, export_file
    from nisqdl.store.view import read_run

    view = read_run(run_dir)
    if model is not None:
        if out is None:
            raise InputError("A model is written to a file: name it with `--out mine.npz`.")
        _export_model(run_dir, model, out)
    elif out is None:
        FORMATS.find(form).write(view, sys.stdout)
    else:
        export_file(view, form, out)
        click.echo(f"{len(view.records)} records: {out}", err=True)


def _export_model(run_dir: Path, wanted: str, out: Path) -> None:
    from nisqdl.store.schema import DATABASE
    from nisqdl.store.view import read_run
    from nisqdl.studies import STUDIES
    from nisqdl.studies.exported import find_record, model_of

    if not (run_dir / DATABASE).is_file():
        raise InputError(
            f"{run_dir} holds records alone; models are in the folder in which they were trained."
        )
    view = read_run(run_dir)
    record = find_record(view.records, wanted)
    study = STUDIES.find(view.study, where=str(run_dir))
    model_of(study, record, view.artifact).save(out)
    settings = record.point.settings
    click.echo(
        f"Point {record.point.id} ({settings['target']}, λ = {settings['noise.scale']:g}, depth "
        f"{settings['model.ansatz.depth']}, {settings['model.entangler']}), test accuracy "
        f"{record.values['accuracy']:.3f}: {out}",
        err=True,
    )
