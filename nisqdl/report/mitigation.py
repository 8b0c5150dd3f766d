"""The content of a mitigation report: verdicts, figures, every way and time, and its origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nisqdl.analysis.mitigation import (
    Cell,
    Question,
    comparisons_of,
    questions,
)
from nisqdl.analysis.mitigation_verdict import mitigation_verdicts
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted
from nisqdl.report.cells import DASH
from nisqdl.report.devices import device_sections
from nisqdl.report.document import DataTable, Document, Paragraph, Section
from nisqdl.report.figures.mitigation_figures import MITIGATION_FIGURES
from nisqdl.report.opening import answer, is_complete, rules, status_line
from nisqdl.report.picture import pictures
from nisqdl.report.provenance import provenance_section
from nisqdl.report.run_data import RunData

_ASSUMED = (
    "Times are estimates by the rule that IBM gives for planning (2 s a job; for each execution "
    "the device's repetition delay and the circuit's length), for all samples together with TREX's "
    "calibration; the shots are those that fit. The qubits are simulated with the calibrated noise "
    "of the device: without crosstalk, coherent errors and drift, which real devices have and "
    "which mitigation may or may not take away. The client's own code mitigates."
)


def mitigation_document(run: RunData, name: str, planned: int | None) -> tuple[Document, Verdict]:
    """The report of a run and its first verdict.

    Args are those of :data:`nisqdl.report.Content`.

    Raises:
        InputError: There is no record yet.
    """
    found = questions(run.records)
    complete = is_complete(run, planned)
    told = mitigation_verdicts(found, complete)
    context = run.context if isinstance(run.context, Mapping) else {}
    seeds = max(cell.error.n for question in found for cell in question.cells)
    sections = [
        Section("figures", "Figures", pictures(MITIGATION_FIGURES.values(), found)),
        Section("ways", "Every way and time", tuple(_table(found, q) for q in found)),
        Section("rules", "Rules", (Paragraph(_ASSUMED, quiet=True), *rules(told))),
        *device_sections(context.get("devices") or []),
        provenance_section(run, context.get("datasets") or [], name),
    ]
    document = Document(
        title=f"{name}: what does mitigation buy for the same time?",
        status=status_line(run, planned, counted(seeds, "seed")),
        answers=(answer(told),),
        sections=tuple(sections),
    )
    return document, told[0]


def _table(found: Sequence[Question], question: Question) -> DataTable:
    heads = (
        "way", "time", "shots", "error", "against the first", "bias", "noise", "stated error",
        "accuracy", "unphysical",
    )  # fmt: skip
    count = comparisons_of(found)
    rows = tuple(_row(question, cell, count) for cell in question.cells)
    caption = (
        f"{question.title}: root mean square errors of a value; without noise and shots the "
        f"accuracy is {question.ideal_accuracy.text()}"
    )
    return DataTable(caption, heads, rows)


def _row(question: Question, cell: Cell, count: int) -> tuple[str, ...]:
    gain = question.gain(cell.method, cell.seconds, "error", count)
    return (
        cell.method,
        f"{cell.seconds:g} s",
        f"{cell.shots:,}",
        cell.error.text(),
        DASH if gain is None else gain.signed(),
        f"{cell.bias.mean:.3f}",
        f"{cell.noise.mean:.3f}",
        f"{cell.stated.mean:.3f}",
        cell.accuracy.text(2),
        f"{100 * cell.unphysical.mean:.2g} %",
    )
