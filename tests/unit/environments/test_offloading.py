"""Queues: nothing comes from nowhere, and a single one is the textbook's Geo/Geo/1."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.environments import ENVIRONMENTS
from nisqdl.environments.dynamics import Tape
from nisqdl.environments.policy import episode_tape, play
from nisqdl.errors import CapacityError, InputError

ONE, TEAM = ENVIRONMENTS["offloading"], ENVIRONMENTS["offloading_team"]


@settings(max_examples=30, deadline=None)
@given(
    agents=st.integers(2, 5),
    clouds=st.integers(1, 4),
    amounts=st.lists(st.floats(0, 1), min_size=1, max_size=4, unique=True),
    arrival=st.floats(0.01, 0.5),
    load=st.floats(0.1, 10),
    outage=st.floats(0, 0.9),
    bursts=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_work_is_conserved(seed: int, bursts: bool, amounts: list[float], **options: Any) -> None:
    given_options = options | {
        "amounts": tuple(amounts),
        "arrivals": "bursts" if bursts else "uniform",
        "burst": 0.6,
    }
    dynamics = TEAM.rules(TEAM.read_options(given_options))
    source = np.random.default_rng(seed)
    state = dynamics.start(source.random((6, dynamics.sizes.start_draws)))
    for _ in range(12):
        actions = source.integers(dynamics.sizes.actions, size=(6, options["agents"]))
        draws = source.random((6, dynamics.sizes.step_draws))
        after, slot = dynamics.slot(state, actions, draws)
        edges = state.edges - slot.sent + slot.arrived - slot.edge_lost
        clouds = state.clouds + slot.received - slot.served - slot.cloud_lost
        np.testing.assert_allclose(after.edges, edges, atol=1e-12)
        np.testing.assert_allclose(after.clouds, clouds, atol=1e-12)
        np.testing.assert_allclose(slot.sent.sum(axis=1), slot.received.sum(axis=1), atol=1e-12)
        for queue in (after.edges, after.clouds):
            assert queue.min() >= -1e-12
            assert queue.max() <= 1 + 1e-12
        assert all(part.min() >= 0 for part in slot)
        assert (slot.sent <= state.edges + 1e-12).all()
        # Work is lost at full queues only, and a cloud idles only when it ends empty.
        assert (after.edges[slot.edge_lost > 1e-12] > 1 - 1e-9).all()
        assert (after.clouds[slot.cloud_lost > 1e-12] > 1 - 1e-9).all()
        assert (after.clouds[slot.idle > 1e-12] < 1e-9).all()
        again, outcome = dynamics.advance(state, actions, draws)
        np.testing.assert_array_equal(again.clouds, after.clouds)
        cost = slot.idle.sum(axis=1) + 4 * (
            slot.edge_lost.sum(axis=1) + slot.cloud_lost.sum(axis=1)
        )
        np.testing.assert_allclose(outcome.rewards, -cost, atol=1e-12)
        state = after


def test_one_cloud_with_bursts_is_geo_geo_1() -> None:
    """Arrivals with p, service with s, both of one packet; at most M = 20 packets.

    A slot adds a packet with p (1 − s), and takes one with s (1 − p) unless there is none: the
    number of packets has the stationary law π_n ∝ ρⁿ with ρ = p (1 − s) / (s (1 − p)).
    """
    p, s, packets = 0.3, 0.4, 20
    options = ONE.read_options(
        {
            "clouds": 1, "amounts": (1.0,), "arrivals": "bursts", "burst": 1 / packets,
            "arrival": p / packets, "load": p / s, "outage": 1 - s, "slots": 400,
        }
    )  # fmt: skip
    dynamics = ONE.rules(options)
    tape = episode_tape(dynamics, 3_000, 0)
    tape = Tape(np.zeros_like(tape.start), tape.steps)  # from empty queues
    lengths: list[Any] = []

    def watch(scene: Any, *_: Any) -> None:
        if scene.step == 399:
            lengths.append(np.rint(scene.state.clouds[:, 0] * packets).astype(int))

    play(dynamics, tape, lambda scene: np.zeros(len(tape), dtype=np.int64), watch)
    rho = p * (1 - s) / (s * (1 - p))
    law = rho ** np.arange(packets + 1)
    law /= law.sum()
    found = np.bincount(lengths[0], minlength=packets + 1)
    # Independent episodes: Pearson's statistic against its mean + 4 standard deviations.
    few = law * 3_000 >= 5
    expected = np.append(law[few], law[~few].sum()) * 3_000
    observed = np.append(found[few], found[~few].sum())
    statistic = ((observed - expected) ** 2 / expected).sum()
    freedom = len(expected) - 1
    assert statistic < freedom + 4 * np.sqrt(2 * freedom)


def test_nobody_pays_where_clouds_get_what_they_can_do() -> None:
    """All is deterministic: what arrives is sent on and served in the same slot."""
    options = ONE.read_options(
        {"clouds": 1, "amounts": (0.15,), "arrivals": "bursts", "burst": 0.15, "arrival": 0.15}
    )
    dynamics = ONE.rules(options)
    tape = episode_tape(dynamics, 4, 0)
    tape = Tape(np.full_like(tape.start, 0.5), tape.steps)
    assert (play(dynamics, tape, lambda scene: np.zeros(4, dtype=np.int64)).returns > -1e-9).all()


def test_planner_beats_greedy_beats_random() -> None:
    """Each difference of means over 64 common episodes is beyond 4 standard errors."""
    for environment in (ONE, TEAM):
        dynamics = environment.rules(environment.options())
        tape = episode_tape(dynamics, 64, 0)
        found = {
            name: play(dynamics, tape, environment.prepared(name, dynamics, tape, 0)).returns
            for name in environment.baselines
        }
        order = ["random", "greedy", "drift_plus_penalty"]
        for worse, better in pairwise(order):
            gap = found[better] - found[worse]
            assert gap.mean() > 4 * gap.std() / 8


def test_too_long_episodes_in_too_many_copies_are_refused() -> None:
    batch = ONE.vector(1024, ONE.read_options({"slots": 100_000}))
    with pytest.raises(CapacityError, match=r"2\.3 GiB.*fewer copies or shorter episodes"):
        batch.reset(seed=0)


def test_team_tells_the_whole_state() -> None:
    batch = TEAM.vector(3)
    seen, info = batch.reset(seed=2)
    assert seen.shape == (3, 4, 4)
    assert info["state"].shape == (3, batch.dynamics.sizes.state)
    np.testing.assert_array_equal(info["state"][:, :4], seen[:, :, 0])
    np.testing.assert_array_equal(info["state"][:, -2:], seen[:, 0, 2:])
    assert "state" not in ONE.vector(3).reset(seed=2)[1]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"amounts": (0.1, 0.1)}, "an amount twice"),
        ({"amounts": ()}, "at least 1"),
        ({"arrivals": "bursts", "burst": 0.1}, "`burst` must be at least `arrival`"),
        ({"outage": 1.0}, "less than 1, but is 1.0"),
        ({"agents": 3}, "no option of offloading named 'agents'"),
    ],
)
def test_wrong_options_are_a_sentence(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        ONE.read_options(options)
