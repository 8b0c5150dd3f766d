"""The content of an expressibility report."""

from __future__ import annotations

from nisqdl.analysis.expressibility import Expressed, expressed, expressibility_verdicts
from nisqdl.analysis.intervals import Estimate
from nisqdl.analysis.plateau_text import small_text
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted
from nisqdl.report.cells import DASH, minute_text
from nisqdl.report.document import Answer, Block, DataTable, Document, Paragraph, Section
from nisqdl.report.figures.expressibility_figures import EXPRESSIBILITY_FIGURES
from nisqdl.report.picture import picture
from nisqdl.report.provenance import provenance_section
from nisqdl.report.run_data import RunData
from nisqdl.report.style import look

MOST_ROWS = 120


def expressibility_document(
    run: RunData, name: str, planned: int | None
) -> tuple[Document, Verdict]:
    """The report of a run and its first verdict.

    Args:
        run: The run as read from its folder.
        name: The run's name, for the title.
        planned: Number of points of the whole experiment; ``None`` where it is not known.

    Raises:
        InputError: There is no record yet.
    """
    found = expressed(run.records)
    complete = planned is None or len(run.records) >= planned
    told = expressibility_verdicts(found, complete)
    rules = [Paragraph(f"{verdict.topic}: {verdict.rule}", quiet=True) for verdict in told]
    points = counted(len(run.records), "point")
    if not complete:
        points = f"NOT COMPLETE: {len(run.records)} of {planned} points so far"
    document = Document(
        title=f"{name}: what can these circuits express?",
        status=(
            f"{points}; {counted(len(found.circuits), 'circuit')}. Run begun "
            f"{minute_text(run.created)}; made by nisqdl."
        ),
        answers=(Answer(told[0].sentence, tuple(v.sentence for v in told[1:])),),
        sections=(
            Section("figures", "Figures", tuple(_figures(found))),
            Section("circuits", "Every circuit", tuple(_table(found))),
            Section("rules", "Rules", tuple(rules)),
            provenance_section(run, [], name),
        ),
    )
    return document, told[0]


def _figures(found: Expressed) -> list[Block]:
    pictures: list[Block] = []
    for kind in EXPRESSIBILITY_FIGURES.values():
        with look():
            wide, narrow = kind.draw(found, 2), kind.draw(found, 1)
        if wide is not None:
            pictures.append(picture(kind.name, kind.title, wide, narrow))
    return pictures


def _table(found: Expressed) -> list[Block]:
    heads = (
        "circuit", "weights", "two-qubit gates", "divergence from Haar", "told from Haar",
        "entangling capability", "gradient variance",
    )  # fmt: skip
    rows = [
        (
            found.title(circuit),
            str(circuit.parameters),
            str(circuit.two_qubit_gates),
            _told(circuit.expressibility, 4),
            "no" if circuit.like_haar else "yes",
            _told(circuit.entangling, 3),
            DASH if circuit.variance is None else small_text(circuit.variance),
        )
        for circuit in found.circuits
    ]
    caption = "Each circuit, its weights uniform and independent"
    blocks: list[Block] = [DataTable(caption, heads, tuple(rows[:MOST_ROWS]))]
    if len(rows) > MOST_ROWS:
        text = f"{len(rows) - MOST_ROWS} more rows are in the run's records (`nisqdl export`)."
        blocks.append(Paragraph(text, quiet=True))
    return blocks


def _told(estimate: Estimate, digits: int) -> str:
    if estimate.spread == 0:
        return f"{estimate.mean:.{digits}f}"
    return f"{estimate.mean:.{digits}f} ({estimate.low:.{digits}f} to {estimate.high:.{digits}f})"
