"""Every policy gradient is the derivative of the exact expected return, which is listed."""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from nisqdl.agents import AGENTS
from nisqdl.agents.approximators import (
    Approximator,
    CircuitOptions,
    NetworkOptions,
    approximator,
    circuit_model,
)
from nisqdl.agents.episodes import Episodes
from nisqdl.agents.learner import Budget, Task
from nisqdl.agents.segments import Segments
from nisqdl.agents.softmax import drawn, entropies_and_slopes, log_probabilities
from nisqdl.engines import find_engine
from nisqdl.environments.dynamics import (
    Dynamics,
    Floats,
    Integers,
    Observations,
    Outcome,
    Sizes,
)
from nisqdl.environments.encoding import Encoding
from nisqdl.noise.channels import IDEAL

Array = np.ndarray[Any, np.dtype[np.float64]]
NO_CHANCE = np.random.default_rng(0)
ACTIONS = 2
CIRCUIT = CircuitOptions(layers=1, qubits=2, observables="strings")


class PlaceState(NamedTuple):
    """Which of the states each copy is in."""

    place: Integers


class TwoSteps(Dynamics[PlaceState]):
    """Two actions, then it is cut off: state 0, then 1 + the (joint) action; rewards by chance.

    Args:
        agents: Number of agents; None for one alone.
        seed: Of the rewards.
    """

    def __init__(self, agents: int | None, seed: int) -> None:
        self.joint = ACTIONS ** (agents or 1)
        self.states = 1 + self.joint
        self.rewards = np.random.default_rng(seed).normal(size=(self.states, self.joint))
        self.agents = agents

    @property
    def sizes(self) -> Sizes:
        return Sizes(
            (0.0,) * self.states, (1.0,) * self.states, ACTIONS, 2, 0, 0, self.agents,
            None if self.agents is None else self.states,
        )  # fmt: skip

    @property
    def encoding(self) -> Encoding:
        return Encoding(self.sizes.low, self.sizes.high)

    def start(self, draws: Floats) -> PlaceState:
        return PlaceState(np.zeros(len(draws), dtype=np.int64))

    def joined(self, actions: Integers) -> Integers:
        wide = actions.reshape(len(actions), -1)
        total: Integers = (wide * ACTIONS ** np.arange(wide.shape[1])).sum(axis=1)
        return total

    def advance(
        self, state: PlaceState, actions: Integers, draws: Floats
    ) -> tuple[PlaceState, Outcome]:
        joint = self.joined(actions)
        rewards = self.rewards[state.place, joint]
        never = np.zeros(len(actions), dtype=bool)
        return PlaceState(np.where(state.place == 0, 1 + joint, 0)), Outcome(rewards, never)

    def observe(self, state: PlaceState) -> Observations:
        seen = np.eye(self.states, dtype=np.float32)[state.place]
        agents = self.sizes.agents
        return seen if agents is None else np.repeat(seen[:, None], agents, axis=1)

    def facts(self, state: PlaceState) -> dict[str, NDArray[Any]]:
        if self.sizes.agents is None:
            return {}
        return {"state": np.eye(self.states, dtype=np.float32)[state.place]}

    def histories(self) -> list[Integers]:
        """All pairs of joint actions, each action (2, agents)."""
        agents = self.sizes.agents or 1
        choices = product(range(ACTIONS), repeat=2 * agents)
        return [np.array(choice).reshape(2, agents) for choice in choices]


def _learner(name: str, dynamics: TwoSteps, options: dict[str, Any], kind: str) -> Any:
    agent = AGENTS[name]
    functions: dict[str, Approximator] = {}
    for role, shape in agent.shapes(dynamics.sizes, dynamics.encoding).items():
        if kind == "circuit" and role == "policy":
            evaluator = find_engine("statevector").prepare(circuit_model(CIRCUIT, shape), IDEAL)
            functions[role] = approximator(CIRCUIT, shape, evaluator)
        else:
            functions[role] = approximator(NetworkOptions(hidden=()), shape)
    task = Task(dynamics, functions, agent.read_options(options), Budget(episodes=1), 0)
    return agent.learner(task)


def _seen(dynamics: TwoSteps, history: Any) -> tuple[Array, Array, Array]:
    """Observations (2, agents, F), rewards (2,) and places (2,) of a history."""
    joint = dynamics.joined(history)
    places = np.array([0, 1 + joint[0]])
    rows = np.eye(dynamics.states)[places]
    agents = history.shape[1]
    return np.repeat(rows[:, None], agents, axis=1), dynamics.rewards[places, joint], places


def _chance(learner: Any, parameters: Array, seen: Array, history: Any) -> float:
    logits = learner.task.approximators["policy"].outputs(
        seen.reshape(-1, seen.shape[-1]), parameters, NO_CHANCE
    )
    logs = log_probabilities(logits)[np.arange(len(logits)), history.ravel()]
    return float(np.exp(logs.sum()))


def _expected_return(learner: Any, parameters: Array) -> float:
    dynamics = learner.task.dynamics
    total = 0.0
    for history in dynamics.histories():
        seen, rewards, _ = _seen(dynamics, history)
        total += _chance(learner, parameters, seen, history) * rewards.sum()
    return total


def _slope(learner: Any) -> Array:
    parameters, step = learner.parameters["policy"], 1e-5
    return np.array(
        [
            (
                _expected_return(learner, parameters + step * e)
                - _expected_return(learner, parameters - step * e)
            )
            / (2 * step)
            for e in np.eye(len(parameters))
        ]
    )


def _expected_gradient(learner: Any, gradient: Any) -> Array:
    """Σ over histories of probability · gradient(seen, rewards, places, history)."""
    dynamics, parameters = learner.task.dynamics, learner.parameters["policy"]
    total = np.zeros_like(parameters)
    for history in dynamics.histories():
        seen, rewards, places = _seen(dynamics, history)
        rows, pull = gradient(seen, rewards, places, history)
        _, found = learner.task.approximators["policy"].outputs_and_gradient(
            rows, parameters, pull, NO_CHANCE
        )
        total += _chance(learner, parameters, seen, history) * found
    return total


@pytest.mark.parametrize("kind", ["circuit", "network"])
@pytest.mark.parametrize("agents", [None, 2])
@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 1000))
def test_reinforce(agents: int | None, kind: str, seed: int) -> None:
    learner = _learner("reinforce", TwoSteps(agents, seed), {"normalise": "none"}, kind)

    def gradient(seen: Array, rewards: Array, places: Array, history: Any) -> Any:
        count = history.shape[1]
        episodes = Episodes(
            seen.reshape(-1, seen.shape[-1]), history.ravel(), np.repeat([0, 1], count),
            np.zeros(2 * count, dtype=int), rewards[None], np.array([2]),
        )  # fmt: skip
        return episodes.observations, learner.policy_pull(episodes)

    assert -_expected_gradient(learner, gradient) == pytest.approx(_slope(learner), abs=1e-7)


@pytest.mark.parametrize("normalise", ["episode", "batch", "step"])
def test_returns_are_normalised_as_they_say(normalise: str) -> None:
    """Three episodes of 3, 1 and 2 steps, by loops."""
    learner = _learner("reinforce", TwoSteps(None, 0), {"normalise": normalise}, "network")
    lengths = [3, 1, 2]
    rewards = np.array([[1.0, 2.0, 4.0], [3.0, 0.0, 0.0], [0.5, -1.0, 0.0]])
    togo = [[rewards[i, t:n].sum() for t in range(n)] for i, n in enumerate(lengths)]
    if normalise == "step":
        others = [
            [[togo[j][t] for j, m in enumerate(lengths) if j != i and t < m] for t in range(n)]
            for i, n in enumerate(lengths)
        ]
        togo = [
            [g - (np.mean(o) if o else 0) for g, o in zip(row, rest, strict=True)]
            for row, rest in zip(togo, others, strict=True)
        ]
    everything = np.concatenate(togo)
    expected = []
    for row in togo:
        over = np.array(row) if normalise == "episode" else everything
        expected += [(g - over.mean()) / (over.std() + 1e-8) for g in row]
    copies = np.repeat([0, 1, 2], lengths)
    steps = np.concatenate([np.arange(n) for n in lengths])
    rows = np.zeros((6, 3))
    episodes = Episodes(rows, np.zeros(6, dtype=int), steps, copies, rewards, np.array(lengths))
    # With even chances, ∂ log π of the action is ½.
    slopes = learner.policy_pull(episodes)(np.zeros((6, 2)))[:, 0]
    assert slopes == pytest.approx(-np.array(expected) / 3 / 2)


@pytest.mark.parametrize("name", ["a2c", "ppo"])
@pytest.mark.parametrize("kind", ["circuit", "network"])
@pytest.mark.parametrize("agents", [None, 2])
@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 1000), trace=st.sampled_from([0.0, 0.5, 1.0]))
def test_actors_with_critics(
    name: str, agents: int | None, kind: str, seed: int, trace: float
) -> None:
    """With λ = 1 any critic gives the gradient; with less, the one that is right does."""
    dynamics = TwoSteps(agents, seed)
    options = {"discount": 1.0, "trace": trace, "normalise": False, "entropy": 0.0, "copies": 1}
    learner = _learner(name, dynamics, options, kind)
    scale = 1 / dynamics.sizes.horizon
    source = np.random.default_rng(seed)
    values = source.normal(size=dynamics.states) if trace == 1 else _values(learner) * scale
    learner.parameters["critic"] = _table(values)

    def gradient(seen: Array, rewards: Array, places: Array, history: Any) -> Any:
        logits = learner.task.approximators["policy"].outputs(
            seen.reshape(-1, seen.shape[-1]), learner.parameters["policy"], NO_CHANCE
        )
        logs = log_probabilities(logits)[np.arange(len(logits)), history.ravel()]
        states = np.eye(dynamics.states)[places][:, None]
        # It really ends after two steps: a time limit would leave a value behind.
        ends = np.array([[False], [True]])
        segments = Segments(
            seen[:, None], history[:, None], logs.reshape(2, 1, -1), states, states,
            rewards[:, None] * scale, ends, ends,
        )  # fmt: skip
        advantages, targets = learner.judged(segments)
        assert targets == pytest.approx(advantages + values[places][:, None])
        if name == "ppo":
            return learner.policy_pull(segments, advantages, np.arange(2))
        rows = seen.reshape(-1, seen.shape[-1])
        return rows, learner.policy_pull(segments, advantages)

    decisions = 2 * (agents or 1)
    found = -_expected_gradient(learner, gradient) * decisions / scale
    assert found == pytest.approx(_slope(learner), abs=1e-7)


def _values(learner: Any) -> Array:
    """The policy's expected rewards to come, of each place."""
    dynamics = learner.task.dynamics
    totals, chances = np.zeros(dynamics.states), np.zeros(dynamics.states)
    for history in dynamics.histories():
        seen, rewards, places = _seen(dynamics, history)
        chance = _chance(learner, learner.parameters["policy"], seen, history)
        totals[places] += chance * rewards[::-1].cumsum()[::-1]
        chances[places] += chance
    return totals / chances


def _table(values: Array) -> Array:
    """Parameters of a linear map whose inputs are −1 but for one that is 1, with these values.

    A critic of one agent sees observations, encoded from −1 to 1, and one of a team the same.
    """
    weights = values / 2
    return np.concatenate([weights, [weights.sum()]])


def test_ppo_gains_nothing_far_from_where_it_was() -> None:
    dynamics = TwoSteps(None, 1)
    learner = _learner("ppo", dynamics, {"entropy": 0.0, "copies": 1, "clip": 0.2}, "network")
    _, rewards, places = _seen(dynamics, np.array([[1], [1]]))
    rows = np.eye(dynamics.states)[places]
    logits = learner.task.approximators["policy"].outputs(
        rows, learner.parameters["policy"], NO_CHANCE
    )
    now = log_probabilities(logits)[[0, 1], [1, 1]]
    flags = np.zeros((2, 1), dtype=bool)
    for sign, shift, moves in [
        (1, -0.3, False),
        (1, 0.3, True),
        (-1, 0.3, False),
        (-1, -0.3, True),
    ]:
        # Where log π was `shift` higher, the ratio is exp(−shift).
        segments = Segments(
            rows[:, None, None], np.ones((2, 1, 1), dtype=int), (now + shift).reshape(2, 1, 1),
            rows[:, None], rows[:, None], rewards[:, None], flags, flags,
        )  # fmt: skip
        _, pull = learner.policy_pull(segments, np.full((2, 1), float(sign)), np.arange(2))
        assert pull(logits).any() == moves, (sign, shift)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_softmax(seed: int) -> None:
    source = np.random.default_rng(seed)
    logits = source.normal(size=(3, 4)) * 3
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.exp(log_probabilities(logits)) == pytest.approx(shares)
    entropies, slopes = entropies_and_slopes(logits)
    assert entropies == pytest.approx(-(shares * np.log(shares)).sum(axis=1))
    step = 1e-6
    for action in range(4):
        shift = step * np.eye(4)[action]
        rise = entropies_and_slopes(logits + shift)[0] - entropies_and_slopes(logits - shift)[0]
        assert slopes[:, action] == pytest.approx(rise / (2 * step), abs=1e-8)
    many = drawn(np.tile(logits[:1], (20_000, 1)), source.random(20_000))
    # Four standard deviations of a share of 20 000.
    assert np.bincount(many, minlength=4) / 20_000 == pytest.approx(shares[0], abs=4 * 0.0036)
