"""Equal stairs: constant, then lower by a ratio, again and again."""

from __future__ import annotations

from nisqdl.training.rates.contract import Rate


class Stairs(Rate):
    """Falls by the same ratio ``drops`` times, at equal distances; the last stair is ``end``."""

    name = "step"
    summary = "falls by the same ratio `rate_drops` (2) times, to `rate_end` (0.01)"
    end = 0.01
    drops = 2

    def share(self, progress: float, end: float, drops: int) -> float:
        stair = min(drops, int(progress * (drops + 1)))
        return float(end ** (stair / drops))
