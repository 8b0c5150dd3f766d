"""A learner's copies see what single environments show, step by step and across episodes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nisqdl.agents.curve import Tally
from nisqdl.agents.segments import Segments
from nisqdl.agents.walk import Walk
from nisqdl.environments import ENVIRONMENTS


@pytest.mark.parametrize(
    ("name", "given"),
    [("cart_pole", {}), ("offloading_team", {"slots": 7}), ("cognitive_radio", {"slots": 20})],
)
def test_a_walk_is_that_of_single_environments(name: str, given: dict[str, Any]) -> None:
    environment = ENVIRONMENTS[name]
    options = environment.read_options(given)
    dynamics = environment.rules(options)
    agents = dynamics.sizes.agents or 1
    tally = Tally()
    walk = Walk(dynamics, 3, 11, tally)
    singles = [environment.single(options) for _ in range(3)]
    shown = [single.reset(seed=11 + i) for i, single in enumerate(singles)]
    returns, finished = np.zeros(3), []
    source = np.random.default_rng(0)
    for _ in range(60):
        for copy, (seen, info) in enumerate(shown):
            assert (walk.observations[copy] == np.reshape(seen, (agents, -1))).all()
            assert (walk.state[copy] == info.get("state", np.reshape(seen, (agents, -1))[0])).all()
        actions = source.integers(dynamics.sizes.actions, size=(3, agents))
        move = walk.step(actions)
        for copy, single in enumerate(singles):
            chosen = actions[copy, 0] if dynamics.sizes.agents is None else actions[copy]
            seen, reward, terminated, truncated, info = single.step(chosen)
            rows = np.reshape(seen, (agents, -1))
            assert move.rewards[copy] == reward
            assert (move.terminated[copy], move.over[copy]) == (terminated, terminated or truncated)
            assert (move.observations[copy] == rows).all()
            assert (move.state[copy] == info.get("state", rows[0])).all()
            returns[copy] += reward
            shown[copy] = (seen, info)
            if terminated or truncated:
                finished.append(returns[copy])
                returns[copy] = 0.0
                shown[copy] = single.reset()
    assert len(finished) > 3
    assert tally.returns == pytest.approx(finished)
    assert tally.steps == 180
    assert tally.at_steps == sorted(tally.at_steps)


@pytest.mark.parametrize("trace", [0.0, 0.7, 1.0])
def test_advantages_are_those_of_the_definition(trace: float) -> None:
    """Σₖ (γλ)ᵏ δₜ₊ₖ up to the episode's or the segment's end, by loops."""
    source = np.random.default_rng(1)
    steps, copies, discount = 12, 4, 0.9
    over = source.random((steps, copies)) < 0.25
    terminated = over & (source.random((steps, copies)) < 0.5)
    rewards, values = source.normal(size=(2, steps, copies))
    landed = source.normal(size=(steps, copies))  # V of where each step led, where it is asked for
    blank = np.zeros((steps, copies, 1))
    segments = Segments(
        blank[:, :, None], np.zeros((steps, copies, 1), dtype=int), blank, blank, blank,
        rewards, terminated, over,
    )  # fmt: skip
    found = segments.advantages(values, landed[segments.needed()], discount, trace)
    for copy in range(copies):
        for step in range(steps):
            total, weight = 0.0, 1.0
            for k in range(step, steps):
                if terminated[k, copy]:
                    following = 0.0
                elif over[k, copy] or k == steps - 1:
                    following = landed[k, copy]
                else:
                    following = values[k + 1, copy]
                total += weight * (rewards[k, copy] + discount * following - values[k, copy])
                weight *= discount * trace
                if over[k, copy]:
                    break
            assert found[step, copy] == pytest.approx(total)
