"""Which device an experiment runs on, and with which calibration its circuits are made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nisqdl.errors import InputError
from nisqdl.experiment import Experiment, OnDevice, load
from nisqdl.store.schema import DATABASE
from nisqdl.store.view import read_run
from nisqdl.targets.live import device_from_backend
from nisqdl.targets.service import LEAST_BUSY, Connection, find_backend
from nisqdl.targets.snapshots import LIVE_PREFIX, save_snapshot

if TYPE_CHECKING:
    from qiskit_ibm_runtime import IBMBackend

SNAPSHOTS = Path("backends")
"""Where pulled calibrations are, under the current folder."""


@dataclass(frozen=True)
class Aimed:
    """An experiment for one device.

    Attributes:
        experiment: The experiment, with the device and its snapshot as target.
        backend: The device at the service.
        told: What was changed in the file's experiment, for the user.
    """

    experiment: Experiment
    backend: IBMBackend
    told: str


def aim(
    file: str, backend: str, mode: str | None, folder: Path | None, connection: Connection
) -> Aimed:
    """The file's experiment on a device, with the device's calibration of now.

    A run that was begun keeps the calibration that it was begun with: its circuits stay.

    Args:
        file: The experiment file or name.
        backend: The device, or ``least_busy``.
        mode: How jobs are sent; ``None`` leaves the file's.
        folder: The run folder; ``None`` where it is the default one, which may be none yet.
        connection: The service.
    """
    begun = None if folder is None else target_of_run(folder)
    if begun is not None and backend != LEAST_BUSY:
        asked = backend if backend.startswith(LIVE_PREFIX) else LIVE_PREFIX + backend
        if begun.partition("@")[0] != asked:
            raise InputError(
                f"The run in {folder} was begun on {begun.partition('@')[0]}, but --backend is "
                f"{asked}; choose another folder with --out."
            )
    found = find_backend(connection, begun.partition("@")[0] if begun else backend)
    target = begun or pinned(found)
    told = (
        f"On the device: target {target}, engine runtime, noise scale 1 (the device's own noise)."
    )
    return Aimed(load(file, OnDevice(target, mode)), found, told)


def pinned(backend: IBMBackend) -> str:
    """The target that names a device with its calibration of now, which is saved here."""
    path = save_snapshot(device_from_backend(backend), SNAPSHOTS)
    return f"{backend.name}@{path.stem}"


def target_of_run(folder: Path) -> str | None:
    """The live device of a run that was begun; ``None`` if it was not, or has several."""
    if not (folder / DATABASE).is_file():
        return None
    targets = {
        str(record["target"])
        for record in _documents(read_run(folder).experiment["options"])
        if isinstance(record.get("target"), str)
    }
    live = [target for target in targets if target.startswith(LIVE_PREFIX)]
    return live[0] if len(live) == 1 else None


def live_targets(experiment: Experiment) -> list[str]:
    """The live devices on which an experiment's points run, as its points name them."""
    return sorted(
        {
            str(point.settings["target"])
            for point in experiment.points()
            if point.settings.get("engine") == "runtime"
            and str(point.settings["target"]).startswith(LIVE_PREFIX)
        }
    )


def _documents(options: object) -> Sequence[dict[str, object]]:
    return options if isinstance(options, list) else [options]  # type: ignore[list-item]
