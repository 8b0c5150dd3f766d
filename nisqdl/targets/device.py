"""A device: its coupling and calibration at a date, as read from a snapshot."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class QubitCalibration:
    """Calibration of one qubit; ``None`` where the provider gave no value.

    Attributes:
        t1_us, t2_us: Relaxation and dephasing times in microseconds.
        p1_given_0: Probability to read 1 where 0 was prepared (``prob_meas1_prep0``).
        p0_given_1: Probability to read 0 where 1 was prepared (``prob_meas0_prep1``).
        readout_ns: Duration of a measurement in nanoseconds.
    """

    t1_us: float | None
    t2_us: float | None
    p1_given_0: float | None
    p0_given_1: float | None
    readout_ns: float | None


@dataclass(frozen=True)
class GateCalibration:
    """One gate on given qubits (ordered: control or first operand first).

    Attributes:
        error: Average gate infidelity as reported; ``None`` where missing.
        duration_ns: Duration in nanoseconds; 0 for virtual gates.
    """

    name: str
    qubits: tuple[int, ...]
    error: float | None
    duration_ns: float


@dataclass(frozen=True)
class Device:
    """A device as calibrated at a date: what targets and noise models are made from.

    Attributes:
        name: Name without provider prefix (``"torino"``).
        date: Date and time of the calibration, ISO 8601 with zone.
        processor: Family and revision (``"Heron r1"``).
        basis_gates: Names of the native gates, e.g. ``("cz", "id", "rz", "sx", "x")``; with the
            fractional ones (``rx``, ``rzz``) where the device reports them.
        qubits: Calibration by physical qubit index.
        gates: Every gate entry as reported, faulty ones included.
        coordinates: (column, row) of each qubit in the device's drawing.
        dt_ns: The clock's period in nanoseconds, for scheduling; ``None`` where unknown.
        source: Where the values come from, with licence and statement of changes.
        rep_delay_us: Pause between two executions of circuits in microseconds, by the device's
            default; ``None`` where unknown. It costs time, and changes no result here.
    """

    name: str
    date: str
    processor: str
    basis_gates: tuple[str, ...]
    qubits: tuple[QubitCalibration, ...]
    gates: tuple[GateCalibration, ...]
    coordinates: tuple[tuple[float, float], ...]
    dt_ns: float | None
    source: str
    rep_delay_us: float | None = None

    @property
    def num_qubits(self) -> int:
        return len(self.qubits)
