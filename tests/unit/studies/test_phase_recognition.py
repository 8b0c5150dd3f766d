"""The study of phases: its points and steps, what it measures, and what its report says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml
from pydantic import ValidationError
from qiskit.quantum_info import SparsePauliOp

from nisqdl.analysis.phase_recognition import diagrams, phase_verdict
from nisqdl.datasets.spin_chains import ground_state, string_order
from nisqdl.experiment import load
from nisqdl.report import build
from nisqdl.runner.run import run
from nisqdl.store.view import read_run
from nisqdl.studies.phase_recognition import PhaseRecognitionOptions, _training_rows

SMALL = {
    "study": "phase_recognition",
    "qubits": 4,
    "field": [0.0, 0.4, 1.6],
    "coupling": [-0.5, 0.0, 0.5],
    "model": {
        "feature_map": {"name": "amplitude"},
        "ansatz": {"name": "qcnn", "depth": 1, "convolution": "so4"},
    },
    "training": {"steps": 60, "batch": None, "learning_rate": 0.1},
    "train": 12,
    "seeds": 2,
}


def test_a_run_from_file_to_report(tmp_path: Path) -> None:
    file = tmp_path / "small.yaml"
    file.write_text(yaml.safe_dump(SMALL))
    experiment = load(str(file))
    assert len(experiment.points()) == 9 * 2
    folder = tmp_path / "run"
    run(experiment, folder, workers=1)
    records = read_run(folder).records
    for record in records:
        settings, values = record.point.settings, record.values
        energy, state = ground_state(4, settings["field"], settings["coupling"])
        # ⟨Z₀X₁Z₂⟩ by Qiskit, with qubit 0 rightmost.
        label = SparsePauliOp("IZXZ").to_matrix()
        assert values["string_order"] == pytest.approx((state @ label @ state).real, abs=1e-9)
        assert values["energy"] == pytest.approx(energy, abs=1e-9)
        assert ("energy_error" in values) == (settings["coupling"] == 0)
        assert ("right" in values) == (settings["coupling"] == 0)
        assert values["half"] == ("upper" if settings["coupling"] >= 0 else "lower")
    (found,) = diagrams(records)
    assert found.output.shape == found.order.shape == (3, 3)
    assert found.seeds == 2
    assert found.energy_error is not None
    assert found.energy_error < 1e-9
    mine = [r.values["output"] for r in records if r.point.settings["field"] == 0.4]
    assert found.output[:, 1].mean() == pytest.approx(np.mean(mine), abs=1e-12)
    assert "agree on the phase at" in phase_verdict(found, True).sentence
    assert "Not every point ran yet" in phase_verdict(found, False).sentence
    built = build(folder, planned=18)
    assert "phase_map-1" in built.markdown.read_text()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"qubits": 3}, "greater than or equal to 4"),
        ({"model": {"feature_map": {"name": "angle"}}}, "would take 256"),
        ({"model": {"ansatz": {"name": "qcnn", "depth": 4},
                    "feature_map": {"name": "amplitude"}}}, "at most 3"),
        ({"training": {"noise": "target"}}, "has no device"),
        ({"engine": "exactt"}, "Did you mean 'exact'"),
    ],
)  # fmt: skip
def test_wrong_options_are_said(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        PhaseRecognitionOptions.model_validate({"field": 0.5, **change})


def test_a_second_line_of_training_states_is_a_training_of_its_own(tmp_path: Path) -> None:
    alone = load(_written(tmp_path, SMALL))
    both = load(_written(tmp_path, {**SMALL, "train_coupling": [None, -1.6]}))
    known = {point.id for point in alone.points()}
    assert known < {point.id for point in both.points()}, "what is known is not measured anew"
    folder = tmp_path / "run"
    run(both, folder, workers=1)
    first, second = diagrams(read_run(folder).records)
    assert (first.trained, second.trained) == ((0.0,), (0.0, -1.6))
    assert "Trained on h₂ = 0 alone" in phase_verdict(first, True).sentence
    assert "Trained on h₂ = 0 and −1.6" in phase_verdict(second, True).sentence
    text = build(folder, planned=36).markdown.read_text()
    assert "train_coupling: [null, -1.6]" in text


def test_its_labels_are_those_of_the_order_parameter() -> None:
    settings = {"qubits": 4, "train": 12, "train_coupling": -1.6}
    states, labels = _training_rows(settings)
    plain, known = _training_rows({"qubits": 4, "train": 12})
    np.testing.assert_array_equal(states[:12], plain)
    np.testing.assert_array_equal(labels[:12], known)
    critical = string_order(ground_state(4, 1.0)[1], 0, 2)
    assert len(states) == 15
    for field, state, label in zip((0.0, 0.8, 1.6), states[12:], labels[12:], strict=True):
        own = ground_state(4, field, -1.6)[1]
        np.testing.assert_allclose(state, own, atol=1e-9)
        assert label == (string_order(own, 0, 2) <= critical)


def _written(tmp_path: Path, document: dict[str, object]) -> str:
    file = tmp_path / "asked.yaml"
    file.write_text(yaml.safe_dump(document))
    return str(file)
