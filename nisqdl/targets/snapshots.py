"""Device snapshots: found by name, loaded from and saved to ``backends/<device>/<date>.json``."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from nisqdl.catalog import shipped_folder
from nisqdl.errors import InputError, unknown_name
from nisqdl.targets.device import Device
from nisqdl.targets.fakes import PREFIX, fake_device, fake_names
from nisqdl.targets.summary import snapshot_hash

FORMAT = "nisqdl device snapshot"
VERSION = 1

LIVE_PREFIX = "ibm_"
"""The beginning of the service's names for its devices."""


@dataclass(frozen=True)
class DeviceEntry:
    """A snapshot, as it is listed.

    Attributes:
        name: Device name (``"torino"``).
        date: Day of the calibration, UTC (``"2025-02-26"``).
        qubits: Number of qubits.
        processor: Family and revision.
    """

    name: str
    date: str
    qubits: int
    processor: str


def find_device(name: str, where: str = "") -> Device:
    """The device that a user named.

    Args:
        name: A snapshot that ships with nisqdl or is in ``backends`` under the current folder
            (``"torino"``, the newest, or ``"torino@2025-02-26"``), the path of a snapshot file
            (``"my/device.json"``), or a fake backend (``"fake_torino"``). A live device
            (``"ibm_torino"``, ``"ibm_torino@2025-02-26"``) is its snapshot too: of those in
            ``backends`` here the newest, before any that ships with nisqdl.
        where: File and field that named it, for the error's sentence.

    Raises:
        InputError: There is no such device, or its snapshot is damaged.
    """
    if name.endswith(".json") or os.sep in name:
        return load_snapshot(Path(name))
    if name in fake_names():
        return fake_device(name, where)
    if name.startswith(LIVE_PREFIX):
        return _live(name, where)
    plain, at, date = name.partition("@")
    snapshots = _known()
    if plain not in snapshots:
        raise unknown_name("device", name, [*snapshots, *fake_names()], where)
    dates = snapshots[plain]
    if at and date not in dates:
        raise unknown_name(f"snapshot of {plain} with the date", date, dates, where)
    return _load_once(dates[date] if at else _newest(dates))


def _live(name: str, where: str) -> Device:
    """The snapshot that stands for a live device."""
    plain, at, date = name.removeprefix(LIVE_PREFIX).partition("@")
    pulled, shipped = _snapshots(_here()).get(plain, {}), _snapshots(_shipped()).get(plain, {})
    dates = {**shipped, **pulled} if at else pulled or shipped
    place = f" ({where})" if where else ""
    if not dates:
        raise InputError(
            f"There is no snapshot of the live device {name}{place}. Fetch its calibration: "
            f"`nisqdl backend pull {LIVE_PREFIX}{plain}`, in the folder that you work in."
        )
    if at and date not in dates:
        raise unknown_name(f"snapshot of {LIVE_PREFIX}{plain} with the date", date, dates, where)
    return _load_once(dates[date] if at else _newest(dates))


def device_names() -> list[DeviceEntry]:
    """All snapshots, shipped and in ``backends`` here, by name and date.

    Fake backends: :func:`~.fakes.fake_names`.
    """
    devices = (_load_once(path) for dates in _known().values() for path in dates.values())
    return [
        DeviceEntry(device.name, device.date[:10], device.num_qubits, device.processor)
        for device in devices
    ]


def make_snapshot(name: str, folder: Path) -> Path:
    """Save what a fake backend reports as a snapshot.

    Args:
        name: The fake backend (``"fake_torino"``, or ``"torino"``).
        folder: Where snapshots are, e.g. ``backends``.

    Returns:
        The file, ``<folder>/<device>/<date>.json``.
    """
    return save_snapshot(fake_device(PREFIX + name.removeprefix(PREFIX)), folder)


def save_snapshot(device: Device, folder: Path) -> Path:
    """Write a device to ``<folder>/<name>/<day>.json``, one qubit or gate a line.

    A snapshot of another calibration is not overwritten: the second of a day is named by its
    time, ``<day>T<time>.json``. A calibration that is there already is left as it is.

    Returns:
        The file.

    Raises:
        InputError: The folder cannot be written.
    """
    moment = datetime.fromisoformat(device.date).astimezone(UTC)
    for stem in (moment.strftime("%Y-%m-%d"), moment.strftime("%Y-%m-%dT%H%M%SZ")):
        path = folder / device.name / f"{stem}.json"
        if not path.exists():
            break
        if snapshot_hash(load_snapshot(path)) == snapshot_hash(device):
            return path
    else:
        raise InputError(
            f"The snapshot {path} has the same time, but other values. Move it, or choose another "
            "folder."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The snapshot {path} cannot be written ({error.strerror}). Choose another folder."
        ) from error
    content = {"format": FORMAT, "version": VERSION, **asdict(device)}
    partial = path.with_suffix(".partial")
    partial.write_text(_readable(content), encoding="utf-8")
    partial.replace(path)
    return path


def load_snapshot(path: Path) -> Device:
    """Read a snapshot file.

    Raises:
        InputError: The file cannot be read, is cut off, is of another format or version, lacks a
            field, or has a value of a wrong type or out of range.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"The snapshot {path} cannot be read ({error.strerror}). Check its path."
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"The snapshot {path} must be JSON, but it is damaged or cut off ({error}). {_REMEDY}"
        ) from error
    if not isinstance(content, dict) or content.pop("format", None) != FORMAT:
        raise InputError(f"{path}: `format` must be {FORMAT!r}, but is not. {_REMEDY}")
    if (version := content.pop("version", None)) != VERSION:
        raise InputError(
            f"{path}: `version` must be {VERSION}, but is {version!r}. "
            "Make the snapshot again with this nisqdl, or use the nisqdl that wrote it."
        )
    try:
        device = TypeAdapter(Device).validate_json(json.dumps(content), strict=True)
    except ValidationError as error:
        raise InputError(_explained(path, error.errors()[0])) from error
    for field, rule, value in _contradictions(device):
        raise InputError(f"{path}: `{field}` must {rule}, but is {value}. {_REMEDY}")
    return device


_PLAIN_NAME = re.compile(r"[A-Za-z0-9_-]+")
_REMEDY = "Make the snapshot again with `nisqdl backend snapshot`."


@cache
def _load_once(path: Path) -> Device:
    return load_snapshot(path)


def _known() -> dict[str, dict[str, Path]]:
    """Snapshot files by device name and date: the shipped ones, then those of this folder."""
    return _snapshots(_shipped(), _here())


def _shipped() -> Path:
    return shipped_folder("backends")


def _here() -> Path:
    return Path("backends").absolute()


def _snapshots(*folders: Path) -> dict[str, dict[str, Path]]:
    found: dict[str, dict[str, Path]] = {}
    for folder in folders:
        for path in sorted(folder.glob("*/*.json")):
            found.setdefault(path.parent.name, {})[path.stem] = path
    return found


def _newest(dates: dict[str, Path]) -> Path:
    """The youngest calibration; several of one day are told apart by what they hold."""
    day = max(dates)[:10]
    candidates = [path for stem, path in dates.items() if stem.startswith(day)]
    if len(candidates) == 1:
        return candidates[0]
    return max(candidates, key=lambda path: datetime.fromisoformat(_load_once(path).date))


def _readable(content: dict[str, Any]) -> str:
    """JSON with one line for each field, and for each entry of a long list."""
    fields = []
    for name, value in content.items():
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        if name in ("qubits", "gates"):
            rows = (json.dumps(entry, ensure_ascii=False, allow_nan=False) for entry in value)
            text = "[\n    " + ",\n    ".join(rows) + "\n  ]"
        fields.append(f"  {json.dumps(name)}: {text}")
    return "{\n" + ",\n".join(fields) + "\n}\n"


def _explained(path: Path, finding: Any) -> str:
    field = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in finding["loc"])
    field = field.removeprefix(".")
    if finding["type"] == "missing":
        return f"{path}: the field `{field}` is missing. {_REMEDY}"
    rule = finding["msg"].removeprefix("Input should be ")
    return f"{path}: `{field}` must be {rule}, but is {str(finding['input'])[:60]!r}. {_REMEDY}"


def _is_moment(date: str) -> bool:
    try:
        return datetime.fromisoformat(date).tzinfo is not None
    except ValueError:
        return False


def _contradictions(device: Device) -> Iterator[tuple[str, str, object]]:
    """(field, rule, value) for each value of a right type that no device can have."""
    count = device.num_qubits
    if not _PLAIN_NAME.fullmatch(device.name):
        yield "name", "have letters, digits, - and _ only", repr(device.name)
    if not _is_moment(device.date):
        yield "date", "be a date and time with its zone (ISO 8601)", repr(device.date)
    if device.dt_ns is not None and not 0 < device.dt_ns < math.inf:
        yield "dt_ns", "be a time above 0", device.dt_ns
    if device.rep_delay_us is not None and not 0 <= device.rep_delay_us < math.inf:
        yield "rep_delay_us", "be a time of at least 0", device.rep_delay_us
    for index, place in enumerate(device.coordinates):
        if not all(map(math.isfinite, place)):
            yield f"coordinates[{index}]", "be two finite numbers", list(place)
    if len(device.coordinates) != count:
        yield "coordinates", f"have one place for each of {count} qubits", len(device.coordinates)
    for index, qubit in enumerate(device.qubits):
        for field in ("p1_given_0", "p0_given_1"):
            value = getattr(qubit, field)
            if value is not None and not 0 <= value <= 1:
                yield f"qubits[{index}].{field}", "be between 0 and 1", value
        for field in ("t1_us", "t2_us", "readout_ns"):
            value = getattr(qubit, field)
            if value is not None and not 0 <= value < math.inf:
                yield f"qubits[{index}].{field}", "be a time of at least 0", value
    for index, gate in enumerate(device.gates):
        if len(set(gate.qubits)) != len(gate.qubits) or not all(
            0 <= qubit < count for qubit in gate.qubits
        ):
            yield f"gates[{index}].qubits", f"be distinct and below {count}", list(gate.qubits)
        if gate.error is not None and not 0 <= gate.error < math.inf:
            yield f"gates[{index}].error", "be at least 0", gate.error
        if not 0 <= gate.duration_ns < math.inf:
            yield f"gates[{index}].duration_ns", "be a time of at least 0", gate.duration_ns
