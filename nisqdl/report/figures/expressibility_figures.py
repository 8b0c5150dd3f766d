"""Figures of expressibility reports. A new one is one file here and one line in this table."""

from __future__ import annotations

from nisqdl.analysis.expressibility import Expressed
from nisqdl.catalog import Table
from nisqdl.report.figures.expressed_circuits import EXPRESSED_CIRCUITS
from nisqdl.report.figures.expressed_gradients import EXPRESSED_GRADIENTS
from nisqdl.report.figures.kind import FigureKind

EXPRESSIBILITY_FIGURES: Table[FigureKind[Expressed]] = Table(
    "figure",
    {"expressed_gradients": EXPRESSED_GRADIENTS, "expressed_circuits": EXPRESSED_CIRCUITS},
)
