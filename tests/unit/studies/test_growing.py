"""Circuits that grow layer by layer in the studies: each phase runs its own on the device."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml

from nisqdl.circuits.decoding import probabilities
from nisqdl.datasets.split import load_split
from nisqdl.errors import InputError
from nisqdl.experiment import load
from nisqdl.noise.aer import aer_noise_model
from nisqdl.noise.applied import channels_for
from nisqdl.noise.readout import with_readout
from nisqdl.noise.recipe import find_recipe
from nisqdl.seeds import derive, generator
from nisqdl.studies.contract import Step
from nisqdl.studies.data import dataset_options
from nisqdl.targets.serial import isa_from_bytes
from nisqdl.targets.snapshots import find_device
from nisqdl.training.checkpoint import is_trained, trained_from_bytes
from nisqdl.training.initialisation import INITIALISATIONS

_SMALL: dict[str, Any] = {
    "study": "noise_accuracy",
    "dataset": {"name": "iris", "features": 3, "train": 16, "test": 16, "classes": [1, 2]},
    "model": {"ansatz": {"name": "efficient_su2", "depth": 3}, "entangler": "full"},
    "target": "manila",
    "noise": {"scale": 1},
    "training": {"steps": 18, "batch": None, "schedule": "layerwise", "noise": "target"},
    "seeds": 1,
}


def _performed(folder: Path, **changes: Any) -> tuple[list[Step], dict[str, bytes], list[Any]]:
    """The steps that train and transpile, what they left, and the records."""
    file = folder / "small.yaml"
    file.write_text(yaml.safe_dump({**_SMALL, **changes}))
    experiment = load(str(file))
    points = [p for p in experiment.points() if p.settings.get("model.entangler") == "full"]
    steps, artifacts, records = experiment.study.steps(points), {}, []
    for step in steps:
        outcome = experiment.study.perform(step, {key: artifacts[key] for key in step.needs})
        if outcome.artifact is not None:
            artifacts[step.key] = outcome.artifact
        records.extend(outcome.records)
    return steps, artifacts, records


def _of_kind(steps: list[Step], kind: str) -> list[Step]:
    return [step for step in steps if step.kind == kind]


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory):
    return _performed(tmp_path_factory.mktemp("grown"))


def test_each_phase_has_an_isa_circuit_of_its_own_depth(grown) -> None:
    steps, artifacts, records = grown
    (training,) = _of_kind(steps, "train")
    circuits = [isa_from_bytes(artifacts[key]) for key in training.needs]
    assert [len(isa.weights) for isa in circuits] == [24, 12, 18]
    pairs = [
        sum(len(i.qubits) == 2 for i in isa.circuit.data if i.operation.name != "barrier")
        for isa in circuits
    ]
    assert pairs[1] < pairs[2] < pairs[0]
    # What is measured in the end is the whole circuit.
    (measure,) = _of_kind(steps, "measure")
    assert measure.needs[0] == training.needs[0]
    assert records[0].values["weights"] == 24
    assert records[0].values["training_steps"] == 18


def test_the_first_phase_sees_what_aer_makes_of_the_shallow_circuit(grown) -> None:
    """The first step's loss by Aer's density matrix of the one-layer circuit, readout by hand."""
    from qiskit_aer import AerSimulator

    steps, artifacts, records = grown
    (training,) = _of_kind(steps, "train")
    isa = isa_from_bytes(artifacts[training.needs[1]])
    found = trained_from_bytes(artifacts[training.key])
    drawn = INITIALISATIONS["uniform"].draw(24, generator(derive(0, "training", 0), "weights"))
    channels = channels_for(
        find_recipe("calibrated"), find_device("manila"), isa.physical_qubits, 1.0
    )
    split = load_split(dataset_options(records[0].point.settings), derive(0, "data", 0))
    simulator = AerSimulator(method="density_matrix", noise_model=aer_noise_model(channels))
    observable = with_readout(isa.observables[0], channels.readout)
    values = []
    for row in split.train_features:
        angles = dict(zip((*isa.features, *isa.weights), (*row, *drawn[:12]), strict=True))
        circuit = isa.circuit.assign_parameters({p: angles[p] for p in isa.circuit.parameters})
        circuit.save_density_matrix()
        state = simulator.run(circuit).result().data()["density_matrix"]
        values.append(np.real(state.expectation_value(observable)))
    chances = probabilities(np.array(values)[:, np.newaxis])
    loss = -np.log(chances[np.arange(len(values)), split.train_labels]).mean()
    assert found.history[0] == pytest.approx(loss, abs=1e-7)


@pytest.mark.parametrize("noise", ["ideal", "target", "injected"])
def test_the_first_phase_is_the_training_of_a_model_of_one_layer(
    tmp_path: Path, noise: str
) -> None:
    """In the same run both train on the same ISA circuit, and see the same losses, bit by bit."""
    training = {**_SMALL["training"], "noise": noise, "batch": 6}
    steps, grown, _ = _performed(tmp_path, training=training)
    alone = {**training, "schedule": "all"}
    model = {**_SMALL["model"], "ansatz": {"name": "efficient_su2", "depth": 1}}
    others, shallow, _ = _performed(tmp_path, training=alone, model=model)
    histories = [
        next(trained_from_bytes(a).history for a in found.values() if is_trained(a))
        for found in (grown, shallow)
    ]
    assert histories[0][:3] == histories[1][:3]  # 18 steps: each of three layers comes after three
    assert histories[0][4] != histories[1][4]
    if noise != "ideal":  # the shallow circuit is the same step in both
        (shared,) = {step.key for step in steps} & {step.key for step in others}
        assert shared == _of_kind(others, "transpile")[0].key


@pytest.mark.parametrize("noise", ["ideal", "injected"])
@pytest.mark.parametrize("every", [1, 4])
def test_a_grown_training_in_parts_ends_as_the_whole_one(
    tmp_path: Path, noise: str, every: int
) -> None:
    training = {**_SMALL["training"], "noise": noise, "batch": 6, "steps": 11}
    training["growth"] = {"first": 1, "add": 1, "train": 2}
    *_, whole = _performed(tmp_path, training=training)
    steps, artifacts, parted = _performed(
        tmp_path, training={**training, "checkpoint_every": every}
    )
    trainings = _of_kind(steps, "train")
    assert len(trainings) == -(-11 // every)
    assert Counter(is_trained(artifacts[step.key]) for step in trainings)[True] == 1
    assert whole[0].values == parted[0].values


def test_other_studies_grow_as_well(tmp_path: Path) -> None:
    transfer = {**_SMALL, "study": "transfer", "target": ["manila", "torino"]}
    steps, artifacts, records = _performed(tmp_path, **transfer)
    noisy = [step for step in _of_kind(steps, "train") if step.needs]
    assert {len(step.needs) for step in noisy} == {3}
    assert len(records) == 6
    assert len(_of_kind(steps, "transpile")) == 6
    for step in noisy:
        places = {isa_from_bytes(artifacts[key]).device for key in step.needs}
        assert len(places) == 1  # of the device that it is trained on


def test_without_layers_by_layers_the_steps_are_those_of_before(tmp_path: Path) -> None:
    steps, *_ = _performed(tmp_path, training={"steps": 3, "noise": "target"})
    assert len(_of_kind(steps, "transpile")) == 1
    (training,) = _of_kind(steps, "train")
    assert len(training.needs) == 1
    assert not [name for name in training.settings if name.startswith("training.growth")]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"training": {"schedule": "layerwise", "steps": 6}}, "at least 7 to train 3 layers"),
        ({"training": {"schedule": "layerwise", "growth": {"first": 0}}}, "greater than or equal"),
        ({"training": {"schedule": "layerwise", "growth": {"frist": 1}}}, "frist"),
        ({"training": {"schedule": "layerwise", "growth": 3}}, "growth"),
        ({"training": {"growth": {"first": 1}}}, "only for `schedule: layerwise`"),
        ({"training": {"schedule": "layerwise", "optimizer": "cobyla"}}, "step by step"),
        ({"training": {"schedule": "layerwise"}, "model": {"ansatz": {"name": "qcnn"}}}, "tree"),
        (
            {"training": {"schedule": "layerwise"}, "model": {"ansatz": {"name": "qcnn"}},
             "study": "mitigation"},
            "tree",
        ),
        (
            {"training": {"schedule": "layerwise", "noise": "device", "optimizer": "spsa"},
             "engine": "runtime", "noise": {"scale": 1}},
            "all weights at once",
        ),
    ],
)  # fmt: skip
def test_what_cannot_grow_is_refused_in_a_sentence(
    tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(yaml.safe_dump({**_SMALL, **changes}))
    with pytest.raises(InputError, match=says):
        load(str(file))
