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
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import listed
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


def mitigation_verdicts(found: Sequence[Question], complete: bool) -> tuple[Verdict, ...]:
    """What a report says, first of all what pays."""
    count = comparisons_of(found)
    return (
        _what_pays(found, count, complete),
        _from_when(found, count),
        _accuracy(found, count),
        _unphysical(found),
        _stated(found),
    )


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


_SHOWN = (
    "Paired over seeds, 95 % jointly over all ways, times and models; a difference is shown if its "
    "whole interval is on one side of 0, from three seeds or more. What is not shown may still be "
    "there."
)
_ERROR = "The error is the root mean square distance of a value from that of a noiseless device."


def _what_pays(found: Sequence[Question], count: int, complete: bool) -> Verdict:
    sentences: list[str] = []
    numbers: dict[str, Estimate] = {}
    for question in found:
        last = question.times[-1]
        gains = {
            method: gain
            for method in question.methods
            if (gain := question.gain(method, last, "error", count)) is not None
        }
        numbers |= {f"{question.title}: {method}": gain for method, gain in gains.items()}
        where = f"With {last:g} s on {question.title}"
        base = question.cell(question.reference, last)
        lower = {method: gain for method, gain in gains.items() if gain.below_zero}
        if not gains or base is None:
            sentences.append(f"{where} there is nothing to compare {question.reference} with")
        elif not lower:
            sentences.append(
                f"{where} no way was shown to lower the error of a value, which is "
                f"{base.error.text()} with {question.reference}"
            )
        else:
            best = min(lower, key=lambda method: lower[method].mean)
            share = f", the most of the {len(gains)} ways" if len(gains) > 1 else ""
            sentences.append(
                f"{where} {best} lowers the error of a value from {base.error.mean:.3f} by "
                f"{lower[best].reversed().text()}{share}"
            )
    sentence = "; ".join(sentences) + "."
    if not complete:
        sentence += " The run is not complete."
    return Verdict("What pays", sentence, f"{_ERROR} {_SHOWN}", numbers)


def _from_when(found: Sequence[Question], count: int) -> Verdict:
    parts: list[str] = []
    numbers: dict[str, Estimate] = {}
    for question in found:
        for method in question.methods:
            gains = {
                seconds: gain
                for seconds in question.times
                if (gain := question.gain(method, seconds, "error", count)) is not None
            }
            if not gains:
                continue
            numbers |= {f"{question.title}: {method}, {s:g} s": g for s, g in gains.items()}
            better = [f"{s:g}" for s, gain in gains.items() if gain.below_zero]
            worse = [f"{s:g}" for s, gain in gains.items() if gain.above_zero]
            sayings = [f"better at {listed(better)} s"] if better else []
            sayings += [f"worse at {listed(worse)} s"] if worse else []
            said = " and ".join(sayings) or "never shown to be better or worse"
            prefix = f"{question.title}, " if len(found) > 1 else ""
            parts.append(f"{prefix}{method} {said}")
    sentence = f"Against {found[0].reference} for the same time: {'; '.join(parts)}."
    return Verdict("From what time on", sentence, f"{_ERROR} {_SHOWN}", numbers)


def _accuracy(found: Sequence[Question], count: int) -> Verdict:
    shown: list[str] = []
    numbers: dict[str, Estimate] = {}
    for question in found:
        for method in question.methods:
            for seconds in question.times:
                gain = question.gain(method, seconds, "accuracy", count)
                if gain is None:
                    continue
                numbers[f"{question.title}: {method}, {seconds:g} s"] = gain
                if gain.above_zero or gain.below_zero:
                    shown.append(f"{method} at {seconds:g} s by {gain.signed()}")
    sentence = (
        f"Accuracy was shown to differ from that of {found[0].reference}: {'; '.join(shown)}."
        if shown
        else "No way and no time was shown to change the accuracy. (What damps all values alike "
        "changes no class.)"
    )
    return Verdict("Accuracy", sentence, _SHOWN, numbers)


def _unphysical(found: Sequence[Question]) -> Verdict:
    cells = [cell for question in found for cell in question.cells if cell.unphysical.mean > 0]
    if not cells:
        sentence = "Every value was one that some state can give."
    else:
        worst = max(cells, key=lambda cell: cell.unphysical.mean)
        methods = list(dict.fromkeys(cell.method for cell in cells))
        sentence = (
            f"Values that no state can give, beyond ±1, came from {listed(methods)}: at most "
            f"{100 * worst.unphysical.mean:.2g} % of them, with {worst.method} at "
            f"{worst.seconds:g} s. They are kept as they are."
        )
    rule = "A value counts if it is larger than the sum of its observable's coefficients."
    numbers = {f"{cell.method}, {cell.seconds:g} s": cell.unphysical for cell in cells}
    return Verdict("Unphysical values", sentence, rule, numbers)


def _stated(found: Sequence[Question]) -> Verdict:
    """Whether the client's standard errors are those that repetitions show."""
    numbers = {}
    for question in found:
        for method in question.methods:
            cells = [cell for cell in question.cells if cell.method == method]
            ratios = [cell.noise.mean / cell.stated.mean for cell in cells if cell.stated.mean > 0]
            if ratios:
                numbers[f"{question.title}: {method}"] = mean_over_seeds(ratios)
    if not numbers:
        sentence = "The client stated no standard errors."
    else:
        least, most = (pick(e.mean for e in numbers.values()) for pick in (min, max))
        sentence = (
            f"Repetitions scatter {least:.1f} to {most:.1f} times as much as the standard errors "
            "that the client states"
        )
        sentence += "." if most < 1.3 else "; trust repetitions, not what is stated."
    rule = (
        "Root mean square scatter between repetitions over the mean stated error, averaged over "
        "times; 1 is right. An observable that is a sum has terms that scatter together."
    )
    return Verdict("Stated errors", sentence, rule, numbers)
