"""How an environment is shown: what an agent sees and does, and what its baselines reach."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from nisqdl.cli.exhibit import Exhibit
from nisqdl.cli.output import print_table
from nisqdl.errors import InputError
from nisqdl.store.record import Json


def environment_exhibit(name: str, out: Path | None, given: Sequence[str] = ()) -> Exhibit:
    """An environment under its baselines.

    Args:
        name: Its name.
        out: Where its picture goes; None for ``<name>.svg`` here.
        given: Options as ``name=value``, values as in YAML.

    Raises:
        InputError: An option is wrong.
    """
    from nisqdl.analysis.episodes import mean_return
    from nisqdl.environments import ENVIRONMENTS
    from nisqdl.environments.summary import environment_summary
    from nisqdl.report import environment_picture

    document = environment_summary(name, ENVIRONMENTS[name].read_options(_parsed(given)))
    for baseline in document["baselines"]:
        found = mean_return(baseline["returns"])
        baseline |= {"mean": found.mean, "low": found.low, "high": found.high}

    def show() -> None:
        _show_rules(document)
        first, last = document["seeds"]
        click.echo(f"\nReturns over the episodes of seeds {first} to {last}:")
        print_table(
            ("baseline", "return", "95 % interval", "sees", "rule"),
            [
                (b["name"], b["mean"], f"{b['low']:.4g} to {b['high']:.4g}", b["sees"], b["rule"])
                for b in document["baselines"]
            ],
        )
        picture = out or Path(f"{name}.svg")
        environment_picture(document, picture)
        click.echo(f"\nPicture: {picture}")

    return Exhibit(document, show)


def _show_rules(document: Mapping[str, Json]) -> None:
    click.echo(f"{document['summary']}\n{document['source']}\n")
    print_table(
        ("observation", "unit", "from", "to"),
        [(f["meaning"], f["unit"], f["low"], f["high"]) for f in document["observation"]],
    )
    first, last = (f"{angle / math.pi:g} π" for angle in document["angles"])
    click.echo(f"as angles: from {first} to {last}; what is outside is clipped\n")
    if document["state_features"]:
        click.echo(
            f'info["state"] has the whole state, {document["state_features"]} features from 0 to 1,'
            " for a centralised critic\n"
        )
    agents = document["agents"]
    shared = f" (each of {agents} agents)" if agents > 1 else ""
    print_table(("", f"action{shared}"), list(enumerate(document["actions"])))
    click.echo(f"\nreward: {document['reward']}")
    click.echo(f"an episode has at most {document['steps']} steps")
    if document["options"]:
        told = (f"{name}={_yaml(value)}" for name, value in document["options"].items())
        click.echo(f"options: {', '.join(told)}")


def _parsed(given: Sequence[str]) -> dict[str, object]:
    """Options by name."""
    import yaml

    parsed: dict[str, object] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or not name or name in parsed:
            raise InputError(f"An option must be NAME=VALUE, each once, but one is {text!r}.")
        try:
            parsed[name] = yaml.safe_load(value)
        except yaml.YAMLError:
            raise InputError(f"The value of {name!r} must be YAML, but is {value!r}.") from None
    return parsed


def _yaml(value: Json) -> str:
    if isinstance(value, bool) or value is None:
        return {None: "null", True: "true", False: "false"}[value]
    return str(value).replace(" ", "")
