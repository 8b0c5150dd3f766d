"""The noise scale λ̂ at which a noise model tells best what a device measured, with its interval.

Weighted least squares over λ. A value scatters about its prediction p by a variance that is taken
to be proportional to 1 − p², as for any observable with eigenvalues ±1; the factor comes from the
standard errors that were reported, all samples of an observable together. So a sample whose
outcomes happened to agree, with a reported error of 0, has no more weight than its neighbours, and
weights do not follow the very scatter that they are to weigh. The interval is that of a sandwich
estimate over circuits (H. White, Econometrica 48, 817, 1980): it stays right where observables of
one circuit share their shots, and where the model misses something that differs by circuit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.errors import InputError

Array: TypeAlias = npt.NDArray[np.float64]

SCALES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.5, 8.0)
"""Values of λ at which predictions are computed; between them they are interpolated."""

_FINE = 161
_REFINED = 3
_LEAST_VARIANCE = 1e-3
"""Share of an observable's variance below which no sample's variance is taken to fall."""


@dataclass(frozen=True)
class ScaleFit:
    """What was found of λ.

    Attributes:
        scale: λ̂, from 0 to the largest λ that was predicted.
        error: Its standard error; infinite where nothing depends on λ.
        low, high: Ends of its 95 % interval. ``high`` is ``None`` where the values do not bound λ
            from above.
        predicted: The model's values at λ̂, (B, O).
        sigma: The standard errors that weighed the values, (B, O).
        chi_square: Σ (measured − predicted)²/σ² at λ̂.
        freedom: Values minus one.
        excess: Root mean square of what is left of the residuals when their own errors are taken
            out: what the model misses, in units of the values.
        excess_shown: Whether that is more than chance: one-sided at 2.5 %, over circuits.
    """

    scale: float
    error: float
    low: float
    high: float | None
    predicted: Array
    sigma: Array
    chi_square: float
    freedom: int
    excess: float
    excess_shown: bool


def fit_scale(measured: Array, stderr: Array, scales: Array, curve: Array) -> ScaleFit:
    """λ̂ by weighted least squares.

    Args:
        measured: Values (B, O), one row a circuit.
        stderr: Their standard errors (B, O) as reported; not all 0.
        scales: Ascending values of λ (S,), S ≥ 4.
        curve: The model's values at each of them, (S, B, O).

    Raises:
        InputError: A value is not finite, or nothing has an error, so that there is no weight.
    """
    from scipy.interpolate import CubicSpline

    _check(measured, stderr)
    at = CubicSpline(scales, curve, axis=0)
    fine = np.linspace(scales[0], scales[-1], _FINE)
    grid = np.abs(measured - at(fine))
    scale = _least(grid, np.ones_like(measured), fine, at, measured)
    for _ in range(_REFINED):
        sigma = _sigma(at(scale), stderr)
        scale = _least(grid, sigma, fine, at, measured)
    predicted, sigma = at(scale), _sigma(at(scale), stderr)
    residuals = measured - predicted
    error, reach = _error(residuals, sigma, at(scale, 1))
    half = error * reach
    high = scale + half
    scores = (residuals / sigma) ** 2
    return ScaleFit(
        scale=scale,
        error=error,
        low=max(0.0, scale - half),
        high=None if high >= scales[-1] else high,
        predicted=predicted,
        sigma=sigma,
        chi_square=float(scores.sum()),
        freedom=measured.size - 1,
        excess=math.sqrt(max(0.0, float((residuals**2 - sigma**2).mean()))),
        excess_shown=_is_excess(scores),
    )


def _least(grid: Array, sigma: Array, fine: Array, at: object, measured: Array) -> float:
    """λ of the least weighted squares: the best of a fine grid, then refined beside it."""
    from scipy.optimize import minimize_scalar

    costs = ((grid / sigma) ** 2).sum(axis=(1, 2))
    best = int(costs.argmin())
    low, high = fine[max(best - 1, 0)], fine[min(best + 1, len(fine) - 1)]
    found = minimize_scalar(
        lambda scale: float((((measured - at(scale)) / sigma) ** 2).sum()),  # type: ignore[operator]
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-6},
    )
    # At an end of the range the search never quite arrives.
    return float(found.x) if found.fun < costs[best] else float(fine[best])


def _sigma(predicted: Array, stderr: Array) -> Array:
    """Standard errors by the model's variances and the reported errors' size, (B, O)."""
    variance = np.maximum(1 - predicted**2, 0.0)
    typical = variance.mean(axis=0)
    variance = np.maximum(variance, _LEAST_VARIANCE * np.maximum(typical, _LEAST_VARIANCE))
    factor = (stderr**2).mean(axis=0) / variance.mean(axis=0)
    # An observable whose every outcome agreed is as well known as the others, not better.
    factor = np.where(factor > 0, factor, factor[factor > 0].mean())
    sigma: Array = np.sqrt(factor * variance)
    return sigma


def _error(residuals: Array, sigma: Array, slope: Array) -> tuple[float, float]:
    """The standard error of λ̂, and how many of them its 95 % interval reaches to each side."""
    from scipy.special import stdtrit

    pulls = slope / sigma**2
    information = float((pulls * slope).sum())
    if information <= 0:
        return math.inf, 1.96
    circuits = len(residuals)
    by_circuit = (pulls * residuals).sum(axis=1)
    if circuits == 1:
        return 1 / math.sqrt(information), 1.96
    # Few circuits underestimate their own scatter: never less than what the shots alone give.
    meat = max(information, float((by_circuit**2).sum()) * circuits / (circuits - 1))
    return math.sqrt(meat) / information, float(stdtrit(circuits - 1, 0.975))


def _is_excess(scores: Array) -> bool:
    """Whether squared residuals exceed their variance by more than chance, over circuits."""
    from scipy.special import stdtrit

    circuits = len(scores)
    by_circuit = scores.mean(axis=1) - 1
    if circuits < 3:
        return False
    error = float(by_circuit.std(ddof=1)) / math.sqrt(circuits)
    return float(by_circuit.mean()) > float(stdtrit(circuits - 1, 0.975)) * error


def _check(measured: Array, stderr: Array) -> None:
    for name, values in (("measured", measured), ("stderr", stderr)):
        if not np.isfinite(values).all():
            raise InputError(
                f"`{name}` must be finite numbers, but {int((~np.isfinite(values)).sum())} of "
                f"{values.size} are not; leave those circuits out."
            )
    if not (stderr > 0).any():
        raise InputError(
            "`stderr` must hold an error above 0, but all are 0; a noise scale is fitted to "
            "values from shots."
        )
