"""The study transfer: which places are crossed, what is trained and measured where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nisqdl.circuits.build import encode
from nisqdl.circuits.decoding import predicted_classes
from nisqdl.engines import find_engine
from nisqdl.errors import InputError
from nisqdl.experiment import find_file, load
from nisqdl.noise.applied import channels_for
from nisqdl.noise.recipe import find_recipe
from nisqdl.report import build
from nisqdl.runner.run import run
from nisqdl.seeds import derive
from nisqdl.store.record import Record
from nisqdl.studies import preparation
from nisqdl.studies.data import split_of
from nisqdl.studies.named import device_named
from nisqdl.studies.transfer import NO_NOISE, Transfer, TransferOptions
from nisqdl.sweep import spread
from nisqdl.targets.serial import isa_from_bytes
from nisqdl.training.checkpoint import trained_from_bytes
from nisqdl.training.loop import train
from nisqdl.training.options import TrainingOptions

STUDY = Transfer()
SMALL: dict[str, Any] = {
    "dataset": {"name": "moons", "features": 2, "train": 20, "test": 20},
    "model": {"ansatz": {"depth": 1}},
    "target": ["manila", "torino"],
    "noise": {"scale": [1, 4]},
    "training": {"steps": 4, "batch": 8},
    "seeds": 1,
}


def points(**changes: Any):
    return STUDY.points(spread(TransferOptions, {**SMALL, **changes}, "small.yaml"))


Key = tuple[str, float, str, float]


@pytest.fixture(scope="module")
def done() -> tuple[dict[Key, Record], dict[str, bytes]]:
    """Records by (trained on, its λ, tested on, its λ), and all artifacts."""
    artifacts: dict[str, bytes] = {}
    records = {}
    for step in STUDY.steps(points()):
        outcome = STUDY.perform(step, artifacts)
        if outcome.artifact is not None:
            artifacts[step.key] = outcome.artifact
        for record in outcome.records:
            own = record.point.settings
            key = own["trained_on"], own["trained_scale"], own["target"], own["noise.scale"]
            records[key] = record
    return records, artifacts


def test_places_are_crossed_that_share_a_device_or_a_scale(done) -> None:
    records, _ = done
    places = [(d, s) for d in ("manila", "torino") for s in (1.0, 4.0)]
    expected = {(NO_NOISE, 0.0, *place) for place in places}
    expected |= {(*a, *b) for a in places for b in places if a[0] == b[0] or a[1] == b[1]}
    assert set(records) == expected
    kinds = [step.kind for step in STUDY.steps(points())]
    assert kinds.count("transpile") == 2
    assert kinds.count("train") == 1 + 4
    # What was trained at one place is measured on each device it is needed on, once.
    assert kinds.count("measure") == 5 * 2


def test_ideal_places_are_tested_and_not_trained() -> None:
    found = {
        (p.settings["trained_on"], p.settings["trained_scale"], p.settings["noise.scale"])
        for p in points(target="manila", noise={"scale": [0, 2]})
    }
    assert found == {(NO_NOISE, 0.0, 0.0), (NO_NOISE, 0.0, 2.0), ("manila", 2.0, 0.0),
                     ("manila", 2.0, 2.0)}  # fmt: skip


def test_weights_are_trained_at_one_place_and_measured_at_another_as_they_are(done) -> None:
    """Against the plain parts: the engine, the noise and the loop, each called by hand."""
    records, artifacts = done
    record = records["manila", 4.0, "torino", 4.0]
    settings, split = record.point.settings, split_of(record.point.settings)
    (measure,) = (s for s in STUDY.steps([record.point]) if s.kind == "measure")
    there, weights = (artifacts[key] for key in measure.needs)
    home = next(
        artifacts[s.key]
        for s in STUDY.steps([record.point])
        if s.kind == "transpile" and s.settings["target"] == "manila"
    )

    def place(isa: bytes, target: str):
        model = isa_from_bytes(isa)
        recipe, device = find_recipe("calibrated"), device_named(target)
        noise = channels_for(recipe, device, model.physical_qubits, 4.0)
        return find_engine("exact").prepare(model, noise)

    options = preparation.model_options(settings)
    expected = train(
        place(home, "manila"),
        encode(options, split.train_features),
        split.train_labels,
        len(isa_from_bytes(home).weights),
        TrainingOptions(steps=4, batch=8),
        seed=derive(0, "training", 0),
    )
    found = trained_from_bytes(weights).weights
    np.testing.assert_allclose(found, expected.weights, atol=1e-12)
    values = place(there, "torino").values(encode(options, split.test_features), found)
    right = np.mean(predicted_classes(values) == split.test_labels)
    assert record.values["accuracy"] == pytest.approx(right)
    assert record.provenance["device"].startswith("torino")
    assert isa_from_bytes(home).circuit != isa_from_bytes(there).circuit


def test_trainings_differ_by_place_and_serve_every_test(done) -> None:
    _, artifacts = done
    trained = [s for s in STUDY.steps(points()) if s.kind == "train"]
    weights = [tuple(trained_from_bytes(artifacts[s.key]).weights) for s in trained]
    assert len(set(weights)) == 5


def test_a_device_at_two_dates_is_two_places() -> None:
    """Both calibrations are IBM's own, three years apart."""
    dates = ["manila@2021-07-26", "manila@2024-05-27"]
    found = points(target=dates, noise={"scale": 1})
    assert {p.settings["trained_on"] for p in found} == {NO_NOISE, *dates}
    assert len({p.settings["snapshot"] for p in found}) == 2
    steps = STUDY.steps(found)
    assert [s.kind for s in steps].count("train") == 3
    artifacts: dict[str, bytes] = {}
    losses = {}
    for step in steps:
        outcome = STUDY.perform(step, artifacts)
        if outcome.artifact is not None:
            artifacts[step.key] = outcome.artifact
        for record in outcome.records:
            own = record.point.settings
            losses[own["trained_on"], own["target"]] = record.values["loss"]
    assert len(set(losses.values())) == 6


@pytest.mark.slow
@pytest.mark.parametrize("name", ["train_here_test_there", "train_now_test_later"])
def test_the_shipped_experiments_run_shrunk_from_file_to_report(name: str, tmp_path: Path) -> None:
    document = yaml.safe_load(find_file(name).read_text())
    document["target"] = document["target"][-2:]
    document["noise"]["scale"] = [1, 5]
    document["model"]["ansatz"]["depth"] = 1
    document["training"]["steps"] = 5
    file = tmp_path / "shrunk.yaml"
    file.write_text(yaml.safe_dump({**document, "seeds": 3}))
    experiment = load(str(file))
    folder = tmp_path / "run"
    assert run(experiment, folder, workers=1).added == len(experiment.points())
    assert run(experiment, folder, workers=1).added == 0
    built = build(folder)
    text = built.markdown.read_text()
    for words in ("Trained here, tested there", "Trained at one λ, tested at all", "logical model"):
        assert words in text


def test_a_plan_says_what_it_takes(done) -> None:
    _, artifacts = done
    assert {row["target"] for row in STUDY.plan_rows(points(), artifacts)} == {"manila", "torino"}
    for step in STUDY.steps(points()):
        assert STUDY.cost(step, artifacts).seconds > 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"training": {"noise": "ideal"}}, "training without noise takes part by itself"),
        ({"training": {"noise": "device", "optimizer": "spsa"}}, "`noise` must be target"),
        ({"training": {"noise_scale": 2}}, "name the values in `noise.scale`"),
        ({"training": {"steps": 0}}, "training.steps"),
        ({"target": ["manila", "turino"]}, "Did you mean 'torino'"),
        ({"target": "manila@2020-01-01"}, "2024-05-27"),
        ({"engine": "statevector"}, "use exact or aer"),
        ({"engine": "runtime"}, "use exact or aer"),
        ({"model": {"entangler": "device"}}, "mean something else"),
        ({"dataset": {"name": "digits", "features": 6, "train": 60, "test": 20}}, "has 5"),
        ({"noise": {"scale": [-1, 1]}}, "noise.scale"),
        ({"shots": 0}, "shots"),
    ],
)
def test_wrong_options_are_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as error:
        points(**changes)
    assert "\n" not in str(error.value)
    assert "small.yaml" in str(error.value)


def test_without_noise_there_is_nothing_to_train_under(tmp_path: Path) -> None:
    file = tmp_path / "ideal.yaml"
    file.write_text(yaml.safe_dump({**SMALL, "study": "transfer", "noise": {"scale": 0}}))
    with pytest.raises(InputError, match=r"ideal\.yaml: `noise.scale` must have a value above 0"):
        load(str(file)).points()
