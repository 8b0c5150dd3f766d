"""The optimizers; a new one is a file here and a line in this table."""

from __future__ import annotations

from nisqdl.catalog import Table
from nisqdl.training.optimizers.adam import Adam
from nisqdl.training.optimizers.cobyla import Cobyla
from nisqdl.training.optimizers.contract import Optimizer, StepwiseOptimizer
from nisqdl.training.optimizers.l_bfgs_b import LBfgsB
from nisqdl.training.optimizers.natural_gradient import BY_LAYER, FULL
from nisqdl.training.optimizers.qn_spsa import QnSpsa
from nisqdl.training.optimizers.sgd import GradientDescent
from nisqdl.training.optimizers.spsa import Spsa

OPTIMIZERS: Table[Optimizer] = Table(
    "optimizer",
    {
        "adam": Adam(),
        "sgd": GradientDescent(),
        "spsa": Spsa(),
        "qng": FULL,
        "qng_block": BY_LAYER,
        "qn_spsa": QnSpsa(),
        "cobyla": Cobyla(),
        "l_bfgs_b": LBfgsB(),
    },
)


def stepwise_names() -> str:
    """Those that go step by step, for people: ``"adam, spsa or qng"``."""
    names = [name for name, one in OPTIMIZERS.items() if isinstance(one, StepwiseOptimizer)]
    return f"{', '.join(names[:-1])} or {names[-1]}"
