"""L-BFGS-B: a quasi-Newton method on the whole training set."""

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


class LBfgsB(WholeOptimizer):
    """Byrd, Lu, Nocedal and Zhu 1995, by SciPy, without bounds.

    A step is one iteration; its line search may take several evaluations. The learning rate is
    not used.
    """

    name = "l_bfgs_b"
    summary = "quasi-Newton iterations with line search; sees all samples"
    uses_gradient = True

    def minimise(
        self, weights: Array, function: LossFunction, settings: Settings, watch: Watch
    ) -> None:
        from scipy.optimize import OptimizeResult, minimize

        def evaluated(trial: Array) -> tuple[float, Array]:
            return function.value_and_gradient(np.array(trial, dtype=np.float64))

        def iterated(intermediate_result: OptimizeResult) -> None:
            point = np.array(intermediate_result.x, dtype=np.float64)
            if watch(point, float(intermediate_result.fun)):
                raise Stop

        with contextlib.suppress(Stop):
            minimize(
                evaluated,
                weights,
                jac=True,
                method="L-BFGS-B",
                callback=iterated,
                # The watcher counts the iterations; evaluations must not end it before.
                options={"maxiter": settings.steps + 1, "maxfun": 100 * (settings.steps + 1)},
            )
