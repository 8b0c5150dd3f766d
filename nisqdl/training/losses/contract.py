"""What a loss is: a function of a sample's class probabilities and its label, and its slope."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.engines.contract import Array

Labels: TypeAlias = npt.NDArray[np.int64]
"""Class labels 0 … K − 1, shape (B,)."""


class Loss(ABC):
    """A loss of class probabilities; a member states one sample's loss, the mean is taken here.

    Probabilities have shape (B, K) with rows that add up to one; rounding may leave an entry
    slightly below zero. Labels have shape (B,) and are integers 0 … K − 1.
    """

    name: ClassVar[str]
    summary: ClassVar[str]

    def value(self, probabilities: Array, labels: Labels) -> float:
        """Mean loss of the samples."""
        each = self.of_samples(probabilities, labels)
        return float(np.add.reduce(each)) / len(each)

    def derivative(self, probabilities: Array, labels: Labels) -> Array:
        """Derivative of the mean loss by each probability, shape (B, K).

        Each probability counts as a variable of its own; that they add up to one is a matter of
        the decoding, whose derivative comes after this one.
        """
        return self.slopes(probabilities, labels) / len(labels)

    @abstractmethod
    def of_samples(self, probabilities: Array, labels: Labels) -> Array:
        """Each sample's loss, shape (B,)."""

    @abstractmethod
    def slopes(self, probabilities: Array, labels: Labels) -> Array:
        """Each sample's loss differentiated by its probabilities, shape (B, K)."""
