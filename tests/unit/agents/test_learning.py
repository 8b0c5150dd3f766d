"""Learning is determined by its arguments, goes on where it stopped, and learns."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nisqdl.agents import AGENTS
from nisqdl.agents.acting import actor
from nisqdl.agents.approximators import (
    CircuitOptions,
    approximator,
    circuit_model,
    needs_evaluator,
)
from nisqdl.agents.checkpoint import (
    learned_from_bytes,
    learned_to_bytes,
    state_from_bytes,
    state_to_bytes,
)
from nisqdl.agents.curve import Curve
from nisqdl.agents.learn import Learned, Standing, learn
from nisqdl.agents.learner import Budget, LearningState
from nisqdl.engines import find_engine
from nisqdl.environments import ENVIRONMENTS
from nisqdl.environments.policy import episode_tape, play
from nisqdl.errors import InputError
from nisqdl.noise.channels import IDEAL, NoiseChannels, Readout

FAST: dict[str, dict[str, Any]] = {
    "circuit": {"layers": 1},
    "network": {"kind": "network", "hidden": [4]},
}


def learned(
    agent: str,
    environment: str,
    functions: dict[str, Any],
    budget: Budget,
    options: dict[str, Any] | None = None,
    seed: int = 0,
    given: dict[str, Any] | None = None,
    **more: Any,
) -> Learned:
    member, place = AGENTS[agent], ENVIRONMENTS[environment]
    setting = place.read_options(given or {})
    dynamics = place.rules(setting)
    shapes = member.shapes(dynamics.sizes, place.encoding(setting))
    made = {}
    for role, shape in shapes.items():
        chosen = member.read_approximator(role, functions)
        evaluator = None
        if needs_evaluator(chosen):
            model = circuit_model(chosen, shape)  # type: ignore[arg-type]
            evaluator = find_engine("statevector").prepare(model, IDEAL)
        made[role] = approximator(chosen, shape, evaluator)
    return learn(member, member.read_options(options or {}), dynamics, made, budget, seed, **more)


class Killed(Exception):
    pass


OFTEN: dict[str, dict[str, Any]] = {
    "reinforce": {"batch": 2},
    "dqn": {"update_every": 5, "memory": 60, "copies": 2},
    "vq_dqn": {"update_every": 5},
    "a2c": {"copies": 2, "steps": 8},
    "ppo": {"copies": 2, "steps": 8, "epochs": 2, "batches": 2},
}
"""Options with which there are many updates in few steps."""


SHORT: dict[str, dict[str, Any]] = {"offloading_team": {"slots": 30}}
"""Options with which there are a few episodes in few steps."""


@pytest.mark.parametrize(
    ("agent", "environment", "kind"),
    [
        *product(AGENTS, ["cart_pole", "offloading_team"], FAST),
        *product(["dqn", "ppo"], ENVIRONMENTS, ["network"]),
    ],
)
def test_killed_and_resumed_is_the_same_path(agent: str, environment: str, kind: str) -> None:
    def path(seed: int = 0, **more: Any) -> Learned:
        options, given = OFTEN.get(agent, {}), SHORT.get(environment)
        return learned(
            agent, environment, FAST[kind], Budget(steps=180), options, seed, given, **more
        )

    whole = path()
    stops = set(np.random.default_rng(0).choice(np.arange(1, whole.updates), 2, replace=False))
    saved: list[bytes] = []

    def watch(standing: Standing) -> None:
        if standing.updates in stops:
            stops.remove(standing.updates)
            saved.append(state_to_bytes(standing.state()))
            raise Killed

    for _ in range(2):
        with pytest.raises(Killed):
            path(watch=watch, resume=state_from_bytes(saved[-1]) if saved else None)
    again = path(resume=state_from_bytes(saved[-1]))
    assert learned_to_bytes(again) == learned_to_bytes(whole)
    assert learned_to_bytes(learned_from_bytes(learned_to_bytes(whole))) == learned_to_bytes(whole)
    assert learned_to_bytes(path(seed=1)) != learned_to_bytes(whole)


@pytest.mark.parametrize("agent", AGENTS)
def test_a_state_stays_as_it_was(agent: str) -> None:
    """What goes on in learning after a state was taken does not change it."""
    states: list[LearningState] = []
    then: list[bytes] = []

    def watch(standing: Standing) -> None:
        states.append(standing.state())
        then.append(state_to_bytes(states[-1]))

    learned(agent, "cart_pole", FAST["network"], Budget(steps=100), OFTEN.get(agent), watch=watch)
    assert [state_to_bytes(state) for state in states] == then


@given(returns=st.lists(st.floats(-1e3, 1e3), max_size=30), episodes=st.integers(1, 12))
def test_best_is_the_largest_mean_of_so_many_in_a_row(returns: list[float], episodes: int) -> None:
    counts = tuple(range(len(returns)))
    found = Curve(tuple(returns), counts, counts).best(episodes)
    means = [
        sum(returns[first : first + episodes]) / episodes
        for first in range(len(returns) - episodes + 1)
    ]
    assert found == (pytest.approx(max(means), abs=1e-9) if means else None)


def test_a_state_of_another_learning_is_refused() -> None:
    states: list[Any] = []
    budget = Budget(episodes=10)
    learned(
        "reinforce", "cart_pole", FAST["network"], budget,
        watch=lambda standing: states.append(standing.state()),
    )  # fmt: skip
    with pytest.raises(InputError, match="belongs to another"):
        learned("reinforce", "cart_pole", FAST["network"], budget, seed=1, resume=states[0])
    damaged = bytearray(state_to_bytes(states[0]))
    damaged[200] ^= 1
    with pytest.raises(InputError, match="cannot be read"):
        state_from_bytes(bytes(damaged))


def test_reinforce_learns_cart_pole() -> None:
    """Published: a mean of 450 by episode 290; here all of ten seeds pass 100 by episode 150."""
    found = learned("reinforce", "cart_pole", {}, Budget(episodes=150))
    assert found.curve.recent(30) > 60  # random: 22
    assert len(found.curve) == 150
    assert found.curve.environment_steps[-1] == found.environment_steps
    assert sum(found.curve.returns) == found.environment_steps  # reward 1 a step


LEARNS: dict[str, tuple[int, dict[str, Any]]] = {
    "reinforce": (8000, {"normalise": "batch"}),
    "dqn": (4000, {"update_every": 2, "discount": 0.9, "rates": {"input": 0.01, "weights": 0.01}}),
    "vq_dqn": (3000, {"discount": 0.9}),
    "a2c": (6000, {}),
    "ppo": (6000, {}),
}


@pytest.mark.parametrize("agent", AGENTS)
def test_every_agent_keeps_out_of_the_way(agent: str) -> None:
    """Cognitive radio: 100 slots without collision are the best, random actions have 6.4."""
    steps, options = LEARNS.get(agent, (6000, {}))
    member, place = AGENTS[agent], ENVIRONMENTS["cognitive_radio"]
    dynamics = place.rules(place.options())
    found = learned(agent, "cognitive_radio", {}, Budget(steps=steps), options)
    shape = member.shapes(dynamics.sizes, place.encoding(place.options()))[member.acts]
    # Judged under the readout errors of a device, which did not learn.
    chosen = member.read_approximator(member.acts, {})
    assert isinstance(chosen, CircuitOptions)
    readout = {qubit: Readout(0.02, 0.05) for qubit in range(4)}
    noise = NoiseChannels(name="readout", readout=readout)
    evaluator = find_engine("statevector").prepare(circuit_model(chosen, shape), noise)
    function = approximator(chosen, shape, evaluator)
    act = actor(function, found.parameters[member.acts], "greedy", np.random.default_rng(0))
    returns = play(dynamics, episode_tape(dynamics, 40, 0), act).returns
    assert returns.mean() > 60
