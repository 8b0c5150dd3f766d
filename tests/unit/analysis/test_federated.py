"""What is said of a federated run: planted effects are found, and nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nisqdl.analysis.federated import (
    CLASSICAL,
    FEDERATED,
    LOCAL,
    POOLED,
    POOLED_NOISELESS,
    Question,
    questions,
)
from nisqdl.analysis.federated_verdict import bytes_text, federated_verdicts
from nisqdl.errors import TooEarlyError
from nisqdl.store.record import Point, Record

CLIENTS = ["torino", "manila"]
LEVEL = {
    "federated": 0.9, "federated_noiseless": 0.9, "federated_separable": 0.9, "local": 0.9,
    "pooled": 0.9, "pooled_noiseless": 0.9, "logistic_regression": 0.9, "mlp": 0.9,
}  # fmt: skip


def made(
    seeds: int = 10,
    spread: float = 0.01,
    salt: int = 0,
    alike: float = 0.9,
    fidelity: float | None = None,
    same_rows: bool = False,
    concentrations: tuple[float | None, ...] = (0.3,),
    own: float = 0.0,
    **levels: float,
) -> list[Record]:
    """Records whose learners are as good as said, scattered over seeds."""
    rng = np.random.default_rng(salt)
    records = []
    for concentration in concentrations:
        learners: list[tuple[str, dict[str, Any], float]] = [
            (name, {}, level) for name, level in {**LEVEL, **levels}.items()
        ]
        learners += [("federated_alike", {"device": d}, alike) for d in CLIENTS]
        if fidelity is not None:
            learners.append(("federated", {"weighting": "fidelity"}, fidelity))
        for name, extra, level in learners:
            for seed in range(seeds):
                settings = {
                    "learner": name, "dataset.name": "moons", "dataset.train": 100,
                    "dataset.test": 50, "clients": CLIENTS, "concentration": concentration,
                    "federation.rounds": 2, "noise.scale": 1.0, "model.entangler": "linear",
                    "weighting": "samples", "seed": seed, **extra,
                }  # fmt: skip
                if name.startswith("pooled"):
                    del settings["concentration"]
                value = level + rng.normal(0, spread)
                values = {
                    "accuracy": value,
                    "ideal_accuracy": value + 0.02 + rng.normal(0, 0.001),
                    "own_accuracy": value + (own if name == "local" else 0.0),
                    "accuracies": [value, value],
                    "curve": [0.5, value - 0.1, value],
                    "bytes_down": [0, 100, 200],
                    "bytes_up": [0, 50, 150],
                    "weights": 10,
                    "rows": "same" if same_rows else str(seed),
                    "client_rows": [60, 40],
                    "client_classes": [[30, 30], [0, 40]],
                    "fidelities": [0.9, 0.8],
                }
                records.append(Record(Point("federated", settings), values, {}, 0.0))
    return records


def said(records: list[Record], complete: bool = True) -> dict[str, str]:
    told = federated_verdicts(questions(records), complete)
    return {verdict.topic: verdict.sentence for verdict in told}


def test_false_findings_are_rare() -> None:
    """No learner differs: in 200 runs, intervals that hold jointly at 95 % find something in 10,
    and with 99.9 % confidence in fewer than 22, topic by topic."""
    topics = (
        "Does federation pay", "For the client itself", "Quantum or classical",
        "Different devices", "Noise in training", "Weighting by fidelity", "Entanglement",
        "Against pooled data",
    )  # fmt: skip
    wrong = dict.fromkeys(topics, 0)
    for salt in range(200):
        told = said(made(salt=salt, seeds=6, concentrations=(0.3, None), fidelity=0.9))
        for topic in topics:
            text = told[topic].lower()
            wrong[topic] += any(
                word in text for word in ("shown to", "beats", "was shown to be better")
            )
    assert max(wrong.values()) < 22
    assert sum(wrong.values()) > 0  # the intervals are not so wide that they say nothing


@pytest.mark.parametrize("better", [True, False])
def test_planted_effects_are_found(better: bool) -> None:
    sign = 1 if better else -1
    told = said(
        made(
            local=0.9 - sign * 0.1,
            alike=0.9 - sign * 0.1,
            federated_noiseless=0.9 - sign * 0.1,
            federated_separable=0.9 - sign * 0.1,
            fidelity=0.9 + sign * 0.1,
            pooled=0.9 - sign * 0.1,
        )
    )
    words = {
        "Does federation pay": ("shown to raise accuracy", "shown to lower accuracy"),
        "Different devices": ("differ was shown to help", "differ was shown to cost"),
        "Noise in training": ("noise was shown to help", "noise was shown to hurt"),
        "Weighting by fidelity": ("fidelity was shown to help", "fidelity was shown to hurt"),
        "Entanglement": ("Entangling was shown to help", "Entangling was shown to hurt"),
        "Against pooled data": ("shown to be better", "shown to cost"),
    }
    for topic, (up, down) in words.items():
        assert (up if better else down) in told[topic]
        assert "by 0.1" in told[topic] or "by 0.0" in told[topic]


def test_the_client_itself_may_lose_where_the_average_wins() -> None:
    told = said(made(local=0.7, own=0.3))
    assert "raise accuracy" in told["Does federation pay"]
    assert "federating was shown to hurt by 0.1" in told["For the client itself"]
    assert "For the client itself" not in said(made(concentrations=(None,)))


def test_an_advantage_needs_every_classical_learner_and_a_sound_run() -> None:
    both = {"mlp": 0.8, "logistic_regression": 0.8}
    topic = "Quantum or classical"
    assert "beats every federated classical learner by 0." in said(made(**both))[topic]
    assert "No advantage" in said(made(mlp=0.8))[topic]
    assert "the run is not complete" in said(made(**both), complete=False)[topic]
    assert "every seed has the same rows" in said(made(**both, same_rows=True))[topic]
    assert "No advantage" in said(made(seeds=4, **both))[topic]
    better = said(made(mlp=0.99))[topic]
    assert "shown to be better: MLP by 0.0" in better
    assert "beats" not in better
    # The same rows in every seed show nothing of new ones, on either side.
    assert said(made(mlp=0.99, same_rows=True))[topic].startswith("No advantage")


def test_an_advantage_is_claimed_by_luck_in_few_runs() -> None:
    """No QNN is better here; 200 runs, at most 5 % by the joint intervals."""
    lucky = sum(
        "beats" in said(made(salt=salt, seeds=5))["Quantum or classical"] for salt in range(200)
    )
    assert lucky < 20


def test_points_that_lack_a_setting_serve_all_questions() -> None:
    records = made(concentrations=(0.3, None), seeds=3)
    unique = {record.point.id: record for record in records}
    found = questions(list(unique.values()))
    assert [q.title for q in found] == ["α = 0.3", "same mix of classes"]
    for question in found:
        assert set(question.learners) == set(LEVEL)
        assert question.learners[POOLED].values.keys() == {0, 1, 2}


def test_differences_are_those_of_the_records() -> None:
    (question,) = questions(made(seeds=6, local=0.7))
    assert isinstance(question, Question)
    pair = question.difference(FEDERATED, LOCAL)
    assert pair is not None
    assert pair.n == 6
    mine, other = (question.learners[n].by_seed("accuracy") for n in (FEDERATED, LOCAL))
    assert pair.mean == pytest.approx(np.mean([mine[s] - other[s] for s in range(6)]))
    unlike = question.unlike()
    assert unlike is not None
    alike = [question.alike[device].by_seed("accuracy") for device in CLIENTS]
    means = [mine[s] - (alike[0][s] + alike[1][s]) / 2 for s in range(6)]
    assert unlike.mean == pytest.approx(np.mean(means))


def test_communication_is_priced_to_the_first_round_that_gets_there() -> None:
    (question,) = questions(made(spread=0.0, mlp=0.7))
    goal = question.goal
    assert goal == pytest.approx(0.95 * 0.9)
    price = question.main.price(goal)
    assert (price.reached, price.rounds, price.bytes) == (10, 2, 350)
    assert question.main.price(0.8).bytes == 150
    never = question.learners["mlp"].price(goal)
    assert (never.reached, never.bytes) == (0, float("inf"))
    assert question.main.traffic == (0, 150, 350)
    sentence = said(made(spread=0.0, mlp=0.7))["Communication"]
    assert "the QNN after 2 rounds and 350 B" in sentence
    assert "MLP in none of 10 seeds" in sentence


def test_few_seeds_show_nothing() -> None:
    assert "no difference" in said(made(seeds=2, local=0.5))["Does federation pay"].lower()


def test_a_run_without_its_federation_is_too_early() -> None:
    records = [r for r in made(seeds=1) if r.point.settings["learner"] != "federated"]
    with pytest.raises(TooEarlyError, match="no federated QNN yet"):
        questions(records)


def test_what_did_not_run_yet_is_left_out() -> None:
    kept = {"federated", *CLASSICAL, POOLED_NOISELESS}
    records = [r for r in made() if r.point.settings["learner"] in kept]
    told = said(records, complete=False)
    assert "Does federation pay" not in told
    assert "Different devices" not in told
    only = [r for r in records if r.point.settings["learner"] == "federated"]
    assert "no advantage" in said(only)["Quantum or classical"].lower()


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 B"), (640, "640 B"), (12800, "12.8 kB"), (3.2e6, "3.2 MB")]
)
def test_bytes_are_told_by_thousands(value: float, text: str) -> None:
    assert bytes_text(value) == text
