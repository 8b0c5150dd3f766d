"""Post-measurement normalisation: values by their mean and spread over a set of samples.

Wang et al. 2022 (QuantumNAT, DAC; arXiv:2110.11331, section 3.1). Noise damps and shifts an
observable's values, to first order alike for all samples; a normalised value feels neither. But it
depends on the set: normalised by the batch that is predicted, as published, a prediction is no
longer a function of its row alone (a single row gives 0, and predictions tend to divide any set as
the mean of its values does). Normalised by the training rows, measured under the same noise, it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nisqdl.engines.contract import Array

LEAST_SPREAD = 1e-3
"""Added in square to every spread: values that differ by less are not told apart by a million
shots, and would be by exact values that no device gives."""


@dataclass(frozen=True, eq=False)
class Statistics:
    """Of each observable's values over a set of samples.

    Attributes:
        mean, spread: Shape (O,).
    """

    mean: Array
    spread: Array


def statistics_of(values: Array) -> Statistics:
    """Mean and standard deviation of values (B, O), each observable by itself."""
    return Statistics(values.mean(axis=0), np.sqrt(values.var(axis=0) + LEAST_SPREAD**2))


def normalised(values: Array, statistics: Statistics | None = None) -> Array:
    """Values (B, O) in spreads from the mean; ``None`` takes their own statistics."""
    own = statistics_of(values) if statistics is None else statistics
    return np.asarray((values - own.mean) / own.spread, dtype=np.float64)


def pull_normalised(values: Array, slopes: Array, statistics: Statistics | None = None) -> Array:
    """∂loss/∂values (B, O) from ∂loss/∂normalised values, at these values.

    With their own statistics every value moves the mean and the spread of all.
    """
    if statistics is not None:
        return np.asarray(slopes / statistics.spread, dtype=np.float64)
    own = statistics_of(values)
    scores = normalised(values, own)
    centred = slopes - slopes.mean(axis=0) - scores * (slopes * scores).mean(axis=0)
    return np.asarray(centred / own.spread, dtype=np.float64)
