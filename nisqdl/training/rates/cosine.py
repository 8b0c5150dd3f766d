"""Half a wave of the cosine, from the learning rate to a share of it."""

from __future__ import annotations

import math

from nisqdl.training.rates.contract import Rate


class Cosine(Rate):
    """Loshchilov and Hutter 2017 (arXiv:1608.03983), equation 5, without restarts."""

    name = "cosine"
    summary = "falls along half a cosine to `rate_end` (0)"
    end = 0.0
    falls_to_zero = True

    def share(self, progress: float, end: float, drops: int) -> float:
        return end + (1.0 - end) * (1.0 + math.cos(math.pi * progress)) / 2.0
