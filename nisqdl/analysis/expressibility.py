"""What an expressibility run found: circuits with their means, and what goes with what."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from nisqdl.analysis.intervals import MINUS, Estimate, mean_over_seeds
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import counted
from nisqdl.errors import InputError
from nisqdl.store.record import Json, Record

FEWEST = 6
"""Circuits that a correlation needs."""

_NAMED = ("model.ansatz.name", "model.ansatz.rotations", "model.entangler", "model.ansatz.depth")


@dataclass(frozen=True)
class Circuit:
    """One circuit, over its seeds.

    Attributes:
        settings: All but the seed.
        expressibility: KL divergence from Haar in nats: 0 is Haar, large is little.
        haar: What Haar states themselves would show, with the standard deviation of it.
        entangling: Mean Meyer-Wallach entanglement.
        variance: Mean of E[(∂C)²] over the parameters; ``None`` where it was not found.
        parameters, two_qubit_gates: Of the circuit.
    """

    settings: Mapping[str, Json]
    expressibility: Estimate
    haar: tuple[float, float]
    entangling: Estimate
    variance: float | None
    parameters: int
    two_qubit_gates: int

    @property
    def like_haar(self) -> bool:
        """Whether it cannot be told from Haar with so many pairs."""
        floor, sd = self.haar
        return self.expressibility.mean <= floor + 3 * sd


@dataclass(frozen=True)
class Expressed:
    """Everything that a report says, in numbers.

    Attributes:
        circuits: In the order of the run.
        varied: Settings that differ between circuits.
        correlation: Spearman's rank correlation of expressibility (the divergence) with the
            gradient's variance over circuits of one size, with its 95 % interval; ``None`` with
            too few.
    """

    circuits: tuple[Circuit, ...]
    varied: tuple[str, ...]
    correlation: Estimate | None

    def title(self, circuit: Circuit) -> str:
        """What tells it from the others."""
        words = []
        for name in self.varied or _NAMED[:1]:
            value = circuit.settings.get(name)
            text = "+".join(value) if isinstance(value, list) else str(value)
            words.append(
                {"model.ansatz.depth": f"×{value}", "qubits": f"n = {value}"}.get(name, text)
            )
        return " ".join(words)


def expressed(records: Sequence[Record]) -> Expressed:
    """What the records of a run show.

    Raises:
        InputError: There is no record.
    """
    if not records:
        raise InputError("The run has no record yet; resume it with `nisqdl run`.")
    groups: dict[str, list[Record]] = {}
    for record in records:
        own = {k: v for k, v in record.point.settings.items() if k != "seed"}
        groups.setdefault(json.dumps(own, sort_keys=True), []).append(record)
    circuits = tuple(_circuit(json.loads(key), some) for key, some in groups.items())
    varied = tuple(
        name
        for name in (*_NAMED, "qubits", "observable")
        if len({json.dumps(c.settings.get(name)) for c in circuits}) > 1
    )
    return Expressed(circuits, varied, _correlation(circuits))


def expressibility_verdicts(found: Expressed, complete: bool = True) -> tuple[Verdict, ...]:
    """What a report says of a run, the relation to the gradients first where it is known."""
    told = [_relation(found, complete), _extremes(found)]
    return tuple(one for one in told if one is not None)


def _circuit(settings: Mapping[str, Json], records: Sequence[Record]) -> Circuit:
    rows = [record.values for record in records]
    first = rows[0]
    return Circuit(
        settings=settings,
        expressibility=_estimate(rows, "expressibility"),
        haar=(float(first["haar_floor"]), float(first["haar_floor_sd"])),
        entangling=_estimate(rows, "entangling"),
        variance=None if first.get("var_grad_mean") is None else float(first["var_grad_mean"]),
        parameters=int(first["parameters"]),
        two_qubit_gates=int(first["two_qubit_gates"]),
    )


def _estimate(rows: Sequence[Mapping[str, Json]], name: str) -> Estimate:
    """Over seeds, or of one seed by its own standard error."""
    if len(rows) > 1:
        return mean_over_seeds([float(row[name]) for row in rows])
    mean, stderr = float(rows[0][name]), float(rows[0][f"{name}_stderr"])
    reach = float(ndtri(0.975)) * stderr
    return Estimate(mean, mean - reach, mean + reach, 1, stderr)


def _correlation(circuits: Sequence[Circuit]) -> Estimate | None:
    """Only circuits of one size and observable are comparable: the variance falls with the size."""
    if len({(c.settings["qubits"], c.settings["observable"]) for c in circuits}) > 1:
        return None
    known = [c for c in circuits if c.variance is not None]
    return rank_correlation(
        [c.expressibility.mean for c in known], [c.variance or 0 for c in known]
    )


def rank_correlation(x: Sequence[float], y: Sequence[float]) -> Estimate | None:
    """Spearman's rank correlation with the interval of Bonett and Wright (Psychometrika 65, 23,
    2000): Fisher's z with the variance (1 + r²/2)/(n − 3); ``None`` with fewer than six pairs."""
    if len(x) < FEWEST:
        return None
    first, second = _ranks(x), _ranks(y)
    spread = float(first.std() * second.std())
    if spread == 0:
        return None
    r = float(((first - first.mean()) * (second - second.mean())).mean()) / spread
    bound = min(abs(r), 1 - 1e-12)
    z = math.copysign(math.atanh(bound), r)
    error = math.sqrt((1 + r * r / 2) / (len(x) - 3))
    reach = float(ndtri(0.975)) * error
    return Estimate(r, math.tanh(z - reach), math.tanh(z + reach), len(x), error)


def _ranks(values: Sequence[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Ranks, equal values with their mean rank; numbers that differ by rounding are equal."""
    rounded = np.array([float(f"{value:.10g}") for value in values])
    _, inverse, counts = np.unique(rounded, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: np.ndarray[tuple[int], np.dtype[np.float64]] = ends - (counts - 1) / 2.0
    return means[inverse]


def _relation(found: Expressed, complete: bool) -> Verdict | None:
    told = found.correlation
    if told is None or told.low is None or told.high is None:
        return None
    value = f"{told.mean:.2f} ({told.low:.2f} to {told.high:.2f})".replace("-", MINUS)
    many = counted(told.n, "circuit")
    if not complete:
        sentence = "Not every point ran yet, so nothing is said of expressibility and gradients."
    elif told.low > 0:
        sentence = (
            f"The more expressible a circuit, the smaller its gradients: over {many} the "
            f"divergence from Haar and the gradient's variance have a rank correlation of {value}."
        )
    elif told.high < 0:
        sentence = (
            f"Here the more expressible circuits have the larger gradients: a rank correlation of "
            f"{value} over {many}."
        )
    else:
        sentence = (
            "No relation of expressibility to the gradient's variance was shown: a rank "
            f"correlation of {value} over {many}."
        )
    rule = (
        "A relation is said if the whole 95 % interval of Spearman's rank correlation (Bonett and "
        "Wright 2000) is on one side of 0. Circuits were chosen, not drawn: it speaks of these."
    )
    return Verdict("Expressibility and gradients", sentence, rule, {"correlation": told})


def _extremes(found: Expressed) -> Verdict:
    best = min(found.circuits, key=lambda c: c.expressibility.mean)
    alike = [c for c in found.circuits if c.like_haar]
    most = max(found.circuits, key=lambda c: c.entangling.mean)
    sentence = (
        f"Most expressible is {found.title(best)} (divergence {best.expressibility.mean:.4f}); "
        f"{counted(len(alike), 'circuit')} of {len(found.circuits)} cannot be told from Haar. "
        f"{found.title(most)} entangles most (Meyer-Wallach {most.entangling.mean:.3f})."
    )
    rule = (
        "Expressibility is the KL divergence of the fidelities of pairs of states from Haar's (Sim "
        "et al. 2019). A circuit is told from Haar if its divergence is above what as many pairs "
        "of Haar states would show by more than three standard deviations."
    )
    return Verdict("Expressibility", sentence, rule, {found.title(best): best.expressibility})
