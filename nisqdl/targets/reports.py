"""Reads a provider's two reports, configuration and properties, into a device."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from nisqdl.errors import InputError
from nisqdl.targets.device import Device, GateCalibration, QubitCalibration
from nisqdl.targets.drawing import drawn_coordinates

Report: TypeAlias = Mapping[str, Any]
"""A provider's report as parsed JSON."""

FRACTIONAL_GATES = ("rx", "rzz")
"""Gates with a continuous angle that some devices calibrate beside their basis."""

_NOT_UNITARY = ("reset", "delay", "measure")
_PREFIXES = ("ibmq_", "ibm_", "fake_")
_TIME_UNITS_NS = {"ns": 1.0, "us": 1e3, "µs": 1e3, "ms": 1e6, "s": 1e9}


def device_from_reports(conf: Report, props: Report, source: str) -> Device:
    """A device from what IBM backends report, fake or live.

    Args:
        conf: The configuration, as in ``backend.configuration().to_dict()``.
        props: The properties, as in ``backend.properties().to_dict()``.
        source: Where the reports come from, with licence and statement of changes.

    Returns:
        The device. Values that were not reported, are not finite, or belong to what the provider
        marks as not operational are ``None``. A coupling that the configuration names and the
        properties lack is an entry with error ``None`` and duration 0, hence faulty. ``measure``
        is in the qubits' values; ``reset`` is kept as a gate for its duration.

    Raises:
        InputError: A report lacks what no device can do without.
    """
    try:
        num_qubits = int(conf["n_qubits"])
        basis = _basis_gates(conf, props)
        gates = tuple(_gates(props["gates"], basis))
        gates += tuple(_uncalibrated_couplings(conf, gates, basis))
        pairs = {tuple(gate.qubits) for gate in gates if len(gate.qubits) == 2}
        return Device(
            name=_plain_name(conf["backend_name"]),
            date=_utc(props["last_update_date"]),
            processor=_processor(conf.get("processor_type")),
            basis_gates=basis,
            qubits=tuple(_qubit(entries) for entries in props["qubits"][:num_qubits]),
            gates=gates,
            coordinates=_coordinates(conf.get("coords"), num_qubits, pairs),
            dt_ns=_clock_ns(conf.get("dt")),
            source=source,
            rep_delay_us=_microseconds(conf.get("default_rep_delay")),
        )
    except KeyError as error:
        raise InputError(
            f"The report of a device must have the field {error.args[0]!r}, but it is missing "
            f"({source}). Use a backend of IBM's that reports its calibration."
        ) from error


def _plain_name(backend_name: str) -> str:
    for prefix in _PREFIXES:
        backend_name = backend_name.removeprefix(prefix)
    return backend_name


def _utc(date: str | datetime) -> str:
    moment = datetime.fromisoformat(date) if isinstance(date, str) else date
    return moment.astimezone(UTC).isoformat(timespec="seconds")


def _processor(kind: Report | None) -> str:
    return f"{kind['family']} r{kind['revision']}" if kind else "unknown"


def _basis_gates(conf: Report, props: Report) -> tuple[str, ...]:
    basis = [name for name in conf["basis_gates"] if name not in _NOT_UNITARY]
    calibrated = {gate["gate"] for gate in props["gates"]}
    extra = [name for name in FRACTIONAL_GATES if name in calibrated and name not in basis]
    return tuple(basis + extra)


def _qubit(entries: Iterable[Report]) -> QubitCalibration:
    values = _values(entries)
    return QubitCalibration(
        t1_us=_scaled(values.get("T1"), 1e-3),
        t2_us=_scaled(values.get("T2"), 1e-3),
        p1_given_0=values.get("prob_meas1_prep0"),
        p0_given_1=values.get("prob_meas0_prep1"),
        readout_ns=values.get("readout_length"),
    )


def _gates(entries: Iterable[Report], basis: tuple[str, ...]) -> Iterable[GateCalibration]:
    for entry in entries:
        if entry["gate"] not in basis and entry["gate"] != "reset":
            continue  # variants such as measure_2, which no circuit of ours uses
        values = _values(entry["parameters"])
        duration = values.get("gate_length")
        yield GateCalibration(
            name=entry["gate"],
            qubits=tuple(int(qubit) for qubit in entry["qubits"]),
            # Without a duration a gate can be neither scheduled nor relaxed: it counts as faulty.
            error=None if duration is None else values.get("gate_error"),
            duration_ns=0.0 if duration is None else duration,
        )


def _uncalibrated_couplings(
    conf: Report, gates: tuple[GateCalibration, ...], basis: tuple[str, ...]
) -> Iterable[GateCalibration]:
    known = {frozenset(gate.qubits) for gate in gates if len(gate.qubits) == 2}
    for gate in conf.get("gates", ()):
        if gate["name"] not in basis:
            continue
        for qubits in gate.get("coupling_map") or ():
            if len(qubits) == 2 and frozenset(qubits) not in known:
                yield GateCalibration(gate["name"], (qubits[0], qubits[1]), None, 0.0)


def _values(entries: Iterable[Report]) -> dict[str, float]:
    """The finite numbers by name, times in nanoseconds; none where marked as not operational."""
    values = {
        entry["name"]: float(entry["value"]) * _TIME_UNITS_NS.get(entry["unit"], 1.0)
        for entry in entries
        if entry["value"] is not None and math.isfinite(float(entry["value"]))
    }
    return {} if values.get("operational") == 0 else values


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _coordinates(
    reported: list[list[float]] | None, num_qubits: int, pairs: set[tuple[int, ...]]
) -> tuple[tuple[float, float], ...]:
    if reported and len({tuple(place) for place in reported}) == num_qubits:
        return tuple((float(column), float(row)) for column, row in reported)
    return drawn_coordinates(num_qubits, pairs)


def _microseconds(delay: float | None) -> float | None:
    return None if delay is None else round(float(delay), 6)  # the client's reports add dust


def _clock_ns(dt: float | None) -> float | None:
    if not dt:
        return None
    # The reports state nanoseconds; a few old ones hold seconds. No clock ticks in attoseconds.
    return float(dt) if dt > 1e-6 else float(dt) * 1e9
