"""The learning rate as it is, to the end."""

from __future__ import annotations

from nisqdl.training.rates.contract import Rate


class Constant(Rate):
    name = "constant"
    summary = "the learning rate as it is at every step"

    def share(self, progress: float, end: float, drops: int) -> float:
        return 1.0
