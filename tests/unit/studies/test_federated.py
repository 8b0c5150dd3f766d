"""The study federated: its points and steps, what one run measures, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nisqdl.circuits.build import encode
from nisqdl.circuits.decoding import predicted_classes
from nisqdl.errors import InputError
from nisqdl.experiment import find_file, load
from nisqdl.report import build
from nisqdl.runner.run import run
from nisqdl.store.record import Record
from nisqdl.store.view import read_run
from nisqdl.studies import federation, preparation, qnn
from nisqdl.studies.data import split_of
from nisqdl.studies.federated import FederatedOptions, FederatedStudy
from nisqdl.studies.federated_networks import GRIDS
from nisqdl.studies.federated_scores import CLASSICAL, training_seed
from nisqdl.sweep import spread
from nisqdl.targets.cost import circuit_cost
from nisqdl.training.federated.checkpoint import federated_from_bytes
from nisqdl.training.loop import Progress, train
from nisqdl.training.options import TrainingOptions

STUDY = FederatedStudy()
SMALL: dict[str, Any] = {
    "dataset": {"name": "moons", "features": 2, "train": 24, "test": 20},
    "model": {"ansatz": {"depth": 1}},
    "clients": ["manila", "torino", "manila"],
    "concentration": 1.0,
    "federation": {"rounds": 2},
    "noise": {"scale": 3},
    "seeds": 1,
}


def points(**changes: Any):
    return STUDY.points(spread(FederatedOptions, {**SMALL, **changes}, "small.yaml"))


@pytest.fixture(scope="module")
def done() -> tuple[dict[tuple[str, str | None], Record], dict[str, bytes]]:
    """The records of the small experiment by learner and device, and all artifacts."""
    artifacts: dict[str, bytes] = {}
    records = {}
    for step in STUDY.steps(points()):
        outcome = STUDY.perform(step, artifacts)
        if outcome.artifact is not None:
            artifacts[step.key] = outcome.artifact
        for record in outcome.records:
            own = record.point.settings
            records[own["learner"], own.get("device")] = record
    return records, artifacts


def test_the_federation_stands_beside_everything_that_it_is_held_against(done) -> None:
    records, _ = done
    assert set(records) == {
        ("federated", None), ("federated_noiseless", None), ("federated_separable", None),
        ("federated_alike", "manila"), ("federated_alike", "torino"), ("local", None),
        ("pooled", None), ("pooled_noiseless", None), ("logistic_regression", None), ("mlp", None),
    }  # fmt: skip
    for record in records.values():
        values = record.values
        assert len(values["curve"]) == 3
        assert values["curve"][-1] == values["accuracy"] == np.mean(values["accuracies"])
        assert len({r.values["rows"] for r in records.values()}) == 1


def test_steps_are_done_once_and_their_keys_are_their_content() -> None:
    steps = STUDY.steps(points(weighting=["samples", "fidelity"], concentration=[1.0, None]))
    kinds = [step.kind for step in steps]
    assert kinds.count("transpile") == 2 * 2  # two devices, with and without entangler
    # For each mix: two weightings, noiseless, two alike, separable, alone; pooled twice in all.
    assert kinds.count("train") == 2 * 7 + 2
    assert kinds.count("fit") == 2 * 2
    keys = [step.key for step in steps]
    assert len(set(keys)) == len(keys)
    assert keys == [s.key for s in STUDY.steps(points(
        weighting=["samples", "fidelity"], concentration=[1.0, float("inf")]
    ))]  # fmt: skip
    made = set()
    for step in steps:
        assert set(step.needs) <= made
        made.add(step.key)


def test_pooled_training_is_centralised_training_under_the_device_noise(done) -> None:
    """The same path, bit by bit, as the training of all other studies."""
    records, artifacts = done
    ends = []
    for learner in ("pooled", "pooled_noiseless"):
        point = records[learner, None].point
        settings, split = point.settings, split_of(point.settings)
        judge = next(step for step in STUDY.steps([point]) if step.kind == "judge")
        (found,) = federated_from_bytes(artifacts[judge.needs[0]])
        isa = artifacts[judge.needs[1]]
        model = preparation.model_options(settings)
        trainer = federation._trainers(settings, [isa, artifacts[judge.needs[2]]])[0]
        path = []

        def keep(progress: Progress, path: list[list[float]] = path) -> None:
            assert progress.state is not None
            path.append(progress.state.search.weights.tolist())

        train(
            trainer,
            encode(model, split.train_features),
            split.train_labels,
            found.weights.shape[1],
            TrainingOptions(batch=16, steps=4),
            seed=training_seed(settings),
            progress=keep,
        )
        assert found.weights[1:].tolist() == path[1::2]  # 24 rows are two batches an epoch
        ends.append(path[-1])
    assert ends[0] != ends[1]  # the noise had its part in it


def test_alike_clients_that_step_once_a_round_are_pooled_training() -> None:
    """FedSGD on noisy circuits: whatever the deal, the path of gradient descent on all rows."""
    artifacts: dict[str, bytes] = {}
    paths = {}
    asked = points(
        clients=["manila"] * 3,
        training={"optimizer": "sgd", "learning_rate": 1.0, "batch": None},
        federation={"rounds": 5},
    )
    wanted = [p for p in asked if p.settings["learner"] in ("federated", "pooled")]
    for step in STUDY.steps(wanted):
        outcome = STUDY.perform(step, artifacts)
        if outcome.artifact is not None:
            artifacts[step.key] = outcome.artifact
        if step.kind == "train":
            (found,) = federated_from_bytes(outcome.artifact or b"")
            paths[step.settings["learner"]] = found.weights
    assert np.abs(np.diff(paths["pooled"], axis=0)).max() > 1e-3
    np.testing.assert_allclose(paths["federated"], paths["pooled"], atol=1e-10)


def test_the_global_model_is_judged_under_every_device(done) -> None:
    records, artifacts = done
    record = records["federated", None]
    settings, split = record.point.settings, split_of(record.point.settings)
    judge = next(s for s in STUDY.steps([record.point]) if s.kind == "judge")
    (found,) = federated_from_bytes(artifacts[judge.needs[0]])
    rows = encode(preparation.model_options(settings), split.test_features)
    expected, fidelities = {}, {}
    for target, key in zip(("manila", "torino"), judge.needs[1:], strict=True):
        evaluator = preparation.evaluator({**settings, "target": target}, artifacts[key])
        predicted = predicted_classes(evaluator.values(rows, found.weights[-1]))
        expected[target] = float(np.mean(predicted == split.test_labels))
        cost = circuit_cost(preparation.isa_model(artifacts[key]), qnn.device_named(target))
        fidelities[target] = cost.expected_fidelity * cost.readout_fidelity
    clients = settings["clients"]
    assert record.values["accuracies"] == [expected[target] for target in clients]
    assert record.values["fidelities"] == [fidelities[target] for target in clients]
    # Weights belong to the logical model: as many on each device, though circuits differ.
    isas = [preparation.isa_model(artifacts[key]) for key in judge.needs[1:]]
    assert len({len(isa.weights) for isa in isas}) == 1
    assert isas[0].circuit != isas[1].circuit


def test_rows_bytes_and_own_mix_add_up(done) -> None:
    records, _ = done
    values = records["federated", None].values
    assert sum(values["client_rows"]) == 24
    assert [sum(counts) for counts in values["client_classes"]] == values["client_rows"]
    size = values["weights"] * 8 * 3  # three clients, 8 bytes a number
    assert values["bytes_up"] == values["bytes_down"] == [0, size, 2 * size]
    pooled = records["pooled", None].values
    assert pooled["bytes_up"] == [24 * 3 * 8] * 3  # two features and the class
    assert set(records["local", None].values["bytes_up"]) == {0}
    network = records["logistic_regression", None].values
    assert network["weights"] == 3
    assert network["bytes_up"][-1] == 2 * 3 * 3 * 8
    own = records["local", None].values["own_accuracies"]
    assert all(0 <= value <= 1 for value in own)
    assert records["local", None].values["own_accuracy"] == pytest.approx(np.mean(own))


def test_merits_are_rows_or_rows_times_fidelity(done) -> None:
    records, artifacts = done
    record = records["federated", None]
    judge = next(s for s in STUDY.steps([record.point]) if s.kind == "judge")
    isas = [artifacts[key] for key in judge.needs[1:]]
    rows, fidelities = record.values["client_rows"], record.values["fidelities"]
    settings = dict(record.point.settings)
    assert federation._merits(settings, isas) == rows
    weighted = federation._merits({**settings, "weighting": "fidelity"}, isas)
    assert weighted == [count * f for count, f in zip(rows, fidelities, strict=True)]


def test_classical_learners_are_tuned_on_rows_that_are_not_tested(done) -> None:
    records, _ = done
    for name in CLASSICAL:
        values = records[name, None].values
        assert values["tried"] == len(GRIDS[name])
        assert values["chosen"] in GRIDS[name]
        assert 0 <= values["validation_accuracy"] <= 1


def test_without_noise_there_are_no_controls_of_noise() -> None:
    learners = {p.settings["learner"] for p in points(noise={"scale": 0})}
    assert "federated_alike" not in learners
    assert "federated_noiseless" not in learners
    alike = {p.settings["learner"] for p in points(clients=["manila", "manila"])}
    assert "federated_alike" not in alike


def test_weighting_by_rows_is_always_in() -> None:
    both = {p.id for p in points(weighting=["samples", "fidelity"])}
    assert {p.id for p in points(weighting="fidelity")} == both
    assert len(both) == len(points()) + 1


@pytest.mark.slow
def test_the_shipped_experiment_runs_shrunk_from_file_to_report(tmp_path: Path) -> None:
    document = yaml.safe_load(find_file("federated_devices").read_text())
    document["dataset"] |= {"train": 30, "test": 20}
    document["clients"] = document["clients"][:2]
    document["model"]["ansatz"]["depth"] = 1
    document["federation"]["rounds"] = 2
    document["noise"]["scale"] = 1
    file = tmp_path / "shrunk.yaml"
    file.write_text(yaml.safe_dump({**document, "seeds": 2}))
    experiment = load(str(file))
    folder = tmp_path / "run"
    told = run(experiment, folder, workers=1)
    assert told.added == len(experiment.points())
    assert run(experiment, folder, workers=1).added == 0
    before = read_run(folder).records
    built = build(folder)
    assert "each client alone" in built.verdict.sentence
    text = built.markdown.read_text()
    for title in ("Accuracy round by round", "Accuracy on each client's device", "communication"):
        assert title in text
    assert len(before) == len(experiment.points())


def test_a_plan_says_what_it_takes(done) -> None:
    _, artifacts = done
    rows = STUDY.plan_rows(points(), artifacts)
    assert {row["target"] for row in rows} == {"manila", "torino"}
    for step in STUDY.steps(points()):
        assert STUDY.cost(step, artifacts).seconds > 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"clients": ["manila"]}, "2 to 100 clients, but names 1"),
        ({"clients": ["manila"] * 13}, "13 clients need 2 training rows each"),
        ({"clients": ["manila", "turino"]}, "Did you mean 'torino'"),
        ({"clients": "manila"}, "clients"),
        ({"concentration": 0}, "concentration"),
        ({"concentration": "skewed"}, "concentration"),
        ({"weighting": "fidelty"}, "'samples' or 'fidelity'"),
        ({"federation": {"rounds": 0}}, "federation.rounds"),
        ({"federation": {"dropout": 1}}, "federation.dropout"),
        ({"federation": {"epochs": 1}}, "local_epochs"),
        ({"training": {"optimizer": "l_bfgs_b"}}, "instead of l_bfgs_b"),
        ({"training": {"steps": 10}}, "steps"),
        ({"engine": "statevector"}, "use exact or aer instead of 'statevector'"),
        ({"engine": "runtime"}, "use exact or aer"),
        ({"model": {"entangler": "device"}}, "weights of different circuits have no mean"),
        ({"dataset": {"name": "digits", "features": 6, "train": 60, "test": 20}}, "has 5"),
        ({"noise": {"scale": -1}}, "noise.scale"),
    ],
)
def test_wrong_options_are_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as error:
        points(**changes)
    assert "\n" not in str(error.value)
    assert "small.yaml" in str(error.value)
