"""From expectation values to classes: probabilities, their derivative, and the predicted class."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]

_FLOOR = 1e-6
"""Added to each class's share 1 + E, so that classes that all measure −1 are equally likely."""


def probabilities(values: Array) -> Array:
    """Class probabilities (B, K) from observables' values (B, O).

    One value decodes to two classes, p₀ = (1 + E)/2 and p₁ = (1 − E)/2: a positive value means
    class 0. O > 1 values decode to K = O classes, p_k = (1 + E_k + f)/Σ_j(1 + E_j + f) with
    f = 1e-6. Values beyond ±1, as estimates and mitigation give them, count as ±1. Rows sum to 1.

    Raises:
        ValueError: ``values`` is not of shape (B, O) with O ≥ 1.
    """
    bounded = _bounded(values)
    if bounded.shape[1] == 1:
        return np.concatenate([1 + bounded, 1 - bounded], axis=1) / 2
    shares = 1 + bounded + _FLOOR
    return np.asarray(shares / shares.sum(axis=1, keepdims=True), dtype=np.float64)


def pull_probabilities(values: Array, dloss_dprob: Array) -> Array:
    """∂loss/∂values (B, O) from ∂loss/∂probabilities (B, K), at these values (B, O).

    Values beyond ±1 take the derivative at ±1, so that training finds its way back from there.

    Raises:
        ValueError: The shapes do not belong together.
    """
    bounded = _bounded(values)
    batch, outputs = bounded.shape
    slopes = np.asarray(dloss_dprob, dtype=np.float64)
    expected = (batch, max(outputs, 2))
    if slopes.shape != expected:
        raise ValueError(f"`dloss_dprob` must have shape {expected}, but has {slopes.shape}.")
    if outputs == 1:
        return (slopes[:, :1] - slopes[:, 1:]) / 2
    shares = 1 + bounded + _FLOOR
    total = shares.sum(axis=1, keepdims=True)
    mean = (slopes * shares).sum(axis=1, keepdims=True) / total
    return np.asarray((slopes - mean) / total, dtype=np.float64)


def predicted_classes(values: Array) -> npt.NDArray[np.intp]:
    """The likeliest class of each row, (B, O) to (B,); of equally likely ones, the first."""
    return np.asarray(np.argmax(probabilities(values), axis=1), dtype=np.intp)


def _bounded(values: Array) -> Array:
    checked = np.asarray(values, dtype=np.float64)
    if checked.ndim != 2 or checked.shape[1] < 1:
        raise ValueError(
            f"`values` must have shape (samples, observables), but has {checked.shape}."
        )
    return np.clip(checked, -1.0, 1.0)
