"""``nisqdl list``"""

from __future__ import annotations

import click

from nisqdl.cli.names import OneOf
from nisqdl.cli.output import json_option, print_json, print_table
from nisqdl.cli.shelves import SHELVES


@click.command(
    name="list",
    epilog="""\b
Examples:
  nisqdl list devices
  nisqdl list ansatzes --json
""",
)
@click.argument("kind", type=OneOf("kind to list", list(SHELVES)), metavar="KIND")
@json_option
def command(kind: str, as_json: bool) -> None:
    """List what there is of a kind.

    Kinds: experiments, reproductions, devices, noise, ansatzes, entanglers, feature-maps,
    convolutions, poolings, datasets, environments, agents, models, engines.
    """
    rows = SHELVES.find(kind).rows()
    if as_json:
        print_json({kind: rows})
        return
    columns = list(rows[0]) if rows else ["name"]
    print_table(columns, [[row[name] for name in columns] for row in rows])
    if kind == "devices":
        click.echo("\nFake backends of the IBM client can be named too, as fake_torino.", err=True)
