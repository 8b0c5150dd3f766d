"""A report's section on what was run and where its numbers come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import yaml

from nisqdl.report.cells import DASH, minute_text, value_text
from nisqdl.report.document import Block, Code, DataTable, Paragraph, Section
from nisqdl.report.run_data import RunData
from nisqdl.store.record import Json, Record


def provenance_section(run: RunData, datasets: Sequence[Mapping[str, Json]], name: str) -> Section:
    text = yaml.safe_dump(
        {"study": run.study, **run.experiment["options"]},
        sort_keys=False,
        allow_unicode=True,
        width=90,
        default_flow_style=None,
    )
    blocks: list[Block] = [
        Paragraph("The experiment with all its options, as it was run:"),
        Code(text, "yaml"),
        Paragraph(
            "To run it again, save it as experiment.yaml and give it to nisqdl; to rebuild this "
            "report from the records alone, name the run's folder:"
        ),
        Code(f"nisqdl run experiment.yaml\nnisqdl report {name}", "sh"),
    ]
    if datasets:
        blocks.append(_dataset_table(datasets))
    blocks.append(_origin_table(run))
    return Section("provenance", "Configuration and provenance", tuple(blocks))


def _dataset_table(datasets: Sequence[Mapping[str, Json]]) -> DataTable:
    rows = tuple(
        (
            str(d.get("name")),
            *(str(d.get(key, DASH)) for key in ("features", "train", "test")),
            ", ".join(str(c) for c in d.get("classes", [])) or DASH,
        )
        for d in datasets
    )
    columns = ("data set", "features", "training samples", "test samples", "classes")
    return DataTable("Data sets", columns, rows)


def _origin_table(run: RunData) -> DataTable:
    records = run.records
    seconds = sum(record.seconds for record in records)
    seeds = sorted({s for r in records if isinstance(s := r.point.settings.get("seed"), int)})
    rows = [
        ("run begun", minute_text(run.created)),
        ("points", str(len(records))),
        ("computing time", f"{seconds / 60:.1f} min, summed over points; training not counted"),
        ("seeds", ", ".join(map(str, seeds)) or DASH),
    ]
    rows += [(f"version of {k}", v) for k, v in _gathered(records, "versions").items()]
    snapshots = _snapshots(records)
    rows += [(f"snapshot {device}", hashes) for device, hashes in snapshots.items()]
    return DataTable("Where the numbers come from", ("what", "value"), tuple(rows))


def _gathered(records: Iterable[Record], key: str) -> dict[str, str]:
    """Every value that the records name under a mapping of their provenance: one, as a rule."""
    found: dict[str, dict[str, None]] = {}
    for record in records:
        for name, value in (record.provenance.get(key) or {}).items():
            found.setdefault(str(name), {})[value_text(value)] = None
    return {name: " and ".join(values) for name, values in sorted(found.items())}


def _snapshots(records: Iterable[Record]) -> dict[str, str]:
    found: dict[str, dict[str, None]] = {}
    for record in records:
        device = record.provenance.get("device")
        if device is not None:
            snapshot = record.provenance.get("snapshot")
            found.setdefault(str(device), {})[str(snapshot)] = None
    return {device: " and ".join(hashes) for device, hashes in sorted(found.items())}
