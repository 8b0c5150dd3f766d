"""The content of an echo report: how often circuits come back, and at which noise scale."""

from __future__ import annotations

from collections.abc import Mapping

from nisqdl.analysis.echo import Echoes, Line, echo_verdicts, echoes
from nisqdl.analysis.intervals import number
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted
from nisqdl.report.cells import DASH, minute_text
from nisqdl.report.devices import device_sections
from nisqdl.report.document import Answer, DataTable, Document, Paragraph, Section
from nisqdl.report.figures.echo_qubits import ECHO_QUBITS
from nisqdl.report.picture import picture
from nisqdl.report.provenance import provenance_section
from nisqdl.report.run_data import RunData
from nisqdl.report.style import look


def echo_document(run: RunData, name: str, planned: int | None) -> tuple[Document, Verdict]:
    """The report of a run and its first verdict.

    Args:
        run: The run as read from its folder.
        name: The run's name, for the title.
        planned: Number of points of the whole experiment; ``None`` where it is not known.

    Raises:
        InputError: There is no record yet.
    """
    context = run.context if isinstance(run.context, Mapping) else {}
    found = echoes(run.records, context.get("published"))
    told = echo_verdicts(found)
    with look():
        wide, narrow = ECHO_QUBITS.draw(found, 2), ECHO_QUBITS.draw(found, 1)
    assert wide is not None
    drawn = picture(ECHO_QUBITS.name, ECHO_QUBITS.title, wide, narrow)
    rules = tuple(Paragraph(f"{v.topic}: {v.rule}", quiet=True) for v in told)
    document = Document(
        title=f"{name}: does it come back?",
        status=_status(run, planned),
        answers=(Answer(told[0].sentence, tuple(v.sentence for v in told[1:])),),
        sections=(
            Section("figures", "Figure", (drawn,)),
            Section("findings", "Key numbers", (_return_table(found), *rules)),
            Section("circuits", "Circuits", (_circuit_table(found.lines[0]),)),
            *device_sections(context.get("devices") or []),
            provenance_section(run, [], name),
        ),
    )
    return document, told[0]


def _status(run: RunData, planned: int | None) -> str:
    points = counted(len(run.records), "point")
    if planned is not None and len(run.records) < planned:
        points = f"NOT COMPLETE: {len(run.records)} of {planned} points so far"
    return f"{points}. Run begun {minute_text(run.created)}; made by nisqdl."


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
