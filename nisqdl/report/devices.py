"""A report's section on devices: calibration, what is faulty, and maps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nisqdl.report.cells import DASH, minute_text
from nisqdl.report.document import Block, DataTable, Paragraph, Section
from nisqdl.report.figures import device_map
from nisqdl.report.picture import picture
from nisqdl.report.style import look
from nisqdl.store.record import Json

_MOST_MAPS = 4
_MOST_FAULTS = 60


def device_sections(devices: Sequence[Mapping[str, Json]]) -> list[Section]:
    if not devices:
        return []
    blocks: list[Block] = [_device_table(devices)]
    for device in devices:
        phrases = device["faulty"]["described"]
        told = "; ".join(phrases[:_MOST_FAULTS]) or "nothing"
        if len(phrases) > _MOST_FAULTS:
            told += f"; and {len(phrases) - _MOST_FAULTS} more"
        blocks.append(Paragraph(f"Faulty on {device['name']}, and not used: {told}.", quiet=True))
        source = f"Values of {device['name']} from {device['source']}"
        blocks.append(Paragraph(source, quiet=True))
    for index, device in enumerate(devices[:_MOST_MAPS]):
        with look():
            drawing = device_map.draw(device)
        if drawing is not None:
            name = f"device_map-{index + 1}"
            blocks.append(picture(name, f"Map of {device['name']}", drawing, None))
    if len(devices) > _MOST_MAPS:
        blocks.append(
            Paragraph(
                f"Maps are drawn for the first {_MOST_MAPS} devices; `nisqdl show NAME` draws any."
            )
        )
    return [Section("devices", "Devices", tuple(blocks))]


def _device_table(devices: Sequence[Mapping[str, Json]]) -> DataTable:
    """A column a device."""
    names = (
        "calibrated", "processor", "qubits", "two-qubit error", "one-qubit error",
        "readout error", "T1", "T2", "faulty couplings", "faulty qubits", "snapshot",
    )  # fmt: skip
    columns = [_device_column(device) for device in devices]
    rows = tuple((name, *cells) for name, *cells in zip(names, *columns, strict=True))
    heads = ("", *(str(device.get("name")) for device in devices))
    return DataTable("Devices as calibrated at the date of their snapshot (medians)", heads, rows)


def _device_column(device: Mapping[str, Json]) -> tuple[str, ...]:
    medians, faulty, edges = device["medians"], device["faulty"], device["map"]["edges"]
    return (
        minute_text(device["date"]),
        device["processor"],
        str(device["qubits"]),
        *(_small(medians[f"{name}_error"]) for name in ("two_qubit", "one_qubit", "readout")),
        *(_micro(medians[f"{name}_us"]) for name in ("t1", "t2")),
        f"{sum(edge['faulty'] for edge in edges)} of {len(edges)}",
        str(len(faulty["qubits"])),
        device["snapshot_hash"],
    )


def _small(value: Json) -> str:
    return f"{100 * value:.2g} %" if isinstance(value, int | float) else DASH


def _micro(value: Json) -> str:
    return f"{value:.0f} µs" if isinstance(value, int | float) else DASH
