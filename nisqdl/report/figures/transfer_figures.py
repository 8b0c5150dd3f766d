"""Figures of transfer reports. A new one is one file here and one line in this table."""

from collections.abc import Sequence

from nisqdl.analysis.transfer import Question
from nisqdl.catalog import Table
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.figures.transfer_matrix import TRANSFER_MATRIX
from nisqdl.report.figures.transfer_scales import TRANSFER_SCALES

TRANSFER_FIGURES: Table[FigureKind[Sequence[Question]]] = Table(
    "figure", {kind.name: kind for kind in (TRANSFER_MATRIX, TRANSFER_SCALES)}
)
