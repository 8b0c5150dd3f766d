"""Run an experiment to its end, wherever its parts run."""

from __future__ import annotations

from pathlib import Path

from nisqdl.campaign.budget import Ask, Terms
from nisqdl.campaign.device import aim, live_targets
from nisqdl.campaign.steps import Here, run_all
from nisqdl.experiment import Experiment
from nisqdl.runner.run import RunSummary, run


def run_everything(
    experiment: Experiment,
    folder: Path,
    ask: Ask,
    max_qpu_seconds: int | None,
    here: Here,
) -> RunSummary:
    """Do what runs here, and through jobs what runs on a device, until nothing is left.

    A device that is named without the date of a snapshot is taken with its calibration of now, or
    with that of the run where it was begun.

    Raises:
        NisqdlError: As :func:`nisqdl.runner.run.run` and :func:`nisqdl.campaign.steps.run_all`.
    """
    live = live_targets(experiment)
    if not live:
        return run(experiment, folder, here.workers, here.progress)
    from nisqdl.targets.service import connect

    connection = connect()
    if len(live) == 1 and "@" not in live[0]:
        aimed = aim(str(experiment.source), live[0], None, folder, connection)
        here.tell(aimed.told)
        experiment = aimed.experiment
    return run_all(experiment, folder, connection, Terms(ask, max_qpu_seconds), here)
