"""The group ``training.growth``: how layer-wise training grows a circuit and trains it.

Skolik et al. 2021 (arXiv:2006.14904). In the first part only the circuit's first layers exist: it
begins with a few, more are added in turn, at angle 0, and the newest alone are trained. In the
second part the whole circuit stands, and contiguous parts of its layers are trained in turn.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Growth(BaseModel):
    """How a circuit grows; only with ``training.schedule: layerwise``.

    Attributes:
        first: Layers of the first circuit (s in the paper).
        add: Layers that each further phase adds (p).
        train: The newest layers, which a phase trains while the circuit grows (q).
        share: The share of the steps in which the circuit grows; 1 leaves the second part out.
        parts: Into how many parts of layers the second part cuts the circuit (1/r).
        sweeps: How often the second part trains each of them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    first: Annotated[int, Field(ge=1)] = 1
    add: Annotated[int, Field(ge=1)] = 1
    train: Annotated[int, Field(ge=1)] = 1
    share: Annotated[float, Field(gt=0, le=1)] = 0.5
    parts: Annotated[int, Field(ge=1)] = 2
    sweeps: Annotated[int, Field(ge=1)] = 2

    def depths(self, depth: int) -> tuple[int, ...]:
        """Layers of the circuit in each phase in which it grows; the last is the whole depth."""
        return (*range(min(self.first, depth), depth, self.add), depth)

    def turns(self, depth: int) -> tuple[Sequence[int], ...]:
        """The layers that each phase of the second part trains."""
        if self.share == 1:
            return ()
        count = min(self.parts, depth)
        ends = [depth * number // count for number in range(count + 1)]
        parts = tuple(range(a, b) for a, b in pairwise(ends))
        return parts * self.sweeps

    def growing(self, steps: int) -> int:
        """Steps of the first part."""
        return int(self.share * steps)

    def require_steps(self, steps: int, depth: int) -> None:
        """Refuse trainings with fewer steps than phases.

        Raises:
            ValueError: There are too few.
        """
        if self._takes(steps, depth):
            return
        least = steps + 1
        while not self._takes(least, depth):
            least += 1
        raise ValueError(
            f"`training.steps` must be at least {least} to train {depth} layers one after the "
            f"other and then in turn (see `training.growth`), but is {steps}"
        )

    def _takes(self, steps: int, depth: int) -> bool:
        growing = self.growing(steps)
        enough = growing >= len(self.depths(depth))
        return enough and steps - growing >= len(self.turns(depth))
