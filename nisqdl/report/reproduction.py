"""What a reproduction adds to its study's report: published values beside ours, on top."""

from __future__ import annotations

from dataclasses import replace

from nisqdl.analysis.published import Published
from nisqdl.analysis.reproduction import Comparison, comparisons
from nisqdl.analysis.reproduction_verdict import (
    RULE,
    comparison_title,
    expected_text,
    measured_text,
    reproduction_verdict,
    verdict_word,
)
from nisqdl.analysis.verdict import Verdict
from nisqdl.report.cells import DASH
from nisqdl.report.document import Answer, Block, DataTable, Document, Paragraph, Section
from nisqdl.report.figures.reproduction_figures import REPRODUCTION_FIGURES
from nisqdl.report.opening import is_complete
from nisqdl.report.picture import pictures
from nisqdl.report.run_data import RunData


def beside_published(
    document: Document, run: RunData, planned: int | None
) -> tuple[Document, Verdict]:
    """The study's report with the comparison before it, and the verdict on the comparison.

    Args:
        document: What the study's own report says.
        run: The run; its context holds what is published.
        planned: Number of points of the whole experiment; ``None`` where it is not known.
    """
    published, found = published_comparisons(run)
    complete = is_complete(run, planned)
    verdict = reproduction_verdict(published, found, complete)
    details = [f"The work found: {published.claim}"]
    if published.differs:
        details.append(f"What is different here: {published.differs}")
    name = document.title.split(":")[0]
    blocks: list[Block] = [Paragraph(f"{published.title}."), _table(found)]
    blocks += pictures(REPRODUCTION_FIGURES.values(), found)
    blocks.append(Paragraph(RULE, quiet=True))
    blocks += [
        Paragraph(f"Why {comparison_title(one)} is not met: {one.asked.open}")
        for one in found
        if not one.met and not one.fails
    ]
    return (
        replace(
            document,
            title=f"{name}: is it reproduced?",
            answers=(Answer(verdict.sentence, tuple(details)), *document.answers),
            sections=(
                Section("published", "Published values and ours", tuple(blocks)),
                *document.sections,
            ),
        ),
        verdict,
    )


def published_comparisons(run: RunData) -> tuple[Published, tuple[Comparison, ...]]:
    """What a run is held against, and each published value beside ours."""
    published = Published.model_validate(run.context["published"])
    return published, comparisons(published, run.records)


def _table(found: tuple[Comparison, ...]) -> DataTable:
    heads = ("value", "published", "ours", "verdict", "kind", "from")
    rows = [
        (
            comparison_title(one),
            expected_text(one),
            DASH if one.ours is None else measured_text(one.ours),
            verdict_word(one),
            one.asked.kind,
            one.asked.source,
        )
        for one in found
    ]
    return DataTable("Published values with their tolerance, and ours", heads, tuple(rows))
