"""From observations to angles of a circuit."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nisqdl.environments.dynamics import Observations


@dataclass(frozen=True)
class Encoding:
    """A straight line for each feature, from a stated range to a range of angles.

    Values outside the range are clipped to it: an angle that goes on would come back round the
    circle and make distant states look alike.

    Attributes:
        low, high: The range of each feature, in the observation's own units.
        first, last: The angles of its two ends in radians. The default, −π/2 to π/2, is that of
            data sets; 0 to π encodes bits as |0⟩ and |1⟩ under RX or RY.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    first: float = -math.pi / 2
    last: float = math.pi / 2

    def angles(self, observations: Observations) -> NDArray[np.float64]:
        """Angles in radians, of the observations' shape (…, features)."""
        low, high = np.array(self.low), np.array(self.high)
        share = (np.clip(observations, low, high) - low) / (high - low)
        angles: NDArray[np.float64] = self.first + share * (self.last - self.first)
        return angles
