"""What is known of an environment, and what its baselines reach, as one JSON document."""

from __future__ import annotations

from typing import Any

import numpy as np

from nisqdl.environments import ENVIRONMENTS
from nisqdl.environments.contract import Environment, EnvironmentOptions
from nisqdl.environments.dynamics import Booleans, Dynamics, Integers, Outcome, Tape
from nisqdl.environments.policy import Act, Played, Scene, episode_tape, play
from nisqdl.store.record import Json


def environment_summary(
    name: str,
    options: EnvironmentOptions | None = None,
    episodes: int = 50,
    seed: int = 0,
) -> dict[str, Json]:
    """State, actions, reward, options, and each baseline's returns with one episode of it.

    Args:
        name: The environment's name.
        options: Its options; None for the defaults.
        episodes: Number of episodes, the same ones for every baseline.
        seed: Episode i is the first one after ``reset(seed=seed + i)``; baselines draw and train
            with seeds derived from it.

    Raises:
        InputError: There is no such environment.
    """
    environment = ENVIRONMENTS.find(name)
    chosen = options or environment.options()
    dynamics = environment.rules(chosen)
    sizes, encoding = dynamics.sizes, environment.encoding(chosen)
    return {
        "name": name,
        "summary": environment.summary,
        "source": environment.source,
        "agents": sizes.agents or 1,
        "steps": sizes.horizon,
        "observation": [
            {"meaning": feature.meaning, "unit": feature.unit, "low": low, "high": high}
            for feature, low, high in zip(
                environment.features(chosen), encoding.low, encoding.high, strict=True
            )
        ],
        "angles": [encoding.first, encoding.last],
        "state_features": sizes.state,
        "actions": list(environment.actions(chosen)),
        "reward": environment.reward,
        "options": chosen.model_dump(mode="json"),
        "seeds": [seed, seed + episodes - 1],
        "portrait": environment.portrait.label,
        "baselines": [
            {
                "name": baseline.name,
                "rule": baseline.summary,
                "sees": baseline.sees,
                **_episodes(environment, dynamics, baseline.name, episodes, seed),
            }
            for baseline in environment.baselines.values()
        ],
    }


def followed(
    environment: Environment, dynamics: Dynamics[Any], tape: Tape, act: Act
) -> tuple[Played, dict[str, Json]]:
    """Whole episodes, and the first of them step by step.

    Args:
        environment: Whose portrait is followed.
        dynamics: Its rules.
        tape: The episodes' chance.
        act: Chooses the actions.

    Returns:
        The episodes; and of the first one, for each step, what is ``followed`` and the
        ``return_so_far``.
    """
    rewards: list[float] = []
    values: list[float] = []

    def watch(scene: Scene[Any], actions: Integers, outcome: Outcome, alive: Booleans) -> None:
        if alive[0]:
            values.append(float(environment.portrait.value(scene.state)[0]))
            rewards.append(float(outcome.rewards[0]))

    played = play(dynamics, tape, act, watch)
    return played, {"followed": values, "return_so_far": np.cumsum(rewards).tolist()}


def _episodes(
    environment: Environment, dynamics: Dynamics[Any], baseline: str, episodes: int, seed: int
) -> dict[str, Json]:
    """Returns of all episodes, and the first one step by step."""
    tape = episode_tape(dynamics, episodes, seed)
    act = environment.prepared(baseline, dynamics, tape, seed)
    played, episode = followed(environment, dynamics, tape, act)
    return {"returns": played.returns.tolist(), "episode": episode}
