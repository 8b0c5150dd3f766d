"""``nisqdl new``"""

from __future__ import annotations

from pathlib import Path

import click

from nisqdl.errors import InputError

TEMPLATE = Path(__file__).with_name("new.yaml")


@click.command(
    epilog="""\b
Example:
  nisqdl new mine && nisqdl plan mine.yaml && nisqdl run mine.yaml
"""
)
@click.argument("name")
def command(name: str) -> None:
    """Write NAME.yaml, a commented experiment file to start from; never over another file."""
    if not Path(name).name:
        raise InputError("NAME must name a file, but is empty; for example: nisqdl new mine")
    file = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    text = TEMPLATE.read_text(encoding="utf-8")
    try:
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise InputError(
            f"{file} exists already and is left as it is; choose another name."
        ) from None
    except OSError as error:
        raise InputError(f"{file} cannot be written ({error.strerror}).") from error
    click.echo(f"Wrote {file}. Look at it, then: nisqdl run {file}")
