"""Gymnasium's own environments as the oracle of our batched forms."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
import pytest

from nisqdl.environments import ENVIRONMENTS
from nisqdl.environments.acrobot import AcrobotState
from nisqdl.environments.policy import episode_tape, play

FROZEN = ENVIRONMENTS["frozen_lake"]


@pytest.mark.parametrize(
    ("name", "options", "theirs", "arguments"),
    [
        ("cart_pole", {}, "CartPole-v1", {}),
        ("acrobot", {}, "Acrobot-v1", {}),
        ("frozen_lake", {}, "FrozenLake-v1", {}),
        ("frozen_lake", {"slippery": False}, "FrozenLake-v1", {"is_slippery": False}),
        ("frozen_lake", {"map": "8x8"}, "FrozenLake8x8-v1", {}),
    ],
)
def test_is_the_one_of_gymnasium(
    name: str, options: dict[str, Any], theirs: str, arguments: dict[str, Any]
) -> None:
    """The same seed and actions give the same episode, to its end.

    The acrobot is chaotic: rounding grows a hundredfold in a few swings. So each of its steps
    begins where Gymnasium's does.
    """
    environment = ENVIRONMENTS[name]
    ours = environment.single(environment.read_options(options))
    original = gymnasium.make(theirs, **arguments)
    source = np.random.default_rng(2)
    for seed in range(2 if name == "acrobot" else 12):
        seen, its = ours.reset(seed=seed)[0], original.reset(seed=seed)[0]
        over = False
        while not over:
            compare(name, seen, its)
            action = source.integers(ours.action_space.n)
            seen, *mine = ours.step(action)
            its, *others = original.step(action)
            assert mine[:3] == others[:3]
            over = mine[1] or mine[2]
            if name == "acrobot" and not over:
                compare(name, seen, its)
                ours._state = AcrobotState(original.unwrapped.state[None].astype(float))
        compare(name, seen, its)


def compare(name: str, seen: Any, its: Any) -> None:
    if name == "frozen_lake":
        assert int("".join(f"{bit:.0f}" for bit in seen), 2) == its
    else:
        np.testing.assert_allclose(seen, its, rtol=1e-6, atol=1e-6)


def test_optimum_of_the_lake_reaches_what_it_expects() -> None:
    """Its mean return over 20,000 episodes lies within 4 standard errors of its own value."""
    dynamics = FROZEN.rules(FROZEN.read_options({}))
    expected = dynamics.values()[-1, 0]
    assert 0.73 < expected < 0.75  # 0.82 without a time limit
    tape = episode_tape(dynamics, 20_000, 0)
    returns = play(dynamics, tape, FROZEN.prepared("optimum", dynamics, tape, 0)).returns
    error = np.sqrt(expected * (1 - expected) / len(returns))
    assert abs(returns.mean() - expected) < 4 * error


def test_table_comes_near_the_optimum_of_the_lake() -> None:
    """Three trainings on 1000 episodes each: above nine tenths of what is possible in the mean,
    and never above it by more than 4 standard errors."""
    dynamics = FROZEN.rules(FROZEN.read_options({}))
    best = dynamics.values()[-1, 0]
    found = []
    for seed in range(3):
        tape = episode_tape(dynamics, 1000, 1000 * seed)
        act = FROZEN.prepared("q_table", dynamics, tape, seed)
        found.append(play(dynamics, tape, act).returns.mean())
    assert np.mean(found) > 0.9 * best
    assert max(found) < best + 4 * np.sqrt(best * (1 - best) / 1000)


def test_optimum_of_the_firm_lake_always_arrives() -> None:
    dynamics = FROZEN.rules(FROZEN.read_options({"slippery": False}))
    tape = episode_tape(dynamics, 3, 0)
    played = play(dynamics, tape, FROZEN.prepared("optimum", dynamics, tape, 0))
    assert played.returns.tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("name", "baseline", "at_least"),
    [
        ("cart_pole", "linear", 499.0),
        ("acrobot", "energy", -120.0),
    ],
)
def test_controllers_control(name: str, baseline: str, at_least: float) -> None:
    environment = ENVIRONMENTS[name]
    dynamics = environment.rules(environment.options())
    tape = episode_tape(dynamics, 100, 0)
    returns = play(dynamics, tape, environment.prepared(baseline, dynamics, tape, 0)).returns
    assert returns.mean() >= at_least


def test_shaped_rewards_are_those_of_chen_et_al() -> None:
    """−0.01 on the ice, −0.2 in a hole, 1 at the goal; dry ice, from the upper left."""
    dynamics = FROZEN.rules(FROZEN.read_options({"slippery": False, "rewards": "shaped"}))
    rewards = []
    state = dynamics.start(np.zeros((1, 1)))
    for action in (2, 2, 1, 1, 1, 2):
        state, outcome = dynamics.advance(state, np.array([action]), np.zeros((1, 1)))
        rewards.append(float(outcome.rewards[0]))
    assert rewards == [-0.01] * 5 + [1.0]
    assert outcome.terminated.all()
    fallen, outcome = dynamics.advance(
        dynamics.start(np.zeros((1, 1))), np.array([1]), np.zeros((1, 1))
    )
    _, outcome = dynamics.advance(fallen, np.array([2]), np.zeros((1, 1)))
    assert (float(outcome.rewards[0]), bool(outcome.terminated[0])) == (-0.2, True)
