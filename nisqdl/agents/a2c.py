"""Advantage actor-critic: one step up the policy gradient for each segment."""

from __future__ import annotations

from nisqdl.agents.actor_critic import CRITIC, ROLES, ActorCritic, ActorCriticOptions
from nisqdl.agents.approximators.contract import Array, Pull
from nisqdl.agents.contract import Agent
from nisqdl.agents.segments import Segments
from nisqdl.agents.softmax import entropies_and_slopes, log_slopes


class A2cOptions(ActorCriticOptions):
    """The options of actors with critics."""


class A2c(ActorCritic[A2cOptions]):
    """An update is one step of the policy and one of the critic."""

    def learn_from(self, segments: Segments) -> None:
        advantages, targets = self.judged(segments)
        self.descend_critic(segments.states.reshape(-1, segments.states.shape[-1]), targets.ravel())
        rows = segments.observations.reshape(-1, segments.observations.shape[-1])
        self.descend_policy(rows, self.policy_pull(segments, advantages))

    def policy_pull(self, segments: Segments, advantages: Array) -> Pull:
        """The derivative of −(advantage · log π + entropy weight · entropy), mean over decisions.

        Args:
            segments: What was done.
            advantages: Shape (T, C); all agents of a team share them.
        """
        agents = segments.actions.shape[2]
        weights = advantages.repeat(agents, axis=1).ravel()[:, None]
        actions = segments.actions.ravel()

        def pull(logits: Array) -> Array:
            _, entropy = entropies_and_slopes(logits)
            rise = weights * log_slopes(logits, actions) + self.task.options.entropy * entropy
            slopes: Array = -rise / len(actions)
            return slopes

        return pull


A2C = Agent(
    name="a2c",
    summary="advantage actor-critic: a policy and a critic, of circuits or networks",
    source=(
        "Mnih et al. 2016 (arXiv:1602.01783), synchronous, with generalised advantages; the circuit"
        " and the learning rates of Jerbi et al. 2021, and a critic that sees the whole state of a"
        " team as in Yun et al. 2022 (arXiv:2203.10443)"
    ),
    options=A2cOptions,
    roles=ROLES,
    acts="policy",
    learner=A2c,
    usual={"critic": CRITIC},
)
