"""``nisqdl demo``"""

from __future__ import annotations

from pathlib import Path

import click


@click.group(
    name="demo",
    epilog="""\b
Example:
  nisqdl demo hardware
""",
)
def command() -> None:
    """Walk through what nisqdl does, without an account."""


@command.command(
    epilog="""\b
Examples:
  nisqdl demo hardware
  nisqdl demo hardware --out /tmp/demo
"""
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("nisqdl-demo"),
    show_default=True,
    help="Folder for the demo's files.",
)
def hardware(out: Path) -> None:
    """Walk the whole way to a device and back on this machine; no account is needed.

    A service is started here that answers as IBM Quantum does and runs circuits with the noise of
    ibm_torino's calibration. IBM's own client talks to it, through the same commands as for a real
    device: all is real but the qubits. Takes a minute or two.
    """
    from nisqdl.demo.hardware import walk

    report = walk(out, click.echo)
    click.echo(f"\nReport: {report}")
    click.echo(
        "With an account of IBM Quantum the same commands, from `nisqdl account check` on, run on "
        "a real device."
    )
