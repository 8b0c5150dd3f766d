"""The study comparison: what takes part, with which budget, and what its report says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nisqdl.baselines.contender import IMAGE
from nisqdl.baselines.contenders import CONTENDERS, USUAL
from nisqdl.baselines.equal_size import SIZE, Size
from nisqdl.baselines.fourier import FourierFeatures
from nisqdl.circuits.architectures.dressed import DressedCore
from nisqdl.circuits.architectures.iqp import IqpVariational
from nisqdl.circuits.architectures.reuploading import Reuploading
from nisqdl.circuits.simulability import simulability
from nisqdl.errors import InputError
from nisqdl.experiment import load
from nisqdl.report import write_report
from nisqdl.runner.progress import Silence
from nisqdl.runner.run import run
from nisqdl.store.record import Point, Record
from nisqdl.store.view import read_run
from nisqdl.studies.comparison import Comparison
from nisqdl.studies.contest import all_candidates, drawn_candidates, leaked_rows

FILE = """\
study: comparison
dataset: {name: moons, train: 40, test: 20, noise: 0.2}
quantum:
  - {model: QNN, search: {depth: [1, 2], steps: [10]}}
  - {model: QuantumKernel, label: IQP kernel, search: {C: [0.1, 1, 10]}}
classical: [{model: logistic_regression}, {model: svc_rbf}, {model: mlp}, {model: random_forest}]
tuning: {candidates: 2, folds: 2}
splits: 5
"""


def written(tmp_path: Path, text: str = FILE) -> str:
    path = tmp_path / "contest.yaml"
    path.write_text(text)
    return str(path)


def compete(point: Point) -> Record:
    """The record of one point, by all steps that it takes."""
    artifacts: dict[str, bytes] = {}
    records: list[Record] = []
    for step in Comparison().steps([point]):
        done = Comparison().perform(step, artifacts)
        if done.artifact is not None:
            artifacts[step.key] = done.artifact
        records += done.records
    (record,) = records
    return record


def test_every_learner_has_the_same_splits_and_at_most_the_same_budget(tmp_path):
    points = load(written(tmp_path)).points()
    learners = {point.settings["learner"] for point in points}
    assert learners == {
        "QNN", "QNN (separable)", "IQP kernel", "IQP kernel (separable)",
        "logistic_regression", "svc_rbf", "mlp", "random_forest",
    }  # fmt: skip
    assert len(points) == 8 * 5
    assert all(len(drawn_candidates(point.settings)) == 2 for point in points)
    assert len({point.settings["contest"] for point in points}) == 1


def test_a_run_ends_with_a_claim_and_goes_on_where_it_stopped(tmp_path):
    experiment = load(written(tmp_path))
    folder = tmp_path / "run"
    summary = run(experiment, folder, 1, Silence())
    assert summary.points == 40
    again = run(experiment, folder, 1, Silence())
    assert again.points == 40
    view = read_run(folder)
    built = write_report(view, folder, 40)
    assert "moons" in built.verdict.sentence
    assert "2 candidates each, 2-fold cross-validation, 5 splits" in built.verdict.sentence
    names = {path.name for path in built.figures}
    assert {"contest_ranks.svg", "contest_differences.svg"} <= names
    text = built.markdown.read_text()
    assert "IQP kernel (separable)" in text
    assert "easy to simulate" in text
    assert "2 of 12" in text
    first = view.records[0]
    repeated = compete(first.point)
    assert dict(repeated.values) == dict(first.values)


def test_candidates_are_drawn_without_replacement_and_differ_from_split_to_split():
    settings = {
        "search": {"a": [1, 2, 3], "b": ["x", "y"]}, "tuning.candidates": 4, "root_seed": 0,
        "learner": "one", "seed": 0,
    }  # fmt: skip
    possible = all_candidates(settings["search"])
    assert len(possible) == 6
    drawn = [drawn_candidates({**settings, "seed": seed}) for seed in range(20)]
    assert all(len(some) == 4 and all(c in possible for c in some) for some in drawn)
    assert all(len({str(c) for c in some}) == 4 for some in drawn)
    assert len({str(some) for some in drawn}) > 5


def test_usual_spaces_hold_at_least_twelve_candidates():
    for name in USUAL:
        assert len(all_candidates(CONTENDERS[name].search)) >= 12, name


@pytest.mark.parametrize("name", CONTENDERS)
def test_contenders_learn_and_count_their_weights(name):
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(120, 3))
    labels = (rows[:, 0] + 0.3 * rows[:, 1] > 0).astype(int)
    contender = CONTENDERS[name]
    image = {IMAGE: [1, 3]} if contender.for_images else {}
    if contender.equal_size:
        image = {SIZE: Size(20, 3, 2, (1, 3))}
    chosen = {**all_candidates(contender.search)[-1], **image}
    model = contender.make(chosen, 0).fit(rows, labels)
    assert model.score(rows, labels) > 0.85
    assert contender.weights(model) >= 4 or name.startswith("svc")


def test_fourier_features_hold_a_qnns_function():
    """A re-uploading circuit on one feature is a Fourier series up to its number of uploads."""
    from qiskit.circuit import ParameterVector, QuantumCircuit
    from qiskit.quantum_info import Statevector

    rng = np.random.default_rng(1)
    x, w = ParameterVector("x", 1), ParameterVector("w", 9)
    circuit = QuantumCircuit(1)
    for layer in range(3):
        circuit.rz(w[3 * layer], 0)
        circuit.rx(w[3 * layer + 1], 0)
        circuit.rz(w[3 * layer + 2], 0)
        circuit.ry(x[0], 0)
    weights = rng.uniform(0, 6, 9)
    rows = rng.uniform(-np.pi, np.pi, (40, 1))
    values = []
    for row in rows:
        given = {x[0]: row[0], **dict(zip(w, weights, strict=True))}
        probabilities = Statevector(circuit.assign_parameters(given)).probabilities()
        values.append(probabilities[0] - probabilities[1])
    features = FourierFeatures(max_frequency=3, components=100).fit_transform(rows)
    assert features.shape == (40, 6)
    design = np.concatenate([features, np.ones((40, 1))], axis=1)
    fitted = design @ np.linalg.lstsq(design, np.array(values), rcond=None)[0]
    np.testing.assert_allclose(fitted, values, atol=1e-10)


def test_leaked_rows_are_counted():
    from nisqdl.datasets.options import DatasetOptions
    from nisqdl.datasets.split import load_split

    split = load_split(DatasetOptions(name="moons", train=20, test=10), 0)
    assert leaked_rows(split) == 0
    mixed = np.concatenate([split.train_features[:3], split.test_features[3:]])
    object.__setattr__(split, "test_features", mixed)
    assert leaked_rows(split) == 3


def test_bounds_on_simulation():
    separable = simulability(IqpVariational(layers=3, entangled=False).build(5, "value"))
    assert (separable.two_qubit_gates, separable.cone, separable.log2_bond) == (0, 1, 0)
    ring = simulability(DressedCore(layers=1).build(6, "z"))
    # Z₀ feels the ring's last CNOT (5 → 0), whose qubit 5 feels the whole line before it.
    assert (ring.qubits, ring.two_qubit_gates, ring.cone) == (6, 6, 6)
    assert ring.log2_bond == 2  # at each cut a gate of the line and the closing one
    pairs = simulability(Reuploading(layers=1).build(18, "z"))
    assert (pairs.qubits, pairs.cone, pairs.log2_bond) == (6, 2, 1)
    whole = simulability(Reuploading(layers=1).build(18, "z"), whole_state=True)
    assert whole.cone == 2


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("model: QNN,", "model: QMN,", "Did you mean 'QNN'"),
        ("depth: [1, 2]", "dept: [1, 2]", "Did you mean 'depth'"),
        ("depth: [1, 2]", "depth: []", "at least one value"),
        ("depth: [1, 2]", "backend: [fake_torino]", "no parameter to search named 'backend'"),
        ("{model: mlp}", "{model: mlpp}", "Did you mean 'mlp'"),
        ("{model: mlp}", "{model: mlp, search: {hidden: [3]}}", "must give values of alpha"),
        ("{model: mlp}", "{model: mlp, search: {hidden: [2.5], alpha: [1]}}", "whole number, but"),
        ("{model: mlp}", "{model: mlp, search: {hidden: [2], alpha: [big]}}", "a positive number,"),
        ("{model: mlp}", "{model: equal_mlp, search: {grid: [0], alpha: [1]}}", "but is 0"),
        (
            "{model: random_forest}",
            "{model: random_forest, search: {max_depth: [2, null], max_features: [all], "
            "min_samples_leaf: [1]}}",
            "must be 'sqrt', None, but is 'all'",
        ),
        ("label: IQP kernel", "label: QNN", "takes part twice"),
        ("candidates: 2", "candidates: 0", "tuning.candidates"),
        ("splits: 5", "splits: 0", "splits"),
        ("splits: 5", "noise: calibrated", "needs a `backend`"),
        ("splits: 5", "backend: fake_torin", "Did you mean 'fake_torino'"),
    ],
)
def test_a_wrong_file_is_answered_with_a_sentence(tmp_path, old, new, says):
    assert old in FILE
    with pytest.raises(InputError) as told:
        load(written(tmp_path, FILE.replace(old, new))).points()
    assert says in str(told.value)
    assert "contest.yaml" in str(told.value)


def test_on_a_device_quantum_models_are_noisy_and_classical_ones_are_not(tmp_path):
    text = FILE.replace("splits: 5", "splits: 5\nbackend: fake_manila\nnoise_scale: 2")
    points = load(written(tmp_path, text)).points()
    quantum = next(p for p in points if p.settings["learner"] == "IQP kernel")
    classical = next(p for p in points if p.settings["kind"] == "classical")
    assert quantum.settings["noise"] == "calibrated"
    assert quantum.settings["snapshot"]
    assert "noise_scale" not in classical.settings
    assert 0.3 < compete(quantum).values["accuracy"] <= 1


IMAGES = """\
study: comparison
dataset: {name: line_images, train: 40, test: 20}
quantum: [{model: QCNN, search: {convolution: [ttn], steps: [5]}}]
tuning: {candidates: 2, folds: 2}
splits: 1
"""


def test_a_convolutional_network_competes_where_there_are_images(tmp_path):
    points = load(written(tmp_path, IMAGES)).points()
    by_learner = {point.settings["learner"]: point for point in points}
    assert {*USUAL, "cnn", "QCNN", "QCNN (separable)"} == set(by_learner)
    assert by_learner["cnn"].settings["search"]["image"] == [[2, 4]]
    record = compete(by_learner["cnn"])
    assert record.values["weights"] in (11, 20, 38, 74)
    assert record.values["chosen"]["image"] == [2, 4]
    assert compete(by_learner["QCNN"]).values["accuracy"] >= 0.4
    moons = load(written(tmp_path)).points()
    assert "cnn" not in {point.settings["learner"] for point in moons}
    named = FILE.replace("{model: mlp}", "{model: cnn}")
    with pytest.raises(InputError, match=r"takes whole images.*digits, bars_and_stripes"):
        load(written(tmp_path, named)).points()
    reduced = IMAGES.replace("test: 20", "test: 20, features: 4") + "classical: [{model: cnn}]\n"
    with pytest.raises(InputError, match="takes whole images"):
        load(written(tmp_path, reduced)).points()


EQUAL = """\
study: comparison
dataset: {name: line_images, train: 40, test: 20}
quantum: [{model: QCNN, search: {convolution: [ttn, so4, su4], steps: [2]}}]
classical: [{model: equal_mlp}, {model: equal_cnn}]
tuning: {candidates: 1, folds: 2}
splits: 3
"""


def test_networks_of_equal_size_have_no_more_weights_than_the_tuned_circuit(tmp_path):
    experiment = load(written(tmp_path, EQUAL))
    summary = run(experiment, tmp_path / "run", 1, Silence())
    assert summary.points == 12
    records = read_run(tmp_path / "run").records
    weights = {(r.point.settings["learner"], r.point.settings["seed"]): r.values["weights"]
               for r in records}  # fmt: skip
    assert len({weights["QCNN", seed] for seed in range(3)}) > 1  # so the sizes differ, too
    for seed in range(3):
        for name in ("equal_mlp", "equal_cnn"):
            assert 0.6 * weights["QCNN", seed] < weights[name, seed] <= weights["QCNN", seed]
    alone = next(r for r in records if r.point.settings["learner"] == "equal_cnn")
    assert dict(compete(alone.point).values) == dict(alone.values)
    text = write_report(read_run(tmp_path / "run"), tmp_path / "run", 12).markdown.read_text()
    assert "at equal size: " in text
    assert "CNN of equal size" in text
    entry = EQUAL.splitlines()[2]
    kernel = EQUAL.replace(entry, "quantum: [{model: QuantumKernel}]")
    with pytest.raises(InputError, match="list a trained circuit first"):
        load(written(tmp_path, kernel)).points()
    rows = FILE.replace("{model: mlp}", "{model: equal_mlp}")
    sized = [p for p in load(written(tmp_path, rows)).points() if "size_of" in p.settings]
    assert {p.settings["size_of"]["learner"] for p in sized} == {"QNN"}
    assert compete(sized[0]).values["weights"] <= 16
