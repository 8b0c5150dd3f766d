"""Cognitive radio against closed forms of its returns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import binom

from nisqdl.environments import ENVIRONMENTS
from nisqdl.environments.policy import episode_tape, play
from nisqdl.errors import InputError

RADIO = ENVIRONMENTS["cognitive_radio"]
PATTERNS = ("sweep", "ping_pong", "stay_or_sweep", "jump")


def returns(baseline: str, episodes: int, seed: int = 0, **options: Any) -> Any:
    dynamics = RADIO.rules(RADIO.read_options(options))
    tape = episode_tape(dynamics, episodes, seed)
    return play(dynamics, tape, RADIO.prepared(baseline, dynamics, tape, seed)).returns


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("channels", [2, 3, 5])
def test_oracle_never_collides(pattern: str, channels: int) -> None:
    assert (returns("oracle", 50, pattern=pattern, channels=channels) == 100).all()


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("channels", [2, 4])
def test_random_has_the_binomial_return(pattern: str, channels: int) -> None:
    """Slot t counts while fewer than 3 of the t − 1 before collided, each with 1 / channels."""
    hit = 1 / channels
    alive = binom.cdf(2, np.arange(100), hit)
    expected = float((alive * (1 - 2 * hit)).sum())
    found = returns("random", 5_000, pattern=pattern, channels=channels)
    assert abs(found.mean() - expected) < 4 * found.std() / np.sqrt(len(found)) + 1e-12


def test_round_robin_meets_a_sweep_always_or_never() -> None:
    found = returns("round_robin", 4_000)
    assert set(found) == {100.0, -3.0}
    assert abs((found == -3).mean() - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 4_000)


def test_table_learns_every_pattern_that_can_be_learned() -> None:
    assert (returns("q_table", 200) == 100).all()
    assert (returns("q_table", 200, pattern="jump") == 100).all()  # never where it was last


@pytest.mark.parametrize(
    ("options", "law"),
    [
        ({"pattern": "stay_or_sweep", "moves": 0.7}, [0.3, 0.7, 0, 0]),
        ({"pattern": "jump"}, [0, 1 / 3, 1 / 3, 1 / 3]),
    ],
)
def test_primary_user_moves_as_often_as_told(options: dict[str, Any], law: list[float]) -> None:
    dynamics = RADIO.rules(RADIO.read_options(options))
    phase = np.full(20_000, 2)
    ahead = (dynamics.next_phase(phase, np.random.default_rng(0).random(20_000)) - phase) % 4
    found = np.bincount(ahead, minlength=4) / 20_000
    np.testing.assert_allclose(found, law, atol=4 * 0.5 / 20_000**0.5)


def test_primary_user_walks_its_round() -> None:
    dynamics = RADIO.rules(RADIO.read_options({"pattern": "ping_pong"}))
    assert dynamics.round.tolist() == [0, 1, 2, 3, 2, 1]
    assert RADIO.rules(
        RADIO.read_options({"channels": 2, "pattern": "ping_pong"})
    ).round.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"chanels": 3}, "Did you mean 'channels'?"),
        ({"channels": 1}, "`cognitive_radio.channels`.*greater than or equal to 2, but is 1"),
        ({"channels": 4.0}, "valid integer, but is 4.0"),
        ({"pattern": "sweeep"}, "'sweep', 'ping_pong'.*but is 'sweeep'"),
        ({"moves": float("nan")}, "finite number, but is nan"),
    ],
)
def test_wrong_options_are_a_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        RADIO.read_options(given, "mine.yaml")
