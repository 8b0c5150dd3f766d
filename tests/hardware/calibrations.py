"""Calibrations as the service reports them at a date: what the local service has only one of.

IBM answers with the last report that is older than the asked time. The reports are made of the
snapshots that ship: both are what IBM reported of the device at their dates.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from nisqdl.targets.device import Device


def properties_at(calibrations: Sequence[Device], url: str) -> dict[str, Any]:
    """What is answered to ``GET …/properties?updated_before=…``; empty where there is none."""
    asked = parse_qs(urlsplit(url).query).get("updated_before")
    known = sorted(calibrations, key=lambda device: datetime.fromisoformat(device.date))
    if asked:
        until = datetime.fromisoformat(asked[0])
        known = [device for device in known if datetime.fromisoformat(device.date) <= until]
    return reported(known[-1]) if known else {}


def reported(device: Device) -> dict[str, Any]:
    """A device's properties as IBM's service reports them."""

    def entry(name: str, value: float | None, unit: str = "") -> list[dict[str, Any]]:
        found = {"date": device.date, "name": name, "unit": unit, "value": value}
        return [] if value is None else [found]

    return {
        "backend_name": f"ibm_{device.name}",
        "backend_version": "1.0.0",
        "last_update_date": device.date,
        "qubits": [
            entry("T1", qubit.t1_us, "us")
            + entry("T2", qubit.t2_us, "us")
            + entry("prob_meas1_prep0", qubit.p1_given_0)
            + entry("prob_meas0_prep1", qubit.p0_given_1)
            + entry("readout_length", qubit.readout_ns, "ns")
            for qubit in device.qubits
        ],
        "gates": [
            {
                "gate": gate.name,
                "qubits": list(gate.qubits),
                "name": "_".join([gate.name, *map(str, gate.qubits)]),
                "parameters": entry("gate_error", gate.error)
                + entry("gate_length", gate.duration_ns, "ns"),
            }
            for gate in device.gates
            if gate.error is not None
        ],
        "general": [],
    }
