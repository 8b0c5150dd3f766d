"""The content of an echo report: how often circuits come back, and at which noise scale."""

from __future__ import annotations

from collections.abc import Mapping

from nisqdl.analysis.echo import Echoes, Line, echo_verdicts, echoes
from nisqdl.analysis.intervals import number
from nisqdl.analysis.verdict import Verdict
from nisqdl.report.cells import DASH
from nisqdl.report.devices import device_sections
from nisqdl.report.document import DataTable, Document, Section
from nisqdl.report.figures.echo_qubits import ECHO_QUBITS
from nisqdl.report.opening import answer, rules, status_line
from nisqdl.report.picture import pictures
from nisqdl.report.provenance import provenance_section
from nisqdl.report.run_data import RunData


def echo_document(run: RunData, name: str, planned: int | None) -> tuple[Document, Verdict]:
    """The report of a run and its first verdict.

    Args are those of :data:`nisqdl.report.Content`.

    Raises:
        InputError: There is no record yet.
    """
    context = run.context if isinstance(run.context, Mapping) else {}
    found = echoes(run.records, context.get("published"))
    told = echo_verdicts(found)
    document = Document(
        title=f"{name}: does it come back?",
        status=status_line(run, planned),
        answers=(answer(told),),
        sections=(
            Section("figures", "Figure", pictures((ECHO_QUBITS,), found)),
            Section("findings", "Key numbers", (_return_table(found), *rules(told))),
            Section("circuits", "Circuits", (_circuit_table(found.lines[0]),)),
            *device_sections(context.get("devices") or []),
            provenance_section(run, [], name),
        ),
    )
    return document, told[0]


def _return_table(found: Echoes) -> DataTable:
    sizes = sorted({n for line in found.lines for n in line.points})
    rows = [(line.title, *(_cell(line, n) for n in sizes)) for line in found.lines] + [
        (one.title, *(number(one.points[n]) if n in one.points else DASH for n in sizes))
        for one in found.published
    ]
    heads = ("", *(f"{n} qubits" for n in sizes))
    return DataTable("P(0…0), with 95 % intervals where there are any", heads, tuple(rows))


def _cell(line: Line, qubits: int) -> str:
    estimate = line.points.get(qubits)
    if estimate is None:
        return DASH
    return number(estimate.mean) if estimate.low is None else estimate.text()


def _circuit_table(line: Line) -> DataTable:
    """What each number of qubits takes on the device."""
    rows = []
    for (qubits,), some in line.rows.groups(["qubits"]):
        row = some.rows[0]
        rows.append(
            (
                str(qubits),
                ", ".join(map(str, row["physical_qubits"])),
                str(row["two_qubit_gates"]),
                str(row["depth"]),
                f"{row['duration_ns'] / 1000:.2f} µs",
                number(row["expected_fidelity"]),
                number(row["readout_fidelity"]),
            )
        )
    heads = (
        "qubits", "on the device", "two-qubit gates", "depth", "duration", "gate fidelity",
        "readout fidelity",
    )  # fmt: skip
    return DataTable(f"Circuits on {line.settings['target']}", heads, tuple(rows))
