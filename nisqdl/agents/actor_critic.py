"""Actor and critic: a policy that learns from advantages, and the critic that they come from."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any, Generic, TypeVar

import numpy as np
from pydantic import Field, StrictInt

from nisqdl.agents.approximators.contract import Array, Pull
from nisqdl.agents.contract import AgentOptions, Role
from nisqdl.agents.descent import Rates
from nisqdl.agents.learner import Learner, LearningState, Task
from nisqdl.agents.segments import Segments
from nisqdl.agents.softmax import drawn, log_probabilities
from nisqdl.agents.walk import Walk
from nisqdl.environments.dynamics import Integers
from nisqdl.errors import InputError
from nisqdl.store.record import Json

_Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]

ROLES = (
    Role("policy", outputs="actions", sees="observation"),
    Role("critic", outputs="one", sees="state"),
)
"""A team shares one policy, and its critic sees the whole state."""

CRITIC = {"observables": "strings", "head": "linear"}
"""What a critic's circuit has other than a policy's: a weighted sum of Z of every qubit."""


class ActorCriticOptions(AgentOptions):
    """What actors with critics have in common.

    Attributes:
        copies: Copies of the environment that step at once.
        steps: Steps of each copy in an update.
        discount: γ.
        trace: λ of generalised advantages.
        normalise: Whether the advantages of an update lose their mean and get variance 1.
        entropy: Weight of the policy's entropy, which keeps it from settling too early.
        rates: Learning rates of the policy.
        critic_rates: Learning rates of the critic.
    """

    copies: Annotated[StrictInt, Field(ge=1, le=1024)] = 8
    steps: Annotated[StrictInt, Field(ge=1, le=100_000)] = 32
    discount: _Share = 0.99
    trace: _Share = 0.95
    normalise: bool = Field(default=True, strict=True)
    entropy: Annotated[float, Field(ge=0, le=10, allow_inf_nan=False)] = 0.01
    rates: Rates = Rates()
    critic_rates: Rates = Rates()


Options = TypeVar("Options", bound=ActorCriticOptions)


class ActorCritic(Learner[Options], Generic[Options]):
    """An update is a segment of every copy, and what policy and critic learn from it.

    Rewards are multiplied by 1 − γ (or by 1 / time limit where γ is 1), so that values are of the
    size of a single reward whatever the horizon.
    """

    def __init__(self, task: Task[Options]) -> None:
        super().__init__(task)
        sizes = task.dynamics.sizes
        if sizes.agents is not None and sizes.state is None:
            raise InputError("A team's environment must tell its whole state to a critic.")
        self._walk = self._begun()

    def update(self) -> None:
        """Walk a segment, and learn from it."""
        segments = self.gathered()
        self.learn_from(segments)
        self.updates += 1

    @abstractmethod
    def learn_from(self, segments: Segments) -> None:
        """Steps of policy and critic."""

    def gathered(self) -> Segments:
        """The next segment of every copy, under the policy as it is."""
        source, shots = self.source("actions"), self.source("shots")
        seen, acted, logs, states, moves = [], [], [], [], []
        for _ in range(self.task.options.steps):
            observations, state = self._walk.observations, self._walk.state
            actions, chances = self._chosen(observations, source, shots)
            moves.append(self._walk.step(actions))
            seen.append(observations)
            states.append(state)
            acted.append(actions)
            logs.append(chances)
        return Segments(
            np.stack(seen),
            np.stack(acted),
            np.stack(logs),
            np.stack(states),
            np.stack([move.state for move in moves]),
            np.stack([move.rewards for move in moves]) * self._scale,
            np.stack([move.terminated for move in moves]),
            np.stack([move.over for move in moves]),
        )

    def judged(self, segments: Segments) -> tuple[Array, Array]:
        """Advantages and the critic's targets, both (T, C)."""
        options, shots = self.task.options, self.source("shots of the critic")
        flat = segments.states.reshape(-1, segments.states.shape[-1])
        needed = segments.needed()
        rows = np.concatenate([flat, segments.after[needed]])
        found = self.outputs("critic", rows, shots)[:, 0]
        values, ends = found[: len(flat)].reshape(segments.rewards.shape), found[len(flat) :]
        advantages = segments.advantages(values, ends, options.discount, options.trace)
        targets = advantages + values
        if options.normalise:
            advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        return advantages, targets

    def descend_critic(self, states: Array, targets: Array) -> None:
        """A step down half the mean squared difference of the critic from its targets (B,)."""

        def pull(outputs: Array) -> Array:
            return (outputs - targets[:, None]) / len(targets)

        self.descend("critic", states, pull, self.task.options.critic_rates)

    def descend_policy(self, observations: Array, pull: Pull) -> None:
        """A step down the policy's loss at observations (B, F)."""
        self.descend("policy", observations, pull, self.task.options.rates)

    def own_facts(self) -> dict[str, Json]:
        return {"walk": self._walk.facts()}

    def go_on(self, state: LearningState) -> None:
        self._walk = self._begun()
        self._walk.go_on(state.facts["walk"])

    @property
    def _scale(self) -> float:
        discount = self.task.options.discount
        return 1 - discount if discount < 1 else 1 / self.task.dynamics.sizes.horizon

    def _begun(self) -> Walk:
        task = self.task
        return Walk(task.dynamics, task.options.copies, self.derived("walk"), self.tally)

    def _chosen(
        self, observations: Array, source: np.random.Generator, shots: np.random.Generator
    ) -> tuple[Integers, Array]:
        """Actions and their log-probabilities, both (C, G)."""
        shape = observations.shape[:2]
        logits = self.outputs("policy", observations.reshape(-1, observations.shape[2]), shots)
        actions = drawn(logits, source.random(len(logits)))
        logs: Any = log_probabilities(logits)[np.arange(len(actions)), actions]
        return actions.reshape(shape), logs.reshape(shape)
