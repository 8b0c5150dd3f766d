"""Shipped experiments, shrunk, from file to report.

Those of `gradient_variance`, `reinforcement`, `federated` and `transfer` that have tests of their
own beside their study are named there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from nisqdl.experiment import experiment_names, find_file, load
from nisqdl.report import build
from nisqdl.runner.run import run

FEW = {"train": 24, "test": 20}
SHRUNK: dict[str, dict[str, Any]] = {
    "quantum_or_classical": {"dataset": FEW, "tuning": {"candidates": 1, "folds": 2}},
    "qcnn_or_cnn": {"dataset": FEW, "tuning": {"candidates": 1, "folds": 2}},
    "qcnn_or_cnn_noise": {"dataset": FEW, "tuning": {"candidates": 1, "folds": 2}},
    "qcnn_sixteen": {"dataset": FEW, "tuning": {"candidates": 1, "folds": 2}},
    "qcnn_noise": {
        "dataset": {**FEW, "features": 4},
        "model": {"ansatz": {"depth": 1}},
        "target": "fake_torino",
        "noise": {"scale": [0, 1]},
        "training": {"steps": 2},
    },
    "noise_aware_training": {"dataset": FEW, "noise": {"scale": [0, 1]}},
    "barren_plateaus_device": {
        "qubits": 6, "model": {"ansatz": {"depth": [1, 2]}}, "walks": 65536, "target": "boston",
    },
    "layer_by_layer": {
        "dataset": {**FEW, "features": 4},
        "model": {"ansatz": {"depth": 2}},
        "target": "manila",
        "noise": {"scale": [0, 1]},
        "training": [
            {"noise": "target", "schedule": "layerwise", "growth": {"share": 1.0}},
            {"noise": "ideal", "initialisation": "identity_blocks"},
        ],
    },
    "plateau_initialisations": {"qubits": [2, 3], "samples": 20},
    "mitigation_budget": {
        "qpu_seconds": [10], "samples": 2, "repetitions": 2,
        "execution": [{"resilience_level": 0}, {"resilience_level": 1}],
    },
}  # fmt: skip
ELSEWHERE = {
    "barren_plateaus", "barren_plateaus_noise", "cartpole_noise", "federated_devices",
    "network_policies", "noise_vs_accuracy", "radio_on_device", "train_here_test_there",
    "train_now_test_later",
}  # fmt: skip


def test_every_shipped_experiment_is_shrunk_somewhere() -> None:
    assert set(experiment_names()) == set(SHRUNK) | ELSEWHERE


@pytest.mark.slow
@pytest.mark.parametrize("name", SHRUNK)
def test_a_shipped_experiment_runs_shrunk(name: str, tmp_path: Path) -> None:
    document = _merged(yaml.safe_load(find_file(name).read_text()), SHRUNK[name])
    if "splits" in document:
        document["splits"] = 2
        for model in document["quantum"]:
            if "steps" in model["search"]:
                model["search"]["steps"] = [2]
    if "seeds" in document:
        document["seeds"] = 2
    if isinstance(document.get("training"), list):
        document["training"] = [{**way, "steps": 2} for way in document["training"]]
    file = tmp_path / f"{name}.yaml"
    file.write_text(json.dumps(document))  # which is YAML, too
    experiment, folder = load(str(file)), tmp_path / "run"
    assert run(experiment, folder, workers=1).added == len(experiment.points())
    assert run(experiment, folder, workers=1).steps == 0
    built = build(folder)
    assert built.verdict.sentence
    assert "NOT COMPLETE" not in built.markdown.read_text()


def _merged(document: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The document with some of its fields changed, at any depth."""
    merged = dict(document)
    for name, value in changes.items():
        inner = document.get(name)
        both = isinstance(value, dict) and isinstance(inner, dict)
        merged[name] = _merged(inner, value) if both and isinstance(inner, dict) else value
    return merged
