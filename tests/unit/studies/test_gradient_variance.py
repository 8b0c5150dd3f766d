"""The study gradient_variance: its points and steps, and its records against closed forms."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from qiskit.quantum_info import SparsePauliOp

from nisqdl import gradient_variance
from nisqdl.analysis.plateau_verdict import plateau_verdicts
from nisqdl.analysis.plateaus import plateaus
from nisqdl.circuits.build import build_without_features
from nisqdl.circuits.options import ModelOptions
from nisqdl.errors import InputError
from nisqdl.experiment import Experiment, find_file, load
from nisqdl.store.record import Record
from nisqdl.studies.data import dataset_options, split_for

_PRODUCT: dict[str, Any] = {
    "study": "gradient_variance",
    "model": {
        "ansatz": {"name": "two_local", "rotations": ["rx"], "depth": 1},
        "entangler": "none",
    },
    "qubits": [2, 3, 4],
    "observable": ["projector", "mean_z"],
    "samples": 2000,
}


def _loaded(folder: Path, **changes: Any) -> Experiment:
    file = folder / "small.yaml"
    file.write_text(yaml.safe_dump({**_PRODUCT, **changes}))
    return load(str(file))


def _records(experiment: Experiment) -> list[Record]:
    artifacts: dict[str, bytes] = {}
    records: list[Record] = []
    for step in experiment.study.steps(experiment.points()):
        outcome = experiment.study.perform(step, {key: artifacts[key] for key in step.needs})
        if outcome.artifact is not None:
            artifacts[step.key] = outcome.artifact
        records.extend(outcome.records)
    return records


def _told(record: Record, name: str) -> tuple[float, float]:
    return record.values[name], record.values[f"{name}_stderr"]


def _is(record: Record, name: str, expected: float) -> None:
    """Within five standard errors, or to rounding where the number is exact."""
    value, stderr = _told(record, name)
    assert value == pytest.approx(expected, abs=5 * stderr + 1e-12), (record.point.settings, name)


@pytest.fixture(scope="module")
def product_records(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    return _records(_loaded(tmp_path_factory.mktemp("product")))


def test_the_product_ansatz_has_its_closed_forms(product_records: list[Record]) -> None:
    """physics.md: global (1/8)(3/8)^(n−1); local 1/(8n²), here for Z and not (1 − Z)/2: four times.

    two_local lays its rotations twice here: the sum of two uniform angles is uniform, too.
    """
    assert len(product_records) == 12
    for record in product_records:
        n = record.point.settings["qubits"]
        if record.point.settings["observable"] == "projector":
            expected = (1 / 8) * (3 / 8) ** (n - 1)
        else:
            expected = 4 / (8 * n**2)
        _is(record, "var_grad_first", expected)
        _is(record, "var_grad_mean", expected)
        assert record.values["parameters"] == 2 * n


def test_pauli_paths_are_exact_there(product_records: list[Record]) -> None:
    walked = [r for r in product_records if r.point.settings["method"] == "pauli_paths"]
    assert len(walked) == 6
    assert all(_told(record, "var_grad_mean")[1] == 0 for record in walked)


def test_both_methods_are_run_and_agree(tmp_path: Path) -> None:
    experiment = _loaded(
        tmp_path,
        model={"ansatz": {"name": "efficient_su2", "depth": 3}, "entangler": "linear"},
        qubits=[3, 10],
        observable="Z0Z1",
        samples=500,
    )
    by_size: dict[int, dict[str, Record]] = {}
    for record in _records(experiment):
        settings = record.point.settings
        by_size.setdefault(settings["qubits"], {})[settings["method"]] = record
    for both in by_size.values():
        assert set(both) == {"sampling", "pauli_paths"}
        for name in ("second_moment", "var_grad_first", "var_grad_mean"):
            (one, one_error), (other, other_error) = (_told(r, name) for r in both.values())
            assert abs(one - other) <= 5 * np.hypot(one_error, other_error), name


@pytest.mark.parametrize(("n", "layers"), [(2, 20), (4, 40)])
def test_the_deep_limit_of_efficient_su2(tmp_path: Path, n: int, layers: int) -> None:
    """physics.md: the first RY has N/(2(N² − 1))."""
    experiment = _loaded(
        tmp_path,
        model={"ansatz": {"name": "efficient_su2", "depth": layers}, "entangler": "linear"},
        qubits=n,
        observable="Z0Z1",
    )
    size = 2**n
    for record in _records(experiment):
        value, stderr = _told(record, "var_grad_first")
        assert value == pytest.approx(size / (2 * (size**2 - 1)), abs=5 * stderr, rel=0.01)


def test_noise_is_paired_with_its_absence_and_lowers_the_variance(tmp_path: Path) -> None:
    experiment = _loaded(
        tmp_path,
        model={"ansatz": {"name": "real_amplitudes", "depth": 2}, "entangler": "linear"},
        qubits=3,
        observable="global_z",
        target="manila",
        noise={"scale": [0, 4]},
        samples=200,
    )
    kinds = Counter(step.kind for step in experiment.study.steps(experiment.points()))
    assert kinds == {"transpile": 1, "measure": 4}
    found: dict[tuple[str, float], Record] = {}
    for record in _records(experiment):
        settings = record.point.settings
        found[settings["method"], settings["noise.scale"]] = record
    for method in ("sampling", "pauli_paths"):
        quiet, noisy = (found[method, scale].values for scale in (0, 4))
        assert noisy["var_grad_mean"] < 0.9 * quiet["var_grad_mean"]
        assert quiet["duration_ns"] > 0
    # Up to eight qubits the chain takes the device's noise whole: no twirl stands between them.
    for scale in (0, 4):
        one, one_error = _told(found["sampling", scale], "var_grad_mean")
        other, _ = _told(found["pauli_paths", scale], "var_grad_mean")
        assert abs(one - other) <= 5 * one_error


def test_layers_and_qubits_partition_the_parameters(product_records: list[Record]) -> None:
    for record in product_records:
        values = record.values
        assert len(values["layer_variances"]) == values["layers"] == 1
        assert len(values["qubit_variances"]) == record.point.settings["qubits"]
        listed = np.mean(values["parameter_variances"])
        assert np.mean(values["qubit_variances"]) == pytest.approx(listed, rel=1e-2)
        room = 1 + 1e-9  # of rounding in a mean of equal numbers
        assert values["var_grad_min"] <= room * values["var_grad_mean"]
        assert values["var_grad_mean"] <= room * values["var_grad_max"]


def test_layers_grow_with_the_qubits_where_that_is_asked(tmp_path: Path) -> None:
    experiment = _loaded(tmp_path, depth_rule="per_qubit", method="pauli_paths")
    layers = {r.point.settings["qubits"]: r.values["layers"] for r in _records(experiment)}
    assert layers == {2: 2, 3: 3, 4: 4}
    experiment = _loaded(tmp_path, depth_rule="per_doubling", method="pauli_paths")
    layers = {r.point.settings["qubits"]: r.values["layers"] for r in _records(experiment)}
    assert layers == {2: 1, 3: 2, 4: 2}


_WITH_DATA: dict[str, Any] = {
    "study": "gradient_variance",
    "dataset": {"name": "iris", "features": 2, "train": 60, "test": 20},
    "model": {"ansatz": {"name": "layered", "rotations": ["rx"]}, "entangler": "none"},
    "observable": "Z0",
    "samples": 4000,
}


def _with_data(folder: Path, **changes: Any) -> Experiment:
    file = folder / "data.yaml"
    file.write_text(yaml.safe_dump({**_WITH_DATA, **changes}))
    return load(str(file))


@pytest.mark.parametrize("target", [None, "manila"])
def test_features_are_drawn_from_the_data(tmp_path: Path, target: str | None) -> None:
    """RY(x) RX(θ) on |0⟩: ⟨Z⟩ = cos θ cos x, so that E[(∂C)²] is half the mean of cos² x."""
    experiment = _with_data(
        tmp_path, **({"target": target, "noise": {"scale": 0}} if target else {})
    )
    (record,) = _records(experiment)
    settings = record.point.settings
    assert settings["qubits"] == 2
    assert settings["method"] == "sampling"
    assert settings["model.feature_map.name"] == "angle"
    assert experiment.context()["datasets"][0]["name"] == "iris"
    rows = split_for(dataset_options(settings), 0, 0).train_features
    assert len(rows) == 60
    expected = float(np.mean(np.cos(rows[:, 0]) ** 2)) / 2
    _is(record, "var_grad_first", expected)
    assert record.values["parameters"] == 2
    _is(record, "second_moment", expected)


def test_data_under_noise_go_through_the_exact_engine(tmp_path: Path) -> None:
    target = {"target": "manila", "noise": {"scale": [0, 8]}, "samples": 300}
    model = {"ansatz": {"name": "real_amplitudes", "depth": 2}, "feature_map": {"name": "zz"}}
    found = {
        record.point.settings["noise.scale"]: record.values["var_grad_mean"]
        for record in _records(_with_data(tmp_path, model=model, **target))
    }
    assert 0 < found[8] < 0.9 * found[0]


def test_sizes_of_a_data_set_are_swept_by_its_features(tmp_path: Path) -> None:
    data = {**_WITH_DATA["dataset"], "features": [2, 3, 4]}
    records = _records(_with_data(tmp_path, dataset=data, samples=100))
    found = plateaus(records)
    (curve,) = found.over_qubits
    assert curve.x() == [2, 3, 4]


def test_an_identity_on_a_maximum_has_no_gradient_at_all(tmp_path: Path) -> None:
    model = {"ansatz": {"name": "efficient_su2", "depth": 4, "gate": "cz"}}
    experiment = _loaded(
        tmp_path, model=model, qubits=3, observable=["Z0", "X0"], initialisation="identity_blocks",
        samples=50,
    )  # fmt: skip
    records = _records(experiment)
    found = {r.point.settings["observable"]: r.values["var_grad_mean"] for r in records}
    assert found["Z0"] == 0
    assert found["X0"] > 0.01
    (told, *_) = plateau_verdicts(plateaus(records))
    assert "not trainable: Z0 (no gradient at all; trainable with X0 instead" in told.sentence


def test_phases_of_layerwise_training_have_their_own_circuits(tmp_path: Path) -> None:
    """Layers of RX and CZ, Z₀: of a new layer only RX on qubit 0 counts, whose derivative at 0 is
    ⟨Y₀⟩ after the layers before: by hand for three phases, along all Pauli paths for the last."""
    model = {"ansatz": {"name": "layered", "rotations": ["rx"], "depth": 4, "gate": "cz"}}
    experiment = _loaded(
        tmp_path, model=model, qubits=3, observable="Z0", initialisation="layerwise"
    )
    records = _records(experiment)
    three = build_without_features(
        ModelOptions.model_validate(
            {"ansatz": {**model["ansatz"], "depth": 3}, "entangler": "linear"}
        ),
        3,
    )
    exact = gradient_variance(three.circuit, SparsePauliOp("IIY")).second_moment
    for record, layers, expected in zip(
        records, (1, 2, 3, 4), (0.5, 0.25, 0.25, exact), strict=True
    ):
        assert record.point.settings["grown"] == record.values["layers"] == layers
        assert record.values["two_qubit_gates"] == 2 * layers
        assert record.values["parameters"] == 3
        _is(record, "var_grad_first", expected)
        _is(record, "var_grad_mean", expected / 3)
        assert record.values["layer_variances"][:-1] == [0] * (layers - 1)


def test_the_first_phase_under_noise_is_the_circuit_of_one_layer(tmp_path: Path) -> None:
    """The same numbers as of a model of one layer: the noise of later layers is not paid."""
    given = {
        "qubits": 2, "observable": "Z0", "target": "manila", "noise": {"scale": 3}, "samples": 40,
        "method": "sampling",
    }  # fmt: skip
    ansatz = {"name": "real_amplitudes", "depth": 3}
    grown = _records(
        _loaded(tmp_path, model={"ansatz": ansatz}, initialisation="layerwise", **given)
    )
    (shallow,) = _records(_loaded(tmp_path, model={"ansatz": {**ansatz, "depth": 1}}, **given))
    assert grown[0].values == shallow.values
    gates = [record.values["two_qubit_gates"] for record in grown]
    assert gates == sorted(set(gates))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"qubits": 5}, "2 features need 2"),
        ({"method": "pauli_paths"}, "not over a data set"),
        ({"dataset": {"name": "irs", "train": 10, "test": 10}}, "iris"),
        ({"dataset": None, "model": {"feature_map": {"name": "angle"}}}, "needs features"),
        ({"model": {"feature_map": {"name": "angel"}}}, "angle"),
    ],
)
def test_data_that_do_not_fit_are_refused_in_a_sentence(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        _with_data(tmp_path, **changes)


def test_a_record_repeats(tmp_path: Path) -> None:
    experiment = _loaded(tmp_path, qubits=3, observable="mean_z", samples=100)
    assert [r.values for r in _records(experiment)] == [r.values for r in _records(experiment)]


def test_the_other_methods_effort_is_not_part_of_a_point(tmp_path: Path) -> None:
    def ids(**changes: Any) -> set[str]:
        points = _loaded(tmp_path, **changes).points()
        return {p.id for p in points if p.settings["method"] == "sampling"}

    assert ids(walks=128) == ids(walks=256)
    assert ids(samples=100) != ids(samples=200)


def test_a_method_that_does_not_apply_is_left_out_or_refused(tmp_path: Path) -> None:
    def methods(**changes: Any) -> set[str]:
        return {p.settings["method"] for p in _loaded(tmp_path, **changes).points()}

    ansatz = {"ansatz": {"name": "real_amplitudes", "depth": 8}, "entangler": "linear"}
    blocks: dict[str, Any] = {"model": ansatz, "initialisation": "identity_blocks"}
    assert methods(**blocks) == {"sampling"}
    assert methods(qubits=40, observable="Z0Z1") == {"pauli_paths"}
    small: dict[str, Any] = {"qubits": 12, "initialisation": "gaussian"}
    assert methods(**small, observable="mean_z") == {"sampling"}
    assert methods(**small, observable="Z0") == {"sampling", "pauli_paths"}
    with pytest.raises(InputError, match="draws them together"):
        methods(**blocks, method="pauli_paths")
    with pytest.raises(InputError, match="at most 16 qubits without noise, but `qubits` is 40"):
        methods(qubits=40, observable="Z0Z1", method="sampling")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"qubits": 1}, "`qubits`"),
        ({"observable": "Z7"}, "must be from 0 to 1"),
        ({"observable": "mean_y"}, "mean_z"),
        ({"qubits": 12}, "at most 10 qubits"),
        ({"noise": {"scale": 1}}, "`noise` needs a device"),
        ({"target": "manila", "qubits": 6}, "manila has 5"),
        ({"model": {"entangler": "device"}}, "needs a device"),
        ({"model": {"ansatz": {"name": "two_lokal"}}}, "two_local"),
        ({"model": {"feature_map": {"name": "angle"}}}, "feature_map"),
        ({"initialisation": "zeros"}, "uniform"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        _loaded(tmp_path, **changes)


def test_an_experiment_says_what_it_would_take(tmp_path: Path) -> None:
    experiment = _loaded(tmp_path, qubits=2, observable="Z0", target="manila", samples=50)
    steps = experiment.study.steps(experiment.points())
    made = {s.key: experiment.study.perform(s, {}).artifact for s in steps if s.kind == "transpile"}
    artifacts = {key: data for key, data in made.items() if data is not None}
    (row,) = experiment.study.plan_rows(experiment.points(), artifacts)
    assert row["target"] == "manila"
    for step in steps:
        if step.kind == "measure":
            assert experiment.study.cost(step, artifacts).seconds > 0


@pytest.mark.parametrize("name", ["barren_plateaus", "barren_plateaus_noise"])
def test_shipped_experiments_run_shrunk(tmp_path: Path, name: str) -> None:
    document = yaml.safe_load(find_file(name).read_text())
    document["qubits"] = document["qubits"][:2]
    document["model"]["ansatz"]["depth"] = document["model"]["ansatz"]["depth"][:2]
    file = tmp_path / f"{name}.yaml"
    file.write_text(yaml.safe_dump({**document, "samples": 50}))
    experiment = load(str(file))
    records = _records(experiment)
    assert len(records) == len(experiment.points())
    assert all(record.values["var_grad_mean"] > 0 for record in records)
