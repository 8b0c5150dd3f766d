"""Learning-rate schedules; a new one is a file here and a line in this table."""

from __future__ import annotations

from nisqdl.catalog import Table
from nisqdl.training.rates.constant import Constant
from nisqdl.training.rates.contract import Rate
from nisqdl.training.rates.cosine import Cosine
from nisqdl.training.rates.exponential import Exponential
from nisqdl.training.rates.step import Stairs

RATES: Table[Rate] = Table(
    "learning-rate schedule",
    {
        "constant": Constant(),
        "cosine": Cosine(),
        "exponential": Exponential(),
        "step": Stairs(),
    },
)


def share_at(
    rate: Rate, step: int, steps: int, warmup: int, end: float | None, drops: int | None
) -> float:
    """The share of the learning rate that a step takes.

    The warm-up rises linearly: its step k = 0, 1, … takes (k + 1)/(warmup + 1), so that the first
    step after it is the first that takes the whole.

    Args:
        rate: The schedule.
        step: 0 to ``steps`` − 1.
        steps: All steps, those of the warm-up among them.
        warmup: Steps of the warm-up, fewer than ``steps``.
        end, drops: As asked; ``None`` is the schedule's own.
    """
    if step < warmup:
        return (step + 1) / (warmup + 1)
    progress = (step - warmup) / max(1, steps - 1 - warmup)
    return rate.share(
        progress,
        (rate.end or 0.0) if end is None else end,
        (rate.drops or 1) if drops is None else drops,
    )
