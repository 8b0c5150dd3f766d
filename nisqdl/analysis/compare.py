"""Two runs beside each other: what sets them apart, and what that changes, pair by pair.

The same seed is the same split and the same initial weights in both, so differences are taken
within pairs (:mod:`nisqdl.analysis.pairs`), averaged within a seed, and have their interval over
seeds.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nisqdl.analysis.intervals import Estimate, mean_over_seeds
from nisqdl.analysis.pairs import (
    DATA,
    ORIGINS,
    Apart,
    Pair,
    Side,
    check_data,
    grouped,
    paired,
    plain,
    set_apart,
    text_of,
    value_title,
    without_shared,
)
from nisqdl.analysis.words import counted, listed
from nisqdl.errors import InputError, unknown_name
from nisqdl.store.record import Json

_METRICS = {
    "noise_accuracy": ("accuracy", "balanced_accuracy", "train_accuracy", "loss"),
    "gradient_variance": ("var_grad_mean", "var_grad_first", "var_c"),
}
"""What is compared, by study, the default first; other studies: any number in the records."""

_RATIOS = {"var_grad_mean", "var_grad_first", "var_c"}
"""Numbers over many orders of magnitude: their logarithms to base 2 are compared."""


@dataclass(frozen=True)
class Row:
    """A part of the pairs: those with one value of one setting, or all of them.

    Attributes:
        setting, value: Which ones; ``setting`` is empty for all.
        first, second: The metric's means on both sides.
        difference: First minus second, paired.
    """

    setting: str
    value: Json
    pairs: int
    first: float
    second: float
    difference: Estimate

    @property
    def title(self) -> str:
        return (
            "all pairs" if not self.setting else f"{plain(self.setting)} {value_title(self.value)}"
        )


@dataclass(frozen=True)
class Comparison:
    """What two runs say of each other.

    Attributes:
        names: The two sides.
        metric: What is compared; ``log2`` says that logarithms are.
        log2: Whether values are logarithms to base 2.
        apart: What sets the runs apart.
        over: What the intervals are over: "seed", or "pair" where there is one seed or none.
        pairs: Every pair.
        groups: The pairs' means over seeds, a pair for each combination of the other settings.
        rows: All pairs first, then each value of each setting that varies.
        same: How many points are the same in both runs, and so are not compared.
        alone: How many records of each side have no partner.
    """

    names: tuple[str, str]
    metric: str
    log2: bool
    apart: tuple[Apart, ...]
    over: str
    pairs: tuple[Pair, ...]
    groups: tuple[Pair, ...]
    rows: tuple[Row, ...]
    same: int
    alone: tuple[int, int]

    @property
    def overall(self) -> Estimate:
        return self.rows[0].difference

    @property
    def metric_title(self) -> str:
        name = self.metric.replace("_", " ")
        return f"log₂ of {name}" if self.log2 else name


def compare(first: Side, second: Side, metric: str | None = None) -> Comparison:
    """Compare two runs.

    Args:
        first, second: The runs; differences are first minus second.
        metric: A number that records have; by default the study's main one.

    Raises:
        InputError: The runs answer different kinds of questions, have no such number, differ in
            their data, pair in several ways, or have nothing to compare.
    """
    if first.study != second.study:
        raise InputError(
            f"Runs must be of one study to be compared, but {first.name} is of {first.study} and "
            f"{second.name} of {second.study}."
        )
    name = _metric(first, second, metric)
    sides, same = without_shared(first, second)
    apart = set_apart(*sides)
    check_data(apart, sides)
    log2 = name in _RATIOS
    pairs, alone = paired(sides, apart, name, log2)
    over = "seed" if len({pair.settings.get("seed") for pair in pairs}) > 1 else "pair"
    varying = _varying(pairs)
    parts: list[tuple[str, Json, list[Pair]]] = [("", None, list(pairs))]
    for setting in varying:
        for value in _values(pairs, setting):
            parts.append((setting, value, [p for p in pairs if p.settings.get(setting) == value]))
    return Comparison(
        names=_names(first, second, apart),
        metric=name,
        log2=log2,
        apart=apart,
        over=over,
        pairs=pairs,
        groups=grouped(pairs),
        rows=tuple(_row(*part, over, len(parts)) for part in parts),
        same=same,
        alone=alone,
    )


def comparison_sentence(found: Comparison) -> str:
    """What the comparison shows, in one sentence."""
    gain, (first, second) = found.overall, found.names
    metric = found.metric_title
    many = f"{counted(len(found.pairs), 'pair')}, interval over {found.over}s"
    by = gain.text()
    if gain.above_zero:
        told = f"{first} was shown to have a higher {metric} than {second}, by {by}"
    elif gain.below_zero:
        told = (
            f"{first} was shown to have a lower {metric} than {second}, by {gain.reversed().text()}"
        )
    else:
        told = f"No difference in {metric} between {first} and {second} was shown: {gain.signed()}"
    others = [row for row in found.rows[1:] if _shown(row.difference) and not _shown(gain)]
    if others:
        most = max(others, key=lambda row: abs(row.difference.mean))
        told += f"; at {most.title} there was one: {most.difference.signed()}"
    return f"{told} ({many})."


def _names(first: Side, second: Side, apart: Sequence[Apart]) -> tuple[str, str]:
    """Names that tell the sides apart: the runs', or for two parts of one run what differs."""
    if first.name != second.name:
        return first.name, second.name
    one = next(one for one in apart if one.setting not in ORIGINS)
    return listed([value_title(v) for v in one.first]), listed([value_title(v) for v in one.second])


def _shown(gain: Estimate) -> bool:
    return gain.above_zero or gain.below_zero


def _metric(first: Side, second: Side, asked: str | None) -> str:
    shared = [name for name in _numbers(first) if name in set(_numbers(second))]
    usual = [name for name in _METRICS.get(first.study, ()) if name in shared]
    offered = usual + [name for name in shared if name not in usual]
    if not offered:
        raise InputError(f"{first.name} and {second.name} have no number in common to compare.")
    if asked is None:
        return offered[0]
    if asked not in offered:
        raise unknown_name("number in both runs", asked, offered)
    return asked


def _numbers(side: Side) -> list[str]:
    return list(
        dict.fromkeys(
            name
            for record in side.records
            for name, value in record.values.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        )
    )


def _varying(pairs: Sequence[Pair]) -> list[str]:
    names = dict.fromkeys(name for pair in pairs for name in pair.settings)
    return [n for n in names if n not in ("seed", *DATA) and len(_values(pairs, n)) > 1]


def _values(pairs: Sequence[Pair], setting: str) -> list[Json]:
    found = {text_of(p.settings.get(setting)): p.settings.get(setting) for p in pairs}
    values = list(found.values())
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        values.sort()
    return values


def _row(setting: str, value: Json, pairs: Sequence[Pair], over: str, comparisons: int) -> Row:
    units: dict[str, list[float]] = {}
    for index, pair in enumerate(pairs):
        unit = text_of(pair.settings.get("seed")) if over == "seed" else str(index)
        units.setdefault(unit, []).append(pair.difference)
    means = [math.fsum(some) / len(some) for some in units.values()]
    return Row(
        setting,
        value,
        len(pairs),
        math.fsum(p.first for p in pairs) / len(pairs),
        math.fsum(p.second for p in pairs) / len(pairs),
        replace(mean_over_seeds(means, comparisons=comparisons), over=over),
    )
