"""How wrong the mean of independent populations may be, where a few of them carry much of it.

The logarithms of unbiased estimates scatter by s, upwards of their median. As long as s is small
the usual standard error holds. Where it is not, populations with a large value are rare, and those
that were run have probably missed the largest: the usual standard error is too small just when the
mean is. A log-normal distribution of the same s has the relative variance exp(s²) − 1; the tails of
walks are heavier still, and s² (1 + 4s²) in place of s² was found to cover them
(``tests/physics/test_walk_errors.py`` holds it against exact values of up to 60 qubits).
"""

from __future__ import annotations

import numpy as np

from nisqdl.engines.exact.ptm import Floats

_NORMAL = 1.959963984540054
"""Of a normal distribution, 95 % are within so many standard deviations."""

_WIDEST = 1.0
"""Logarithms that scatter more say nothing: each estimate may be wrong tenfold."""


def relative_errors(values: Floats, least: float = 0.0) -> Floats:
    """Of the means of estimates by K independent populations, (K, …); 0 where all are equal.

    Args:
        least: Logarithms are taken to scatter by so much at least: what others than these K have
            shown, who do not tend to agree just when they have all missed something.
    """
    count, means = len(values), values.mean(axis=0)
    felt = means > 0.0
    safe = np.where(felt, means, 1.0)
    plain = values.std(axis=0, ddof=1) / safe
    saw = (values > 0.0).sum(axis=0)
    # Where some saw nothing, those that saw something are as rare as events.
    rare = np.sqrt(np.divide(count, saw, out=np.zeros_like(safe), where=saw > 0))
    # Populations that found far too little make no mean too small: only the upper half counts.
    logs = np.log(np.where(values > 0.0, values, safe))
    above = np.maximum(0.0, logs - np.median(logs, axis=0))
    seen = np.sqrt(2.0 * (above**2).sum(axis=0) / (count - 1))
    scatter = np.minimum(np.maximum(seen, least), _WIDEST)
    heavy = np.sqrt(np.expm1(scatter**2 * (1.0 + 4.0 * scatter**2)))
    other = np.where(saw < count, rare, heavy)
    return np.asarray(np.where(felt, np.maximum(plain, other), 0.0) / np.sqrt(count))


def scatter_of(values: Floats) -> float:
    """Of the logarithms of estimates, (K,); 0, no statement, where it is too wide to say more."""
    if values.min() <= 0.0:
        return 0.0
    scatter = float(np.log(values).std(ddof=1))
    return scatter if scatter <= _WIDEST else 0.0


def reaching_up(relative: Floats) -> Floats:
    """Relative errors such that 1.96 of them reach as far up as a factor would, exp(1.96 r):
    means of few uneven populations err downwards more often than upwards, and further."""
    reach = _NORMAL * np.minimum(relative, 1.0)
    factor = np.divide(np.expm1(reach), reach, out=np.ones_like(reach), where=reach > 0.0)
    return np.asarray(relative * factor)


def student(degrees: Floats) -> Floats:
    """Student's t over the normal's quantile at 95 %: what few populations leave uncertain."""
    from scipy.special import stdtrit

    return np.asarray(stdtrit(np.clip(degrees, 1.0, 1e6), 0.975) / _NORMAL)


def degrees_together(variances: Floats, degrees: Floats) -> Floats:
    """Degrees of freedom of sums of independent means (Welch and Satterthwaite), by column.

    Args:
        variances: (parts, …).
        degrees: Of each part, (parts,).
    """
    total = variances.sum(axis=0) ** 2
    shape = (-1,) + (1,) * (variances.ndim - 1)
    each = (variances**2 / degrees.reshape(shape)).sum(axis=0)
    return np.asarray(np.divide(total, each, out=np.full_like(total, np.inf), where=each > 0))
