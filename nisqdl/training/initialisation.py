"""Where training starts: the weights' first values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from nisqdl.catalog import Table
from nisqdl.engines.contract import Array


class Initialisation(Protocol):
    """A distribution of first weights."""

    @property
    def name(self) -> str: ...

    @property
    def summary(self) -> str: ...

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """First weights in radians, shape (count,)."""
        ...


@dataclass(frozen=True)
class Uniform:
    """Every angle is equally likely, independently: what the closed forms assume."""

    name: str = "uniform"
    summary: str = "independent angles, uniform on [0, 2π)"

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        return rng.uniform(0.0, 2.0 * np.pi, count)


@dataclass(frozen=True)
class SmallNormal:
    """Angles near zero: every rotation starts close to the identity."""

    name: str = "small_normal"
    summary: str = "independent angles, normal around 0 with standard deviation 0.1"
    deviation: float = 0.1

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        return rng.normal(0.0, self.deviation, count)


INITIALISATIONS: Table[Initialisation] = Table(
    "initialisation",
    {
        "uniform": Uniform(),
        "small_normal": SmallNormal(),
    },
)
