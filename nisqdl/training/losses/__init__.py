"""The losses; a new one is a file here and a line in this table."""

from __future__ import annotations

from nisqdl.catalog import Table
from nisqdl.training.losses.contract import Loss
from nisqdl.training.losses.cross_entropy import CrossEntropy
from nisqdl.training.losses.hinge import Hinge
from nisqdl.training.losses.squared import Squared

LOSSES: Table[Loss] = Table(
    "loss",
    {
        "cross_entropy": CrossEntropy(),
        "squared": Squared(),
        "hinge": Hinge(),
    },
)
