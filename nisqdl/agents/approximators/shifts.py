"""Gradients from shots: the parameter-shift rule, sample by sample, as a device would give them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nisqdl.agents.approximators.contract import Array, Pull
from nisqdl.engines.contract import Evaluator

_SHIFT = np.pi / 2


@dataclass(frozen=True)
class Shifts:
    """Every angle is that of one rotation, so that ∂v = (v(+π/2) − v(−π/2)) / 2 is exact, under
    any noise that does not depend on the angle.

    Attributes:
        evaluator: Gives estimates.
        shots: Outcomes for each value.
        source: Randomness.
        by_weights, by_angles: Whether these derivatives are wanted; they are 0 if not.
    """

    evaluator: Evaluator
    shots: int
    source: np.random.Generator
    by_weights: bool
    by_angles: bool

    def derivatives(self, angles: Array, weights: Array, pull: Pull) -> tuple[Array, Array]:
        """A loss's derivatives by weights (W,) and by angles (B, E), from estimated values."""
        slopes = pull(self._values(angles, weights))
        weighted, angled = np.zeros_like(weights), np.zeros_like(angles)
        for index in range(len(weights) if self.by_weights else 0):
            shift = np.zeros_like(weights)
            shift[index] = _SHIFT
            rise = self._values(angles, weights + shift) - self._values(angles, weights - shift)
            weighted[index] = (slopes * rise).sum() / 2
        for index in range(angles.shape[1] if self.by_angles else 0):
            shift = np.zeros(angles.shape[1])
            shift[index] = _SHIFT
            rise = self._values(angles + shift, weights) - self._values(angles - shift, weights)
            angled[:, index] = (slopes * rise).sum(axis=1) / 2
        return weighted, angled

    def _values(self, angles: Array, weights: Array) -> Array:
        return self.evaluator.estimates(angles, weights, self.shots, self.source)
