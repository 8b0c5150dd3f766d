"""``nisqdl backend``"""

from __future__ import annotations

from pathlib import Path

import click


@click.group(name="backend")
def command() -> None:
    """Make snapshots of devices, fake or live."""


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


@command.command(
    epilog="""\b
Examples:
  nisqdl backend pull ibm_torino
  nisqdl backend pull torino --at 2026-11-01
"""
)
@click.argument("name")
@click.option("--at", metavar="DATE_OR_TIME", help="The calibration of then, UTC.  [default: now]")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("backends"),
    show_default=True,
    help="Folder of snapshots; `backends` here is looked through for devices by name.",
)
def pull(name: str, at: str | None, out: Path) -> None:
    """Save the calibration of a live device as a readable file, OUT/<device>/<date>.json.

    Experiments can name it then, as torino (the newest) or torino@2026-11-01. A snapshot with
    other values is never overwritten: the second of a day has the time in its name.
    """
    from nisqdl.targets.live import device_from_backend, moment
    from nisqdl.targets.service import connect, find_backend
    from nisqdl.targets.snapshots import save_snapshot

    when = None if at is None else moment(at)
    device = device_from_backend(find_backend(connect(), name), when)
    path = save_snapshot(device, out)
    click.echo(f"{device.name} as calibrated at {device.date}: use it as {device.name}@{path.stem}")
    click.echo(str(path))
