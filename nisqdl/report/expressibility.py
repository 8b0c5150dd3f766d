"""The content of an expressibility report."""

from __future__ import annotations

from nisqdl.analysis.expressibility import Expressed, expressed, expressibility_verdicts
from nisqdl.analysis.intervals import Estimate
from nisqdl.analysis.plateau_text import small_text
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted
from nisqdl.report.cells import DASH
from nisqdl.report.document import Block, DataTable, Document, Paragraph, Section
from nisqdl.report.figures.expressibility_figures import EXPRESSIBILITY_FIGURES
from nisqdl.report.opening import answer, is_complete, rules, status_line
from nisqdl.report.picture import pictures
from nisqdl.report.provenance import provenance_section
from nisqdl.report.run_data import RunData

MOST_ROWS = 120


def expressibility_document(
    run: RunData, name: str, planned: int | None
) -> tuple[Document, Verdict]:
    """The report of a run and its first verdict.

    Args are those of :data:`nisqdl.report.Content`.

    Raises:
        InputError: There is no record yet.
    """
    found = expressed(run.records)
    complete = is_complete(run, planned)
    told = expressibility_verdicts(found, complete)
    document = Document(
        title=f"{name}: what can these circuits express?",
        status=status_line(run, planned, counted(len(found.circuits), "circuit")),
        answers=(answer(told),),
        sections=(
            Section("figures", "Figures", pictures(EXPRESSIBILITY_FIGURES.values(), found)),
            Section("circuits", "Every circuit", tuple(_table(found))),
            Section("rules", "Rules", rules(told)),
            provenance_section(run, [], name),
        ),
    )
    return document, told[0]


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
