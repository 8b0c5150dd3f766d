"""A learner: an agent at work in its environment, one update at a time, resumable between two."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from nisqdl.agents.approximators.contract import Approximator, Array, Pull
from nisqdl.agents.curve import Curve, Tally
from nisqdl.agents.descent import Descent, Moments, Rates, RuleName
from nisqdl.environments.dynamics import Dynamics
from nisqdl.errors import InputError
from nisqdl.seeds import derive, generator
from nisqdl.store.record import Json

Options = TypeVar("Options")


@dataclass(frozen=True)
class Budget:
    """How long to learn: until so many episodes have finished, or so many steps are done.

    Attributes:
        episodes: Finished episodes; None for no limit.
        steps: Steps of the environment over all copies; None for no limit.
    """

    episodes: int | None = None
    steps: int | None = None

    def __post_init__(self) -> None:
        given = [value for value in (self.episodes, self.steps) if value is not None]
        if not given or min(given) < 1:
            raise InputError(
                "A budget must name `episodes` or `steps`, each at least 1, but is"
                f" {self.episodes} episodes and {self.steps} steps."
            )


@dataclass(frozen=True, eq=False)
class Task(Generic[Options]):
    """What a learner works on.

    Attributes:
        dynamics: The environment's rules.
        approximators: The functions that are learned, by role.
        options: The agent's.
        budget: How long.
        seed: Of everything random.
    """

    dynamics: Dynamics[Any]
    approximators: Mapping[str, Approximator]
    options: Options
    budget: Budget
    seed: int


@dataclass(frozen=True, eq=False)
class LearningState:
    """Everything that learning needs to go on as if it had not been interrupted.

    Attributes:
        origin: Content hash of what it belongs to.
        updates: Updates done.
        arrays: Parameters, moments and what else is numbers, by name.
        facts: JSON values: where the environment's copies are, and the curve.
    """

    origin: str
    updates: int
    arrays: Mapping[str, NDArray[Any]]
    facts: Mapping[str, Json]


class Learner(ABC, Generic[Options]):
    """An agent at work. Randomness of update k comes from (seed, k) alone.

    Args:
        task: What it works on.
    """

    def __init__(self, task: Task[Options]) -> None:
        self.task = task
        self.updates = 0
        self.tally = Tally()
        self.parameters: dict[str, Array] = {}
        self._moments: dict[str, Moments] = {}
        for role, function in task.approximators.items():
            source = self.source("parameters", role)
            self.parameters[role] = function.first_parameters(source)
            self._moments[role] = Moments.none(function.num_parameters)

    @abstractmethod
    def update(self) -> None:
        """Gather experience and learn from it, once; counts itself in ``updates``."""

    def finished(self) -> bool:
        """Whether the budget is used up."""
        budget, tally = self.task.budget, self.tally
        if budget.episodes is not None and len(tally.returns) >= budget.episodes:
            return True
        return budget.steps is not None and tally.steps >= budget.steps

    def curve(self) -> Curve:
        """So far."""
        return self.tally.curve()

    def state(self, origin: str) -> LearningState:
        """Where it is, between two updates."""
        arrays: dict[str, NDArray[Any]] = {}
        for role, values in self.parameters.items():
            arrays[f"parameters.{role}"] = values
            arrays[f"moments.{role}"] = self._moments[role].values
        counts = {role: moments.count for role, moments in self._moments.items()}
        facts = {"curve": self.tally.to_json(), "counts": counts, **self.own_facts()}
        return LearningState(origin, self.updates, arrays | self.own_arrays(), facts)

    def resume(self, state: LearningState) -> None:
        """Be where :meth:`state` was."""
        self.updates = state.updates
        self.tally = Tally.from_json(state.facts["curve"])
        for role in self.parameters:
            self.parameters[role] = np.array(state.arrays[f"parameters.{role}"])
            count = state.facts["counts"][role]
            self._moments[role] = Moments(np.array(state.arrays[f"moments.{role}"]), count)
        self.go_on(state)

    def own_arrays(self) -> dict[str, NDArray[Any]]:
        """What a learner remembers besides, in numbers."""
        return {}

    def own_facts(self) -> dict[str, Json]:
        """What a learner remembers besides, as JSON."""
        return {}

    def go_on(self, state: LearningState) -> None:
        """Take back what :meth:`own_arrays` and :meth:`own_facts` gave."""
        return

    def source(self, *purpose: str | int) -> np.random.Generator:
        """Randomness for one purpose of the update under way."""
        return generator(self.task.seed, "learning", self.updates, *purpose)

    def derived(self, *purpose: str | int) -> int:
        """A seed for one purpose, whatever the update."""
        return derive(self.task.seed, "learning", *purpose)

    def outputs(self, role: str, observations: Array, source: np.random.Generator) -> Array:
        """Outputs (B, O) of a role's function as it is now, counted in the tally."""
        function = self.task.approximators[role]
        self.tally.circuits += function.circuits(len(observations), gradient=False)
        return function.outputs(observations, self.parameters[role], source)

    def descend(
        self,
        role: str,
        observations: Array,
        pull: Pull,
        rates: Rates,
        rule: RuleName = "amsgrad",
    ) -> None:
        """A step down a loss of a role's outputs at these observations."""
        function = self.task.approximators[role]
        source = self.source("gradient", role, self._moments[role].count)
        self.tally.circuits += function.circuits(len(observations), gradient=True)
        _, gradient = function.outputs_and_gradient(
            observations, self.parameters[role], pull, source
        )
        descent = Descent.of(rule, rates, function)
        self.parameters[role], self._moments[role] = descent.step(
            self.parameters[role], gradient, self._moments[role]
        )
