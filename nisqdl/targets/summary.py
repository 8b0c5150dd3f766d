"""A device in numbers, for reports: medians, what is faulty, and what a map of it shows."""

from __future__ import annotations

import statistics
from collections.abc import Iterable
from dataclasses import asdict

from nisqdl.store.record import Json, content_hash
from nisqdl.targets.device import Device, GateCalibration, QubitCalibration
from nisqdl.targets.faults import Faults, faults
from nisqdl.targets.reports import FRACTIONAL_GATES
from nisqdl.targets.target import readout_error


def snapshot_hash(device: Device) -> str:
    """Content hash of a device: the same calibration has the same hash, wherever it is kept.

    Of all fields that a result may depend on: not of where it is from, nor of the pause.
    """
    content = asdict(device)
    del content["source"], content["rep_delay_us"]
    return content_hash(content)


def device_summary(device: Device) -> dict[str, Json]:
    """What a report says about a device; JSON.

    Medians are over what is not faulty; ``None`` where nothing was reported. Errors are average
    gate infidelities; times are in the unit that their name ends with.

    Returns:
        ``name, date, processor, qubits, basis_gates, source, snapshot_hash``; ``medians`` with
        ``two_qubit_error, one_qubit_error`` (``sx``), ``readout_error, t1_us, t2_us,
        two_qubit_ns, one_qubit_ns, readout_ns``; ``faulty`` with ``gates`` (name, qubits, reason),
        ``qubits`` (qubit, reason) and ``described``; and ``map`` with ``qubits`` (index, x, y,
        t1_us, t2_us, readout_error, faulty) and ``edges`` (qubits, gate, error, faulty), y
        growing downwards as on the provider's drawings.
    """
    broken = faults(device)
    return {
        "name": device.name,
        "date": device.date,
        "processor": device.processor,
        "qubits": device.num_qubits,
        "basis_gates": list(device.basis_gates),
        "source": device.source,
        "snapshot_hash": snapshot_hash(device),
        "medians": _medians(device, broken),
        "faulty": {
            "gates": [
                {"name": name, "qubits": list(qubits), "reason": why}
                for (name, qubits), why in broken.gates.items()
            ],
            "qubits": [{"qubit": qubit, "reason": why} for qubit, why in broken.qubits.items()],
            "described": broken.described(),
        },
        "map": {"qubits": _map_qubits(device, broken), "edges": _map_edges(device, broken)},
    }


def _medians(device: Device, broken: Faults) -> dict[str, Json]:
    qubits = [qubit for index, qubit in enumerate(device.qubits) if index not in broken.qubits]
    usable = [gate for gate in device.gates if broken.allow(gate.name, gate.qubits)]
    pairs = [gate for gate in usable if _couples(device, gate)]
    single = [gate for gate in usable if gate.name == _one_qubit_gate(device)]
    return {
        "two_qubit_error": _median(gate.error for gate in pairs),
        "one_qubit_error": _median(gate.error for gate in single),
        "readout_error": _median(readout_error(qubit) for qubit in qubits),
        "t1_us": _median(qubit.t1_us for qubit in qubits),
        "t2_us": _median(qubit.t2_us for qubit in qubits),
        "two_qubit_ns": _median(gate.duration_ns for gate in pairs),
        "one_qubit_ns": _median(gate.duration_ns for gate in single),
        "readout_ns": _median(qubit.readout_ns for qubit in qubits),
    }


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else None


def _couples(device: Device, gate: GateCalibration) -> bool:
    return (
        len(gate.qubits) == 2
        and gate.name in device.basis_gates
        and gate.name not in FRACTIONAL_GATES
    )


def _one_qubit_gate(device: Device) -> str:
    """The pulse that one-qubit gates are made of; ``u2`` on devices before 2021."""
    return "sx" if "sx" in device.basis_gates else "u2"


def _map_qubits(device: Device, broken: Faults) -> list[Json]:
    return [
        _map_qubit(index, qubit, place, index in broken.qubits)
        for index, (qubit, place) in enumerate(zip(device.qubits, device.coordinates, strict=True))
    ]


def _map_qubit(
    index: int, qubit: QubitCalibration, place: tuple[float, float], faulty: bool
) -> Json:
    return {
        "index": index,
        "x": place[0],
        "y": place[1],
        "t1_us": qubit.t1_us,
        "t2_us": qubit.t2_us,
        "readout_error": readout_error(qubit),
        "faulty": faulty,
    }


def _map_edges(device: Device, broken: Faults) -> list[Json]:
    """One entry a coupling; where both directions are reported, the smaller error."""
    edges: dict[tuple[int, ...], Json] = {}
    for gate in device.gates:
        if not _couples(device, gate):
            continue
        qubits = tuple(sorted(gate.qubits))
        known = edges.get(qubits)
        if known is None or (gate.error or 1.0) < (known["error"] or 1.0):
            edges[qubits] = {
                "qubits": list(qubits),
                "gate": gate.name,
                "error": gate.error,
                "faulty": not broken.allow(gate.name, gate.qubits),
            }
    return [edges[qubits] for qubits in sorted(edges)]
