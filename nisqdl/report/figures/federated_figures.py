"""Figures of federated reports. A new one is one file here and one line in this table."""

from collections.abc import Sequence

from nisqdl.analysis.federated import Question
from nisqdl.catalog import Table
from nisqdl.report.figures.federated_clients import FEDERATED_CLIENTS
from nisqdl.report.figures.federated_rounds import FEDERATED_ROUNDS
from nisqdl.report.figures.federated_rows import FEDERATED_ROWS
from nisqdl.report.figures.federated_traffic import FEDERATED_TRAFFIC
from nisqdl.report.figures.kind import FigureKind

FEDERATED_FIGURES: Table[FigureKind[Sequence[Question]]] = Table(
    "figure",
    {
        kind.name: kind
        for kind in (FEDERATED_ROUNDS, FEDERATED_CLIENTS, FEDERATED_TRAFFIC, FEDERATED_ROWS)
    },
)
