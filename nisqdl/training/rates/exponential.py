"""The same ratio from each step to the next."""

from __future__ import annotations

from nisqdl.training.rates.contract import Rate


class Exponential(Rate):
    name = "exponential"
    summary = "falls by the same ratio at every step, to `rate_end` (0.01)"
    end = 0.01

    def share(self, progress: float, end: float, drops: int) -> float:
        return float(end**progress)
