"""The content of a phase_recognition report: the verdict, the phase diagram, the numbers."""

from __future__ import annotations

from nisqdl.analysis.intervals import Estimate
from nisqdl.analysis.phase_recognition import RULE, Diagram, diagrams, phase_verdict
from nisqdl.analysis.verdict import Verdict
from nisqdl.report.cells import DASH
from nisqdl.report.document import Block, DataTable, Document, Paragraph, Section
from nisqdl.report.figures import phase_map
from nisqdl.report.opening import answer, is_complete, status_line
from nisqdl.report.picture import picture
from nisqdl.report.provenance import provenance_section
from nisqdl.report.run_data import RunData
from nisqdl.report.style import look


def phase_recognition_document(
    run: RunData, name: str, planned: int | None
) -> tuple[Document, Verdict]:
    """The report of a run and its first verdict.

    Args are those of :data:`nisqdl.report.Content`.
    """
    found = diagrams(run.records)
    complete = is_complete(run, planned)
    told = [phase_verdict(one, complete) for one in found]
    document = Document(
        title=f"{name}: is the phase recognised?",
        status=status_line(run, planned),
        answers=(answer(told),),
        sections=(
            Section("diagram", "Phase diagram", tuple(_diagrams(found))),
            provenance_section(run, [], name),
        ),
    )
    return document, told[0]


def _diagrams(found: tuple[Diagram, ...]) -> list[Block]:
    blocks: list[Block] = []
    for number, diagram in enumerate(found, start=1):
        with look():
            wide, narrow = phase_map.draw(diagram, 2), phase_map.draw(diagram, 1)
        if wide is not None:
            title = "Phases by the network and by the order parameter"
            several = [f"trained on {diagram.trained_text}"] if len(found) > 1 else []
            told = ", ".join([*several, *([diagram.title] if diagram.title else [])])
            title += f": {told}" if told else ""
            blocks.append(picture(f"phase_map-{number}", title, wide, narrow))
    rows = tuple(
        (
            one.title or "the model",
            one.trained_text,
            str(one.qubits),
            str(one.weights),
            str(one.seeds),
            _percent(one.agreement),
            DASH if one.right is None else _percent(one.right),
            DASH if one.energy_error is None else f"{one.energy_error:.1e}",
        )
        for one in found
    )
    heads = (
        "model", "trained on", "spins", "weights", "trainings", "agrees with string order",
        "right on the line", "largest error of energies",
    )  # fmt: skip
    blocks.append(DataTable("How well the phase is recognised", heads, rows))
    blocks.append(Paragraph(RULE, quiet=True))
    return blocks


def _percent(share: Estimate) -> str:
    return f"{100 * share.mean:.1f} %"
