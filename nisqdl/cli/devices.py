"""``nisqdl devices``"""

from __future__ import annotations

import click

from nisqdl.cli.output import json_option, print_json, print_table
from nisqdl.store.record import Json

COLUMNS = {
    "name": "name",
    "status": "status",
    "queue": "queue",
    "qubits": "qubits",
    "processor": "processor",
    "calibrated": "calibrated",
    "two_qubit_error": "2q error",
    "readout_error": "readout",
    "t1_us": "T1 µs",
    "t2_us": "T2 µs",
    "eplg": "EPLG",
    "faulty": "faulty",
}


@click.command(
    epilog="""\b
Examples:
  nisqdl devices
  nisqdl devices --live
  nisqdl devices --live --json
"""
)
@click.option("--live", is_flag=True, help="The devices of your IBM Quantum account, as of now.")
@json_option
def command(live: bool, as_json: bool) -> None:
    """List devices: the snapshots on this machine, or those of IBM Quantum.

    Errors and times are medians over what is not faulty. EPLG is the error per layered gate over
    a chain of 100 qubits, or of the longest that the device reports.
    """
    rows = _live() if live else _snapshots()
    if as_json:
        print_json({"devices": rows})
        return
    columns = [name for name in COLUMNS if name in rows[0]]
    lines = [[_shown(name, row[name]) for name in columns] for row in rows]
    print_table([COLUMNS[name] for name in columns], lines)
    if live:
        lengths = {row["eplg_qubits"] for row in rows if row["eplg_qubits"] not in (None, 100)}
        if lengths:
            chains = ", ".join(f"{r['name']}: {r['eplg_qubits']}" for r in rows if r["eplg_qubits"])
            click.echo(f"\nEPLG over chains of fewer than 100 qubits ({chains}).", err=True)
    else:
        click.echo("\nThose of your IBM Quantum account: nisqdl devices --live", err=True)


def _live() -> list[Json]:
    from nisqdl.targets.live import live_device
    from nisqdl.targets.service import backends, connect

    return [live_device(backend).row() for backend in backends(connect())]


def _snapshots() -> list[Json]:
    from nisqdl.cli.shelves import SHELVES

    return SHELVES.find("devices").rows()


def _shown(column: str, value: Json) -> Json:
    if value is None or column not in ("calibrated", "t1_us", "t2_us"):
        return value
    return str(value)[:16].replace("T", " ") if column == "calibrated" else round(value)
