"""Hardware beside its device twins: what a run's measurements say of the noise model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import stdtrit

from nisqdl.analysis.intervals import Estimate, paired_difference
from nisqdl.analysis.pairs import plain, value_title
from nisqdl.store.record import Json, Record

_OWN = ("target", "shots")
_ONE_LEARNER = ("kind", "ablation", "candidates", "possible")
"""Settings that the name of a learner tells already."""
CHANCE = 6.63
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
        if gain >= CHANCE:
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
