"""Learning from beginning to end, or from where it was interrupted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from nisqdl.agents.approximators import Approximator
from nisqdl.agents.approximators.contract import Array
from nisqdl.agents.contract import Agent
from nisqdl.agents.curve import Curve
from nisqdl.agents.learner import Budget, Learner, LearningState, Task
from nisqdl.environments.dynamics import Dynamics
from nisqdl.errors import InputError
from nisqdl.store.record import Json, content_hash


@dataclass(frozen=True, eq=False)
class Learned:
    """The result of a learning.

    Attributes:
        agent: Name of the agent.
        parameters: Of each of its functions, by role.
        curve: Finished episodes.
        updates: Updates done.
        environment_steps: Steps done, those of unfinished episodes included.
        circuit_evaluations: Circuits that a device would have run.
    """

    agent: str
    parameters: Mapping[str, Array]
    curve: Curve
    updates: int
    environment_steps: int
    circuit_evaluations: int


@dataclass(frozen=True, eq=False)
class Standing:
    """What a watcher sees after each update.

    Attributes:
        updates: Updates done.
        episodes: Episodes finished.
        steps: Steps of the environment done.
        recent: Mean return of the last ten episodes; None before the first.
        state: Makes the state to go on from; call it when it shall be saved.
    """

    updates: int
    episodes: int
    steps: int
    recent: float | None
    state: Callable[[], LearningState]


def learn(
    agent: Agent,
    options: Any,
    dynamics: Dynamics[Any],
    approximators: Mapping[str, Approximator],
    budget: Budget,
    seed: int,
    watch: Callable[[Standing], None] | None = None,
    resume: LearningState | None = None,
    conditions: Json = None,
) -> Learned:
    """Learn until the budget is used up; the same arguments give the same result.

    Args:
        agent: Who learns.
        options: Its options (:meth:`Agent.read_options`).
        dynamics: The environment's rules.
        approximators: Its functions by role, of the shapes of :meth:`Agent.shapes`.
        budget: How long.
        seed: Of everything random.
        watch: Sees each update; an exception of it ends the learning.
        resume: Go on from this state, on the same path.
        conditions: What else must be the same to resume, such as the environment's options, the
            device and its noise.

    Raises:
        InputError: A function is missing or does not fit, or the state belongs to another learning.
    """
    _check(agent, dynamics, approximators)
    origin = content_hash(_origin(agent, options, dynamics, approximators, seed, conditions))
    learner = agent.learner(Task(dynamics, approximators, options, budget, seed))
    if resume is not None:
        if resume.origin != origin:
            raise InputError(
                "The learning state belongs to another agent, environment, function or seed: delete"
                " it and learn again."
            )
        learner.resume(resume)
    while not learner.finished():
        learner.update()
        if watch is not None:
            watch(_standing(learner, origin))
    return Learned(
        agent.name,
        dict(learner.parameters),
        learner.curve(),
        learner.updates,
        learner.tally.steps,
        learner.tally.circuits,
    )


def _standing(learner: Learner[Any], origin: str) -> Standing:
    last = learner.tally.returns[-10:]
    return Standing(
        learner.updates,
        len(learner.tally.returns),
        learner.tally.steps,
        sum(last) / len(last) if last else None,
        lambda: learner.state(origin),
    )


def _check(
    agent: Agent, dynamics: Dynamics[Any], approximators: Mapping[str, Approximator]
) -> None:
    wanted = {role.name for role in agent.roles}
    if set(approximators) != wanted:
        raise InputError(
            f"Agent {agent.name!r} needs the functions {', '.join(sorted(wanted))}, but was given"
            f" {', '.join(sorted(approximators)) or 'none'}."
        )
    encoding = approximators[agent.acts].shape.encoding
    for role, shape in agent.shapes(dynamics.sizes, encoding).items():
        found = approximators[role].shape
        if (found.features, found.outputs) != (shape.features, shape.outputs):
            raise InputError(
                f"The {role} of agent {agent.name!r} must take {shape.features} features and give"
                f" {shape.outputs} outputs here, but takes {found.features} and gives"
                f" {found.outputs}."
            )


def _origin(
    agent: Agent,
    options: Any,
    dynamics: Dynamics[Any],
    approximators: Mapping[str, Approximator],
    seed: int,
    conditions: Json,
) -> Json:
    return {
        "agent": agent.name,
        "options": options.model_dump(mode="json"),
        # An infinite bound is no JSON number.
        "sizes": str(dynamics.sizes),
        "functions": {role: function.identity for role, function in approximators.items()},
        "seed": seed,
        "conditions": conditions,
    }
