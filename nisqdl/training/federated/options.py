"""How clients train, and how their models become one: two sections of an experiment file."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from nisqdl.catalog import checked
from nisqdl.training.initialisation import INITIALISATIONS
from nisqdl.training.losses import LOSSES
from nisqdl.training.optimizers import OPTIMIZERS
from nisqdl.training.optimizers.contract import StepwiseOptimizer


def _trains_clients(name: str) -> str:
    able = [
        n
        for n, optimizer in OPTIMIZERS.items()
        if isinstance(optimizer, StepwiseOptimizer) and not optimizer.uses_geometry
    ]
    if name not in able:
        raise ValueError(
            "clients stop and go on after every round, and networks, which have no quantum states, "
            f"train as they do: use {', '.join(able)} instead of {name}"
        )
    return name


class ClientTraining(BaseModel):
    """How a client trains in a round.

    The number of steps is that of the rounds and epochs, and nobody stops early: the last round's
    model is the result.

    Attributes:
        optimizer: One that goes step by step and needs no metric of states. A client keeps its
            memory from round to round.
        learning_rate: Size of the first steps, in radians for each weight.
        batch: Largest number of samples a step sees; None is all of the client's.
        loss: A member of ``LOSSES``.
        initialisation: Of the first global weights.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    optimizer: Annotated[
        str, AfterValidator(checked(OPTIMIZERS.find)), AfterValidator(_trains_clients)
    ] = "adam"
    learning_rate: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.1
    batch: Annotated[int, Field(ge=1)] | None = 16
    loss: Annotated[str, AfterValidator(checked(LOSSES.find))] = "cross_entropy"
    initialisation: Annotated[str, AfterValidator(checked(INITIALISATIONS.find))] = "uniform"


class Rounds(BaseModel):
    """How rounds go.

    Attributes:
        rounds: Number of them.
        local_epochs: How often a client sees its own rows in a round.
        participation: Share of the clients that is asked in a round, at least one (McMahan's C).
        dropout: Chance that a client that was asked does not send its model back.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    rounds: Annotated[int, Field(ge=1, le=10_000)] = 20
    local_epochs: Annotated[int, Field(ge=1, le=1000)] = 1
    participation: Annotated[float, Field(gt=0, le=1)] = 1.0
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
