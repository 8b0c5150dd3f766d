"""``nisqdl backend``"""

from __future__ import annotations

from pathlib import Path

import click


@click.group(name="backend")
def command() -> None:
    """Make snapshots of devices."""


@command.command(
    epilog="""\b
Example:
  nisqdl backend snapshot fake_torino --out my_backends
"""
)
@click.argument("name")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("backends"),
    show_default=True,
    help="Folder of snapshots.",
)
def snapshot(name: str, out: Path) -> None:
    """Save the calibration of a fake backend as a readable file, OUT/<device>/<date>.json."""
    from nisqdl.targets.snapshots import make_snapshot

    click.echo(str(make_snapshot(name, out)))
