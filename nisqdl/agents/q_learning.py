"""Deep Q-learning: values of actions, learned from replayed transitions and a target network."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, StrictInt, model_validator

from nisqdl.agents.approximators.contract import Array
from nisqdl.agents.contract import AgentOptions
from nisqdl.agents.descent import Rates, RuleName
from nisqdl.agents.learner import Learner, LearningState, Task
from nisqdl.agents.replay import Replay, Transitions
from nisqdl.agents.softmax import best
from nisqdl.agents.walk import Walk
from nisqdl.environments.dynamics import Booleans, Integers
from nisqdl.store.record import Json

Count = Annotated[StrictInt, Field(ge=1, le=10_000_000)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Exploration(BaseModel):
    """ε: the probability of a random action, lowered after each finished episode k = 0, 1, ….

    Attributes:
        first, least: Where it starts, and what it does not fall below.
        rule: ``geometric``: ε · decay; ``harmonic``: ε / (1 + k · decay).
        decay: See ``rule``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    first: Share = 1.0
    least: Share = 0.01
    rule: Literal["geometric", "harmonic"] = "geometric"
    decay: Share = 0.99

    def after(self, epsilon: float, episode: int) -> float:
        """ε after the episode of this number (from 0)."""
        if self.rule == "geometric":
            return max(self.least, epsilon * self.decay)
        return max(self.least, epsilon / (1 + episode * self.decay))


class QLearningOptions(AgentOptions):
    """How values are learned; counts of steps are over all copies.

    Attributes:
        discount: γ.
        memory: Transitions that are kept.
        batch: Transitions of an update.
        update_every: Steps between updates.
        target_every: Steps after which the target takes over the learned parameters.
        exploration: ε.
        loss: ``huber`` with δ = 1, or ``squared``, of the difference to the target.
        copies: Copies of the environment that step at once.
        rule: Of the steps.
        rates: Learning rates.
    """

    discount: Share = 0.99
    memory: Count = 10_000
    batch: Count = 16
    update_every: Count = 10
    target_every: Count = 30
    exploration: Exploration = Exploration()
    loss: Literal["huber", "squared"] = "huber"
    copies: Annotated[StrictInt, Field(ge=1, le=1024)] = 1
    rule: RuleName = "amsgrad"
    rates: Rates = Rates(input=0.001, weights=0.001, output=0.1, network=0.001)

    @model_validator(mode="after")
    def _memory_holds_a_batch(self) -> QLearningOptions:
        least = max(self.batch, self.copies)
        if self.memory < least:
            raise ValueError(
                f"`memory` must hold a batch and a step of every copy ({least}), but is"
                f" {self.memory}"
            )
        return self


class QLearner(Learner[QLearningOptions]):
    """An update is so many steps, and one step down the loss of a batch of transitions."""

    def __init__(self, task: Task[QLearningOptions]) -> None:
        super().__init__(task)
        options = task.options
        self._walk = Walk(task.dynamics, options.copies, self.derived("walk"), self.tally)
        self._replay = Replay(options.memory, len(task.dynamics.sizes.low))
        self._target = self.parameters["values"]
        self._epsilon = options.exploration.first

    def update(self) -> None:
        """Walk, remember, and learn once there are enough transitions."""
        options = self.task.options
        source, shots = self.source("exploration"), self.source("shots")
        before = self.tally.steps
        until = before + options.update_every
        while self.tally.steps < until and not self.finished():
            self._walk_on(source, shots)
        if len(self._replay) >= options.batch:
            self._learn(shots)
        if before // options.target_every != self.tally.steps // options.target_every:
            self._target = self.parameters["values"]
        self.updates += 1

    def pull_to(self, batch: Transitions, targets: Array) -> Any:
        """The loss's derivative by the outputs, as a function of them."""

        def pull(outputs: Array) -> Array:
            rows = np.arange(len(targets))
            errors = outputs[rows, batch.actions] - targets
            slopes = np.zeros_like(outputs)
            if self.task.options.loss == "huber":
                slopes[rows, batch.actions] = np.clip(errors, -1, 1) / len(targets)
            else:
                slopes[rows, batch.actions] = 2 * errors / len(targets)
            return slopes

        return pull

    def own_arrays(self) -> dict[str, NDArray[Any]]:
        return {"target": self._target, **self._replay.arrays()}

    def own_facts(self) -> dict[str, Json]:
        return {"epsilon": self._epsilon, "walk": self._walk.facts()}

    def go_on(self, state: LearningState) -> None:
        self._target = np.array(state.arrays["target"])
        self._replay.fill(state.arrays)
        self._epsilon = state.facts["epsilon"]
        options = self.task.options
        self._walk = Walk(self.task.dynamics, options.copies, self.derived("walk"), self.tally)
        self._walk.go_on(state.facts["walk"])

    def _walk_on(self, source: np.random.Generator, shots: np.random.Generator) -> None:
        seen = self._walk.observations
        copies, agents, features = seen.shape
        actions = self._chosen(seen.reshape(-1, features), source, shots)
        episodes = len(self.tally.returns)
        move = self._walk.step(actions.reshape(copies, agents))
        self._replay.add(
            Transitions(
                seen.reshape(-1, features),
                actions,
                np.repeat(move.rewards, agents),
                move.observations.reshape(-1, features),
                np.repeat(move.terminated, agents),
            )
        )
        for episode in range(episodes, len(self.tally.returns)):
            self._epsilon = self.task.options.exploration.after(self._epsilon, episode)

    def _chosen(
        self, rows: Array, source: np.random.Generator, shots: np.random.Generator
    ) -> Integers:
        """The best action, or any one with probability ε."""
        actions = source.integers(self.task.dynamics.sizes.actions, size=len(rows))
        greedy = source.random(len(rows)) >= self._epsilon
        if greedy.any():
            actions[greedy] = best(self.outputs("values", rows[greedy], shots))
        return actions

    def _learn(self, shots: np.random.Generator) -> None:
        options = self.task.options
        batch = self._replay.drawn(options.batch, self.source("batch"))
        function = self.task.approximators["values"]
        self.tally.circuits += function.circuits(options.batch, gradient=False)
        after = function.outputs(batch.after, self._target, shots)
        targets = q_targets(batch.rewards, batch.terminated, after, options.discount)
        self.descend(
            "values", batch.observations, self.pull_to(batch, targets), options.rates, options.rule
        )


def q_targets(rewards: Array, terminated: Booleans, after: Array, discount: float) -> Array:
    """r + γ max Q(after), and r where the episode ended by the environment's rules.

    An episode that was cut off at the time limit goes on, as far as values are concerned.

    Args:
        rewards: Shape (B,).
        terminated: Shape (B,).
        after: Values of the actions afterwards, shape (B, A).
        discount: γ.
    """
    targets: Array = rewards + discount * np.where(terminated, 0.0, after.max(axis=1))
    return targets
