"""The study reinforcement: its steps, what its records mean, and what its file may say."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

from nisqdl.agents import AGENTS
from nisqdl.agents.approximators import CircuitOptions, circuit_model
from nisqdl.agents.checkpoint import learned_from_bytes
from nisqdl.agents.curve import Curve
from nisqdl.environments import ENVIRONMENTS
from nisqdl.errors import InputError
from nisqdl.store.record import Point, Record
from nisqdl.studies import judging, learning
from nisqdl.studies.reinforcement import Reinforcement
from nisqdl.studies.reinforcement_options import ReinforcementOptions
from nisqdl.sweep import spread

STUDY = Reinforcement()
SMALL: dict[str, Any] = {
    "environment": {"name": "cognitive_radio", "slots": 20},
    "agent": {"name": "reinforce", "batch": 5},
    "model": {"layers": 1},
    "training": {"episodes": 20, "links": 2},
    "tuning": {"candidates": 1},
    "episodes": 4,
    "seeds": 1,
}
NOISY = {"target": "fake_manila", "noise": {"scale": [0, 1]}}


def points_of(document: dict[str, Any]) -> list[Point]:
    return STUDY.points(spread(ReinforcementOptions, {**SMALL, **document}, "file"))


def done(document: dict[str, Any], keep: dict[str, bytes] | None = None) -> list[Record]:
    """All records of an experiment, done in this process."""
    artifacts: dict[str, bytes] = {} if keep is None else keep
    records: list[Record] = []
    for step in STUDY.steps(points_of(document)):
        outcome = STUDY.perform(step, {key: artifacts[key] for key in step.needs})
        if outcome.artifact is not None:
            artifacts[step.key] = outcome.artifact
        records += outcome.records
    return records


def by(records: list[Record], **wanted: Any) -> list[Record]:
    names = {name.replace("__", "."): value for name, value in wanted.items()}
    return [r for r in records if all(r.point.settings.get(name) == v for name, v in names.items())]


def test_everybody_takes_part_and_each_training_is_done_once() -> None:
    points = points_of({**NOISY, "training": {**SMALL["training"], "noise": ["ideal", "target"]}})
    learners = {str(p.settings["learner"]) for p in points}
    assert learners == {
        "circuit", "circuit without entangler", "random circuit", "no circuit", "MLP",
        "linear policy", "random", "round_robin", "q_table", "oracle",
    }  # fmt: skip
    kinds = {str(p.settings["learner"]): p.settings["kind"] for p in points}
    assert kinds["oracle"] == "bound"  # it sees the future
    of = {
        e: {p.settings["learner"]: p.settings["kind"] for p in points_of({"environment": e})}
        for e in ENVIRONMENTS
    }
    bounds = {(e, n) for e, players in of.items() for n, kind in players.items() if kind == "bound"}
    # Hidden state, the true odds of the ice, and the future: shown, and no rivals.
    assert bounds == {
        ("cognitive_radio", "oracle"), ("beams", "oracle"), ("caching", "belady"),
        ("streaming", "optimum"), ("frozen_lake", "optimum"),
    }  # fmt: skip
    for players in of.values():
        assert [n for n, k in players.items() if k == "heuristic" and n != "random"]
    steps = STUDY.steps(points)
    seen: set[str] = set()
    for step in steps:
        assert seen.issuperset(step.needs)
        assert step.key not in seen
        seen.add(step.key)
    count = {kind: sum(s.kind == kind for s in steps) for kind in {s.kind for s in steps}}
    # circuit, no entangler and random circuit twice; no circuit, MLP and linear policy once.
    assert count == {"transpile": 2, "choose": 2, "learn": 9 * 2, "judge": 9, "play": 4}
    assert sorted(p.id for s in steps for p in s.points) == sorted(p.id for p in points)


def test_records_of_all_players() -> None:
    """A whole small run; every record can be written as JSON and its numbers fit together."""
    records = done({**NOISY, "shots": [None, 50]})
    assert all("episode" in r.values for r in by(records, measures="acting"))
    json.dumps([dict(r.values) for r in records], allow_nan=False)
    assert len(records) == len(points_of({**NOISY, "shots": [None, 50]}))
    (took,) = by(records, learner="circuit", measures="learning")
    assert sum(took.values["curve"]["episodes"]) == 20
    assert took.values["curve"]["environment_steps"][-1] == took.values["steps"]
    assert took.values["two_qubit_gates"] > 0
    assert by(records, learner="circuit without entangler", measures="learning")[0].values[
        "two_qubit_gates"
    ] == 0  # fmt: skip
    for record in by(records, measures="acting"):
        returns = record.values["returns"]
        assert len(returns) == 4
        assert record.values["return_mean"] == pytest.approx(np.mean(returns))
        assert record.values["episode"]["return_so_far"][-1] == pytest.approx(returns[0])
    assert len(by(records, learner="circuit", measures="acting")) == 4
    assert len(by(records, learner="MLP", measures="acting")) == 1


@pytest.mark.parametrize("agent", AGENTS)
def test_every_agent_learns_link_by_link_under_noise(agent: str) -> None:
    document = {
        "agent": agent, "target": "fake_manila", "noise": {"scale": 1},
        "training": {"steps": 60, "links": 2, "noise": "target"},
        "without": ["no_entangler", "random_circuit", "no_circuit", "heuristics"],
    }  # fmt: skip
    records = done(document)
    learners = {r.point.settings["learner"] for r in records}
    assert learners == {"circuit", "MLP", "linear policy"}
    (circuit,) = by(records, learner="circuit", measures="learning")
    assert circuit.values["steps"] >= 60
    assert circuit.values["circuits"] > circuit.values["steps"]
    if AGENTS[agent].acts == "policy" and len(AGENTS[agent].roles) > 1:
        critic = {"kind": "circuit", "layers": 1}
        ideal = {"training": {"steps": 60, "links": 1}, "critic": critic}
        (both,) = by(done({**document, **ideal}), learner="circuit", measures="learning")
        assert both.values["circuits"] > circuit.values["circuits"]
        assert both.values["weights"] != circuit.values["weights"]


def test_links_change_nothing_and_go_on_from_what_is_stored() -> None:
    def found(links: int) -> list[Any]:
        training = {"steps": 300, "links": links}
        records = done({"training": training, "without": ["heuristics"]})
        return [r.values for r in records]

    assert found(1) == found(3)


def test_how_episodes_are_acted_in_changes_nothing_that_is_learned() -> None:
    """The same trainings and choices, by their content, for either way; a policy draws unless it
    is told otherwise, and the values of a Q-learner do not."""
    made: dict[str | None, set[str]] = {}
    for acting in (None, "sampled", "greedy"):
        given = {} if acting is None else {"acting": acting}
        points = points_of({"tuning": {"candidates": 2}, **given})
        steps = STUDY.steps(points)
        made[acting] = {step.key for step in steps if not step.points}
        told = {p.settings["acting"] for p in points if "acting" in p.settings}
        assert told == {acting or "sampled"}
    assert made[None] == made["greedy"] == made["sampled"]
    manners = {
        str(p.settings["agent.name"]): p.settings["acting"]
        for p in points_of({"agent": list(AGENTS)})
        if "acting" in p.settings
    }
    values = dict.fromkeys(("dqn", "vq_dqn"), "greedy")
    assert manners == {**dict.fromkeys(AGENTS, "sampled"), **values}
    kept: dict[str, bytes] = {}
    sampled, greedy = (
        by(done({"acting": acting}, kept), learner="circuit") for acting in ("sampled", "greedy")
    )
    for one, other in zip(sampled, greedy, strict=True):
        same = one.values == other.values
        assert same == (one.point.settings["measures"] == "learning")


def test_a_link_that_was_lost_is_made_again_alike() -> None:
    points = points_of({"without": ["heuristics", "mlp", "linear", "no_circuit"]})
    stored: dict[str, bytes] = {}
    again: dict[str, bytes] = {}
    for step in STUDY.steps(points):
        outcome = STUDY.perform(step, {key: stored[key] for key in step.needs})
        if outcome.artifact is not None:
            stored[step.key] = outcome.artifact
            again[step.key] = (
                STUDY.perform(step, {k: stored[k] for k in step.needs}).artifact or b""
            )
    assert again == stored


def test_judged_returns_are_those_of_the_logical_circuit_in_gymnasiums_form() -> None:
    """An independent player: Qiskit's state vector on the single form, action by action."""
    kept: dict[str, bytes] = {}
    document = {**SMALL, **NOISY, "noise": {"scale": 0}, "seeds": 2, "acting": "greedy"}
    records = done({**document, "without": ["mlp", "linear", "heuristics"]}, kept)
    options = CircuitOptions(layers=1)
    environment = ENVIRONMENTS["cognitive_radio"]
    chosen = environment.read_options({"slots": 20})
    rules, encoding = environment.rules(chosen), environment.encoding(chosen)
    shape = AGENTS["reinforce"].shapes(rules.sizes, encoding)["policy"]
    model = circuit_model(options, shape)
    for record in by(records, learner="circuit", measures="acting"):
        step = next(
            s for s in STUDY.steps([record.point]) if s.kind == "judge" and record.point in s.points
        )
        learned = learned_from_bytes(kept[step.needs[1]].removeprefix(b"learned\n"))
        parameters = learned.parameters["policy"]
        scales, weights = parameters[:4], parameters[4 : 4 + len(model.weights)]
        head = parameters[4 + len(model.weights) :]

        def logits(
            seen: Any, scales: Any = scales, weights: Any = weights, head: Any = head
        ) -> Any:
            angles = scales * options.reach * shape.scaled(seen[None])[0]
            values = dict(zip(model.features, angles, strict=True))
            values |= dict(zip(model.weights, weights, strict=True))
            state = Statevector(model.circuit.assign_parameters(values))
            read = [state.expectation_value(op).real for op in model.observables]
            return head * np.array(read)

        returns = []
        for number in range(2):
            env = environment.single(chosen)
            first = judging.first_episode(record.point.settings)
            seen, _ = env.reset(seed=first + number)
            total, over = 0.0, False
            while not over:
                seen, reward, ended, cut, _ = env.step(int(np.argmax(logits(seen))))
                total, over = total + reward, ended or cut
            returns.append(total)
        assert record.values["returns"][:2] == pytest.approx(returns)


def test_tuning_tries_the_same_number_and_takes_the_best() -> None:
    search = {
        "circuit": {"rate": [0.01, 1.0]}, "linear": {"rate": [0.1, 1, 3]},
        "network": {"rate": [1.0], "hidden": ["equal", [8]]},
    }  # fmt: skip
    document = {"tuning": {"candidates": 2}, "search": search, "without": ["heuristics"]}
    points = points_of(document)
    tried = [s for s in STUDY.steps(points) if s.kind == "try"]
    assert len(tried) == 3 * 2  # the ablations take their circuit's choice
    candidates = {str(p.settings["learner"]): p.settings["candidates"] for p in points}
    assert candidates["random circuit"] == candidates["circuit"]
    assert len(candidates["linear policy"]) == 2
    equal = candidates["MLP"][0]["hidden"][0]
    # The circuit has 4 scales, 2 × 4 × 3 rotations and 4 output weights; the network 9 h + 4.
    assert abs((9 * equal + 4) - 32) <= 4
    found = learning.chosen(
        [{"rate": 1}, {"rate": 2}, {"rate": 3}],
        [json.dumps({"score": s, "circuits": 5}).encode() for s in (1, 2, 4, 4, 3, 5)],
    )
    assert json.loads(found) == {"candidate": {"rate": 2}, "tried": 3, "circuits": 30}


@pytest.mark.parametrize("length", [0, 1, 249, 250, 251, 1003])
def test_a_thinned_curve_keeps_totals_and_ends(length: int) -> None:
    rng = np.random.default_rng(length)
    curve = Curve(
        tuple(rng.normal(size=length)), tuple(range(length)), tuple(range(0, 2 * length, 2))
    )
    found = judging.thinned(curve)
    assert len(found["returns"]) <= judging.CURVE_GROUPS
    assert sum(found["episodes"]) == length
    total = float(np.dot(found["returns"], found["episodes"])) if length else 0.0
    assert total == pytest.approx(sum(curve.returns), abs=1e-9)
    if length:
        assert found["environment_steps"][-1] == length - 1
        assert found["circuit_evaluations"][-1] == 2 * length - 2


WRONG = {
    "environment": [
        ({"environment": {"name": "cachin"}}, "caching"),
        ({"environment": {"slots": 3}}, "must name the environment"),
        ({"environment": {"name": "caching", "slot": 3}}, "slots"),
        ({"environment": {"name": "caching", "slots": -1}}, "slots"),
        ({"environment": 3}, "must name the environment"),
        ({"environment": {"name": "streaming", "traces": "nowhere.txt"}}, "do not exist"),
    ],
    "agent": [
        ({"agent": {"name": "reinforc"}}, "reinforce"),
        ({"agent": {"name": "reinforce", "batch": 0}}, "batch"),
        ({"agent": {"name": "reinforce", "rate": 1}}, "rate"),
        ({"critic": {"kind": "network"}}, "has no critic"),
        (
            {
                "agent": "ppo",
                "critic": {"kind": "circuit"},
                "target": "fake_torino",
                "training": {"steps": 9, "noise": "target"},
            },
            "learns without noise only",
        ),
    ],
    "circuit": [
        ({"model": {"layers": 0}}, "layers"),
        ({"model": {"qubits": 9}}, "qubits"),
        ({"model": {"observables": "blocks"}, "environment": {"name": "beams"}}, "strings"),
        ({"model": {"circuit": False}}, "model.circuit"),
        ({"model": {"entangler": "star_trek"}}, "star"),
    ],
    "training": [
        ({"training": {}}, "episodes"),
        ({"training": {"episodes": 5, "steps": 5}}, "not both"),
        ({"training": {"steps": 0}}, "training.steps"),
        ({"training": {"steps": 9, "noise": "target"}}, "needs a `target`"),
        ({"training": {"steps": 9, "noise": "device"}}, "training.noise"),
        ({"noise": {"scale": 1}}, "needs a `target`"),
        ({"search": {"circuit": {"rate": [900]}}}, "smaller factors"),
        ({"search": {"network": {"hidden": [["x"]]}}}, "hidden"),
        ({"without": ["mpl"]}, "without"),
        ({"target": "fake_torin"}, "fake_torino"),
        ({"shots": 0}, "shots"),
        ({"acting": "random"}, "acting"),
    ],
}


@pytest.mark.parametrize(("document", "told"), [case for cases in WRONG.values() for case in cases])
def test_a_wrong_file_is_answered_with_a_sentence(document: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError) as caught:
        points_of(document)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_is_stored_gives_the_same_points_again() -> None:
    document = {**SMALL, **NOISY, "environment": [{"name": "caching"}, {"name": "beams"}]}
    combinations = spread(ReinforcementOptions, document, "file")
    points = STUDY.points(combinations)
    again = [ReinforcementOptions.model_validate(c.model_dump(mode="json")) for c in combinations]
    assert [p.id for p in STUDY.points(again)] == [p.id for p in points]


def test_a_plan_times_every_kind_of_step() -> None:
    points = points_of({**NOISY, "training": {**SMALL["training"], "noise": "target"}})
    artifacts = {
        s.key: STUDY.perform(s, {}).artifact or b""
        for s in STUDY.steps(points)
        if s.kind == "transpile"
    }
    rows = STUDY.plan_rows(points, artifacts)
    assert {row["learner"] for row in rows} >= {"circuit", "MLP"}
    assert any(row.get("two_qubit_gates") for row in rows)
    kinds = set()
    for step in STUDY.steps(points):
        if step.kind in kinds or step.kind == "transpile":
            continue
        kinds.add(step.kind)
        cost = STUDY.cost(step, {key: artifacts.get(key, b"") for key in step.needs})
        assert 0 < cost.seconds < 100
    assert kinds == {"choose", "learn", "judge", "play"}
