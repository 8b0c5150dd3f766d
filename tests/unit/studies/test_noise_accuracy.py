"""The study noise_accuracy: its points, its steps, and what a record says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nisqdl.datasets.split import load_split
from nisqdl.engines.exact import ExactEngine
from nisqdl.errors import InputError
from nisqdl.experiment import Experiment, load
from nisqdl.noise.aer import aer_noise_model
from nisqdl.noise.applied import channels_for
from nisqdl.noise.readout import with_readout
from nisqdl.noise.recipe import find_recipe
from nisqdl.seeds import derive
from nisqdl.store.record import Record
from nisqdl.studies.data import dataset_options
from nisqdl.studies.settings import flatten, nested, pick
from nisqdl.targets.serial import isa_from_bytes
from nisqdl.targets.snapshots import find_device
from nisqdl.training.checkpoint import is_trained, trained_from_bytes

_SMALL: dict[str, Any] = {
    "study": "noise_accuracy",
    "dataset": {"name": "iris", "features": 3, "train": 30, "test": 30, "classes": [1, 2]},
    "model": {"ansatz": {"depth": 2}, "entangler": "full"},
    "target": ["manila", "torino"],
    "noise": {"scale": [0, 1, 3]},
    "training": {"steps": 5, "noise": ["ideal", "target"]},
    "shots": [None, 200],
    "seeds": 2,
}


def _loaded(folder: Path, **changes: Any) -> Experiment:
    file = folder / "small.yaml"
    file.write_text(yaml.safe_dump({**_SMALL, **changes}))
    return load(str(file))


def _performed(experiment: Experiment) -> tuple[list[Record], dict[str, bytes], list[Any]]:
    artifacts: dict[str, bytes] = {}
    records: list[Record] = []
    steps = experiment.study.steps(experiment.points())
    for step in steps:
        outcome = experiment.study.perform(step, {key: artifacts[key] for key in step.needs})
        if outcome.artifact is not None:
            artifacts[step.key] = outcome.artifact
        records.extend(outcome.records)
    return records, artifacts, steps


@pytest.fixture(scope="module")
def performed(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Experiment, list[Record], dict[str, bytes], list[Any]]:
    experiment = _loaded(tmp_path_factory.mktemp("study"))
    return experiment, *_performed(experiment)


def test_the_control_and_the_baselines_are_always_in(performed: Any) -> None:
    learners = Counter(point.settings["learner"] for point in performed[0].points())
    # 2 entanglers (the control is added), 2 targets, 3 scales, 2 trainings, 2 shots, 2 seeds
    assert learners == {"qnn": 96, "logistic_regression": 2, "svc": 2, "mlp": 2}


def test_nothing_is_transpiled_or_trained_twice(performed: Any) -> None:
    kinds = Counter(step.kind for step in performed[3])
    # Ideal training serves both targets: 2 entanglers × 2 seeds × (1 ideal + 2 targets).
    assert kinds == {"transpile": 4, "train": 12, "measure": 16, "baseline": 6}
    assert len({step.key for step in performed[3]}) == len(performed[3])


def test_steps_come_after_what_they_need(performed: Any) -> None:
    done: set[str] = set()
    for step in performed[3]:
        assert done.issuperset(step.needs)
        done.add(step.key)


def test_every_point_has_its_record(performed: Any) -> None:
    experiment, records, *_ = performed
    assert Counter(record.point.id for record in records) == Counter(
        point.id for point in experiment.points()
    )


def test_a_record_says_where_it_comes_from(performed: Any) -> None:
    for record in performed[1]:
        said = record.provenance
        assert said["versions"]["nisqdl"]
        assert said["seeds"]["data"] == derive(0, "data", record.point.settings["seed"])
        if record.point.settings["learner"] == "qnn":
            target = record.point.settings["target"]
            assert said["device"] == f"{target}@{find_device(target).date[:10]}"
            assert said["snapshot"] == record.point.settings["snapshot"]
            assert 0 < record.values["expected_fidelity"] < 1


@pytest.mark.parametrize("scale", [1, 3])
@pytest.mark.parametrize("target", ["manila", "torino"])
def test_accuracy_and_loss_equal_a_computation_with_aer(
    performed: Any, target: str, scale: float
) -> None:
    """The whole line again, by hand: the artifacts' circuit and weights on Aer alone."""
    from qiskit_aer import AerSimulator

    _, records, artifacts, steps = performed
    wanted = {
        "learner": "qnn", "target": target, "noise.scale": scale, "shots": None,
        "training.noise": "target", "model.entangler": "full", "seed": 1,
    }  # fmt: skip
    (record,) = (
        r for r in records if all(r.point.settings[key] == value for key, value in wanted.items())
    )
    (step,) = (s for s in steps if record.point in s.points)
    isa = isa_from_bytes(artifacts[step.needs[0]])
    weights = trained_from_bytes(artifacts[step.needs[1]]).weights
    channels = channels_for(
        find_recipe("calibrated"), find_device(target), isa.physical_qubits, scale
    )
    split = load_split(dataset_options(record.point.settings), derive(0, "data", 1))
    simulator = AerSimulator(method="density_matrix", noise_model=aer_noise_model(channels))
    (observable,) = isa.observables
    values = []
    for row in split.test_features:
        circuit = isa.circuit.assign_parameters(
            {
                parameter: value
                for parameter, value in zip(
                    (*isa.features, *isa.weights), (*row, *weights), strict=True
                )
                if parameter in isa.circuit.parameters
            }
        )
        circuit.save_density_matrix()
        state = simulator.run(circuit).result().data()["density_matrix"]
        values.append(np.real(state.expectation_value(with_readout(observable, channels.readout))))
    values = np.array(values)
    p_true = np.where(split.test_labels == 0, 1 + values, 1 - values) / 2
    predicted = (values < 0).astype(int)
    assert record.values["accuracy"] == np.mean(predicted == split.test_labels)
    assert record.values["loss"] == pytest.approx(-np.log(p_true).mean(), abs=1e-7)


def test_at_scale_zero_the_target_does_not_matter(performed: Any) -> None:
    found: dict[Any, set[float]] = {}
    for record in performed[1]:
        settings = record.point.settings
        if (
            settings["learner"] == "qnn"
            and settings["noise.scale"] == 0
            and settings["training.noise"] == "ideal"
            and settings["shots"] is None
        ):
            key = (settings["model.entangler"], settings["seed"])
            found.setdefault(key, set()).add(round(record.values["loss"], 9))
    assert len(found) == 4
    assert all(len(losses) == 1 for losses in found.values())


def test_the_same_steps_give_the_same_values(performed: Any, tmp_path: Path) -> None:
    experiment = _loaded(tmp_path, target="manila", seeds=1)
    again = {r.point.id: r.values for r in _performed(experiment)[0]}
    before = {r.point.id: r.values for r in performed[1]}
    for identity, values in again.items():
        assert before[identity]["accuracy"] == values["accuracy"]


def test_changed_data_are_other_points(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    rows = [f"{i % 7},{i % 5},{'a' if i % 2 else 'b'}" for i in range(60)]
    file.write_text("\n".join(["u,v,kind", *rows]))
    data = {"name": "csv", "path": str(file), "label": "kind", "train": 20, "test": 20}
    before = {point.id for point in _loaded(tmp_path, dataset=data).points()}
    file.write_text("\n".join(["u,v,kind", *reversed(rows)]))
    from nisqdl.studies.data import data_identity

    data_identity.cache_clear()  # another process would read the file anew
    assert before.isdisjoint(point.id for point in _loaded(tmp_path, dataset=data).points())


def test_settings_flatten_and_nest_back() -> None:
    document = {"model": {"ansatz": {"depth": 2, "name": "a"}, "entangler": "none"}, "shots": None}
    flat = flatten(document)
    assert flat == {
        "model.ansatz.depth": 2,
        "model.ansatz.name": "a",
        "model.entangler": "none",
        "shots": None,
    }
    assert nested(flat, "model") == document["model"]
    assert pick(flat, ["shots", "model.ansatz."]) == {
        "model.ansatz.depth": 2,
        "model.ansatz.name": "a",
        "shots": None,
    }


def test_ways_of_training_end_in_records_that_a_computation_by_hand_gives(tmp_path: Path) -> None:
    experiment = _loaded(
        tmp_path,
        target="manila",
        noise={"scale": [1, 4]},
        shots=None,
        seeds=1,
        training=[
            {"steps": 4, "noise": "injected", "noise_scale": 2},
            {"steps": 4, "noise": "target", "noise_scale": 2},
            {"steps": 4, "noise": "injected", "normalise": "batch"},
            {"steps": 4, "normalise": "batch"},
            {"steps": 4, "normalise": "train"},
        ],
    )
    records, artifacts, steps = _performed(experiment)
    weights = {
        str(step.settings.get("training.normalise")) + str(step.settings["training.noise"]):
            trained_from_bytes(artifacts[step.key]).weights.tolist()
        for step in steps
        if step.kind == "train" and step.settings["model.entangler"] == "full"
    }  # fmt: skip
    # What is normalised at the test alone changes nothing in training; everything else does.
    assert weights.pop("trainideal") == weights["batchideal"]
    assert len({str(found) for found in weights.values()}) == len(weights) == 4
    again = _performed(experiment)[1]  # chance depends on seeds alone
    for step in steps:
        assert step.kind != "train" or artifacts[step.key] == again[step.key]

    checked = 0
    for record in records:
        settings = record.point.settings
        if settings["learner"] != "qnn" or settings.get("training.normalise") is None:
            continue
        measure = next(s for s in steps if record.point.id in {p.id for p in s.points})
        isa = isa_from_bytes(artifacts[measure.needs[0]])
        trained = trained_from_bytes(artifacts[measure.needs[1]]).weights
        split = load_split(dataset_options(settings), derive(0, "data", 0))
        noise = channels_for(
            find_recipe("calibrated"), find_device("manila"), isa.physical_qubits,
            settings["noise.scale"],
        )  # fmt: skip
        evaluator = ExactEngine().prepare(isa, noise)
        train, test = (
            evaluator.values(rows, trained)[:, 0]
            for rows in (split.train_features, split.test_features)
        )
        by = test if settings["training.normalise"] == "batch" else train
        logits = (test - by.mean()) / np.sqrt(by.var() + 1e-6)
        predicted = np.where(logits >= 0, 0, 1)
        assert record.values["accuracy"] == pytest.approx((predicted == split.test_labels).mean())
        right = 1 / (1 + np.exp(-2 * logits * (1 - 2 * split.test_labels)))
        assert record.values["loss"] == pytest.approx(-np.log(right).mean(), abs=1e-9)
        checked += 1
    assert checked == 12


_DYNAMIC = {
    "ansatz": {"name": "qcnn", "depth": 1, "pooling": "zx_dynamic"}, "entangler": "own",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"training": {"noise": "injected"}, "engine": "statevector", "noise": {"scale": 0}},
         "needs an engine with gate noise"),
        ({"training": {"normalise": "train"}, "engine": "runtime", "noise": {"scale": 1}},
         "needs the training rows measured"),
        ({"training": {"noise_scale": 2}}, "`noise` is ideal"),
        ({"training": {"noise": "injected"}, "model": _DYNAMIC}, "errors are injected into"),
        ({"training": {"optimizer": "qng"}, "model": _DYNAMIC}, "the metric of qng is that of"),
        ({"engine": "runtime", "noise": {"scale": 1}, "model": _DYNAMIC},
         "by `execution: {primitive: sampler}` alone.*choose 'zx'"),
        ({"engine": "runtime", "noise": {"scale": 1}, "model": _DYNAMIC,
          "execution": {"primitive": "sampler", "twirling": {"measure": True}}},
         "without twirling and dynamical decoupling.*choose 'zx'"),
    ],
)  # fmt: skip
def test_ways_that_cannot_be_are_refused(tmp_path: Path, changes: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        _loaded(tmp_path, **changes)


@pytest.mark.parametrize("noise", ["ideal", "target", "injected"])
@pytest.mark.parametrize("patience", [None, 1])
def test_a_training_in_parts_ends_as_the_whole_one(
    tmp_path: Path, noise: str, patience: int | None
) -> None:
    given = {
        "noise": noise, "steps": 11, "patience": patience, "check_every": 2,
        "learning_rate": 1.5 if patience else 0.1, "rate": "cosine",
    }  # fmt: skip
    small = {"target": "manila", "noise": {"scale": [1]}, "shots": None, "seeds": 1,
             "model": {"ansatz": {"depth": 1}, "entangler": "none"}}  # fmt: skip
    whole, *_ = _performed(_loaded(tmp_path, **small, training=given))
    parted = _loaded(tmp_path, **small, training={**given, "checkpoint_every": 4})
    records, artifacts, steps = _performed(parted)
    trainings = [step for step in steps if step.kind == "train"]
    assert [step.settings.get("until") for step in trainings] == [4, 8, None]
    assert trainings[2].needs[-1] == trainings[1].key
    states = [is_trained(artifacts[step.key]) for step in trainings]
    if patience is None:
        assert states == [False, False, True]
    else:  # it ended early, and the parts after it pass its weights on
        assert states[1:] == [True, True]
        assert artifacts[trainings[1].key] == artifacts[trainings[2].key]
    values = [
        [r.values for r in found if r.point.settings["learner"] == "qnn"]
        for found in (whole, records)
    ]
    assert values[0] == values[1]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"training": {"checkpoint_every": 0}}, "greater than or equal to 1"),
        ({"training": {"checkpoint_every": 5, "optimizer": "cobyla"}}, "cannot go on in mid-run"),
    ],
)
def test_parts_that_cannot_be_are_refused(tmp_path: Path, changes: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        _loaded(tmp_path, **changes)
