"""A point's model, saved and loaded, gives the values from which its record was made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from nisqdl.datasets import DATASETS
from nisqdl.datasets.split import load_scaling, load_split
from nisqdl.errors import InputError, NisqdlError
from nisqdl.experiment import load as load_experiment
from nisqdl.models import load
from nisqdl.seeds import derive
from nisqdl.studies.data import dataset_options
from nisqdl.studies.exported import find_record, model_of

EXPERIMENT = {
    "study": "noise_accuracy",
    "dataset": {"name": "iris", "features": 3, "train": 45, "test": 60},
    "model": {"ansatz": {"depth": 1}, "entangler": "device"},
    "target": "torino",
    "noise": {"scale": [0, 2], "channels": [["two_qubit", "readout"], None]},
    "training": [{"steps": 6}, {"steps": 6, "normalise": "train"}],
    "seeds": 1,
}


@pytest.fixture(scope="module")
def performed(tmp_path_factory):
    file = tmp_path_factory.mktemp("exported") / "small.yaml"
    file.write_text(yaml.safe_dump(EXPERIMENT))
    experiment = load_experiment(str(file))
    artifacts, records = {}, []
    for step in experiment.study.steps(experiment.points()):
        outcome = experiment.study.perform(step, {key: artifacts[key] for key in step.needs})
        if outcome.artifact is not None:
            artifacts[step.key] = outcome.artifact
        records.extend(outcome.records)
    return experiment.study, records, artifacts


def test_every_point_reaches_its_recorded_accuracy_from_raw_columns(performed, tmp_path) -> None:
    study, records, artifacts = performed
    trained = [r for r in records if r.point.settings["learner"] == "qnn"]
    assert len(trained) == 2 * 2 * 2 * 2  # the control without entangler is in
    for record in trained:
        model = model_of(study, record, artifacts.__getitem__)
        model.save(tmp_path / "model.npz")
        again = load(tmp_path / "model.npz")
        options = dataset_options(record.point.settings)
        seed = derive(0, "data", 0)
        split = load_split(options, seed)
        raw = DATASETS["iris"].load(options, seed)
        # Rows of the test part by their features: the scaling of the run takes them there.
        features = load_scaling(options, seed).apply(raw.X)
        rows = [
            int(np.flatnonzero((features == row).all(axis=1))[0]) for row in split.test_features
        ]
        names = np.array(split.class_names)[split.test_labels]
        assert again.score(raw.X[rows], names) == pytest.approx(record.values["accuracy"])
        np.testing.assert_array_equal(
            again.predict_proba(raw.X[rows]), model.predict_proba(raw.X[rows])
        )
        assert again.get_params() == model.get_params()


def test_points_are_found_by_id_or_as_the_best(performed) -> None:
    study, records, _ = performed
    best = find_record(records, "best")
    assert best.point.settings["noise.scale"] in (0, 2)
    assert best.values["train_accuracy"] == max(
        r.values["train_accuracy"] for r in records
        if r.point.settings["learner"] == "qnn"
        and r.point.settings["noise.scale"] == best.point.settings["noise.scale"]
    )  # fmt: skip
    assert find_record(records, best.point.id[:12]) is best
    classical = next(r for r in records if r.point.settings["learner"] == "svc")
    for wanted, says in (
        ("nothing", "no point begins"),
        ("", "several points begin"),
        (classical.point.id, "a classical learner"),
    ):
        with pytest.raises(InputError, match=says):
            find_record(records, wanted)
    with pytest.raises(InputError, match="no trained QNN yet"):
        find_record([classical], "best")
    with pytest.raises(InputError, match="not in this folder"):
        model_of(study, best, {}.__getitem__)


def test_parts_that_do_not_belong_together_are_noticed(performed) -> None:
    study, records, artifacts = performed
    best = find_record(records, "best")
    steps = study.steps([best.point])
    (training,) = (step for step in steps if step.kind == "train")
    weights = [key for key, content in artifacts.items() if b"trained weights" in content]
    mixed = dict(artifacts)
    noticed = 0
    for other in weights:
        mixed[training.key] = artifacts[other]
        try:
            model_of(study, best, mixed.__getitem__)
        except NisqdlError as error:
            noticed += "do not belong together" in str(error)
    assert noticed > 0


def test_a_hostile_circuit_is_told_in_one_sentence(performed, tmp_path: Path) -> None:
    study, records, artifacts = performed
    model = model_of(study, find_record(records, "best"), artifacts.__getitem__)
    for text in ("", "[]", '{"options": 3, "edges": null}',
                 '{"options": {"ansatz": {"name": "x"}}, "edges": null}'):  # fmt: skip
        model.circuit_ = text
        model.save(tmp_path / "hostile.npz")
        with pytest.raises(InputError) as caught:
            load(tmp_path / "hostile.npz")
        assert "\n" not in str(caught.value)


def test_a_point_is_not_fitted_again(performed, tmp_path: Path) -> None:
    study, records, artifacts = performed
    model = model_of(study, find_record(records, "best"), artifacts.__getitem__)
    with pytest.raises(InputError, match="has been trained by its run"):
        model.fit(np.zeros((2, 4)), [0, 1])
    with pytest.raises(ValueError, match="expecting 4 features"):
        model.predict(np.zeros((2, 3)))
    model.save(tmp_path / "model.npz")
    again = load(tmp_path / "model.npz").set_params(backend="fake_manila", shots=50)
    assert set(again.predict(np.ones((3, 4)))) <= {"setosa", "versicolor", "virginica"}
