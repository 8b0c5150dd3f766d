"""Fake backends of the installed IBM client, read from its files without importing it."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
from functools import cache
from pathlib import Path

from nisqdl.errors import InputError, unknown_name
from nisqdl.targets.device import Device
from nisqdl.targets.reports import device_from_reports

PREFIX = "fake_"


def fake_device(name: str, where: str = "") -> Device:
    """The device that a fake backend describes.

    The client's import takes seconds; its reports are two JSON files.

    Args:
        name: The backend's name, e.g. ``"fake_torino"``.
        where: File and field that named it, for the error's sentence.

    Raises:
        InputError: There is no such fake backend, or the client is not installed.
    """
    if name not in fake_names():
        raise unknown_name("fake backend", name, fake_names(), where)
    plain = name.removeprefix(PREFIX)
    conf, props = (
        json.loads((_folder() / plain / f"{kind}_{plain}.json").read_text(encoding="utf-8"))
        for kind in ("conf", "props")
    )
    # The client gives a fake backend its own name too; the report's may be an older spelling.
    return device_from_reports({**conf, "backend_name": name}, props, _source(name))


@cache
def fake_names() -> tuple[str, ...]:
    """Names of all fake backends of the installed client, e.g. ``"fake_torino"``.

    Raises:
        InputError: The client is not installed.
    """
    return tuple(
        PREFIX + folder.name
        for folder in sorted(_folder().iterdir())
        if (folder / f"conf_{folder.name}.json").is_file()
        and (folder / f"props_{folder.name}.json").is_file()
    )


def _folder() -> Path:
    spec = importlib.util.find_spec("qiskit_ibm_runtime")
    if spec is None or not spec.submodule_search_locations:
        raise InputError(
            "Fake backends need the package qiskit-ibm-runtime, which is not installed. "
            "Install it, or name a shipped snapshot."
        )
    return Path(spec.submodule_search_locations[0]) / "fake_provider" / "backends"


def _source(name: str) -> str:
    version = importlib.metadata.version("qiskit-ibm-runtime")
    plain = name.removeprefix(PREFIX)
    return (
        f"{name} of qiskit-ibm-runtime {version} (conf_{plain}.json, props_{plain}.json). "
        "Copyright IBM; licensed under the Apache License 2.0 (Apache-2.0). "
        "Changed by nisqdl: only name, date, processor, basis gates, coordinates, clock, T1, T2, "
        "readout, gate errors and durations are kept; the date is in UTC, times are in "
        "nanoseconds or microseconds."
    )
