"""``nisqdl compare``"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from nisqdl.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from nisqdl.analysis.compare import Comparison
    from nisqdl.analysis.intervals import Estimate
    from nisqdl.analysis.pairs import Side


@click.command(
    epilog="""\b
Examples:
  nisqdl compare results/runs/october results/runs/november
  nisqdl compare results/runs/hardware twin
  nisqdl compare results/runs/mine results/runs/mine --a target=fake_torino --b target=fake_boston
"""
)
@click.argument("run_a", type=click.Path(path_type=Path))
@click.argument("run_b", type=click.Path(path_type=Path))
@click.option("--a", "only_a", multiple=True, metavar="NAME=VALUE", help="Only these of RUN_A.")
@click.option("--b", "only_b", multiple=True, metavar="NAME=VALUE", help="Only these of RUN_B.")
@click.option("--metric", metavar="NAME", help="What is compared.  [default: the study's own]")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where the page goes.  [default: results/compare/<A>-<B> under the current folder]",
)
@json_option
def command(
    run_a: Path,
    run_b: Path,
    only_a: tuple[str, ...],
    only_b: tuple[str, ...],
    metric: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Compare two runs, pair by pair: two devices, two dates, two mitigations, hardware and twin.

    Records pair where they agree in all settings but those in which the runs have no value in
    common; those are what is compared. RUN_B may be the word `twin`: the device twins of a
    hardware run. --a and --b choose parts of a run by a setting (`--a target=fake_torino`).
    """
    from nisqdl import report
    from nisqdl.analysis.compare import compare, comparison_sentence
    from nisqdl.analysis.pairs import TWIN, beside_twins, selected

    first = selected(_side(run_a), _wanted(only_a, "--a"))
    if str(run_b) == TWIN:
        first, second = beside_twins(first)
    else:
        second = selected(_side(run_b), _wanted(only_b, "--b"))
    found = compare(first, second, metric)
    folder = out or Path("results/compare") / f"{_slug(run_a)}-{_slug(run_b)}"
    page = report.write_comparison(found, folder)
    sentence = comparison_sentence(found)
    if as_json:
        print_json({**_document(found), "sentence": sentence, "page": str(page)})
        return
    click.echo(sentence)
    click.echo()
    rows = [(r.title, r.pairs, r.first, r.second, r.difference.signed()) for r in found.rows]
    print_table(("", "pairs", *found.names, "difference"), rows)
    click.echo()
    click.echo(f"Page: {page}")


def _side(folder: Path) -> Side:
    from nisqdl.analysis.pairs import Side
    from nisqdl.store.view import read_run

    run = read_run(folder)
    return Side(_slug(folder), run.study, run.records)


def _slug(folder: Path) -> str:
    return folder.resolve().name


def _wanted(options: tuple[str, ...], name: str) -> dict[str, Any]:
    """Settings by name from NAME=VALUE, values as in an experiment file."""
    import yaml

    from nisqdl.errors import InputError

    wanted = {}
    for option in options:
        setting, equals, value = option.partition("=")
        if not equals or not setting:
            raise InputError(
                f"{name} must be a setting and its value, as in {name} target=fake_torino, but is "
                f"{option!r}."
            )
        try:
            wanted[setting] = yaml.safe_load(value)
        except yaml.YAMLError:
            wanted[setting] = value
    return wanted


def _document(found: Comparison) -> dict[str, Any]:
    return {
        "first": found.names[0],
        "second": found.names[1],
        "metric": found.metric,
        "log2": found.log2,
        "apart": [
            {"setting": one.setting, "first": list(one.first), "second": list(one.second)}
            for one in found.apart
        ],
        "interval_over": found.over,
        "pairs": len(found.pairs),
        "same": found.same,
        "without_partner": list(found.alone),
        "rows": [
            {
                "setting": row.setting or None,
                "value": row.value,
                "pairs": row.pairs,
                "first": row.first,
                "second": row.second,
                "difference": _estimate(row.difference),
            }
            for row in found.rows
        ],
    }


def _estimate(gain: Estimate) -> dict[str, Any]:
    return {
        "mean": gain.mean,
        "low": gain.low,
        "high": gain.high,
        "shown": gain.above_zero or gain.below_zero,
    }
