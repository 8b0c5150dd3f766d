"""``engine: runtime`` on a snapshot: local mode, with the same steps as on a device."""

from __future__ import annotations

import numpy as np
import pytest

from nisqdl.engines import find_engine
from nisqdl.engines.runtime.request import measured_from_bytes
from nisqdl.engines.twin import Model, shared_shots
from nisqdl.errors import InputError
from nisqdl.noise.recipe import find_recipe
from nisqdl.studies import device_training
from nisqdl.studies.data import split_of
from nisqdl.studies.device_training import GO_ON
from nisqdl.studies.noise_accuracy import NoiseAccuracy, NoiseAccuracyOptions
from nisqdl.studies.preparation import isa_model
from nisqdl.sweep import spread
from nisqdl.targets.snapshots import find_device
from nisqdl.training.device.rounds import asked_rows, round_from_bytes, told

STUDY = NoiseAccuracy()
SMALL = {
    "dataset": {"name": "iris", "classes": [0, 1], "features": 2, "train": 20, "test": 8},
    "model": {"ansatz": {"name": "real_amplitudes", "depth": 1}},
    "target": "torino",
    "engine": "runtime",
    "noise": {"scale": [1, 6]},
    "training": {"steps": 5},
    "execution": {"shots": 4000, "resilience_level": 0},
    "seeds": 1,
}


def test_no_step_is_remote_and_records_are_of_the_noise_that_was_asked_for() -> None:
    points = [
        point
        for point in STUDY.points(spread(NoiseAccuracyOptions, dict(SMALL), "a.yaml"))
        if point.settings["learner"] == "qnn" and point.settings["model.entangler"] == "linear"
    ]
    artifacts: dict[str, bytes] = {}
    values, records = {}, []
    for step in STUDY.steps(points):
        assert not step.remote
        outcome = STUDY.perform(step, artifacts)
        records += outcome.records
        if outcome.artifact is not None:
            artifacts[step.key] = outcome.artifact
        if step.kind == "execute":
            assert outcome.artifact is not None
            values[step.settings["noise.scale"]] = measured_from_bytes(outcome.artifact).values
    assert len(records) == 2
    assert all(record.values["qpu_seconds"] is None for record in records)
    # Six times the noise damps the values; by far more than 4000 shots scatter.
    damped = np.abs(values[6]).mean() / np.abs(values[1]).mean()
    assert damped < 1 - 3 / np.sqrt(4000)


def test_a_live_device_has_its_own_noise() -> None:
    live = {**SMALL, "target": "ibm_torino"}
    with pytest.raises(InputError, match=r"`noise.scale` must be 1 .* naming its snapshot, torino"):
        spread(NoiseAccuracyOptions, live, "a.yaml")


def test_training_on_a_device_can_be_rehearsed() -> None:
    rehearsed = {
        **SMALL,
        "noise": {"scale": 1},
        "training": {"noise": "device", "optimizer": "spsa", "steps": 2, "batch": 4},
    }
    points = [
        point
        for point in STUDY.points(spread(NoiseAccuracyOptions, rehearsed, "a.yaml"))
        if point.settings["learner"] == "qnn" and point.settings["model.entangler"] == "linear"
    ]
    artifacts: dict[str, bytes] = {}
    records = []
    for step in STUDY.steps(points):
        assert not step.remote
        outcome = STUDY.perform(step, artifacts)
        records += outcome.records
        if outcome.artifact is not None:
            artifacts[step.key] = outcome.artifact
    (record,) = records
    assert record.values["training_steps"] == 2

    # Its shots follow from the errors that the strings of ⟨mean Z⟩ have by their shared shots.
    circuit, begun, asked, went_on = STUDY.steps(points)[:4]
    settings, before = went_on.settings, round_from_bytes(artifacts[begun.key])
    assert went_on.kind == GO_ON
    found, isa = measured_from_bytes(artifacts[asked.key]), isa_model(artifacts[circuit.key])
    train = split_of(settings).train_features.shape[1]
    problem = device_training._problem(settings)
    factors = [
        shared_shots(
            model := Model(
                find_engine("exact"), isa, find_recipe("calibrated"), None,
                row[None, :train], row[train:],
            ),
            model.noise(find_device("torino"), 1.0),
        )
        for row in asked_rows(before, problem)
    ]  # fmt: skip
    true = told(before, problem, found.values, found.stderr * np.concatenate(factors))
    after = round_from_bytes(artifacts[went_on.key])
    assert after.slope_variance == pytest.approx(true.slope_variance, rel=1e-9)
    assert after.shots == true.shots
    stated = told(before, problem, found.values, found.stderr)
    assert after.slope_variance > 1.05 * stated.slope_variance
