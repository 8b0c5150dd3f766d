"""The content of a transfer report: verdicts, matrices, every cell, and its origin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nisqdl.analysis.intervals import number
from nisqdl.analysis.transfer import WITHOUT, Question, questions
from nisqdl.analysis.transfer_verdict import transfer_verdicts
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted
from nisqdl.report.cells import DASH
from nisqdl.report.devices import device_sections
from nisqdl.report.document import DataTable, Document, Paragraph, Section
from nisqdl.report.figures.transfer_figures import TRANSFER_FIGURES
from nisqdl.report.opening import answer, rules, status_line
from nisqdl.report.picture import pictures
from nisqdl.report.provenance import provenance_section
from nisqdl.report.run_data import RunData

_MEANING = (
    "The weights belong to the logical model: each device realises it by another circuit of its "
    "own gates on its own qubits, and weights that were trained on one are measured on another as "
    "they are. Trained and tested with the calibrated noise of each device's snapshot; what a "
    "device does beyond it is not in these numbers."
)


def transfer_document(run: RunData, name: str, planned: int | None) -> tuple[Document, Verdict]:
    """The report of a run and its first verdict.

    Args are those of :data:`nisqdl.report.Content`.

    Raises:
        TooEarlyError: Nothing that was trained under noise was measured yet.
    """
    context = run.context if isinstance(run.context, Mapping) else {}
    devices = context.get("devices") or []
    found = questions(run.records, [str(device["target"]) for device in devices])
    told = transfer_verdicts(found)
    sections = [
        Section("figures", "Figures", pictures(TRANSFER_FIGURES.values(), found)),
        Section("cells", "Every cell", (*(_table(q) for q in found), Paragraph(_MEANING))),
        Section("differences", "Differences", (_difference_table(told), *rules(told))),
        *device_sections(devices),
        provenance_section(run, context.get("datasets") or [], name),
    ]
    document = Document(
        title=f"{name}: trained here, tested there",
        status=_status(run, found, planned),
        answers=(answer(told),),
        sections=tuple(sections),
    )
    return document, told[0]


def _status(run: RunData, found: Sequence[Question], planned: int | None) -> str:
    first = found[0]
    names = {device.partition("@")[0] for device in first.devices}
    devices = counted(len(names), "device")
    if len(names) < len(first.devices):
        devices += f", {len(first.devices)} calibrations of them,"
    scales = counted(len(first.scales), "noise scale")
    return status_line(run, planned, counted(first.seeds, "seed"), f"{devices} at {scales}")


def _table(question: Question) -> DataTable:
    rows = []
    places = [(device, scale) for scale in question.scales for device in question.devices]
    for tested in places:
        for trained in (WITHOUT, *places):
            accuracy = question.estimate(trained, tested)
            if accuracy is None:
                continue
            gain = None if trained == WITHOUT else question.gain(trained, tested)
            loss = question.estimate(trained, tested, "loss")
            rows.append(
                (
                    _place(*trained),
                    _place(*tested),
                    accuracy.text(),
                    DASH if gain is None else gain.signed(),
                    DASH if loss is None else loss.text(),
                )
            )
    heads = ("trained under", "tested under", "test accuracy", "gain over no noise", "test loss")
    caption = (
        f"{question.title}: means with 95 % intervals over seeds, each of its own and not jointly"
    )
    return DataTable(caption, heads, tuple(rows))


def _place(device: str, scale: float) -> str:
    return "no noise" if (device, scale) == WITHOUT else f"{device}, λ = {scale:g}"


def _difference_table(told: Sequence[Verdict]) -> DataTable:
    rows = tuple(
        (verdict.topic, title, estimate.signed(), number(estimate.spread))
        for verdict in told
        for title, estimate in verdict.numbers.items()
    )
    heads = ("question", "where", "difference (joint interval)", "sd between seeds")
    return DataTable("Every difference that a sentence rests on", heads, rows)
