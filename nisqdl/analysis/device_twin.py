"""Hardware beside its device twins: what a run's measurements say of the noise model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtrit

from nisqdl.analysis.intervals import Estimate, number, paired_difference
from nisqdl.analysis.pairs import plain, value_title
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted
from nisqdl.store.record import Json, Record

TWIN_TOPIC = "Twin of"
"""How the topic of a twin's verdict begins."""

_OWN = ("target", "shots")
_ONE_LEARNER = ("kind", "ablation", "candidates", "possible")
"""Settings that the name of a learner tells already."""
_CHANCE = 6.63
"""χ² that one part of a qubit explains by chance in one of a hundred."""


@dataclass(frozen=True)
class Circuit:
    """One measured circuit with its twin: a record.

    Attributes:
        title: What tells it from the others of its group.
        scale: λ̂ with its own interval; ``None`` where none was fitted.
        measured, predicted, stderr: Values (B, O), flat; without those that are no numbers.
    """

    title: str
    scale: Estimate | None
    measured: tuple[float, ...]
    predicted: tuple[float, ...]
    stderr: tuple[float, ...]


@dataclass(frozen=True)
class Suspicion:
    """A part of a qubit that explains what one noise scale misses, over a group's circuits.

    Attributes:
        circuits: In how many of them it takes part.
        extra: By how much its λ would have to differ from the common one, the same in all.
        share: By what share χ² of all circuits together falls then, to first order.
    """

    qubit: int
    part: str
    circuits: int
    extra: float
    share: float


@dataclass(frozen=True)
class Twins:
    """All circuits of one device, run in one way.

    Attributes:
        title: The device, and of how it ran what is swept.
        circuits: In the records' order.
        scale: λ̂ over circuits: weighted by their errors and by what differs from circuit to
            circuit beyond these, with its interval over circuits; of one circuit its own.
        score: What measured and predicted values are judged by: ``accuracy``, ``mean return``.
        measured, predicted: Means of it over records.
        difference: Measured minus predicted, paired, over seeds; over records with one seed.
        reduced: χ² per degree of freedom over all circuits.
        excess: Root mean square of what the model misses, shots' errors taken out.
        misfits: In how many circuits that is more than chance.
        drift: Root mean square of how far predictions moved between the two calibrations.
        suspicions: By what they explain, most first; none that chance explains as well.
        unphysical: Number of values outside of their range.
        qpu_seconds: As the service counts; ``None`` where it did not say.
        readout_modelled: Whether readout errors are in the prediction.
        unmitigated: What was done on the device against gate noise, and is not in the prediction.
    """

    title: str
    circuits: tuple[Circuit, ...]
    scale: Estimate | None
    score: str
    measured: float
    predicted: float
    difference: Estimate
    reduced: float | None
    excess: float | None
    misfits: int
    drift: float
    suspicions: tuple[Suspicion, ...]
    unphysical: int
    qpu_seconds: float | None
    readout_modelled: bool
    unmitigated: tuple[str, ...]

    @property
    def digits(self) -> int:
        """Decimals of the score: three of a proportion."""
        return 3 if self.score == "accuracy" else 2


def twins_of(records: Sequence[Record]) -> tuple[Twins, ...]:
    """The groups of a run's hardware records; empty for a run without."""
    hardware = [r for r in records if isinstance(r.values.get("twin"), Mapping)]
    names = [
        n
        for n in dict.fromkeys(name for r in hardware for name in r.point.settings)
        if n in _OWN or n.startswith("execution.")
    ]
    swept = [n for n in names if len({_key(r.point.settings.get(n)) for r in hardware}) > 1]
    groups: dict[tuple[str, ...], list[Record]] = {}
    for record in hardware:
        key = tuple(_key(record.point.settings.get(name)) for name in ("target", *swept))
        groups.setdefault(key, []).append(record)
    return tuple(_twins(some, swept) for some in groups.values())


def twin_verdict(found: Twins) -> Verdict:
    """What the twins of one group say, in one sentence."""
    gain = found.difference
    if gain.above_zero or gain.below_zero:
        against = (
            f"measured {found.score} is {'above' if gain.above_zero else 'below'} the predicted"
        )
    else:
        against = f"no difference between measured and predicted {found.score} was shown"
    told = (
        f"{found.title} beside its twin under the calibration of the run: {against}, "
        f"{number(found.measured, found.digits)} against "
        f"{number(found.predicted, found.digits)}, a difference of {gain.signed(found.digits)}"
    )
    if found.scale is not None and _tells(found.scale):
        told += f"; its values are told best by λ̂ = {found.scale.text(2)}"
    elif found.scale is not None:
        told += f"; its values hardly tell a noise scale, λ̂ = {found.scale.text(2)}"
    if found.excess is not None:
        many = f"{found.misfits} of {counted(len(found.circuits), 'circuit')}"
        told += (
            f"; the model misses {number(found.excess)} of root mean square, shown in {many}"
            if found.misfits
            else "; nothing was shown that the model misses"
        )
    if found.misfits and found.suspicions:
        first = found.suspicions[0]
        told += f", best explained by qubit {first.qubit} ({first.part})"
    readout = "" if found.readout_modelled else "; readout was mitigated, so it is not in the twin"
    left = (
        f" The twin is that of the circuit without {' and '.join(found.unmitigated)}, so that "
        "λ̂ says how much noise this has left, and predicted values are to be exceeded."
        if found.unmitigated
        else ""
    )
    rule = (
        "The twin is the exact engine under the calibration reported for the start of the job. λ̂ "
        "multiplies all its error rates; it is fitted to each circuit's values by weighted least "
        "squares, and averaged over circuits by its errors and the variance between circuits, with "
        "Hartung and Knapp's interval, never narrower than these errors allow. A circuit's "
        "misfit is shown if its residuals exceed their standard errors at 2.5 %, one-sided. A part "
        "of a qubit explains misfit if χ² of all circuits falls by "
        f"{_CHANCE:g} or more when that part alone is scaled{readout}. IBM's client merges "
        "neighbouring gates of one qubit, which the twin does not: many of these beside few of two "
        f"qubits lower λ̂.{left}"
    )
    numbers = {"measured − predicted": gain}
    if found.scale is not None:
        numbers["λ̂"] = found.scale
    return Verdict(f"{TWIN_TOPIC} {found.title}", f"{told}.", rule, numbers)


def _tells(scale: Estimate) -> bool:
    """Whether an interval of λ̂ excludes no noise at all, or twice the calibrated."""
    return (scale.low or 0.0) > 0 or (scale.high is not None and scale.high < 2)


def _twins(records: Sequence[Record], swept: Sequence[str]) -> Twins:
    told = [record.values["twin"] for record in records]
    fitted = [twin for twin in told if twin.get("noise_scale") is not None]
    seconds = [float(s) for r in records if (s := r.values.get("qpu_seconds")) is not None]
    circuits = _circuits(records)
    key = "accuracy" if "accuracy" in records[0].values else "return_mean"
    return Twins(
        title=_title(records[0], swept),
        circuits=circuits,
        scale=_pooled([c.scale for c in circuits if c.scale is not None]),
        score="accuracy" if key == "accuracy" else "mean return",
        measured=_mean([r.values[key] for r in records]),
        predicted=_mean([twin[key] for twin in told]),
        difference=_difference(records, key),
        reduced=_reduced(fitted),
        excess=_root_mean_square([t["excess"] for t in fitted]) if fitted else None,
        misfits=sum(bool(twin["excess_shown"]) for twin in fitted),
        drift=_root_mean_square([twin["drift"] for twin in told]),
        suspicions=_suspicions(fitted),
        unphysical=sum(int(r.values.get("unphysical") or 0) for r in records),
        qpu_seconds=math.fsum(seconds) if len(seconds) == len(records) else None,
        readout_modelled=all(twin["readout_modelled"] for twin in told),
        unmitigated=tuple(dict.fromkeys(n for twin in told for n in twin.get("unmitigated", ()))),
    )


def _title(record: Record, swept: Sequence[str]) -> str:
    settings = record.point.settings
    ways = [
        f"{plain(n)} {value_title(settings.get(n))}"
        for n in swept
        if n != "target" and settings.get(n) is not None
    ]
    jobs = record.provenance.get("jobs") or []
    local = " in local mode" if any(job["id"] == "local" for job in jobs) else ""
    return ", ".join([f"{settings['target']}{local}", *ways])


def _circuits(records: Sequence[Record]) -> tuple[Circuit, ...]:
    names = dict.fromkeys(name for r in records for name in r.point.settings)
    varying = [
        n
        for n in names
        if n not in ("snapshot", *_ONE_LEARNER)
        and len({_key(r.point.settings.get(n)) for r in records}) > 1
    ]
    return tuple(_circuit(record, varying) for record in records)


def _circuit(record: Record, varying: Sequence[str]) -> Circuit:
    settings, twin, lists = record.point.settings, record.values["twin"], record.values["circuits"]
    rows = zip(*(_flat(lists[n]) for n in ("measured", "predicted", "stderr")), strict=True)
    known = [row for row in rows if None not in row]
    measured, predicted, stderr = zip(*known, strict=True) if known else ((), (), ())
    scale = None
    if twin.get("noise_scale_error") is not None:
        high = twin["noise_scale_high"]
        scale = Estimate(
            twin["noise_scale"],
            twin["noise_scale_low"],
            math.inf if high is None else high,
            1,
            twin["noise_scale_error"],
        )
    words = [
        value_title(settings.get(n))
        if n == "learner"
        else f"{plain(n)} {value_title(settings.get(n))}"
        for n in varying
    ]
    title = ", ".join(words)
    return Circuit(title or "the circuit", scale, measured, predicted, stderr)


def _pooled(scales: Sequence[Estimate]) -> Estimate | None:
    """The mean of circuits' λ̂ by their errors and by the variance between circuits.

    That variance by the method of moments (DerSimonian and Laird, Control. Clin. Trials 7, 177,
    1986), the interval by Hartung and Knapp (Stat. Med. 20, 3875, 2001), never narrower than the
    circuits' own errors allow (Röver, Knapp and Friede, BMC Med. Res. Methodol. 15, 99, 2015): few
    circuits may agree by chance, or all lie at the end of the range.
    """
    if len(scales) < 2:
        return scales[0] if scales else None
    x, errors = np.array([s.mean for s in scales]), np.array([s.spread for s in scales])
    weights = 1 / errors**2
    mean = weights @ x / weights.sum()
    left = float(weights @ (x - mean) ** 2) - (len(x) - 1)
    between = max(0.0, left / float(weights.sum() - (weights**2).sum() / weights.sum()))
    weights = 1 / (errors**2 + between)
    mean = float(weights @ x / weights.sum())
    scatter = max(1.0, float(weights @ (x - mean) ** 2) / (len(x) - 1))
    error = math.sqrt(scatter / float(weights.sum()))
    half = float(stdtrit(len(x) - 1, 0.975)) * error
    return Estimate(mean, max(0.0, mean - half), mean + half, len(x), error * math.sqrt(len(x)))


def _difference(records: Sequence[Record], key: str) -> Estimate:
    """Measured minus predicted score: a seed's records averaged first."""
    sides: tuple[dict[int, list[float]], dict[int, list[float]]] = ({}, {})
    one_seed = len({record.point.settings.get("seed") for record in records}) == 1
    for index, record in enumerate(records):
        unit = index if one_seed else int(record.point.settings["seed"])
        sides[0].setdefault(unit, []).append(record.values[key])
        sides[1].setdefault(unit, []).append(record.values["twin"][key])
    first, second = ({unit: _mean(some) for unit, some in side.items()} for side in sides)
    found = paired_difference(first, second)
    assert found is not None
    return replace(found, over="pair" if one_seed else "seed")


def _reduced(fitted: Sequence[Mapping[str, Json]]) -> float | None:
    freedom = sum(twin["freedom"] for twin in fitted)
    return math.fsum(twin["chi_square"] for twin in fitted) / freedom if freedom else None


def _suspicions(fitted: Sequence[Mapping[str, Json]]) -> tuple[Suspicion, ...]:
    """What a change of one part, the same in all circuits, explains of their residuals together."""
    shared: dict[tuple[int, str], list[tuple[float, float]]] = {}
    for twin in fitted:
        for qubit, part, extra, gain in twin["suspects"]:
            if gain > 0:
                # With s = Σ answer·residual and n = Σ answer²: extra = s/n and gain = s²/n.
                found = shared.setdefault((int(qubit), str(part)), [])
                found.append((gain / extra, gain / extra**2))
    whole = math.fsum(twin["chi_square"] for twin in fitted)
    told = []
    for (qubit, part), sums in shared.items():
        pull, strength = (math.fsum(column) for column in zip(*sums, strict=True))
        gain = pull**2 / strength
        if gain >= _CHANCE:
            told.append(Suspicion(qubit, part, len(sums), pull / strength, gain / whole))
    return tuple(sorted(told, key=lambda one: -one.share))


def _flat(rows: Sequence[Sequence[Json]]) -> list[Json]:
    return [value for row in rows for value in row]


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _root_mean_square(values: Sequence[float]) -> float:
    return math.sqrt(_mean([value * value for value in values]))


def _key(value: Json) -> str:
    return repr(value)


def suspicion_text(one: Suspicion) -> str:
    """``qubit 92, reads 1 for 0 (λ higher by 2.1; explains 40 % of χ²)``."""
    way = "higher" if one.extra > 0 else "lower"
    return (
        f"qubit {one.qubit}, {one.part} (λ {way} by {number(abs(one.extra), 1)}; explains "
        f"{100 * one.share:.0f} % of χ²)"
    )
