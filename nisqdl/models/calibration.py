"""Class probabilities of a support vector machine that keep the order of its decision values."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.preprocessing import label_binarize

from nisqdl.engines.contract import Array

_FOLDS = 3
_RANGE = (math.log(1e-2), math.log(1e2))


def decision_temperature(machine: Any, kernel: Array, labels: Any, seed: int) -> float:
    """The temperature of the softmax of decision values with the least held-out log loss.

    It is sought between 0.01 and 100, on decision values of folds of the training rows that their
    machine did not see. With fewer rows in a class than folds it is 1.

    Args:
        machine: A classifier on a precomputed kernel, not changed.
        kernel: Of the training rows, (N, N).
        labels: Their classes, (N,).
        seed: Of the folds.
    """
    classes, counts = np.unique(labels, return_counts=True)
    if counts.min() < _FOLDS:
        return 1.0
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    decisions = cross_val_predict(machine, kernel, labels, cv=folds, method="decision_function")
    truth = label_binarize(labels, classes=classes).astype(bool)
    if len(classes) == 2:
        truth = np.concatenate([~truth, truth], axis=1)

    def log_loss(log_temperature: float) -> float:
        found = decision_probabilities(decisions, math.exp(log_temperature))
        return float(-np.log(np.maximum(found[truth], 1e-12)).mean())

    return math.exp(float(minimize_scalar(log_loss, bounds=_RANGE, method="bounded").x))


def decision_probabilities(decisions: npt.NDArray[Any], temperature: float) -> Array:
    """Probabilities (B, K) of decision values (B, K), or (B,) for two classes."""
    scores = np.asarray(decisions, dtype=np.float64)
    if scores.ndim == 1:
        scores = np.stack([-scores / 2, scores / 2], axis=1)
    scores = scores / temperature
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)
