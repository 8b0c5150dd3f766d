"""What commands print: tables for people, one JSON object for programs."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Sequence

import click

from nisqdl.store.record import Json

# A pipe has no width: nothing may be cut or folded for it.
_WIDE = 10_000

json_option = click.option(
    "--json", "as_json", is_flag=True, help="One JSON object on standard output."
)


def print_json(document: Json) -> None:
    """One JSON object on standard output."""
    click.echo(json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table on standard output; numbers to the right."""
    from rich.console import Console
    from rich.table import Table

    lines = [list(row) for row in rows]
    table = Table(box=None, header_style="bold", pad_edge=False, padding=(0, 2, 0, 0))
    for index, name in enumerate(columns):
        numeric = all(isinstance(line[index], int | float) for line in lines) and bool(lines)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for line in lines:
        table.add_row(*map(cell, line))
    if sys.stdout.isatty():
        Console(file=sys.stdout, highlight=False).print(table)
        return
    console = Console(file=io.StringIO(), width=_WIDE, highlight=False)
    with console.capture() as capture:
        console.print(table)
    for text in capture.get().splitlines():
        click.echo(text.rstrip())


def cell(value: object) -> str:
    """A value as it stands in a table."""
    from rich.markup import escape

    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return escape(" ".join(map(str, value)))
    return escape(str(value))
