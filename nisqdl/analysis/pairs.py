"""Records of two runs in pairs: which belong together, and what sets the runs apart.

Records pair where they agree in every setting that both runs have values of in common. What they
never have in common (the target, the date of the calibration, the engine, the mitigation) is what
is compared.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nisqdl.analysis.words import listed
from nisqdl.errors import InputError, unknown_name
from nisqdl.store.record import Json, Record

TWIN = "twin"
"""Names a hardware run's own device twins as the second side."""

ORIGINS = ("snapshot", "recipe")
"""Settings that follow from others."""

DATA = ("data", "root_seed")
"""Settings that say which rows there are."""


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
            text_of(r.point.settings.get(setting)): r.point.settings.get(setting) for r in records
        }
        records = tuple(r for r in records if r.point.settings.get(setting) == value)
        if not records:
            raise InputError(
                f"{side.name} has no record with {setting} = {value_title(value)}; it has "
                f"{listed([value_title(v) for v in found.values() if v is not None], 'or')}."
            )
    return Side(side.name, side.study, records)


def beside_twins(side: Side) -> tuple[Side, Side]:
    """What a hardware run has measured, and the device twins of that as a side of their own.

    Raises:
        InputError: The run has none.
    """
    measured = tuple(r for r in side.records if isinstance(r.values.get(TWIN), Mapping))
    records = tuple(
        Record(
            point=type(r.point)(r.point.study, {**r.point.settings, "engine": TWIN}),
            values=r.values[TWIN],
            provenance=r.provenance,
            seconds=r.seconds,
        )
        for r in measured
    )
    if not records:
        raise InputError(
            f"{side.name} has no device twins: only points that ran with `engine: runtime` have. "
            "Name a second run instead."
        )
    twins = Side(f"the twin of {side.name}", side.study, records)
    return Side(side.name, side.study, measured), twins


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


def without_shared(first: Side, second: Side) -> tuple[tuple[Side, Side], int]:
    """The sides without the points that are one and the same in both, and how many those are.

    Raises:
        InputError: Nothing is left to be compared.
    """
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


def set_apart(first: Side, second: Side) -> tuple[Apart, ...]:
    """The settings in which two runs have no value in common."""
    names = dict.fromkeys(n for s in (first, second) for r in s.records for n in r.point.settings)
    found = []
    for name in names:
        mine, other = (_settings(side, name) for side in (first, second))
        if not mine.keys() & other.keys():
            found.append(Apart(name, tuple(mine.values()), tuple(other.values())))
    return tuple(found)


def _settings(side: Side, name: str) -> dict[str, Json]:
    values = [record.point.settings.get(name) for record in side.records]
    return {text_of(value): value for value in values}


def check_data(apart: Sequence[Apart], sides: tuple[Side, Side]) -> None:
    """That the same seed means the same rows in both.

    Raises:
        InputError: It does not.
    """
    names = [one.setting for one in apart]
    data = [n for n in names if n in DATA or n.startswith("dataset.")]
    if data:
        raise InputError(
            f"{sides[0].name} and {sides[1].name} cannot be paired: they differ in "
            f"{listed(data)}, so the same seed means different samples."
        )
    if "seed" in names:
        raise InputError(
            f"{sides[0].name} and {sides[1].name} cannot be paired: they have no seed in common."
        )


def paired(
    sides: tuple[Side, Side], apart: Sequence[Apart], metric: str, log2: bool
) -> tuple[tuple[Pair, ...], tuple[int, int]]:
    """The pairs, and how many records of each side have no partner.

    Args:
        sides: The two runs.
        apart: What sets them apart.
        metric: The number that is compared.
        log2: Whether its logarithm to base 2 is.

    Raises:
        InputError: There is no pair, or a record has several partners.
    """
    left_out = {one.setting for one in apart} | set(ORIGINS)
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
        key = text_of({k: v for k, v in settings.items() if v is not None})
        if key in found:
            raise _ambiguous(side, apart)
        found[key] = (settings, math.log2(value) if log2 else float(value))
    return found


def _ambiguous(side: Side, apart: Sequence[Apart]) -> InputError:
    several = [
        one.setting
        for one in apart
        if len(_settings(side, one.setting)) > 1 and one.setting not in ORIGINS
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


def grouped(pairs: Sequence[Pair]) -> tuple[Pair, ...]:
    """The pairs' means over seeds."""
    found: dict[str, list[Pair]] = {}
    for pair in pairs:
        settings = {k: v for k, v in pair.settings.items() if k != "seed"}
        found.setdefault(text_of(settings), []).append(pair)
    return tuple(
        Pair(
            {k: v for k, v in some[0].settings.items() if k != "seed"},
            math.fsum(p.first for p in some) / len(some),
            math.fsum(p.second for p in some) / len(some),
        )
        for some in found.values()
    )


def text_of(value: Json) -> str:
    """A value as a text that equal values share."""
    return json.dumps(value, sort_keys=True)
