"""What an echo run found: how often circuits come back, and which noise scale publications show."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nisqdl.analysis.intervals import Estimate, mean_over_seeds, number
from nisqdl.analysis.table import Table
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted, listed
from nisqdl.errors import TooEarlyError
from nisqdl.noise_scale import SCALES, ScaleFit, fit_scale
from nisqdl.store.record import Json, Record

VALUE = "probability"
_APART = (
    "target",
    "feature_map",
    "noise.recipe",
    "noise.channels",
    "noise.scale",
    "shots",
    "engine",
)
_FEWEST_SCALES = 4
_FEWEST_CIRCUITS = 3
_UNKNOWN = 1e-6
"""Stands for the unknown errors of published values: their scatter about the model counts alone."""


@dataclass(frozen=True)
class Line:
    """P(0…0) against the number of qubits, everything else alike.

    Attributes:
        settings: What is alike.
        title: For legends: what of it is swept in the run.
        points: The mean over drawn samples by number of qubits, with its interval; a single
            sample with shots has that of its shots.
        rows: Its records.
    """

    settings: Mapping[str, Json]
    title: str
    points: Mapping[int, Estimate]
    rows: Table


@dataclass(frozen=True)
class PublishedLine:
    """Values of a device, published or measured in this run, beside the model.

    Attributes:
        title: What they are.
        points: P(0…0) by number of qubits.
        target: Under whose calibration the model is.
        mean_difference: Mean of published minus model at λ = 1.
        fit: λ̂ over the circuits; ``None`` with fewer than 4 scales or 3 circuits.
        published: Whether they were published, so that their own errors are not known.
        predicted: What the model says at λ = 1.
    """

    title: str
    points: Mapping[int, float]
    target: str
    mean_difference: float
    fit: ScaleFit | None
    published: bool
    predicted: Mapping[int, float]


@dataclass(frozen=True)
class Echoes:
    """A run's lines, and what is published beside them."""

    lines: tuple[Line, ...]
    published: tuple[PublishedLine, ...]


def echoes(records: Sequence[Record], published: Json) -> Echoes:
    """Everything that a report of an echo run tells.

    Args:
        records: The run's records.
        published: The run's published part, as its context holds it; ``None`` without one.

    Raises:
        TooEarlyError: There is no record yet.
    """
    table = Table.from_records(records)
    if not len(table):
        raise TooEarlyError("The run has no record yet, so there is nothing to report.")
    swept = [name for name in _APART if len(table.distinct(name)) > 1] or ["noise.scale"]
    lines = [_line(dict(zip(_APART, values, strict=True)), rows, swept)
             for values, rows in table.groups(_APART)]  # fmt: skip
    lines.sort(key=lambda line: (str(line.settings["target"]), line.settings["noise.scale"]))
    given = published.get("values", ()) if isinstance(published, Mapping) else ()
    beside = [_beside(one, lines) for one in given]
    beside += [_measured(line) for line in lines]
    return Echoes(tuple(lines), tuple(one for one in beside if one is not None))


def echo_verdicts(found: Echoes) -> tuple[Verdict, ...]:
    """How often circuits come back under the device's noise, then each published line's scale."""
    return (_returns(found), *map(_scale, found.published))


def on_device(line: Line) -> bool:
    """Whether a device has measured it."""
    return bool(line.settings["engine"] == "runtime")


def _returns(found: Echoes) -> Verdict:
    nearest = min(abs(line.settings["noise.scale"] - 1) for line in found.lines)
    lines = [line for line in found.lines if abs(line.settings["noise.scale"] - 1) == nearest]
    parts = []
    for line in lines:
        few, many = min(line.points), max(line.points)
        texts = [f"{_text(line.points[n])} with {n} qubits" for n in dict.fromkeys((few, many))]
        named = f" ({line.title})" if len(lines) > 1 else ""
        parts.append(f"{' and '.join(texts)}{named}")
    scale = lines[0].settings["noise.scale"]
    where = "on the device" if all(map(on_device, lines)) else f"at λ = {scale:g}"
    sentence = f"Circuit and inverse return to 0…0 with probability {'; '.join(parts)}, {where}."
    rule = (
        "Means over drawn samples; in brackets 95 % intervals: Student's t over samples, or of the "
        "shots where there is one sample."
    )
    numbers = {f"{line.title}, {n} qubits": e for line in lines for n, e in line.points.items()}
    return Verdict("Return", sentence, rule, numbers)


def _scale(one: PublishedLine) -> Verdict:
    circuits = counted(len(one.points), "circuit")
    where = "above" if one.mean_difference > 0 else "below"
    told = (
        f"{one.title}: on average {number(abs(one.mean_difference))} {where} what the calibrated "
        f"noise of {one.target} predicts"
    )
    numbers: dict[str, Estimate] = {}
    if one.fit is not None:
        high = "more than was tried" if one.fit.high is None else number(one.fit.high, 2)
        told += (
            f"; told best by λ̂ = {number(one.fit.scale, 2)} ({number(one.fit.low, 2)} to {high}), "
            f"which leaves {number(one.fit.excess)} of root mean square"
        )
        numbers["λ̂"] = Estimate(
            one.fit.scale, one.fit.low, one.fit.high, len(one.points), one.fit.excess
        )
    errors = (
        ", since the values' own errors are not published with them"
        if one.published
        else ", or from their standard errors, whichever is larger"
    )
    rule = (
        "λ̂ is the noise scale at which the model is nearest to the values by weighted least "
        "squares; its 95 % interval (Student's t) is from the scatter of the circuits about the "
        f"model{errors}."
    )
    return Verdict(f"Noise scale over {circuits}", f"{told}.", rule, numbers)


def _text(estimate: Estimate) -> str:
    exact = estimate.low is None
    return number(estimate.mean) if exact else estimate.text()


def _line(settings: dict[str, Json], rows: Table, swept: Sequence[str]) -> Line:
    points = {}
    for (qubits,), some in rows.groups(["qubits"]):
        points[int(qubits)] = _estimate(some)
    title = ", ".join(_setting_text(name, settings[name]) for name in swept)
    if settings["engine"] == "runtime":
        title = f"measured on {settings['target']}"
    return Line(settings, title, dict(sorted(points.items())), rows)


def _estimate(rows: Table) -> Estimate:
    values = list(rows.by_seed(VALUE).values())
    found = mean_over_seeds(values)
    stderr = rows.rows[0].get(f"{VALUE}_stderr")
    if len(values) > 1 or stderr is None:
        return found
    arm = 1.96 * float(stderr)
    return Estimate(found.mean, max(0.0, found.mean - arm), min(1.0, found.mean + arm), 1, arm)


def _setting_text(name: str, value: Json) -> str:
    if name == "noise.scale":
        return f"λ = {value:g}"
    if name == "shots":
        return "exact" if value is None else f"{value} shots"
    if name == "noise.channels":
        return "all channels" if value is None else f"only {listed(value)}"
    return str(value)


def _beside(one: Mapping[str, Any], lines: Sequence[Line]) -> PublishedLine | None:
    """One published declaration, if it is of P(0…0) over qubits and the run has its circuits."""
    expected = one.get("expected")
    if (
        one.get("value") != VALUE
        or one.get("over") != "qubits"
        or not isinstance(expected, Mapping)
    ):
        return None
    where = {**(one.get("where") or {}), "shots": None}
    where.pop("noise.scale", None)
    here = [line for line in lines if not on_device(line)]
    exact = [line for line in here if all(line.settings.get(k) == v for k, v in where.items())]
    device = [line for line in exact if line.settings["noise.scale"] == 1]
    points = {int(float(n)): float(p) for n, p in expected.items()}
    if not device or not points.keys() <= device[0].points.keys():
        return None
    alike = [line for line in exact if _but_scale(line) == _but_scale(device[0])]
    model = device[0].points
    return PublishedLine(
        title=str(one.get("what", "published")),
        points=dict(sorted(points.items())),
        target=str(device[0].settings["target"]),
        mean_difference=math.fsum(p - model[n].mean for n, p in points.items()) / len(points),
        fit=_fit(points, alike),
        published=True,
        predicted={n: model[n].mean for n in points},
    )


def _measured(line: Line) -> PublishedLine | None:
    """A line that a device has measured, beside its twins."""
    rows = [row for row in line.rows.rows if row.get("twin_curve") is not None]
    if not rows:
        return None
    differences = [row[VALUE] - row["twin_probability"] for row in rows]
    fit = None
    if len(rows) >= _FEWEST_CIRCUITS and any(row[f"{VALUE}_stderr"] > 0 for row in rows):
        curve = 2 * np.array([row["twin_curve"] for row in rows]).T[:, :, None] - 1
        measured = 2 * np.array([[row[VALUE]] for row in rows]) - 1
        stderr = 2 * np.array([[row[f"{VALUE}_stderr"]] for row in rows])
        fit = fit_scale(measured, stderr, np.array(SCALES), curve)
    return PublishedLine(
        title=f"measured on {line.settings['target']}",
        points={n: estimate.mean for n, estimate in line.points.items()},
        target=str(line.settings["target"]),
        mean_difference=math.fsum(differences) / len(differences),
        fit=fit,
        published=False,
        predicted={int(row["qubits"]): float(row["twin_probability"]) for row in rows},
    )


def _but_scale(line: Line) -> list[Json]:
    return [line.settings[name] for name in _APART if name != "noise.scale"]


def _fit(points: Mapping[int, float], lines: Sequence[Line]) -> ScaleFit | None:
    lines = sorted(
        (line for line in lines if points.keys() <= line.points.keys()),
        key=lambda line: float(line.settings["noise.scale"]),
    )
    if len(lines) < _FEWEST_SCALES or len(points) < _FEWEST_CIRCUITS:
        return None
    scales = np.array([line.settings["noise.scale"] for line in lines], dtype=float)
    curve = np.array([[[2 * line.points[n].mean - 1] for n in points] for line in lines])
    # As values of a reflection, whose variance is that of a Pauli string.
    measured = np.array([[2 * p - 1] for p in points.values()])
    return fit_scale(measured, np.full(measured.shape, _UNKNOWN), scales, curve)
