"""What each way of training gains at every noise scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from nisqdl.analysis.grid import Configuration, Grid
from nisqdl.analysis.intervals import Estimate, paired_difference


@dataclass(frozen=True)
class WaysFound:
    """What each way gave on one device, at one depth and entangler.

    Attributes:
        configuration: Depth and entangler; its training is the reference.
        accuracies: By way, then by noise scale.
        gains: Minus the reference, paired over seeds; of every way but that. Intervals hold jointly
            over all of them, on all devices.
        kept: How much less of its accuracy a way loses from the smallest noise scale to the largest
            than the reference does; of every way but that, jointly over all and all devices.
    """

    configuration: Configuration
    accuracies: Mapping[str, Mapping[float, Estimate]]
    gains: Mapping[str, Mapping[float, Estimate]]
    kept: Mapping[str, Estimate]


def ways_on(grid: Grid, target: str, best: Configuration, devices: int) -> WaysFound | None:
    """The ways of training that ran with a configuration's depth and entangler.

    The reference is training without noise, or the first way where that did not run.
    """
    if not grid.compares_ways:
        return None
    reference = "ideal" if "ideal" in grid.trainings else grid.trainings[0]
    base = replace(best, training=reference)
    comparisons = max(1, devices * (len(grid.trainings) - 1) * len(grid.scales))
    accuracies: dict[str, dict[float, Estimate]] = {}
    gains: dict[str, dict[float, Estimate]] = {}
    kept: dict[str, Estimate] = {}
    lost = _lost(grid, target, base)
    for way in sorted(grid.trainings, key=_place):
        one = replace(best, training=way)
        less = paired_difference(
            lost, _lost(grid, target, one), comparisons=devices * (len(grid.trainings) - 1)
        )
        if way != reference and less is not None and len(grid.scales) > 1:
            kept[way] = less
        for scale in grid.scales:
            accuracy = grid.estimate(target, one, scale)
            if accuracy is None:
                continue
            accuracies.setdefault(way, {})[scale] = accuracy
            gain = paired_difference(
                grid.by_seed(target, one, scale), grid.by_seed(target, base, scale),
                comparisons=comparisons,
            )  # fmt: skip
            if way != reference and gain is not None:
                gains.setdefault(way, {})[scale] = gain
    return WaysFound(base, accuracies, gains, kept)


def _lost(grid: Grid, target: str, configuration: Configuration) -> dict[int, float]:
    """Accuracy at the smallest noise scale minus at the largest, by seed."""
    first, last = (grid.by_seed(target, configuration, grid.scales[i]) for i in (0, -1))
    return {seed: first[seed] - last[seed] for seed in first.keys() & last.keys()}


def _place(way: str) -> tuple[bool, int, str]:
    """Plain ways before normalised ones, each without noise first."""
    noise = way.partition(", ")[0].partition(" ×")[0]
    order = ["ideal", "target", "injected"]
    return ", " in way, order.index(noise) if noise in order else len(order), way
