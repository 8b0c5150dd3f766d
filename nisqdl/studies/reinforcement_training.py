"""How long learners learn, under which noise, and what each may choose from."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

_Rate = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
_Width = Annotated[int, Field(strict=True, ge=1, le=4096)]
_Count = Annotated[int, Field(strict=True, ge=1)]


class LearningOptions(BaseModel):
    """How long, and under which noise, agents learn.

    Attributes:
        noise: ``ideal``: the logical circuit; ``target``: the transpiled one under the device's
            noise at λ = 1. The judged episodes have noise in any case.
        episodes: Learning ends after so many episodes.
        steps: Or after so many environment steps: then all learners see the same amount.
        shots: Outcomes for each value while learning, with gradients by parameter shifts; None is
            exact.
        links: Each training is divided into so many steps of work, whose states are stored; a
            killed run loses at most one. Results do not depend on it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    noise: Literal["ideal", "target"] = "ideal"
    episodes: Annotated[_Count, Field(le=10_000_000)] | None = None
    steps: Annotated[_Count, Field(le=10_000_000_000)] | None = None
    shots: Annotated[_Count, Field(le=1_000_000)] | None = None
    links: Annotated[_Count, Field(le=1000)] = 4

    @model_validator(mode="after")
    def _one_budget(self) -> LearningOptions:
        if (self.episodes is None) == (self.steps is None):
            raise ValueError("must name either `episodes` or `steps`, and not both")
        return self


class _Space(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RateSpace(_Space):
    """Candidates of a circuit or a linear policy.

    Attributes:
        rate: Factors of all learning rates of the agent.
    """

    rate: Annotated[tuple[_Rate, ...], Field(min_length=1, json_schema_extra={"sweep": False})] = (
        0.1,
        0.3,
        1.0,
        3.0,
    )


class NetworkSpace(_Space):
    """Candidates of the MLP.

    Attributes:
        rate: Factors of all learning rates of the agent.
        hidden: Units of each hidden layer; ``equal`` is one layer with which the network has about
            as many parameters as the circuit.
    """

    rate: Annotated[tuple[_Rate, ...], Field(min_length=1, json_schema_extra={"sweep": False})] = (
        0.3,
        1.0,
    )
    hidden: Annotated[
        tuple[Literal["equal"] | tuple[_Width, ...], ...],
        Field(min_length=1, json_schema_extra={"sweep": False}),
    ] = ("equal", (64,))


class SearchOptions(BaseModel):
    """What each learner may choose from; a circuit's depth is swept by ``model`` instead."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    circuit: RateSpace = RateSpace()
    network: NetworkSpace = NetworkSpace()
    linear: RateSpace = RateSpace()


class TuningOptions(BaseModel):
    """The budget that every learner has for tuning.

    Attributes:
        candidates: How many each may try, of its search space; 1 is no tuning, and no claim.
        seeds: Trainings of each candidate, on seeds that are not judged. Each has the budget of a
            judged one, without noise.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    candidates: Annotated[_Count, Field(le=1000)] = 4
    seeds: Annotated[_Count, Field(le=100)] = 1
