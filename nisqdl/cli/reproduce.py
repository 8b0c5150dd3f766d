"""``nisqdl reproduce``"""

from __future__ import annotations

from pathlib import Path

import click

from nisqdl.cli.output import json_option, print_json, print_table
from nisqdl.cli.workers import workers_option
from nisqdl.errors import InputError
from nisqdl.store.record import Json

ALL = "all"


@click.command(
    epilog="""\b
Examples:
  nisqdl reproduce mcclean2018
  nisqdl reproduce all
  nisqdl reproduce mine.yaml --json
"""
)
@click.argument("names", metavar="NAME...", nargs=-1, required=True)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The run folder; for one NAME.  [default: results/runs/<name> under the current folder]",
)
@workers_option
@click.option("--quiet", is_flag=True, help="No progress.")
@json_option
def command(
    names: tuple[str, ...], out: Path | None, workers: int, quiet: bool, as_json: bool
) -> int:
    """Run reproductions, and hold what we find against what is published.

    NAME is a reproduction (`nisqdl list reproductions`), `all` of them, or your own file: an
    experiment with a part `published`. Runs as `nisqdl run` does: interrupted, it goes on with the
    same command. The exit code is 1 where a published value is not met, but for those of which the
    file says why (`open`).
    """
    from nisqdl.experiment import reproduction_names

    chosen = reproduction_names() if ALL in names else list(dict.fromkeys(names))
    if out is not None and len(chosen) > 1:
        raise InputError("--out goes with one NAME; leave it out to reproduce several.")
    told = [_reproduced(name, out, workers, quiet, as_json) for name in chosen]
    if as_json:
        print_json(told[0] if len(told) == 1 else {"reproductions": told})
    return 1 if any(one["failed"] for one in told) else 0


def _reproduced(name: str, out: Path | None, workers: int, quiet: bool, as_json: bool) -> Json:
    """Run one, tell it, and give it as a document."""
    import sys

    from nisqdl import report
    from nisqdl.analysis.reproduction import comparisons
    from nisqdl.experiment import load
    from nisqdl.runner.progress import Silence, progress_for
    from nisqdl.runner.run import default_folder, run
    from nisqdl.store.view import read_run

    asked = load(name)
    if asked.published is None:
        raise InputError(
            f"{asked.source} holds no published value: add a part `published`, or run it with "
            "`nisqdl run`."
        )
    folder = out or default_folder(asked.name)
    summary = run(asked, folder, workers, Silence() if quiet else progress_for(sys.stderr))
    built = report.build(folder, planned=summary.points)
    found = comparisons(asked.published, read_run(folder).records)
    rows = [_row(one) for one in found]
    if not as_json:
        heads = ("value", "published", "ours", "verdict")
        print_table(heads, [[row[head] for head in heads] for row in rows])
        click.echo(f"\n{built.verdict.sentence}\nReport: {built.html}")
    return {
        "reproduction": asked.name,
        "source": asked.published.title,
        "folder": str(folder),
        "points": summary.points,
        "added": summary.added,
        "seconds": round(summary.seconds, 3),
        "met": all(one.met for one in found),
        "failed": any(one.fails for one in found),
        "verdict": built.verdict.sentence,
        "report": str(built.html),
        "values": [row["numbers"] for row in rows],
    }


def _row(one: Json) -> Json:
    from nisqdl.analysis.reproduction_verdict import (
        comparison_title,
        expected_text,
        measured_text,
        verdict_word,
    )

    ours = one.ours
    texts = {
        "value": comparison_title(one),
        "published": expected_text(one),
        "ours": None if ours is None else measured_text(ours),
        "verdict": verdict_word(one),
    }
    return {
        **texts,
        "numbers": {
            "value": texts["value"],
            "expected": one.expected,
            "at_least": one.asked.at_least,
            "at_most": one.asked.at_most,
            "tolerance": one.tolerance,
            "ours": None if ours is None else ours.value,
            "low": None if ours is None else ours.low,
            "high": None if ours is None else ours.high,
            "verdict": texts["verdict"],
            "kind": one.asked.kind,
            "source": one.asked.source,
        },
    }
