"""Edge queues send their work to cloud queues; work that is lost or clouds that idle cost.

All amounts are shares of a queue's capacity.
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StrictInt, field_validator, model_validator

from nisqdl.environments.contract import EnvironmentOptions
from nisqdl.environments.dynamics import Dynamics, Floats, Integers, Observations, Outcome, Sizes

_Amount = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class OffloadingOptions(EnvironmentOptions):
    """One edge and its clouds.

    Attributes:
        clouds: Number of clouds.
        amounts: What an edge may send in a slot, each a share of a queue's capacity.
        arrival: Mean amount of work that arrives at each edge in a slot.
        arrivals: ``uniform`` from 0 to twice the mean, or ``bursts`` of the size ``burst``.
        burst: Size of a burst; it comes with probability arrival / burst.
        load: Work that arrives over work that all clouds can do, in the mean; 1 is critical.
        outage: Probability that a cloud does nothing in a slot; what it does in the others makes
            up for it.
        loss_weight: Cost of work that is lost, beside 1 for work that a cloud could have done.
        slots: Slots of an episode.
    """

    clouds: Annotated[StrictInt, Field(ge=1, le=16)] = 2
    amounts: Annotated[tuple[_Amount, ...], Field(min_length=1, max_length=8)] = (0.1, 0.2)
    arrival: Annotated[float, Field(gt=0, le=0.5, allow_inf_nan=False)] = 0.15
    arrivals: Literal["uniform", "bursts"] = "uniform"
    burst: Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)] = 0.3
    load: Annotated[float, Field(gt=0, le=100, allow_inf_nan=False)] = 1.0
    outage: Annotated[float, Field(ge=0, lt=1, allow_inf_nan=False)] = 0.0
    loss_weight: Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)] = 4.0
    slots: Annotated[StrictInt, Field(ge=1, le=100_000)] = 300

    @property
    def edges(self) -> int:
        """Number of edges."""
        return 1

    @property
    def team(self) -> int | None:
        """Number of agents that act at once; None for one alone."""
        return None

    @property
    def service(self) -> float:
        """What a cloud can do in a slot without outage."""
        return self.edges * self.arrival / (self.clouds * self.load * (1 - self.outage))

    @field_validator("amounts")
    @classmethod
    def _different(cls, amounts: tuple[float, ...]) -> tuple[float, ...]:
        if len(set(amounts)) < len(amounts):
            raise ValueError(f"must not have an amount twice, but is {list(amounts)}")
        return amounts

    @model_validator(mode="after")
    def _bursts_suffice(self) -> OffloadingOptions:
        if self.arrivals == "bursts" and self.burst < self.arrival:
            raise ValueError(
                f"`burst` must be at least `arrival` ({self.arrival:g}), but is {self.burst:g}:"
                " at most one burst comes in a slot"
            )
        return self


class TeamOptions(OffloadingOptions):
    """Several edges, each with an agent of its own, and their common clouds.

    Attributes:
        agents: Number of edges.
    """

    agents: Annotated[StrictInt, Field(ge=2, le=16)] = 4

    @property
    def edges(self) -> int:
        """Number of edges."""
        return self.agents

    @property
    def team(self) -> int | None:
        """Number of agents that act at once."""
        return self.agents


class OffloadingState(NamedTuple):
    """Queue lengths, as shares of a queue's capacity.

    Attributes:
        edges: Shape (copies, edges).
        before: The same one slot earlier.
        clouds: Shape (copies, clouds).
    """

    edges: Floats
    before: Floats
    clouds: Floats


class Slot(NamedTuple):
    """What moved in one slot; the queues' conservation laws hold between these.

    edges' = edges − sent + arrived − edge_lost, and clouds' = clouds + received − served −
    cloud_lost; idle = what a cloud could have served besides.

    Attributes:
        sent, arrived, edge_lost: Shape (copies, edges).
        received, served, cloud_lost, idle: Shape (copies, clouds).
    """

    sent: Floats
    arrived: Floats
    edge_lost: Floats
    received: Floats
    served: Floats
    cloud_lost: Floats
    idle: Floats


class Offloading(Dynamics[OffloadingState]):
    """Action a sends ``amounts[a % len(amounts)]``, or what is there, to cloud a // len(amounts).

    Args:
        options: The queues.
    """

    def __init__(self, options: OffloadingOptions) -> None:
        self.options = options

    @cached_property
    def sizes(self) -> Sizes:
        """An edge sees its own queue, the same a slot ago, and the clouds'."""
        options = self.options
        features = 2 + options.clouds
        return Sizes(
            low=(0.0,) * features,
            high=(1.0,) * features,
            actions=options.clouds * len(options.amounts),
            horizon=options.slots,
            start_draws=options.edges + options.clouds,
            step_draws=options.edges + options.clouds,
            agents=options.team,
            state=None if options.team is None else 2 * options.edges + options.clouds,
        )

    def start(self, draws: Floats) -> OffloadingState:
        """Every queue anywhere between empty and full."""
        edges, clouds = np.split(draws, [self.options.edges], axis=1)
        return OffloadingState(edges, edges, clouds)

    def advance(
        self, state: OffloadingState, actions: Integers, draws: Floats
    ) -> tuple[OffloadingState, Outcome]:
        """All agents share the reward: minus what clouds left undone and what was lost."""
        after, slot = self.slot(state, actions, draws)
        lost = slot.edge_lost.sum(axis=1) + slot.cloud_lost.sum(axis=1)
        rewards = -(slot.idle.sum(axis=1) + self.options.loss_weight * lost)
        return after, Outcome(rewards, np.zeros(len(rewards), dtype=bool))

    def slot(
        self, state: OffloadingState, actions: Integers, draws: Floats
    ) -> tuple[OffloadingState, Slot]:
        """The state after a slot, and all that moved in it."""
        chances, outages = np.split(draws, [self.options.edges], axis=1)
        service = np.where(outages < self.options.outage, 0.0, self.options.service)
        return self.moved(state, actions, self._arrived(chances), service)

    def moved(
        self, state: OffloadingState, actions: Integers, arrived: Floats, service: Floats
    ) -> tuple[OffloadingState, Slot]:
        """As :meth:`slot`, for given arrivals (copies, edges) and service (copies, clouds)."""
        amounts = np.array(self.options.amounts)
        actions = actions.reshape(state.edges.shape)
        cloud, kind = np.divmod(actions, len(amounts))
        sent = np.minimum(amounts[kind], state.edges)
        edges = state.edges - sent + arrived
        edge_lost = np.maximum(edges - 1.0, 0.0)
        received = np.stack(
            [np.where(cloud == k, sent, 0.0).sum(axis=1) for k in range(self.options.clouds)],
            axis=1,
        )
        there = state.clouds + received
        served = np.minimum(service, there)
        cloud_lost = np.maximum(there - served - 1.0, 0.0)
        after = OffloadingState(edges - edge_lost, state.edges, there - served - cloud_lost)
        idle = service - served
        return after, Slot(sent, arrived, edge_lost, received, served, cloud_lost, idle)

    def observe(self, state: OffloadingState) -> Observations:
        """Own queue now and a slot ago, then the clouds' queues."""
        edges = self.options.edges
        clouds = np.broadcast_to(
            state.clouds[:, None, :], (len(state.clouds), edges, self.options.clouds)
        )
        own = np.stack([state.edges, state.before], axis=2)
        seen: Observations = np.concatenate([own, clouds], axis=2).astype(np.float32)
        return seen[:, 0] if self.options.team is None else seen

    def facts(self, state: OffloadingState) -> dict[str, NDArray[Any]]:
        """For a team: ``state``, all queues, which a centralised critic may see in training."""
        if self.options.team is None:
            return {}
        return {"state": np.concatenate(state, axis=1).astype(np.float32)}

    def _arrived(self, chances: Floats) -> Floats:
        if self.options.arrivals == "uniform":
            return 2 * self.options.arrival * chances
        share = self.options.arrival / self.options.burst
        return np.where(chances < share, self.options.burst, 0.0)
