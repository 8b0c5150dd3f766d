"""``nisqdl estimate``"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from nisqdl.cli.output import json_option, print_json, print_table
from nisqdl.cli.workers import workers_option
from nisqdl.errors import AccountError, InputError

if TYPE_CHECKING:
    from nisqdl.targets.service import Usage

OPEN_PLAN_S = 600.0
"""Time of the Open plan in 28 days (IBM Quantum documentation, "Plans overview")."""


@click.command(
    epilog="""\b
Examples:
  nisqdl estimate mine.yaml --backend ibm_torino
  nisqdl estimate mine.yaml --backend least_busy --json
"""
)
@click.argument("experiment", metavar="FILE_OR_NAME")
@click.option(
    "--backend",
    metavar="NAME|least_busy",
    help="The device.  [default: the file's target, with engine: runtime]",
)
@workers_option
@json_option
def command(experiment: str, backend: str | None, workers: int, as_json: bool) -> None:
    """Say what an experiment would take of a device, at each mitigation level; nothing is sent.

    Executions are counted exactly as IBM's client prepares them. Time follows IBM's rule for
    planning: 2 s a job, and for each execution the device's repetition delay and the circuit, at
    least 0.1 ms. Real jobs differ from it; `nisqdl submit --max-qpu-seconds` is what bounds them.
    """
    from nisqdl.campaign.estimating import estimates
    from nisqdl.experiment import OnDevice, load
    from nisqdl.runner.progress import progress_for
    from nisqdl.targets.snapshots import LIVE_PREFIX, find_device

    if backend == "least_busy":
        backend = _least_busy()
    if backend is None:
        asked = load(experiment)
        targets = {str(point.settings.get("target")) for point in asked.points()}
        target = next((name for name in targets if name.startswith(LIVE_PREFIX)), "")
    else:
        target = backend if backend.startswith(LIVE_PREFIX) else LIVE_PREFIX + backend
        asked = load(experiment, OnDevice(target))
    if not target:
        raise InputError(
            f"{asked.source} asks nothing of a device: name one with --backend, as "
            "--backend ibm_torino."
        )
    device = find_device(target)
    lines = estimates(asked, device, workers, progress_for(sys.stderr))
    time, remark = _time_left()
    limit = OPEN_PLAN_S if time is None else time.remaining_s
    if as_json:
        from dataclasses import asdict

        print_json(
            {
                "experiment": asked.name,
                "device": target,
                "calibrated": device.date,
                "seconds_left": None if time is None else time.remaining_s,
                "estimates": [{"options": line.name, **asdict(line.estimate)} for line in lines],
            }
        )
        return
    share = "of the Open plan" if time is None else "of what is left"
    columns = ("options", "jobs", "circuits", "shots", "executions", "time on it", share)
    rows = [
        (
            line.name,
            line.estimate.jobs,
            f"{line.estimate.circuits:,}",
            f"{line.estimate.shots:,}",
            f"{line.estimate.executions:,}",
            _time(line.estimate.qpu_seconds),
            _share(line.estimate.qpu_seconds, limit),
        )
        for line in lines
    ]
    print_table(columns, rows)
    first = lines[0].estimate
    click.echo()
    click.echo(
        f"{first.pubs} trained circuit{'' if first.pubs == 1 else 's'} on {target}, as calibrated "
        f"{device.date[:10]}; {remark}"
    )


def _least_busy() -> str:
    from nisqdl.targets.service import LEAST_BUSY, connect, find_backend

    return str(find_backend(connect(), LEAST_BUSY).name)


def _time_left() -> tuple[Usage | None, str]:
    """The instance's time where there is an account that can be reached, and a remark on it."""
    from nisqdl.accounts import accounts
    from nisqdl.targets.service import connect, usage

    no_account = "no account here, so shares are of the Open plan's 10 minutes in 28 days."
    if not accounts():
        return None, no_account
    try:
        found = usage(connect())
    except AccountError as error:
        return None, f"shares are of the Open plan's 10 minutes in 28 days, since: {error}"
    if found.remaining_s is None:
        return found, "the instance states no limit."
    return found, f"the instance has {found.remaining_s:.0f} s left in this period."


def _time(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds < 600 else f"{seconds / 3600:,.1f} h"


def _share(seconds: float, limit: float | None) -> str | None:
    if limit is None:
        return None
    if limit <= 0:
        return "none is left"
    share = seconds / limit
    return f"{100 * share:.1f} %" if share <= 2 else f"{share:,.0f} times it"
