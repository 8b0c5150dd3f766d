"""Arenas: what is paired, scaled and claimed; planted advantages are found, fakes refused."""

from __future__ import annotations

import numpy as np
import pytest

from nisqdl.analysis.arena import (
    NO_CIRCUIT,
    Arena,
    Condition,
    Player,
    better_p,
)
from nisqdl.analysis.arena_claim import (
    ERROR_RATE,
    claim,
    masters,
    rivals,
    unsound,
    winners,
)
from nisqdl.analysis.arena_overall import overall
from nisqdl.analysis.arena_records import arenas
from nisqdl.analysis.arena_verdict import threshold, verdicts
from nisqdl.analysis.intervals import wilson
from nisqdl.analysis.learning_curves import (
    CIRCUITS,
    STEPS,
    WINDOW,
    band,
    curve_of,
    curves_of,
    reach,
)

TRIALS = 400
AT = Condition(1.0, None)
KINDS = {
    "circuit": "quantum", "second circuit": "quantum", "circuit without entangler": "ablation",
    "random circuit": "ablation", "no circuit": "ablation", "MLP": "classical",
    "linear policy": "classical", "greedy": "heuristic", "random": "heuristic",
}  # fmt: skip


def arena_of(scores, tried=4):
    """An arena in which each player has these mean returns (seeds,)."""
    players = []
    for name, row in scores.items():
        kind = KINDS[name]
        condition = (
            AT if kind == "quantum" or name.endswith(("entangler", "circuit")) else NO_CIRCUIT
        )
        condition = NO_CIRCUIT if name == "no circuit" else condition
        trainings = {} if kind == "heuristic" else {s: {"tried": tried} for s in range(len(row))}
        returns = {condition: {seed: [float(value)] for seed, value in enumerate(row)}}
        players.append(Player(name, name, kind, "", "", False, returns, trainings, {}, {}))
    return Arena({"environment.name": "made up"}, {"agent.name": "reinforce"}, tuple(players))


def drawn(rng, seeds, law, **middle):
    """Scores of all players: the named ones around these means, all others far below."""
    names = [name for name in KINDS if name != "second circuit" or name in middle]
    return {
        name: middle.get(name.replace(" ", "_"), middle.get(name, -3.0)) + law(rng, seeds)
        for name in names
    }


def failing(rng, size):
    """Most trainings succeed and some fail: not at all normal."""
    return np.where(rng.random(size) < 0.8, 1.0, -1.5) + 0.1 * rng.normal(size=size)


def normal(rng, size):
    return rng.normal(0, 0.5, size)


@pytest.mark.parametrize("law", [normal, failing], ids=["normal", "failing"])
@pytest.mark.parametrize("seeds", [5, 10])
def test_a_circuit_as_good_as_its_twin_is_rarely_said_to_be_better(law, seeds):
    """At most 2.5 % false claims, and as few false defeats, with the twin its only equal."""
    rng = np.random.default_rng(5)
    claimed = beaten = 0
    for _ in range(TRIALS):
        arena = arena_of(drawn(rng, seeds, law, circuit=0.0, MLP=0.0))
        claimed += bool(winners(arena))
        beaten += bool(masters(arena))
    assert wilson(claimed, TRIALS)[0] <= ERROR_RATE
    assert wilson(beaten, TRIALS)[0] <= ERROR_RATE


def test_two_circuits_are_corrected_for():
    rng = np.random.default_rng(6)
    claimed = 0
    for _ in range(TRIALS):
        scores = drawn(rng, 8, normal, circuit=0.0, MLP=0.0)
        scores["second circuit"] = normal(rng, 8)
        claimed += bool(winners(arena_of(scores)))
    assert wilson(claimed, TRIALS)[0] <= ERROR_RATE


def test_arenas_of_one_report_share_the_error_rate():
    """Six environments, nowhere a better circuit: still at most 2.5 % of reports claim one."""
    rng = np.random.default_rng(10)
    reports = claimed = 0
    for _ in range(TRIALS // 4):
        found = [arena_of(drawn(rng, 6, normal, circuit=0.0, MLP=0.0)) for _ in range(6)]
        claimed += any(winners(arena, among=6) for arena in found)
        reports += 1
    assert wilson(claimed, reports)[0] <= ERROR_RATE
    better = arena_of(drawn(rng, 8, normal, circuit=3.0, MLP=0.0))
    assert winners(better, among=6)
    assert "/ 6, the number" in claim(better, complete=True, among=6).rule


def test_planted_advantages_and_defeats_are_found():
    rng = np.random.default_rng(7)
    found = lost = 0
    for _ in range(60):
        better = arena_of(drawn(rng, 8, normal, circuit=1.5, MLP=0.0))
        worse = arena_of(drawn(rng, 8, normal, circuit=0.0, MLP=1.5))
        found += winners(better) == (better.players[0],)
        lost += [p.label for p in masters(worse)] == ["MLP"]
    assert wilson(found, 60)[0] >= 0.8
    assert wilson(lost, 60)[0] >= 0.8


@pytest.mark.parametrize("rival", [name for name in KINDS if "second" not in name][1:])
def test_every_rival_alone_takes_the_claim_away(rival):
    """An ablation, a heuristic, the twin: who is as good as the circuit stops the claim."""
    rng = np.random.default_rng(8)
    scores = drawn(rng, 8, normal, circuit=2.0)
    assert winners(arena_of(scores))
    scores[rival] = scores["circuit"] + 0.001
    arena = arena_of(scores)
    assert rival in [player.label for player in rivals(arena, arena.players[0])]
    assert not winners(arena)
    assert "no advantage shown" in claim(arena, complete=True).sentence


def test_what_makes_a_contest_unsound_is_said_and_stops_the_claim():
    rng = np.random.default_rng(9)
    scores = drawn(rng, 8, normal, circuit=2.0)
    assert unsound(arena_of(scores)) == ()
    assert "advantage within this budget" in claim(arena_of(scores), complete=True).sentence
    assert "not complete" in claim(arena_of(scores), complete=False).sentence
    for missing in ("MLP", "linear policy", "no circuit", "random circuit"):
        left = {name: row for name, row in scores.items() if name != missing}
        assert any(missing in reason for reason in unsound(arena_of(left)))
        assert "no advantage shown" in claim(arena_of(left), complete=True).sentence
    assert any("no learner was tuned" in reason for reason in unsound(arena_of(scores, tried=1)))
    few = {name: row[:4] for name, row in scores.items()}
    assert any("4 seeds" in reason for reason in unsound(arena_of(few)))
    assert not winners(arena_of(few))


def test_a_twin_that_tried_less_stops_the_claim(synthetic_arena):
    run = synthetic_arena(returns={"circuit": 3.0}, trainings=("ideal",))
    (arena,) = arenas(run.records)
    assert winners(arena)
    assert unsound(arena) == ()
    for record in run.records:
        if record.point.settings["learner"] == "MLP" and "tried" in record.values:
            record.values["tried"] = 3
    (arena,) = arenas(run.records)
    assert any("MLP tried fewer candidates" in reason for reason in unsound(arena))


def test_better_p_needs_seeds_and_spread():
    one = dict.fromkeys(range(10), 2.0)
    other = dict.fromkeys(range(10), 1.0)
    assert better_p(one, other) == 1.0
    assert better_p({0: 1.0, 1: 2.0}, {0: 0.0, 1: 0.5}) == 1.0


def test_scale_and_threshold(synthetic_arena):
    (arena,) = arenas(synthetic_arena().records)
    assert arena.best_heuristic.label == "lfu"
    assert arena.normalised(arena.random) == 0
    level = np.mean(list(arena.best_heuristic.scores(arena.reference).values()))
    assert arena.normalised(level) == pytest.approx(1)
    assert threshold(arena) == pytest.approx(arena.random + 0.9 * (level - arena.random))
    assert arena.reference == Condition(1.0, None)
    (many,) = arenas(synthetic_arena(scales=(0.0, 0.5, 2.0), shots=(10, 100)).records)
    assert many.reference == Condition(0.5, 100)


def test_no_heuristic_above_random_gives_no_scale(synthetic_arena):
    (arena,) = arenas(synthetic_arena(returns={"lfu": -1.0, "lru": -1.0}).records)
    assert arena.normalised(50.0) is None
    assert threshold(arena) is None
    assert verdicts(arena, complete=True)


def test_curve_means_reach_back_a_window():
    training = {
        "curve": {
            STEPS: [10, 20, 30, 40], CIRCUITS: [1, 2, 3, 4], "returns": [1.0, 2.0, 3.0, 4.0],
            "episodes": [10, 10, 10, 10],
        }
    }  # fmt: skip
    curve = curve_of(training)
    assert WINDOW == 20
    assert curve.returns.tolist() == [1.0, 1.5, 2.5, 3.5]
    assert curve.ready.tolist() == [False, True, True, True]
    player = Player("p", "p", "classical", "", "", False, {}, {0: training, 1: training}, {}, {})
    found = reach(player, 2.4, STEPS)
    assert (found.reached, found.median) == (2, 30.0)
    assert reach(player, 0.5, STEPS).median == 20.0  # not before a whole window
    assert reach(player, 9.0, CIRCUITS).median is None
    assert reach(player, 9.0, CIRCUITS).until == {0: 4.0, 1: 4.0}
    places, estimates = band(list(curves_of(player).values()), STEPS)
    assert (places[0], places[-1]) == (10, 40)
    assert estimates[-1].mean == 3.5


def test_one_of_two_censored_trainings_leaves_the_median_unknown():
    low = {"curve": {STEPS: [5.0], CIRCUITS: [5.0], "returns": [0.0], "episodes": [20]}}
    high = {"curve": {STEPS: [7.0], CIRCUITS: [7.0], "returns": [1.0], "episodes": [20]}}
    player = Player("p", "p", "classical", "", "", False, {}, {0: low, 1: high}, {}, {})
    found = reach(player, 0.5, STEPS)
    assert (found.reached, found.median, found.spent[0]) == (1, None, None)
    three = Player("p", "p", "classical", "", "", False, {}, {0: low, 1: high, 2: high}, {}, {})
    assert reach(three, 0.5, STEPS).median == 7.0


def test_overall_pools_environments(synthetic_arena):
    found = arenas(synthetic_arena(environments=("caching", "beams", "streaming")).records)
    assert [arena.name for arena in found] == ["beams", "caching", "streaming"]
    every = {one.label: one for one in overall(found)}
    assert every["MLP"].improvement is None
    assert every["circuit"].score.mean == pytest.approx(0.8, abs=0.1)
    assert every["no circuit"].improvement.mean < 0.1
    assert overall(found[:1]) == ()


def test_different_circuits_are_named_apart(synthetic_arena):
    one = synthetic_arena(trainings=("ideal",)).records
    other = synthetic_arena(trainings=("ideal",), salt=1).records
    for record in other:
        if "model.layers" in record.point.settings:
            record.point.settings["model.layers"] = 5
    (arena,) = arenas([*one, *(r for r in other if "model.layers" in r.point.settings)])
    labels = {player.label for player in arena.players}
    assert {"circuit (layers 3)", "circuit (layers 5)", "no circuit (layers 5)", "MLP"} <= labels
    first = next(p for p in arena.players if p.label == "circuit (layers 3)")
    assert "random circuit (layers 5)" not in [p.label for p in rivals(arena, first)]


def test_half_a_run_is_told(synthetic_arena):
    records = synthetic_arena().records
    for count in (1, 20, 60, 130):
        for arena in arenas(records[:count]):
            told = verdicts(arena, complete=False)
            assert "advantage within" not in told[0].sentence


def test_nothing_depends_on_the_order_in_which_steps_ended(synthetic_arena):
    records = synthetic_arena(environments=("caching", "beams")).records
    shuffled = [records[i] for i in np.random.default_rng(0).permutation(len(records))]
    for one, other in zip(arenas(records), arenas(shuffled), strict=True):
        assert [p.label for p in one.players] == [p.label for p in other.players]
        assert verdicts(one, complete=True) == verdicts(other, complete=True)
