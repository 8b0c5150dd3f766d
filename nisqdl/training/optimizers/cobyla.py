"""COBYLA: linear models of the loss in a shrinking trust region."""

from __future__ import annotations

import contextlib

import numpy as np

from nisqdl.engines.contract import Array
from nisqdl.training.optimizers.contract import (
    LossFunction,
    Settings,
    Stop,
    Watch,
    WholeOptimizer,
)

_LAST_RADIUS = 1e-3
"""The final trust radius as a share of the first; smaller moves do not pay for a classifier."""


class Cobyla(WholeOptimizer):
    """Powell 1994, by SciPy; a step is one evaluation, the first trust radius the learning rate.

    The path can differ between SciPy's versions, not between runs.
    """

    name = "cobyla"
    summary = "linear models in a trust region, one value a step, no gradient; sees all samples"
    uses_gradient = False

    def minimise(
        self, weights: Array, function: LossFunction, settings: Settings, watch: Watch
    ) -> None:
        from scipy.optimize import minimize

        def watched(trial: Array) -> float:
            point = np.array(trial, dtype=np.float64)
            loss = function.value(point)
            if watch(point, loss):
                raise Stop
            return loss

        # SciPy asks for at least W + 2 evaluations; the watcher stops it after fewer.
        limit = max(settings.steps, len(weights) + 2) + 1
        radius = settings.learning_rate
        with contextlib.suppress(Stop):
            minimize(
                watched,
                weights,
                method="COBYLA",
                options={"maxiter": limit, "rhobeg": radius, "tol": _LAST_RADIUS * radius},
            )
