"""Cross-entropy: the negative logarithm of the true class's probability."""

from __future__ import annotations

import numpy as np

from nisqdl.engines.contract import Array
from nisqdl.training.losses.contract import Labels, Loss

_FLOOR = 1e-6
"""Below this probability the logarithm goes on along its tangent."""


class CrossEntropy(Loss):
    """−ln p of the true class, in nats.

    A noise-free circuit can give the true class a probability of zero, where the logarithm has
    no value. Below 1e-6 the loss is therefore its tangent at 1e-6: finite (14.8 at zero),
    continuous with its slope, and still falling towards the right answer, which a clipped
    logarithm (slope zero) is not.
    """

    name = "cross_entropy"
    summary = "negative logarithm of the true class's probability"

    def of_samples(self, probabilities: Array, labels: Labels) -> Array:
        of_truth = probabilities[np.arange(len(labels)), labels]
        if of_truth.min() >= _FLOOR:
            return -np.log(of_truth)
        tangent = np.maximum(_FLOOR - of_truth, 0.0) / _FLOOR
        return tangent - np.log(np.maximum(of_truth, _FLOOR))

    def slopes(self, probabilities: Array, labels: Labels) -> Array:
        rows = np.arange(len(labels))
        slopes = np.zeros_like(probabilities)
        slopes[rows, labels] = -1.0 / np.maximum(probabilities[rows, labels], _FLOOR)
        return slopes
