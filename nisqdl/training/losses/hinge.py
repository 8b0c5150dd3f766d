"""Hinge loss: how far the true class's lead over its strongest rival falls short of one."""

from __future__ import annotations

import numpy as np

from nisqdl.engines.contract import Array
from nisqdl.training.losses.contract import Labels, Loss


class Hinge(Loss):
    """max(0, 1 − (p of the true class − largest p of another)), from 0 to 2.

    The multi-class hinge of Crammer and Singer (2001) on probabilities. For two classes read
    from one value E it is 1 − yE with y = ±1: as |E| ≤ 1, the margin of one is reached only
    where the answer is certain. Where two rivals tie, the slope is that of the first of them.
    """

    name = "hinge"
    summary = "how far the lead of the true class falls short of one"

    def of_samples(self, probabilities: Array, labels: Labels) -> Array:
        rows = np.arange(len(labels))
        lead = probabilities[rows, labels] - probabilities[rows, _rivals(probabilities, labels)]
        return np.maximum(1.0 - lead, 0.0)

    def slopes(self, probabilities: Array, labels: Labels) -> Array:
        rows = np.arange(len(labels))
        rivals = _rivals(probabilities, labels)
        short = (probabilities[rows, labels] - probabilities[rows, rivals] < 1.0).astype(float)
        slopes = np.zeros_like(probabilities)
        slopes[rows, labels] = -short
        slopes[rows, rivals] = short
        return slopes


def _rivals(probabilities: Array, labels: Labels) -> Labels:
    """The most probable class besides the true one, shape (B,)."""
    others = probabilities.copy()
    others[np.arange(len(labels)), labels] = -np.inf
    return np.asarray(others.argmax(axis=1), dtype=np.int64)
