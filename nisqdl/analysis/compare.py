"""Two runs beside each other: what sets them apart, and what that changes, pair by pair.

Records pair where they agree in every setting that both runs have values of in common. What they
never have in common (the target, the date of the calibration, the engine, the mitigation) is what
is compared. The same seed is the same split and the same initial weights in both, so differences
are taken within pairs, averaged within a seed, and have their interval over seeds.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nisqdl.analysis.intervals import Estimate, mean_over_seeds
from nisqdl.analysis.words import counted, listed
from nisqdl.errors import InputError, unknown_name
from nisqdl.store.record import Json, Record

TWIN = "twin"
"""Names a hardware run's own device twins as the second side."""

_METRICS = {
    "noise_accuracy": ("accuracy", "balanced_accuracy", "train_accuracy", "loss"),
    "gradient_variance": ("var_grad_mean", "var_grad_first", "var_c"),
}
"""What is compared, by study, the default first; other studies: any number in the records."""

_RATIOS = {"var_grad_mean", "var_grad_first", "var_c"}
"""Numbers over many orders of magnitude: their logarithms to base 2 are compared."""

_ORIGINS = ("snapshot", "recipe")
"""Settings that follow from others."""

_DATA = ("data", "root_seed")


@dataclass(frozen=True)
class Side:
    """One run of a comparison.

    Attributes:
        name: For people.
        study: Its kind of question.
        records: Its records, those that were selected.
    """

    name: str
    study: str
    records: tuple[Record, ...]


@dataclass(frozen=True)
class Apart:
    """A setting in which the runs have no value in common."""

    setting: str
    first: tuple[Json, ...]
    second: tuple[Json, ...]


@dataclass(frozen=True)
class Pair:
    """Two records that differ in nothing but what is compared."""

    settings: Mapping[str, Json]
    first: float
    second: float

    @property
    def difference(self) -> float:
        return self.first - self.second


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
    sides, same = _without_shared(first, second)
    apart = _apart(*sides)
    _check_data(apart, sides)
    log2 = name in _RATIOS
    pairs, alone = _paired(sides, apart, name, log2)
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
        groups=_groups(pairs),
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


def selected(side: Side, wanted: Mapping[str, Json]) -> Side:
    """The side with only those records that have these settings.

    Raises:
        InputError: A setting or a value is not in the run.
    """
    records = side.records
    for setting, value in wanted.items():
        names = sorted({name for record in records for name in record.point.settings})
        if setting not in names:
            raise unknown_name("setting", setting, names, side.name)
        found = {
            _text(r.point.settings.get(setting)): r.point.settings.get(setting) for r in records
        }
        records = tuple(r for r in records if r.point.settings.get(setting) == value)
        if not records:
            raise InputError(
                f"{side.name} has no record with {setting} = {value_title(value)}; it has "
                f"{listed([value_title(v) for v in found.values() if v is not None], 'or')}."
            )
    return Side(side.name, side.study, records)


def twin_side(side: Side) -> Side:
    """The device twins of a hardware run as a side of its own.

    Raises:
        InputError: The run has none.
    """
    records = tuple(
        Record(
            point=type(r.point)(r.point.study, {**r.point.settings, "engine": TWIN}),
            values=r.values[TWIN],
            provenance=r.provenance,
            seconds=r.seconds,
        )
        for r in side.records
        if isinstance(r.values.get(TWIN), Mapping)
    )
    if not records:
        raise InputError(
            f"{side.name} has no device twins: only points that ran with `engine: runtime` have. "
            "Name a second run instead."
        )
    return Side(f"the twin of {side.name}", side.study, records)


def plain(setting: str) -> str:
    """A setting's name for people: ``model.ansatz.depth`` is ``depth``."""
    parts = setting.replace("_", " ").split(".")
    vague = parts[-1] in ("name", "scale", "noise", "recipe")
    return " ".join(parts[-2:] if vague else parts[-1:])


def value_title(value: Json) -> str:
    """A value of a setting for people."""
    if isinstance(value, float):
        return f"{value:g}"
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value)


def _names(first: Side, second: Side, apart: Sequence[Apart]) -> tuple[str, str]:
    """Names that tell the sides apart: the runs', or for two parts of one run what differs."""
    if first.name != second.name:
        return first.name, second.name
    one = next(one for one in apart if one.setting not in _ORIGINS)
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


def _without_shared(first: Side, second: Side) -> tuple[tuple[Side, Side], int]:
    """The sides without the points that are one and the same in both."""
    both = {r.point.id for r in first.records} & {r.point.id for r in second.records}
    one, two = (
        Side(s.name, s.study, tuple(r for r in s.records if r.point.id not in both))
        for s in (first, second)
    )
    if not one.records or not two.records or (first.name == second.name and both):
        raise InputError(
            f"Nothing differs between {first.name} and {second.name}: all points of one are in the "
            "other. Name other runs, or choose parts of them with `--a` and `--b`."
        )
    return (one, two), len(both)


def _apart(first: Side, second: Side) -> tuple[Apart, ...]:
    names = dict.fromkeys(n for s in (first, second) for r in s.records for n in r.point.settings)
    found = []
    for name in names:
        mine, other = (_settings(side, name) for side in (first, second))
        if not mine.keys() & other.keys():
            found.append(Apart(name, tuple(mine.values()), tuple(other.values())))
    return tuple(found)


def _settings(side: Side, name: str) -> dict[str, Json]:
    values = [record.point.settings.get(name) for record in side.records]
    return {_text(value): value for value in values}


def _check_data(apart: Sequence[Apart], sides: tuple[Side, Side]) -> None:
    names = [one.setting for one in apart]
    data = [n for n in names if n in _DATA or n.startswith("dataset.")]
    if data:
        raise InputError(
            f"{sides[0].name} and {sides[1].name} cannot be paired: they differ in "
            f"{listed(data)}, so the same seed means different samples."
        )
    if "seed" in names:
        raise InputError(
            f"{sides[0].name} and {sides[1].name} cannot be paired: they have no seed in common."
        )


def _paired(
    sides: tuple[Side, Side], apart: Sequence[Apart], metric: str, log2: bool
) -> tuple[tuple[Pair, ...], tuple[int, int]]:
    left_out = {one.setting for one in apart} | set(_ORIGINS)
    first, second = (_by_key(side, left_out, metric, log2, apart) for side in sides)
    pairs = tuple(
        Pair(settings, value, second[key][1])
        for key, (settings, value) in first.items()
        if key in second
    )
    if not pairs:
        raise InputError(
            f"No record of {sides[0].name} has a partner in {sides[1].name} with the same settings "
            "but for what is compared; choose parts of them with `--a` and `--b`."
        )
    return pairs, (len(first) - len(pairs), len(second) - len(pairs))


def _by_key(
    side: Side, left_out: set[str], metric: str, log2: bool, apart: Sequence[Apart]
) -> dict[str, tuple[dict[str, Json], float]]:
    found: dict[str, tuple[dict[str, Json], float]] = {}
    for record in side.records:
        value = record.values.get(metric)
        if not isinstance(value, int | float) or (log2 and value <= 0):
            continue
        settings = {k: v for k, v in record.point.settings.items() if k not in left_out}
        key = _text({k: v for k, v in settings.items() if v is not None})
        if key in found:
            raise _ambiguous(side, apart)
        found[key] = (settings, math.log2(value) if log2 else float(value))
    return found


def _ambiguous(side: Side, apart: Sequence[Apart]) -> InputError:
    several = [
        one.setting
        for one in apart
        if len(_settings(side, one.setting)) > 1 and one.setting not in _ORIGINS
    ]
    if not several:
        return InputError(
            f"{side.name} has several records with the same settings but for its calibration; "
            "choose one with `--a snapshot=…` or `--b snapshot=…`."
        )
    values = [value_title(v) for v in _settings(side, several[0]).values()]
    return InputError(
        f"{side.name} has several records for one of the other run: its {several[0]} is "
        f"{listed(values, 'or')}, and the other has none of these. Choose one with `--a` or `--b`, "
        f"as in `--a {several[0]}={values[0]}`."
    )


def _varying(pairs: Sequence[Pair]) -> list[str]:
    names = dict.fromkeys(name for pair in pairs for name in pair.settings)
    return [n for n in names if n not in ("seed", *_DATA) and len(_values(pairs, n)) > 1]


def _values(pairs: Sequence[Pair], setting: str) -> list[Json]:
    found = {_text(p.settings.get(setting)): p.settings.get(setting) for p in pairs}
    values = list(found.values())
    if all(isinstance(v, int | float) and not isinstance(v, bool) for v in values):
        values.sort()
    return values


def _groups(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    found: dict[str, list[Pair]] = {}
    for pair in pairs:
        settings = {k: v for k, v in pair.settings.items() if k != "seed"}
        found.setdefault(_text(settings), []).append(pair)
    return tuple(
        Pair(
            {k: v for k, v in some[0].settings.items() if k != "seed"},
            math.fsum(p.first for p in some) / len(some),
            math.fsum(p.second for p in some) / len(some),
        )
        for some in found.values()
    )


def _row(setting: str, value: Json, pairs: Sequence[Pair], over: str, comparisons: int) -> Row:
    units: dict[str, list[float]] = {}
    for index, pair in enumerate(pairs):
        unit = _text(pair.settings.get("seed")) if over == "seed" else str(index)
        units.setdefault(unit, []).append(pair.difference)
    means = [math.fsum(some) / len(some) for some in units.values()]
    return Row(
        setting,
        value,
        len(pairs),
        math.fsum(p.first for p in pairs) / len(pairs),
        math.fsum(p.second for p in pairs) / len(pairs),
        mean_over_seeds(means, comparisons=comparisons),
    )


def _text(value: Json) -> str:
    return json.dumps(value, sort_keys=True)
