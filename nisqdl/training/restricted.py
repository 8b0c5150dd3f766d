"""A loss as a function of all weights where a step turns some of them, and others are absent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from nisqdl.circuits.structure import Places
from nisqdl.engines.contract import Array
from nisqdl.training.geometry import Blocks
from nisqdl.training.optimizers.contract import GeometricLoss, LossFunction
from nisqdl.training.schedule import Mask

_ABSENT = -2
"""A block of its own; -1 are the classical weights."""


@dataclass(frozen=True, eq=False)
class Restricted:
    """A loss as a function of some weights, the others held.

    Attributes:
        function: Of the weights that its circuit has.
        active: Which of all weights are turned, (W,).
        held: All weights (W,); those that are not turned stay there.
        present: Which weights the circuit has; ``None``: all.
    """

    function: LossFunction
    active: Mask
    held: Array
    present: Places | None = None

    def value(self, weights: Array) -> float:
        return self.function.value(self._own(weights))

    def value_and_gradient(self, weights: Array) -> tuple[float, Array]:
        value, own = self.function.value_and_gradient(self._own(weights))
        gradient = np.zeros(len(self.active))
        gradient[self._places] = own
        return value, np.where(self.active, gradient, 0.0)

    @property
    def blocks(self) -> Blocks:
        """The layer of each weight."""
        found = np.full(len(self.active), _ABSENT, dtype=np.int64)
        found[self._places] = cast(GeometricLoss, self.function).blocks
        return found

    def metric(self, weights: Array) -> Array:
        """The metric of the weights that are turned; the others are apart from them."""
        metric = np.eye(len(self.active))
        own = cast(GeometricLoss, self.function).metric(self._own(weights))
        metric[np.ix_(self._places, self._places)] = own
        return np.where(np.logical_and.outer(self.active, self.active), metric, np.eye(len(metric)))

    def fidelities(self, first: Array, second: Array) -> Array:
        return cast(GeometricLoss, self.function).fidelities(self._own(first), self._own(second))

    def kept(self, weights: Array) -> Array:
        """The same weights with those held where they were."""
        return np.where(self.active, weights, self.held)

    @property
    def _places(self) -> Places:
        return np.arange(len(self.active)) if self.present is None else self.present

    def _own(self, weights: Array) -> Array:
        """The weights that the circuit has, of (W,) or of rows (R, W)."""
        kept = self.kept(weights)
        return kept if self.present is None else kept[..., self.present]
