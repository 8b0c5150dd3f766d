"""What every environment of the table must do: Gymnasium's rules, one batch = many singles."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from nisqdl.environments import ENVIRONMENTS
from nisqdl.environments.contract import Environment
from nisqdl.environments.dynamics import Tape
from nisqdl.environments.policy import episode_tape, play
from nisqdl.errors import InputError

COPIES, STEPS = 5, 130


@pytest.fixture(params=list(ENVIRONMENTS))
def environment(request: pytest.FixtureRequest) -> Environment:
    return ENVIRONMENTS[request.param]


def test_table_lists_each_under_its_own_name() -> None:
    assert all(name == member.name for name, member in ENVIRONMENTS.items())


def test_passes_the_checker_of_gymnasium(environment: Environment) -> None:
    with warnings.catch_warnings():
        # It may say that there is no picture and no registered name, and nothing else.
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message=".*(render mode|not having a spec|inf).*")
        check_env(environment.single())


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP])
def test_batch_is_as_many_singles(environment: Environment, mode: AutoresetMode) -> None:
    batch = environment.vector(COPIES, autoreset=mode)
    singles = SyncVectorEnv([environment.single] * COPIES, autoreset_mode=mode)
    assert batch.single_observation_space == singles.single_observation_space
    assert batch.action_space == singles.action_space
    batch.action_space.seed(1)
    same(batch.reset(seed=7)[0], singles.reset(seed=7)[0])
    ends = 0
    for step in range(STEPS):
        if step == 60:  # an episode that is cut off by reset goes on with the same chance too
            same(batch.reset()[0], singles.reset()[0])
        actions = batch.action_space.sample()
        ours, theirs = batch.step(actions), singles.step(actions)
        for mine, its in zip(ours[:4], theirs[:4], strict=True):
            same(mine, its)
        over = ours[2] | ours[3]
        ends += int(over.sum())
        same_infos(ours[4], theirs[4], over)
    if environment.rules(environment.options()).sizes.horizon < STEPS // 2:
        assert ends >= COPIES


@pytest.mark.parametrize("mode", [AutoresetMode.SAME_STEP, AutoresetMode.NEXT_STEP])
def test_goes_on_from_a_checkpoint(environment: Environment, mode: AutoresetMode) -> None:
    """Through JSON text, into a new batch: the same steps, over the ends of episodes."""
    batch, other = (environment.vector(COPIES, autoreset=mode) for _ in range(2))
    batch.reset(seed=9)
    batch.action_space.seed(9)
    for _ in range(17):
        seen = batch.step(batch.action_space.sample())[0]
    same(other.go_on_from(json.loads(json.dumps(batch.position(), allow_nan=False))), seen)
    for _ in range(60):
        actions = batch.action_space.sample()
        for mine, its in zip(batch.step(actions)[:4], other.step(actions)[:4], strict=True):
            same(mine, its)
    same(batch.reset()[0], other.reset()[0])
    assert batch.position() == other.position()


def same(mine: Any, its: Any) -> None:
    np.testing.assert_array_equal(mine, its)
    assert np.asarray(mine).dtype == np.asarray(its).dtype


def same_infos(mine: dict[str, Any], its: dict[str, Any], over: Any) -> None:
    assert set(mine) == set(its)
    for key in mine:
        if key == "final_obs":
            same(mine[key][over], np.stack(its[key][over]))
        elif key == "final_info":
            same_infos(*({k: v[over] for k, v in i[key].items()} for i in (mine, its)), over)
        else:
            same(mine[key], its[key])


def test_observations_keep_their_bounds_and_become_angles(environment: Environment) -> None:
    options = environment.options()
    batch = environment.vector(20, options)
    features, encoding = environment.features(options), environment.encoding(options)
    sizes = batch.dynamics.sizes
    assert len(features) == len(sizes.low) == len(encoding.low) == len(encoding.high)
    assert all(feature.meaning and feature.unit for feature in features)
    assert len(environment.actions(options)) == sizes.actions
    seen, _ = batch.reset(seed=3)
    batch.action_space.seed(3)
    for _ in range(40):
        assert batch.observation_space.contains(seen)
        angles = encoding.angles(seen)
        assert angles.shape == seen.shape
        assert angles.min() >= encoding.first - 1e-12
        assert angles.max() <= encoding.last + 1e-12
        seen = batch.step(batch.action_space.sample())[0]


def test_encoding_maps_its_ends_to_its_angles(environment: Environment) -> None:
    encoding = environment.encoding(environment.options())
    ends = np.array([encoding.low, encoding.high])
    np.testing.assert_allclose(encoding.angles(ends)[0], encoding.first, atol=1e-12)
    np.testing.assert_allclose(encoding.angles(ends)[1], encoding.last, atol=1e-12)


def test_seed_decides_the_episodes(environment: Environment) -> None:
    dynamics = environment.rules(environment.options())
    for name in environment.baselines:
        first, again = (play_baseline(environment, dynamics, name, 4) for _ in range(2))
        np.testing.assert_array_equal(first, again)
    draws = [episode_tape(dynamics, 3, seed).start for seed in (4, 4, 8)]
    np.testing.assert_array_equal(draws[0], draws[1])


def play_baseline(environment: Environment, dynamics: Any, name: str, seed: int) -> Any:
    tape = episode_tape(dynamics, 3, seed)
    return play(dynamics, tape, environment.prepared(name, dynamics, tape, seed)).returns


def test_played_episodes_are_those_of_the_vector_form(environment: Environment) -> None:
    dynamics = environment.rules(environment.options())
    tape = episode_tape(dynamics, COPIES, 11)
    source = np.random.default_rng(0)
    shape = (dynamics.sizes.horizon, *environment.vector(COPIES).action_space.shape)
    script = source.integers(dynamics.sizes.actions, size=shape)
    played = play(dynamics, tape, lambda scene: script[scene.step])
    batch = environment.vector(COPIES)
    batch.reset(seed=11)
    returns, alive = np.zeros(COPIES), np.ones(COPIES, dtype=bool)
    for actions in script:
        _, rewards, terminated, truncated, _ = batch.step(actions)
        returns += rewards * alive
        alive &= ~(terminated | truncated)
    assert not alive.any()
    np.testing.assert_allclose(played.returns, returns, rtol=1e-12)


def test_only_those_who_say_so_see_the_future(environment: Environment) -> None:
    """Another future from step ``turn`` on changes no action before it, nor the one at it."""
    dynamics = environment.rules(environment.options())
    turn = min(20, dynamics.sizes.horizon // 2)
    tape = episode_tape(dynamics, 4, 5)
    other = np.random.default_rng(99).random(tape.steps.shape)
    other[:, :turn] = tape.steps[:, :turn]
    for name, baseline in environment.baselines.items():
        if baseline.sees != "future":
            seen = [
                actions_taken(environment, dynamics, name, each, turn)
                for each in (tape, Tape(tape.start, other))
            ]
            np.testing.assert_array_equal(*seen)


def actions_taken(environment: Environment, dynamics: Any, name: str, tape: Tape, turn: int) -> Any:
    taken: list[Any] = []

    def watch(scene: Any, actions: Any, outcome: Any, alive: Any) -> None:
        # Who has ended may do anything.
        mask = alive if actions.ndim == 1 else alive[:, None]
        taken.append(np.where(mask, actions, -1))

    play(dynamics, tape, environment.prepared(name, dynamics, tape, 5), watch)
    return np.array(taken[: turn + 1])


def test_wrong_use_is_a_sentence(environment: Environment) -> None:
    batch, single = environment.vector(2), environment.single()
    actions = batch.action_space.sample()
    for call, sentence in [
        (lambda: environment.vector(0), "at least 1, but is 0"),
        (lambda: batch.step(actions), "call `reset` before `step`"),
        (batch.position, "call `reset` before"),
        (lambda: single.step(single.action_space.sample()), "call `reset` before `step`"),
        (lambda: environment.read_options({"colour": 1}), "no option of"),
        (lambda: environment.vector(2, autoreset=AutoresetMode.DISABLED), "but is DISABLED"),
    ]:
        with pytest.raises(InputError, match=sentence):
            call()
    batch.reset(seed=0)
    single.reset(seed=0)
    for wrong in (actions + 10_000, actions[:1], actions.astype(float)):
        with pytest.raises(InputError, match="action"):
            batch.step(wrong)
    with pytest.raises(InputError, match="must lie in"):
        single.step(-1)
    over = False
    while not over:
        _, _, terminated, truncated, _ = single.step(single.action_space.sample())
        over = terminated or truncated
    with pytest.raises(InputError, match="No episode is under way"):
        single.step(single.action_space.sample())


def test_listing_imports_nothing_heavy() -> None:
    code = (
        "import sys, nisqdl.environments\n"
        "heavy = {'gymnasium', 'scipy', 'qiskit', 'matplotlib', 'numba'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
