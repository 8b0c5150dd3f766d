"""What an experiment file says about noise."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from nisqdl.catalog import checked
from nisqdl.errors import InputError
from nisqdl.noise.recipe import find_recipe


class NoiseOptions(BaseModel):
    """Which recipe, how strong, and which of its channels.

    Attributes:
        recipe: A shipped recipe's name, or a file's path.
        scale: λ ≥ 0: all error rates are multiplied by it; 0 is no noise, 1 the recipe as it is.
        channels: Switches on these channels instead of the recipe's own; ``None`` leaves them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    recipe: Annotated[str, AfterValidator(checked(find_recipe))] = "calibrated"
    scale: float = Field(default=1.0, ge=0, allow_inf_nan=False)
    channels: tuple[Literal["one_qubit", "two_qubit", "readout", "idle"], ...] | None = None

    @model_validator(mode="after")
    def _recipe_has_the_channels(self) -> NoiseOptions:
        try:
            find_recipe(self.recipe).restricted(self.channels)
        except InputError as error:
            raise ValueError(str(error)) from None
        return self
