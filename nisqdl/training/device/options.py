"""The group ``training.device``: how measurements are spent when a device trains."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator


class DeviceTraining(BaseModel):
    """How a training on a device measures; only with ``training.noise: device``.

    Attributes:
        subset: Weights whose derivatives are measured in a step (adam), drawn anew each time.
        shots: Shots of each circuit in the first step; later ones choose by themselves.
        least_shots, most_shots: Between which they choose.
        signal_to_noise: Shots are chosen so that the measured slope is so many of its own
            standard errors, as far as bounds and budget allow.
        budget: Circuit executions of the whole training: circuits times shots, over all steps;
            ``None`` leaves it to ``most_shots``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    subset: Annotated[int, Field(ge=1, le=1000)] = 4
    shots: Annotated[int, Field(ge=1, le=1_000_000)] = 256
    least_shots: Annotated[int, Field(ge=1, le=1_000_000)] = 32
    most_shots: Annotated[int, Field(ge=1, le=1_000_000)] = 4096
    signal_to_noise: Annotated[float, Field(gt=0, le=100)] = 2.0
    budget: Annotated[int, Field(ge=1)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> DeviceTraining:
        if not self.least_shots <= self.shots <= self.most_shots:
            raise ValueError(
                f"`shots` must be from `least_shots` to `most_shots` ({self.least_shots} to "
                f"{self.most_shots}), but is {self.shots}"
            )
        return self
