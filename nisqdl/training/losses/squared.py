"""Squared error of the class probabilities, known as the Brier score."""

from __future__ import annotations

import numpy as np

from nisqdl.engines.contract import Array
from nisqdl.training.losses.contract import Labels, Loss


class Squared(Loss):
    """Σₖ (pₖ − [k is the true class])², from 0 to 2 (Brier 1950).

    For two classes read from one value E this is (1 − yE)²/2 with y = ±1.
    """

    name = "squared"
    summary = "squared distance of the probabilities from the true class (Brier score)"

    def of_samples(self, probabilities: Array, labels: Labels) -> Array:
        error = _error(probabilities, labels)
        return np.asarray((error * error).sum(axis=1), dtype=np.float64)

    def slopes(self, probabilities: Array, labels: Labels) -> Array:
        return 2.0 * _error(probabilities, labels)


def _error(probabilities: Array, labels: Labels) -> Array:
    error = probabilities.copy()
    error[np.arange(len(labels)), labels] -= 1.0
    return error
