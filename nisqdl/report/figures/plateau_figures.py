"""Figures of gradient_variance reports. A new one is one file here and one line in this table."""

from nisqdl.analysis.plateaus import Plateaus
from nisqdl.catalog import Table
from nisqdl.report.figures.kind import FigureKind
from nisqdl.report.figures.method_agreement import METHOD_AGREEMENT
from nisqdl.report.figures.variance_depth import VARIANCE_DEPTH
from nisqdl.report.figures.variance_growth import VARIANCE_GROWTH
from nisqdl.report.figures.variance_position import VARIANCE_POSITION
from nisqdl.report.figures.variance_qubits import VARIANCE_QUBITS

PLATEAU_FIGURES: Table[FigureKind[Plateaus]] = Table(
    "figure",
    {
        "variance_qubits": VARIANCE_QUBITS,
        "variance_depth": VARIANCE_DEPTH,
        "variance_growth": VARIANCE_GROWTH,
        "variance_position": VARIANCE_POSITION,
        "method_agreement": METHOD_AGREEMENT,
    },
)
