"""What an experiment file says about noise."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class NoiseOptions(BaseModel):
    """Which recipe, how strong, and which of its channels.

    Attributes:
        recipe: A shipped recipe's name, or a file's path.
        scale: λ ≥ 0: all error rates are multiplied by it; 0 is no noise, 1 the recipe as it is.
        channels: Switches on these channels instead of the recipe's own; ``None`` leaves them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: str = Field(default="calibrated", min_length=1)
    scale: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    channels: tuple[Literal["one_qubit", "two_qubit", "readout", "idle"], ...] | None = None
