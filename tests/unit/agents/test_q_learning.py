"""Values: targets are those of tabular Q-learning, and what is learned is the optimum."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.agents import AGENTS
from nisqdl.agents.approximators import NetworkOptions, approximator
from nisqdl.agents.learn import learn
from nisqdl.agents.learner import Budget, Task
from nisqdl.agents.q_learning import Exploration, q_targets
from nisqdl.agents.replay import Replay, Transitions
from nisqdl.environments.dynamics import (
    Dynamics,
    Floats,
    Integers,
    Observations,
    Outcome,
    Sizes,
)
from nisqdl.environments.encoding import Encoding
from nisqdl.errors import InputError


class PlaceState(NamedTuple):
    """Which of the states each copy is in."""

    place: Integers


class Chain(Dynamics[PlaceState]):
    """Four places in a row; right costs 0.1 and ends with 1 at the last, left ends with 0.5."""

    sizes = Sizes((0.0,) * 4, (1.0,) * 4, 2, 20, 1, 0)

    def start(self, draws: Floats) -> PlaceState:
        return PlaceState((draws[:, 0] * 3).astype(np.int64))

    def advance(
        self, state: PlaceState, actions: Integers, draws: Floats
    ) -> tuple[PlaceState, Outcome]:
        right = actions == 1
        arrived = right & (state.place == 2)
        rewards = np.where(arrived, 1.0, np.where(right, -0.1, 0.5))
        return PlaceState(state.place + right), Outcome(rewards, arrived | ~right)

    def observe(self, state: PlaceState) -> Observations:
        return np.eye(4, dtype=np.float32)[state.place]

    def values(self, discount: float) -> Floats:
        """Q* of places 0 to 2, shape (3, 2), by hand from the end."""
        values = np.full((3, 2), 0.5)
        values[2, 1] = 1.0
        for place in (1, 0):
            values[place, 1] = -0.1 + discount * values[place + 1].max()
        return values


LINE = Encoding(Chain.sizes.low, Chain.sizes.high)


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10**6), discount=st.floats(0, 1))
def test_targets_are_those_of_tabular_q_learning(seed: int, discount: float) -> None:
    source = np.random.default_rng(seed)
    table = source.normal(size=(4, 2))
    rewards, after = source.normal(size=10), source.integers(4, size=10)
    ended = source.random(10) < 0.3
    expected = [
        r if over else r + discount * max(table[there])
        for r, there, over in zip(rewards, after, ended, strict=True)
    ]
    assert q_targets(rewards, ended, table[after], discount) == pytest.approx(expected)


@pytest.mark.parametrize("name", ["dqn", "vq_dqn"])
@pytest.mark.parametrize("copies", [1, 3])
def test_a_table_learns_the_values_of_a_chain(name: str, copies: int) -> None:
    """Off policy: all actions are random throughout, and the values are still the optimum's."""
    agent = AGENTS[name]
    options = {
        "discount": 0.9, "copies": copies, "loss": "squared", "memory": 500, "batch": 32,
        "update_every": 3, "exploration": {"first": 1.0, "least": 1.0, "decay": 1.0},
        "rule": "amsgrad", "rates": {"network": 0.02},
    }  # fmt: skip
    if name == "vq_dqn":
        options["exploration"] = {"first": 1.0, "least": 1.0, "decay": 0.0}
    shape = agent.shapes(Chain.sizes, LINE)["values"]
    function = approximator(NetworkOptions(hidden=()), shape)
    learned = learn(
        agent, agent.read_options(options), Chain(), {"values": function}, Budget(steps=4500), 0
    )
    rows = np.eye(4)[:3]
    found = function.outputs(rows, learned.parameters["values"], np.random.default_rng(0))
    assert found == pytest.approx(Chain().values(0.9), abs=0.03)


@pytest.mark.parametrize("loss", ["huber", "squared"])
def test_pull_is_the_slope_of_the_loss(loss: str) -> None:
    agent = AGENTS["dqn"]
    shape = agent.shapes(Chain.sizes, LINE)["values"]
    function = approximator(NetworkOptions(hidden=()), shape)
    task = Task(
        Chain(), {"values": function}, agent.read_options({"loss": loss}), Budget(steps=1), 0
    )
    learner: Any = agent.learner(task)
    source = np.random.default_rng(0)
    outputs, targets = source.normal(size=(6, 2)) * 2, source.normal(size=6)
    batch = Transitions(
        np.zeros((6, 4)), source.integers(2, size=6), np.zeros(6), np.zeros((6, 4)), np.zeros(6) > 0
    )

    def value(at: Any) -> float:
        errors = np.abs(at[np.arange(6), batch.actions] - targets)
        huber = np.where(errors < 1, errors**2 / 2, errors - 0.5)
        return float((huber if loss == "huber" else errors**2).mean())

    slopes = learner.pull_to(batch, targets)(outputs)
    for place in np.ndindex(6, 2):
        shift = np.zeros((6, 2))
        shift[place] = 1e-6
        expected = (value(outputs + shift) - value(outputs - shift)) / 2e-6
        assert slopes[place] == pytest.approx(expected, abs=1e-8)


def test_exploration_falls_as_it_says() -> None:
    """Geometric as Skolik et al., harmonic as Chen et al.; the floor holds."""
    falling, epsilon = Exploration(first=1.0, least=0.5, decay=0.9), 1.0
    found = []
    for episode in range(10):
        epsilon = falling.after(epsilon, episode)
        found.append(epsilon)
    assert found[:3] == pytest.approx([0.9, 0.81, 0.729])
    assert found[-1] == 0.5
    harmonic = Exploration(least=0.0, rule="harmonic", decay=0.01)
    assert harmonic.after(harmonic.after(1.0, 0), 50) == pytest.approx(1 / 1.5)


def test_what_is_left_out_of_a_part_is_the_agents_own() -> None:
    rates = AGENTS["dqn"].read_options({"rates": {"weights": 0.5}}).rates
    assert (rates.input, rates.weights, rates.output) == (0.001, 0.5, 0.1)
    exploration = AGENTS["vq_dqn"].read_options({"exploration": {"first": 0.5}}).exploration
    assert (exploration.first, exploration.rule) == (0.5, "harmonic")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"memory": 5}, "must hold a batch"),
        ({"gamma": 0.9}, "no option of dqn named 'gamma'"),
        ({"rates": {"inputs": 0.1}}, "`dqn.rates.inputs` is no option"),
        ({"discount": 2}, "`dqn.discount` must be less than or equal to 1, but is 2"),
    ],
)
def test_wrong_options_are_told(given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        AGENTS["dqn"].read_options(given)


def test_replay_forgets_the_oldest() -> None:
    replay = Replay(5, 1)
    for first in (0, 3, 6):
        numbers = np.arange(first, first + 3)
        replay.add(Transitions(numbers[:, None], numbers, numbers, numbers[:, None], numbers > 100))
    kept = replay.drawn(5, np.random.default_rng(0))
    assert sorted(kept.actions) == [4, 5, 6, 7, 8]
    assert (kept.observations[:, 0] == kept.actions).all()
    again = Replay(5, 1)
    again.fill(replay.arrays())
    same = again.drawn(5, np.random.default_rng(0))
    assert (same.actions == kept.actions).all()
    assert len(again) == 5
