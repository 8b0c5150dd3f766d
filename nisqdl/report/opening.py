"""How every report begins: what ran, what it says, and by which rules."""

from __future__ import annotations

from collections.abc import Sequence

from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted
from nisqdl.report.cells import minute_text
from nisqdl.report.document import Answer, Paragraph
from nisqdl.report.run_data import RunData


def is_complete(run: RunData, planned: int | None) -> bool:
    """Whether every planned point has its record; so it is taken where the plan is not known."""
    return planned is None or len(run.records) >= planned


def status_line(run: RunData, planned: int | None, *told: str) -> str:
    """``"75 points; 5 seeds. Run begun 2026-11-25 15:04 UTC; made by nisqdl."``

    Args:
        run: The run.
        planned: Number of points of the whole experiment; ``None`` where it is not known.
        told: What else ran.
    """
    points = counted(len(run.records), "point")
    if not is_complete(run, planned):
        points = f"NOT COMPLETE: {len(run.records)} of {planned} points so far"
    begun = f"Run begun {minute_text(run.created)}; made by nisqdl."
    return f"{'; '.join((points, *told))}. {begun}"


def answer(told: Sequence[Verdict]) -> Answer:
    """The first verdict's sentence, with those of the others as details."""
    return Answer(told[0].sentence, tuple(verdict.sentence for verdict in told[1:]))


def rules(told: Sequence[Verdict]) -> tuple[Paragraph, ...]:
    """What had to hold for each verdict to be said."""
    return tuple(Paragraph(f"{verdict.topic}: {verdict.rule}", quiet=True) for verdict in told)
