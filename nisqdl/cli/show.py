"""``nisqdl show``"""

from __future__ import annotations

from pathlib import Path

import click

from nisqdl.cli.environment import environment_exhibit
from nisqdl.cli.exhibit import Exhibit
from nisqdl.cli.exhibits import EXHIBITS
from nisqdl.cli.output import json_option, print_json
from nisqdl.cli.shelves import SHELVES, Shelf
from nisqdl.errors import InputError, unknown_name


@click.command(
    epilog="""\b
Examples:
  nisqdl show torino
  nisqdl show fake_kingston --out kingston.png
  nisqdl show ansatz:two_local
  nisqdl show streaming --option traces=my_traces
"""
)
@click.argument("name")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="A device's, data set's or environment's picture, .svg or .png.  [default: <name>.svg]",
)
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="NAME=VALUE",
    help="An environment's option, as often as wanted.",
)
@json_option
def command(name: str, out: Path | None, options: tuple[str, ...], as_json: bool) -> None:
    """Show one thing that `nisqdl list` lists.

    A device gets tables and a picture of its map; a feature map, an ansatz, an entangler or a block
    of a convolutional network its circuit; a noise recipe its numbers; a data set its sizes and a
    picture; an environment its state, actions, reward and a picture of its baselines' episodes; an
    experiment its file.
    Where one name is of two kinds, say which: device:torino.
    """
    shelf, plain = find(name)
    if options and shelf.name != "environments":
        raise InputError(f"Only environments take --option, but {plain!r} is a {shelf.one}.")
    exhibit: Exhibit = (
        environment_exhibit(plain, out, options) if options else EXHIBITS[shelf.name](plain, out)
    )
    if as_json:
        print_json(dict(exhibit.document))
    else:
        exhibit.show()


def find(name: str) -> tuple[Shelf, str]:
    """The shelf on which a name is, and the name without its kind.

    Raises:
        InputError: Nothing has this name, or several kinds do.
    """
    kind, colon, plain = name.partition(":")
    if colon:
        return _on_shelf(kind, plain)
    if name.endswith(".json"):
        return SHELVES["devices"], name
    holders = [shelf for shelf in SHELVES.values() if name in shelf.names()]
    if not holders:
        raise unknown_name("thing to show", name, [n for s in SHELVES.values() for n in _listed(s)])
    if len(holders) > 1:
        ways = " or ".join(f"{shelf.one}:{name}" for shelf in holders)
        raise InputError(f"{name!r} names several things; say which: {ways}.")
    return holders[0], name


def _on_shelf(kind: str, name: str) -> tuple[Shelf, str]:
    shelves = {shelf.one: shelf for shelf in SHELVES.values()}
    if kind not in shelves:
        raise unknown_name("kind of thing", kind, shelves)
    if name not in shelves[kind].names():
        raise unknown_name(kind, name, shelves[kind].names())
    return shelves[kind], name


def _listed(shelf: Shelf) -> list[str]:
    return [str(row["name"]) for row in shelf.rows()]
