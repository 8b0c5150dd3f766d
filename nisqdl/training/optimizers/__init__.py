"""The optimizers; a new one is a file here and a line in this table."""

from __future__ import annotations

from nisqdl.catalog import Table
from nisqdl.training.optimizers.adam import Adam
from nisqdl.training.optimizers.cobyla import Cobyla
from nisqdl.training.optimizers.contract import Optimizer
from nisqdl.training.optimizers.l_bfgs_b import LBfgsB
from nisqdl.training.optimizers.sgd import GradientDescent
from nisqdl.training.optimizers.spsa import Spsa

OPTIMIZERS: Table[Optimizer] = Table(
    "optimizer",
    {
        "adam": Adam(),
        "sgd": GradientDescent(),
        "spsa": Spsa(),
        "cobyla": Cobyla(),
        "l_bfgs_b": LBfgsB(),
    },
)
