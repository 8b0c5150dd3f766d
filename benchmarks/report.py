"""The table in Markdown and the figure, from measurements.csv and machine.json alone."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

from benchmarks.bounds import Row, findings
from benchmarks.figure import draw_ratios

_SPEECH = {"last": "Z on the last qubit", "first": "Z on qubit 0"}


def write_report(folder: Path) -> None:
    """``table.md`` and ``ratios.svg`` beside the measurements."""
    with (folder / "measurements.csv").open(encoding="utf-8") as file:
        rows: list[Row] = list(csv.DictReader(file))
    machine = json.loads((folder / "machine.json").read_text(encoding="utf-8"))
    dates = sorted(row["measured"] for row in rows)
    head = _head(machine, dates[0], dates[-1])
    parts = [head, _bounds(rows), _own(machine["own"]), *_problems(rows)]
    (folder / "table.md").write_text("\n".join(parts), encoding="utf-8")
    draw_ratios(rows, folder / "ratios.svg")


def _head(machine: dict[str, Any], first: str, last: str) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    before, after = machine["load_before"], machine["load_after"]
    return (
        f"# Measured {first} to {last}\n\n{machine['processor']}, {machine['cores']} cores, "
        f"Python {machine['python']}; load {before:.1f} before and {after:.1f} after "
        f"({machine['minutes']:.0f} minutes). {versions}.\n"
    )


def _bounds(rows: list[Row]) -> str:
    lines = [
        "## Bounds\n",
        "Ratio of CPU times, one thread, minimum of the repetitions; E: the peer's is scaled.\n",
        "| workload | n | case | peer | ratio | at least | aim | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for found in findings(rows):
        bound = found.bound
        against = found.peer if bound.against else f"best: {found.peer}"
        ratio = _times(found.ratio)
        lines.append(
            f"| {bound.workload} | {found.qubits} | {_SPEECH.get(found.size, found.size)} | "
            f"{against} | {ratio}{' E' if found.extrapolated else ''} | {bound.at_least:,g} | "
            f"{f'{bound.aim:,g}' if bound.aim else '–'} | {found.verdict} |"
        )
    return "\n".join(lines) + "\n"


def _times(ratio: float) -> str:
    return f"{ratio:.3g}" if ratio < 100 else f"{ratio:,.0f}"


def _own(own: dict[str, Any]) -> str:
    lowering, compiled, cached = own["lowering"], own["compile"], own["cached"]
    lines = [
        "## Lowering, memory, compilation\n",
        "| | measured | bound |",
        "|---|---|---|",
        f"| Lowering of a 300-gate ISA circuit (torino, calibrated), median of 100 different ones "
        f"| {lowering['median_ms']:.1f} ms (channels {lowering['channels_median_ms']:.1f}, "
        f"prepare {lowering['prepare_median_ms']:.1f}) | 50 ms |",
        f"| The slowest of the 100 | {lowering['largest_ms']:.1f} ms | 50 ms |",
    ]
    if "lowering from aer" in own:
        aer = own["lowering from aer"]
        lines.append(
            "| The same with Aer's noise model of the whole device, in `ExactEstimator`, median "
            f"(slowest) | {aer['median_ms']:.1f} ({aer['largest_ms']:.1f}) ms | 500 ms |"
        )
    for name, limit in (("W2", 8), ("W2R", 8), ("W2", 10), ("W2R", 10)):
        found = own.get(f"memory {name} {limit}")
        if found:
            lines.append(
                f"| Peak memory, {name} gradient, n = {limit}, batch 32 "
                f"| {found['peak_mb']:.0f} MB "
                f"whole process, {found['increase_mb']:.0f} MB by the step "
                f"({found['cpu_s']:.2f} s) "
                f"| {500 if limit == 8 else 4096} MB |"
            )
    lines.append(
        f"| First use on a machine: compiling, once | exact {compiled['exact_s']:.0f} s, state "
        f"vector {compiled['statevector_s']:.0f} s (later, from the cache: "
        f"{cached['exact_s']:.1f} and {cached['statevector_s']:.1f} s with imports) | – |"
    )
    return "\n".join(lines) + "\n"


def _problems(rows: list[Row]) -> list[str]:
    """A table for each workload: the peers at each problem and number of threads."""
    parts = []
    for workload in dict.fromkeys(row["workload"] for row in rows):
        lines = [
            f"## {workload}\n",
            "| n | case | threads | peer | compile CPU s | CPU s, min (median) "
            "| wall s, min | times nisqdl | MB |",
            "|---|---|---|---|---|---|---|---|---|",
        ]
        lines += [_line(row, rows) for row in rows if row["workload"] == workload]
        parts.append("\n".join(lines) + "\n")
    return parts


def _line(row: Row, rows: list[Row]) -> str:
    start = (
        f"| {row['qubits']} | {_SPEECH.get(row['size'], row['size'])} | {row['threads']} "
        f"| {row['peer']} "
    )
    if not row["cpu_min_s"]:
        return start + f"| | {row['note']} | | | |"
    own = next(
        other for other in rows
        if other["peer"] == "nisqdl"
        and all(other[key] == row[key] for key in ("workload", "qubits", "size", "threads"))
    )  # fmt: skip
    mark = " E" if row["extrapolated"] == "True" else ""
    key = "cpu_min_s" if row["threads"] == "1" else "wall_min_s"
    ratio = _times(float(row[key]) / float(own[key]))
    return start + (
        f"| {float(row['compile_cpu_s']):.2g} | {float(row['cpu_min_s']):.3g} "
        f"({float(row['cpu_median_s']):.3g}){mark} | {float(row['wall_min_s']):.3g}{mark} "
        f"| {ratio} | {float(row['peak_mb']):.0f} |"
    )
