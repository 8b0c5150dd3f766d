"""Proximal policy optimisation: several steps on each segment, none of them far."""

from __future__ import annotations

from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, StrictInt

from nisqdl.agents.actor_critic import CRITIC, ROLES, ActorCritic, ActorCriticOptions
from nisqdl.agents.approximators.contract import Array, Pull
from nisqdl.agents.contract import Agent
from nisqdl.agents.descent import Rates
from nisqdl.agents.segments import Segments
from nisqdl.agents.softmax import entropies_and_slopes, log_probabilities, log_slopes


class PpoOptions(ActorCriticOptions):
    """The options of actors with critics, and PPO's own.

    Attributes:
        clip: ε: an action's probability gains nothing by leaving 1 ± ε times what it was.
        epochs: How often each segment is learned from.
        batches: Parts that it is shuffled into each time.
    """

    clip: Annotated[float, Field(gt=0, lt=1, allow_inf_nan=False)] = 0.2
    epochs: Annotated[StrictInt, Field(ge=1, le=100)] = 4
    batches: Annotated[StrictInt, Field(ge=1, le=1000)] = 4
    # Sixteen steps of 0.1 for each segment would leave the region that clipping is to keep:
    # on offloading the return fell from −2.1 to −5.1.
    rates: Rates = Rates(input=0.01, output=0.01)
    critic_rates: Rates = Rates(input=0.01, output=0.01)


class Ppo(ActorCritic[PpoOptions]):
    """An update is ``epochs`` · ``batches`` steps of policy and critic."""

    def learn_from(self, segments: Segments) -> None:
        advantages, targets = self.judged(segments)
        states = segments.states.reshape(-1, segments.states.shape[-1])
        source = self.source("batches")
        for _ in range(self.task.options.epochs):
            order = source.permutation(len(states))
            for part in np.array_split(order, min(self.task.options.batches, len(states))):
                self.descend_critic(states[part], targets.ravel()[part])
                rows, pull = self.policy_pull(segments, advantages, part)
                self.descend_policy(rows, pull)

    def policy_pull(
        self, segments: Segments, advantages: Array, part: NDArray[np.int64]
    ) -> tuple[Array, Pull]:
        """Observations (B, F) of some steps, and the derivative of their clipped loss.

        The loss is −min(ρ A, clip(ρ) A) − entropy weight · entropy, mean over decisions, with
        the ratio ρ of an action's probability to what it was when it was chosen.

        Args:
            segments: What was done.
            advantages: Shape (T, C); all agents of a team share them.
            part: Places among the T · C steps.
        """
        options, agents = self.task.options, segments.actions.shape[2]
        features = segments.observations.shape[-1]
        rows = segments.observations.reshape(-1, agents, features)[part].reshape(-1, features)
        actions = segments.actions.reshape(-1, agents)[part].ravel()
        logs = segments.logs.reshape(-1, agents)[part].ravel()
        weights = advantages.ravel()[part].repeat(agents)

        def pull(logits: Array) -> Array:
            now = log_probabilities(logits)[np.arange(len(actions)), actions]
            ratio = np.exp(now - logs)
            free = np.where(weights >= 0, ratio <= 1 + options.clip, ratio >= 1 - options.clip)
            gain = np.where(free, weights * ratio, 0.0)[:, None]
            _, entropy = entropies_and_slopes(logits)
            rise = gain * log_slopes(logits, actions) + options.entropy * entropy
            slopes: Array = -rise / len(actions)
            return slopes

        return rows, pull


PPO = Agent(
    name="ppo",
    summary="proximal policy optimisation with a critic, of circuits or networks",
    source=(
        "Schulman et al. 2017 (arXiv:1707.06347); the circuit of Jerbi et al. 2021, with the same"
        " learning rate for all its parameters, and a critic that sees the whole state of a team"
        " as in Yun et al. 2022 (arXiv:2203.10443)"
    ),
    options=PpoOptions,
    roles=ROLES,
    acts="policy",
    learner=Ppo,
    usual={"critic": CRITIC},
)
