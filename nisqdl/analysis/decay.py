"""How a variance falls: exponentially, as a power, or not at all, by model selection."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

KINDS = ("constant", "polynomial", "exponential")

CLEAR = 4.0
"""A kind is decided on only if every other has an AICc higher by so much: e² times less likely."""

SURE = 0.95
"""… and only if it has the lowest AICc in so large a share of resamples of the measured values."""

SAME = 1.0
"""A constant is decided on only if a change by so many bits, over all sizes measured, is ruled
out: coarse values that show no decay do not show that there is none."""

FEWEST = 5
"""Points that a decision needs: below, AICc's correction has no value."""

_RESAMPLES = 400
_FLOOR = 1e-6
"""Smallest scatter about a curve, in ln: exact values are taken to be no more exact than that."""

_SCATTERS = np.concatenate([[_FLOOR], np.geomspace(1e-5, 3.0, 48)])


@dataclass(frozen=True)
class Fit:
    """One kind of decay, fitted.

    Attributes:
        kind: "constant" (v = a), "polynomial" (v = a·x^−c) or "exponential" (v = a·2^(−b·x)).
        exponent: b or c; 0 for a constant.
        low, high: Ends of its 95 % bootstrap interval.
        scale: ln a.
        aicc: Akaike's criterion with the correction for few points; the lower the better.
    """

    kind: str
    exponent: float
    low: float
    high: float
    scale: float
    aicc: float

    def at(self, x: Floats) -> Floats:
        """The fitted variance."""
        return np.exp(self.scale + self.exponent * _regressor(self.kind, x))

    @property
    def factor(self) -> tuple[float, float, float]:
        """What one more unit of x divides the variance by, with its interval (exponential)."""
        return 2**self.exponent, 2**self.low, 2**self.high


@dataclass(frozen=True)
class Decay:
    """What was found of one curve.

    Attributes:
        fits: By kind; empty with fewer than three points.
        kind: The kind that was decided on; ``None`` where these points do not decide.
        share: In how many of the resamples the kind of lowest AICc was the lowest.
    """

    fits: dict[str, Fit]
    kind: str | None
    share: float

    @property
    def decided(self) -> Fit | None:
        return None if self.kind is None else self.fits[self.kind]


def decay(
    x: Sequence[float],
    values: Sequence[float],
    stderrs: Sequence[float],
    rng: np.random.Generator,
) -> Decay:
    """Which kind of decay these values show.

    Each kind is a straight line in ln v, fitted by maximum likelihood: a value scatters about it
    by its own standard error and by a scatter that is fitted, too.

    Args:
        x: Qubits or layers, all above 0.
        values: Variances, all above 0.
        stderrs: Their standard errors; 0 where exact.
        rng: Draws the resamples.
    """
    places, logs = np.asarray(x, float), np.log(np.asarray(values, float))
    errors = np.asarray(stderrs, float) / np.asarray(values, float)
    if len(places) < 3:
        return Decay({}, None, 0.0)
    fits = {kind: _fit(kind, places, logs, errors, rng) for kind in KINDS}
    best = min(fits.values(), key=lambda fit: fit.aicc)
    if len(places) < FEWEST:
        return Decay(fits, None, 0.0)
    drawn = logs + errors * rng.standard_normal((_RESAMPLES, len(logs)))
    aicc = np.stack([_likely(kind, places, drawn, errors).aicc for kind in KINDS])
    share = float((aicc.argmin(axis=0) == KINDS.index(best.kind)).mean())
    clear = all(fit.aicc - best.aicc >= CLEAR for fit in fits.values() if fit is not best)
    told = clear and share >= SURE and _allowed(best, fits["exponential"], places)
    return Decay(fits, best.kind if told else None, share)


def _allowed(best: Fit, exponential: Fit, x: Floats) -> bool:
    """Whether the exponent's interval leaves room for nothing else."""
    if best.kind == "constant":
        reach = max(abs(exponential.low), abs(exponential.high))
        return reach * float(np.ptp(x)) < SAME
    return best.low > 0 or best.high < 0


def _fit(kind: str, x: Floats, logs: Floats, errors: Floats, rng: np.random.Generator) -> Fit:
    found = _likely(kind, x, logs[None], errors)
    scale, slope, scatter = (float(part[0]) for part in (found.scale, found.slope, found.scatter))
    if kind == "constant":
        return Fit(kind, 0.0, 0.0, 0.0, scale, float(found.aicc[0]))
    fitted = scale + slope * _regressor(kind, x)
    degrees = len(x) - 2
    # The fitted scatter is uncertain itself; its draws make the interval Student's where it rules.
    spread = scatter**2 * len(x) / rng.chisquare(degrees, (_RESAMPLES * 5, 1))
    drawn = fitted + np.sqrt(errors**2 + spread) * rng.standard_normal((len(spread), len(x)))
    weights = 1 / (errors**2 + scatter**2)
    slopes = _line(_regressor(kind, x), drawn, weights)[1]
    low, high = np.quantile(slopes - slope, [0.025, 0.975])
    return Fit(kind, slope, slope - float(high), slope - float(low), scale, float(found.aicc[0]))


@dataclass(frozen=True)
class _Likely:
    """The most likely line of each of B rows of values."""

    scale: Floats
    slope: Floats
    scatter: Floats
    aicc: Floats


def _likely(kind: str, x: Floats, logs: Floats, errors: Floats) -> _Likely:
    regressor = _regressor(kind, x)
    rows = np.arange(len(logs))
    variances = errors**2 + _SCATTERS[:, None] ** 2
    scales, slopes, costs = [], [], []
    for variance in variances:
        scale, slope = _line(regressor, logs, 1 / variance)
        residuals = logs - scale[:, None] - slope[:, None] * regressor
        costs.append((residuals**2 / variance + np.log(variance)).sum(axis=1))
        scales.append(scale)
        slopes.append(slope)
    best = np.argmin(costs, axis=0)
    parameters = 2 if kind == "constant" else 3
    spare = len(x) - parameters - 1
    penalty = 2 * parameters + (2 * parameters * (parameters + 1) / spare if spare else math.inf)
    return _Likely(
        np.array(scales)[best, rows],
        np.array(slopes)[best, rows],
        _SCATTERS[best],
        np.array(costs)[best, rows] + penalty,
    )


def _line(regressor: Floats, logs: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Scale and slope of the weighted least-squares line of each row."""
    share = weights / weights.sum()
    centred = regressor - share @ regressor
    norm = float(share @ centred**2)
    slope = logs @ (share * centred) / norm if norm > 0 else np.zeros(len(logs))
    return logs @ share - slope * (share @ regressor), slope


def _regressor(kind: str, x: Floats) -> Floats:
    """What the exponent multiplies in ln v."""
    if kind == "constant":
        return np.zeros_like(x)
    return -np.log(x) if kind == "polynomial" else -math.log(2) * x
