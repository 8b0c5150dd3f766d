"""Figures of mitigation reports. A new one is one file here and one line in this table."""

from collections.abc import Sequence

from nisqdl.analysis.mitigation import Question
from nisqdl.catalog import Table
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.figures.mitigation_error import MITIGATION_ERROR
from nisqdl.report.figures.mitigation_parts import MITIGATION_PARTS

MITIGATION_FIGURES: Table[FigureKind[Sequence[Question]]] = Table(
    "figure",
    {"mitigation_error": MITIGATION_ERROR, "mitigation_parts": MITIGATION_PARTS},
)
