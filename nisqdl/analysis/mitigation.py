"""Mitigation at equal time on the device: errors and their parts by way of running and by time."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from nisqdl.analysis.intervals import (
    Estimate,
    mean_over_seeds,
    paired_difference,
    share_over_seeds,
)
from nisqdl.analysis.table import Table
from nisqdl.errors import InputError
from nisqdl.store.record import Record

TIME, METHOD = "qpu_seconds", "mitigation"
REFERENCE = "no mitigation"
_PLAIN = ("target", "samples", "repetitions")
"""Plain settings that tell questions apart; the rest that do have a dot in their name."""


@dataclass(frozen=True)
class Cell:
    """One way to run one question's circuits in one time, over seeds.

    Attributes:
        method: The way, in words.
        seconds: The time on the device that was allowed.
        error: Root mean square error of one value.
        noise: Its part that another repetition would change.
        bias: Its part that stays, as a root mean square; no less than 0.
        stated: The standard error that the client states, on average.
        accuracy: Of the classes that the values decide.
        unphysical: Share of values beyond their observable's range.
        shots: Shots for a circuit, a basis and a noise factor; the most over seeds.
        by_seed: ``error`` and ``accuracy`` by seed, for paired differences.
    """

    method: str
    seconds: float
    error: Estimate
    noise: Estimate
    bias: Estimate
    stated: Estimate
    accuracy: Estimate
    unphysical: Estimate
    shots: int
    by_seed: dict[str, dict[int, float]]


@dataclass(frozen=True)
class Question:
    """One device and model, under every way and time.

    Attributes:
        title: What tells it from the run's other questions; the device where there is one only.
        cells: All of them, ways in the order of the file, times ascending.
        device_error: What the noise alone does to a value, shots and mitigation aside: the root
            mean square over circuits.
        ideal_accuracy: Without noise and without shots.
    """

    title: str
    cells: tuple[Cell, ...]
    device_error: Estimate
    ideal_accuracy: Estimate

    @cached_property
    def methods(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(cell.method for cell in self.cells))

    @cached_property
    def times(self) -> tuple[float, ...]:
        return tuple(sorted({cell.seconds for cell in self.cells}))

    @property
    def reference(self) -> str:
        """What every way is compared with: none, or the first of the file."""
        return REFERENCE if REFERENCE in self.methods else self.methods[0]

    def cell(self, method: str, seconds: float) -> Cell | None:
        """The cell of this way and time; ``None`` where it did not run."""
        found = [c for c in self.cells if (c.method, c.seconds) == (method, seconds)]
        return found[0] if found else None

    def gain(self, method: str, seconds: float, value: str, comparisons: int) -> Estimate | None:
        """A way minus the reference at the same time, paired over seeds."""
        mine, other = self.cell(method, seconds), self.cell(self.reference, seconds)
        if mine is None or other is None or mine is other:
            return None
        return paired_difference(mine.by_seed[value], other.by_seed[value], comparisons=comparisons)


def questions(records: Iterable[Record]) -> tuple[Question, ...]:
    """A question for each combination of what else was swept.

    Raises:
        InputError: There is no record, or two records cannot be told apart.
    """
    table = Table.from_records(records)
    if not len(table):
        raise InputError("The run has no record yet, so there is nothing to report.")
    names = [
        name
        for name in (*(n for n in table.settings() if "." in n), *_PLAIN)
        if not name.startswith("execution.") and len(table.distinct(name)) > 1
    ]
    target = str(table.rows[0].get("target"))
    found = []
    for values, part in table.groups(names):
        parts = [_named(name, value) for name, value in zip(names, values, strict=True)]
        found.append(_question(", ".join(parts) or target, part))
    return tuple(found)


def comparisons_of(found: Sequence[Question]) -> int:
    """How many differences from a reference are read together."""
    return max(1, sum((len(q.methods) - 1) * len(q.times) for q in found))


def _named(name: str, value: object) -> str:
    text = str(value) if isinstance(value, str | int | float) else json.dumps(value)
    return text if name == "target" else f"{name.split('.')[-1]} {text}"


def _question(title: str, table: Table) -> Question:
    cells = [
        _cell(str(method), float(seconds), part)
        for (method, seconds), part in table.groups((METHOD, TIME))
    ]
    order = {method: index for index, method in enumerate(dict.fromkeys(c.method for c in cells))}
    cells.sort(key=lambda cell: (order[cell.method], cell.seconds))
    by_model: dict[int, dict[str, float]] = {}
    for row in table.rows:  # the same for every way and time of a seed
        by_model[row["seed"]] = {n: row[n] for n in ("device_error", "ideal_accuracy")}
    return Question(
        title,
        tuple(cells),
        mean_over_seeds([values["device_error"] for values in by_model.values()]),
        share_over_seeds([values["ideal_accuracy"] for values in by_model.values()]),
    )


def _cell(method: str, seconds: float, table: Table) -> Cell:
    def over_seeds(column: str) -> list[float]:
        return list(table.by_seed(column).values())

    return Cell(
        method=method,
        seconds=seconds,
        error=mean_over_seeds(over_seeds("error")),
        noise=mean_over_seeds(over_seeds("noise")),
        bias=_root(mean_over_seeds(over_seeds("squared_bias"))),
        stated=mean_over_seeds(over_seeds("stated_error")),
        accuracy=share_over_seeds(over_seeds("accuracy")),
        unphysical=share_over_seeds(over_seeds("unphysical")),
        shots=int(max(over_seeds("shots"))),
        by_seed={name: table.by_seed(name) for name in ("error", "accuracy")},
    )


def _root(square: Estimate) -> Estimate:
    """The root of an estimated mean square, whose interval may reach below 0."""

    def root(value: float | None) -> float | None:
        return None if value is None else math.sqrt(max(0.0, value))

    mean = math.sqrt(max(0.0, square.mean))
    return Estimate(
        mean, root(square.low), root(square.high), square.n, square.spread, square.level
    )
