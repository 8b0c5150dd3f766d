"""REINFORCE: whole episodes, and a step up the policy gradient that they estimate."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field, StrictInt

from nisqdl.agents.approximators.contract import Array, Pull
from nisqdl.agents.contract import Agent, AgentOptions, Role
from nisqdl.agents.descent import Rates
from nisqdl.agents.episodes import Episodes, play_episodes
from nisqdl.agents.learner import Learner
from nisqdl.agents.softmax import drawn, log_slopes
from nisqdl.environments.dynamics import Booleans, draw_tape


class ReinforceOptions(AgentOptions):
    """How REINFORCE learns.

    Attributes:
        batch: Episodes of an update.
        discount: γ of the returns.
        normalise: Whether the returns to go lose their mean and get variance 1: over each
            ``episode`` (right only where rewards come all the time), over the ``batch``, or not
            (``none``); with ``step`` each loses the mean of the other episodes at the same step,
            for tasks in which all episodes are of one length.
        rates: Learning rates of AMSGrad.
    """

    batch: Annotated[StrictInt, Field(ge=1, le=10_000)] = 10
    discount: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 1.0
    normalise: Literal["episode", "batch", "step", "none"] = "episode"
    rates: Rates = Rates()


class Reinforce(Learner[ReinforceOptions]):
    """An update is a batch of whole episodes."""

    def update(self) -> None:
        """Play a batch, and step up Σ (return to go) · ∇ log π / episodes."""
        episodes = self._played()
        pull = self.policy_pull(episodes)
        self.descend("policy", episodes.observations, pull, self.task.options.rates)
        self.updates += 1

    def policy_pull(self, episodes: Episodes) -> Pull:
        """The derivative of −Σ (return to go) · log π / episodes by the logits."""
        advantages = self._advantages(episodes)[episodes.copies, episodes.steps]
        scale = -advantages[:, None] / len(episodes.lengths)
        return lambda logits: scale * log_slopes(logits, episodes.actions)

    def _played(self) -> Episodes:
        dynamics, first = self.task.dynamics, len(self.tally.returns)
        size = self.task.options.batch
        if self.task.budget.episodes is not None:
            size = min(size, self.task.budget.episodes - first)
        generators = [
            np.random.default_rng(self.derived("episode", first + i)) for i in range(size)
        ]
        source, shots = self.source("actions"), self.source("shots")
        before = self.tally.circuits
        episodes = play_episodes(
            dynamics,
            draw_tape(dynamics.sizes, generators),
            lambda seen, draws: drawn(self.outputs("policy", seen, shots), draws),
            source,
        )
        self._count(episodes, before)
        return episodes

    def _count(self, episodes: Episodes, circuits: int) -> None:
        """Episodes count as finished in the order in which they end in lock-step."""
        each = (self.tally.circuits - circuits) // int(episodes.lengths.sum())
        for copy in np.argsort(episodes.lengths, kind="stable"):
            steps = int(np.minimum(episodes.lengths, episodes.lengths[copy]).sum())
            self.tally.finished(
                episodes.returns[copy], self.tally.steps + steps, circuits + each * steps
            )
        self.tally.steps += int(episodes.lengths.sum())

    def _advantages(self, episodes: Episodes) -> Array:
        """What each step's log-probability is weighted with, (episodes, steps)."""
        found = episodes.returns_to_go(self.task.options.discount)
        taken = np.arange(found.shape[1]) < episodes.lengths[:, None]
        if self.task.options.normalise == "none":
            return found
        if self.task.options.normalise == "step":
            found = found - _mean_of_others(found, taken)
        if self.task.options.normalise in ("batch", "step"):
            values = found[taken]
            scaled: Array = (found - values.mean()) / (values.std() + 1e-8)
            return scaled
        count = episodes.lengths[:, None]
        mean = (found * taken).sum(axis=1, keepdims=True) / count
        variance = (np.square(found - mean) * taken).sum(axis=1, keepdims=True) / count
        each: Array = (found - mean) / (np.sqrt(variance) + 1e-8)
        return each


def _mean_of_others(values: Array, taken: Booleans) -> Array:
    """For each episode and step, the mean over the other episodes that take the step, else 0."""
    kept = np.where(taken, values, 0.0)
    others = taken.sum(axis=0) - taken
    mean: Array = (kept.sum(axis=0) - kept) / np.maximum(others, 1)
    return mean


REINFORCE = Agent(
    name="reinforce",
    summary="REINFORCE with a softmax policy over weighted expectation values",
    source=(
        "Jerbi et al. 2021 (arXiv:2103.05363), with the settings of the authors' tutorial for"
        " TensorFlow Quantum: AMSGrad, returns normalised over each episode"
    ),
    options=ReinforceOptions,
    roles=(Role("policy", outputs="actions", sees="observation"),),
    acts="policy",
    learner=Reinforce,
    usual={},
)
