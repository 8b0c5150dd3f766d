"""Figures of reproductions. A new one is one file here and one line in this table."""

from __future__ import annotations

from nisqdl.analysis.reproduction import Comparison
from nisqdl.catalog import Table
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.figures.published_curves import PUBLISHED_CURVES
from nisqdl.report.figures.published_distance import PUBLISHED_DISTANCE

REPRODUCTION_FIGURES: Table[FigureKind[tuple[Comparison, ...]]] = Table(
    "figure",
    {"published_curves": PUBLISHED_CURVES, "published_distance": PUBLISHED_DISTANCE},
)
