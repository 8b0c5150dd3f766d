"""Classical models beside every QNN: on the same features and splits, tuned on the same rows."""

from __future__ import annotations

from nisqdl.baselines.baseline import Baseline
from nisqdl.baselines.logistic_regression import LOGISTIC_REGRESSION
from nisqdl.baselines.mlp import MLP
from nisqdl.baselines.svc import SVC
from nisqdl.catalog import Table

BASELINES: Table[Baseline] = Table(
    "baseline",
    {
        "logistic_regression": LOGISTIC_REGRESSION,
        "svc": SVC,
        "mlp": MLP,
    },
)
