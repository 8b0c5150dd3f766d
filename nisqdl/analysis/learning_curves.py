"""How fast policies learn: curves over trainings, and how much it takes to reach a return."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.analysis.aggregate import pooled_iqm
from nisqdl.analysis.arena import Player
from nisqdl.analysis.intervals import Estimate
from nisqdl.store.record import Json

Floats: TypeAlias = npt.NDArray[np.float64]

WINDOW = 20
"""Episodes whose mean return is a curve's value: the last so many, and fewer at the beginning."""

STEPS, CIRCUITS = "environment_steps", "circuit_evaluations"
"""What a curve can be drawn against."""

PLACES = 40
"""Places at which a curve over several trainings is drawn."""


@dataclass(frozen=True)
class Curve:
    """One training.

    Attributes:
        steps: Environment steps taken when a group of episodes was over, ascending, shape (k,).
        circuits: Circuits evaluated by then, for actions and gradients.
        returns: Mean return of the last episodes, at least ``WINDOW`` where there were so many.
        ready: Whether there were so many, shape (k,).
    """

    steps: Floats
    circuits: Floats
    returns: Floats
    ready: npt.NDArray[np.bool_]

    def against(self, axis: str) -> Floats:
        """Environment steps or circuit evaluations."""
        return self.steps if axis == STEPS else self.circuits


@dataclass(frozen=True)
class Reach:
    """What a return took to be reached over all trainings of a player.

    Attributes:
        spent: For each seed how much it took; ``None`` where it was not reached (censored).
        until: For each seed how much was spent in all.
    """

    spent: Mapping[int, float | None]
    until: Mapping[int, float]

    @property
    def reached(self) -> int:
        """Trainings that reached it."""
        return sum(value is not None for value in self.spent.values())

    @property
    def median(self) -> float | None:
        """The median over all trainings; ``None`` where so few reached it that it is not known.

        A training that did not reach it took longer than any that did, at the same budget.
        """
        ordered = sorted(math.inf if v is None else v for v in self.spent.values())
        n = len(ordered)
        middle = (ordered[(n - 1) // 2] + ordered[n // 2]) / 2
        return middle if math.isfinite(middle) else None


def curve_of(training: Mapping[str, Json]) -> Curve:
    """The curve in the values of a training's record."""
    found = training["curve"]
    counts = np.asarray(found["episodes"], dtype=float)
    sums = np.asarray(found["returns"], dtype=float) * counts
    before = np.concatenate([[0.0], np.cumsum(counts)])
    totals = np.concatenate([[0.0], np.cumsum(sums)])
    last = np.arange(1, len(before))
    # The latest start from which there are at least WINDOW episodes.
    first = np.searchsorted(before, before[last] - WINDOW, side="right") - 1
    first = np.maximum(first, 0)
    means = (totals[last] - totals[first]) / (before[last] - before[first])
    return Curve(
        steps=np.asarray(found[STEPS], dtype=float),
        circuits=np.asarray(found[CIRCUITS], dtype=float),
        returns=means,
        ready=before[last] >= WINDOW,
    )


def curves_of(player: Player) -> dict[int, Curve]:
    """The curve of each seed that has one."""
    found = {seed: curve_of(training) for seed, training in sorted(player.trainings.items())}
    return {seed: curve for seed, curve in found.items() if len(curve.steps)}


def band(curves: Sequence[Curve], axis: str) -> tuple[Floats, list[Estimate]]:
    """The interquartile mean over trainings with its interval, at places along an axis.

    Where trainings end at different places, the last value of one that is over counts on.
    """
    start = max(float(curve.against(axis)[0]) for curve in curves)
    stop = max(float(curve.against(axis)[-1]) for curve in curves)
    places = np.linspace(min(start, stop), stop, PLACES)
    table = np.array([_held(curve.against(axis), curve.returns, places) for curve in curves])
    return places, [pooled_iqm([column.tolist()]) for column in table.T]


def reach(player: Player, threshold: float, axis: str) -> Reach:
    """What it took until the mean return of the last ``WINDOW`` episodes was at a threshold."""
    spent: dict[int, float | None] = {}
    until: dict[int, float] = {}
    for seed, curve in curves_of(player).items():
        (there,) = np.nonzero(curve.ready & (curve.returns >= threshold))
        spent[seed] = float(curve.against(axis)[there[0]]) if len(there) else None
        until[seed] = float(curve.against(axis)[-1])
    return Reach(spent, until)


def _held(x: Floats, y: Floats, places: Floats) -> Floats:
    """The last value at or before each place."""
    held: Floats = y[np.clip(np.searchsorted(x, places, side="right") - 1, 0, len(y) - 1)]
    return held
