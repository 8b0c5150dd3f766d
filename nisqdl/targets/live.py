"""Devices as they are now: their calibration as a snapshot, and a line for each."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from nisqdl.errors import AccountError, InputError
from nisqdl.store.record import Json
from nisqdl.targets.device import Device
from nisqdl.targets.faults import faults
from nisqdl.targets.refusals import refusals_told
from nisqdl.targets.reports import FRACTIONAL_GATES, device_from_reports
from nisqdl.targets.summary import device_summary

if TYPE_CHECKING:
    from qiskit_ibm_runtime import IBMBackend


CHAIN = 100
"""The length of chain at which IBM states the error per layered gate."""


@dataclass(frozen=True)
class LiveDevice:
    """A device of the service, as it is now.

    Attributes:
        name: The service's name (``"ibm_torino"``).
        status: ``"active"`` where it runs jobs, else what the service says.
        queue: Jobs that wait.
        device: Its calibration; ``None`` where it reports none.
        eplg: Error per layered gate over the longest chain that was reported, up to
            :data:`CHAIN` qubits; ``None`` where none was.
        eplg_qubits: The length of that chain.
    """

    name: str
    status: str
    queue: int
    device: Device | None
    eplg: float | None
    eplg_qubits: int | None

    def row(self) -> dict[str, Json]:
        """What is shown of it: medians over what is not faulty, as in ``nisqdl show``."""
        numbers = {} if self.device is None else device_summary(self.device)["medians"]
        return {
            "name": self.name,
            "status": self.status,
            "queue": self.queue,
            "qubits": None if self.device is None else self.device.num_qubits,
            "processor": None if self.device is None else self.device.processor,
            "calibrated": None if self.device is None else self.device.date,
            "two_qubit_error": numbers.get("two_qubit_error"),
            "readout_error": numbers.get("readout_error"),
            "t1_us": numbers.get("t1_us"),
            "t2_us": numbers.get("t2_us"),
            "eplg": self.eplg,
            "eplg_qubits": self.eplg_qubits,
            "faulty": None if self.device is None else _faulty(self.device),
        }


def _faulty(device: Device) -> int:
    """How many qubits and pairs must not be used; fractional gates aside, which few devices have
    calibrated everywhere."""
    broken = faults(device)
    return len(broken.qubits) + sum(name not in FRACTIONAL_GATES for name, _ in broken.gates)


def live_device(backend: IBMBackend) -> LiveDevice:
    """One device's state and calibration.

    Raises:
        AccountError: The service cannot be reached.
    """
    with refusals_told(f"asking {backend.name} for its status"):
        status = backend.status()
    with refusals_told(f"asking {backend.name} for its calibration"):
        properties = backend.properties()
    state = status.status_msg
    if not status.operational and state == "active":
        state = "not operational"
    eplg, length = layered_error({} if properties is None else properties.to_dict())
    device = None if properties is None else device_from_backend(backend)
    return LiveDevice(backend.name, state, int(status.pending_jobs), device, eplg, length)


def device_from_backend(backend: IBMBackend, at: datetime | None = None) -> Device:
    """A live device, as calibrated now or at some time.

    Args:
        backend: The client's backend; with its fractional gates if it was asked for with them.
        at: The last calibration that is not younger than this; with a zone.

    Raises:
        AccountError: The service cannot be reached, or has no calibration of that time.
    """
    with refusals_told(f"asking {backend.name} for its calibration"):
        properties = backend.properties(datetime=at)
    if properties is None:
        when = "" if at is None else f" of {at.isoformat(timespec='minutes')}"
        raise AccountError(
            f"{backend.name} reports no calibration{when}: it is retired, or not that old. "
            "Leave --at out, or choose another device (`nisqdl devices --live`)."
        )
    return device_from_reports(
        backend.configuration().to_dict(), properties.to_dict(), _source(backend.name)
    )


def moment(text: str) -> datetime:
    """A user's date or time, in UTC unless it has a zone; a day alone means its end.

    Raises:
        InputError: It is neither, or lies in the future.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"--at must be a date or a time, as 2026-11-01 or 2026-11-01T15:30, but is {text!r}."
        ) from None
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    now = datetime.now(UTC)
    if found > now:
        raise InputError(f"--at must not lie in the future, but is {text!r}.")
    if len(text) <= len("2026-11-01"):
        found = min(found + timedelta(days=1) - timedelta(seconds=1), now)
    return found


def layered_error(properties: Mapping[str, Any]) -> tuple[float | None, int | None]:
    """Error per layered gate, and the number of qubits in its chain.

    From the layer fidelity LF of a chain of n qubits, which has n − 1 two-qubit gates:
    EPLG = 1 − LF^(1/(n − 1)) (McKay et al. 2023, arXiv:2311.05933).

    Args:
        properties: The provider's report; ``general`` holds ``lf_<n>`` where known.
    """
    reported = {
        int(entry["name"].removeprefix("lf_")): float(entry["value"])
        for entry in properties.get("general") or ()
        if entry["name"].startswith("lf_") and entry["name"][3:].isdigit()
    }
    lengths = [n for n, fidelity in reported.items() if 2 <= n <= CHAIN and 0 < fidelity <= 1]
    if not lengths:
        return None, None
    length = max(lengths)
    return float(1 - reported[length] ** (1 / (length - 1))), length


def _source(name: str) -> str:
    version = importlib.metadata.version("qiskit-ibm-runtime")
    return (
        f"{name}, as IBM Quantum reported it to qiskit-ibm-runtime {version}. Changed by nisqdl: "
        "only name, date, processor, basis gates, coordinates, clock, T1, T2, readout, gate errors "
        "and durations are kept; the date is in UTC, times are in nanoseconds or microseconds."
    )
