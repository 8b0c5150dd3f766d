"""Initialisations and layer-wise training: options of every trained circuit, or refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.circuit.library import real_amplitudes
from qiskit.quantum_info import Operator, Statevector
from sklearn.datasets import load_iris

import nisqdl.models as models
from nisqdl.circuits.architectures.circuit_centric import CircuitCentric
from nisqdl.circuits.architectures.dressed import DressedCore
from nisqdl.circuits.architectures.iqp import IqpVariational
from nisqdl.circuits.architectures.layered import Layered
from nisqdl.circuits.architectures.reuploading import Reuploading
from nisqdl.circuits.options import ModelOptions
from nisqdl.errors import InputError
from nisqdl.training.initialisation import INITIALISATIONS

LAYERED = ("QNN", "DataReuploading", "CircuitCentric", "DressedCircuit", "IQPVariational")
TREES = ("QCNN", "TreeTensor")
REFUSED = {
    ("DataReuploading", "identity_blocks"): "no features between them",
    ("QCNN", "identity_blocks"): "layers that undo each other, but each stage",
    ("TreeTensor", "identity_blocks"): "layers that undo each other, but each stage",
    ("QCNN", "layerwise"): "each stage of this model's tree",
    ("TreeTensor", "layerwise"): "each stage of this model's tree",
}


def flowers() -> tuple[np.ndarray, np.ndarray]:
    X, y = load_iris(return_X_y=True)
    return X[50::5, :2], y[50::5]


def made(name: str, **given: Any) -> Any:
    deep = {
        "QNN": {"depth": 4},
        "IQPVariational": {"layers": 4},
        "DressedCircuit": {"layers": 4},
        "CircuitCentric": {"layers": 6},  # after three its ring of CNOTs is the identity
    }
    known = {"steps": 1, "learning_rate": 1e-9, "random_state": 0, **deep.get(name, {})}
    return getattr(models, f"{name}Classifier")(**{**known, **given})


@pytest.mark.parametrize("initialisation", list(INITIALISATIONS))
@pytest.mark.parametrize("name", [*LAYERED, *TREES])
def test_every_model_takes_every_start_or_says_why_not(name: str, initialisation: str) -> None:
    X, y = flowers()
    model = made(name, initialisation=initialisation)
    if (name, initialisation) in REFUSED:
        with pytest.raises(InputError, match=REFUSED[name, initialisation]) as told:
            model.fit(X, y)
        assert str(told.value).startswith(f"{name}Classifier: ")
        return
    model.fit(X, y)
    plain = made(name).fit(X, y)
    assert model.weights_.shape == plain.weights_.shape
    if initialisation != "uniform":
        assert (model.weights_ != plain.weights_).any()


def test_starts_have_the_stated_distribution() -> None:
    X, y = flowers()
    small, gaussian = (
        made("QNN", depth=60, initialisation=name).fit(X, y).weights_
        for name in ("small_normal", "gaussian")
    )
    assert np.std(small) == pytest.approx(0.1, rel=0.25)  # 122 angles
    assert np.std(gaussian) == pytest.approx((1 / (4 * 62)) ** 0.5, rel=0.25)
    first = made("QNN", initialisation="layerwise").fit(X, y).weights_
    np.testing.assert_allclose(first[4:], 0, atol=1e-8)
    assert (np.abs(first[:4]) > 1e-3).all()


def test_identity_blocks_are_the_identity() -> None:
    X, y = flowers()
    model = made("QNN", initialisation="identity_blocks", depth=4).fit(X, y)
    ansatz = real_amplitudes(2, reps=4, entanglement="linear")
    whole = Operator(ansatz.assign_parameters(model.weights_)).data
    # The rotations of the last, unpaired layer stay: the block takes the first of the next one.
    np.testing.assert_allclose(np.abs(np.trace(whole)), 4, atol=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(2, 5), st.integers(0, 99))
def test_layers_to_come_add_nothing_at_angle_zero(
    depth: int, cut: int, features: int, seed: int
) -> None:
    """Without entanglers, the whole circuit with zeros is the circuit that is cut."""
    if cut >= depth:
        return
    rng = np.random.default_rng(seed)

    def built(layers: int) -> list[Any]:
        qnn = {"ansatz": {"name": "efficient_su2", "depth": layers}, "entangler": "none"}
        return [
            Layered(ModelOptions.model_validate(qnn)),
            Reuploading(layers, entangled=False),
            CircuitCentric(layers, copies=1, entangled=False),
            DressedCore(layers, entangled=False),
            IqpVariational(layers, entangled=False),
        ]

    for whole, shallow in zip(built(depth), built(cut), strict=True):
        model, fewer = (one.build(features, "value") for one in (whole, shallow))
        structure = whole.structure(model)
        assert structure.num_weights == len(model.weights)
        places = structure.cut(cut)
        assert len(places) == len(fewer.weights)
        weights = np.zeros(len(model.weights))
        weights[places] = rng.uniform(0, 2 * np.pi, len(places))
        row = rng.normal(size=len(model.features))
        states = [
            Statevector(
                one.circuit.assign_parameters(
                    dict(zip((*one.features, *one.weights), (*row, *values), strict=True))
                )
            )
            for one, values in ((model, weights), (fewer, weights[places]))
        ]
        assert states[0].equiv(states[1])


@pytest.mark.parametrize("backend", [None, "fake_manila"])
@pytest.mark.parametrize("noise", ["target", "injected"])
def test_the_first_phase_is_the_fit_of_a_model_of_one_layer(
    backend: str | None, noise: str
) -> None:
    if backend is None and noise == "injected":
        noise = "ideal"
    X, y = flowers()
    given = {
        "backend": backend, "training_noise": noise, "steps": 24, "learning_rate": 0.1, "batch": 8,
    }  # fmt: skip
    grown = made("QNN", depth=3, schedule="layerwise", **given).fit(X, y)
    alone = made("QNN", depth=1, **given).fit(X, y)
    assert grown.loss_curve_[:4] == alone.loss_curve_[:4]  # three layers take 12 of 24 steps
    assert grown.loss_curve_[5] != alone.loss_curve_[5]
    together = made("QNN", depth=3, schedule="layerwise", grow_by=3, **given).fit(X, y)
    whole = made("QNN", depth=3, **given).fit(X, y)
    assert together.loss_curve_[:12] == whole.loss_curve_[:12]


@pytest.mark.parametrize("task", ["Classifier", "Regressor"])
@pytest.mark.parametrize("name", LAYERED)
def test_every_layered_model_grows_and_learns(name: str, task: str, tmp_path: Any) -> None:
    X, y = flowers()
    made_ = getattr(models, f"{name}{task}")
    layers = {"depth": 3} if name == "QNN" else {"layers": 3}
    model = made_(
        steps=60, learning_rate=0.1, batch=None, random_state=0, schedule="layerwise", **layers
    ).fit(X, y)
    assert np.mean(model.loss_curve_[-5:]) < model.loss_curve_[0]
    assert len(model.loss_curve_) == 60
    model.save(tmp_path / "grown.npz")
    again = models.load(tmp_path / "grown.npz")
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert again.get_params()["schedule"] == "layerwise"


@pytest.mark.parametrize(
    ("name", "given_", "says"),
    [
        ("QCNN", {"schedule": "layerwise"}, "QCNNClassifier: `schedule` 'layerwise' adds layers"),
        ("TreeTensor", {"schedule": "layerwise"}, "other ones are read at each depth"),
        ("QNN", {"schedule": "layerwize"}, "Did you mean 'layerwise'"),
        ("QNN", {"schedule": "layerwise", "grow_by": 0}, "greater than or equal to 1"),
        ("QNN", {"schedule": "layerwise", "grow_by": "two"}, "valid integer"),
        ("QNN", {"schedule": "layerwise", "steps": 7}, "at least 8 to train 4 layers"),
        ("QNN", {"schedule": "layerwise", "optimizer": "cobyla"}, "goes step by step"),
        ("QNN", {"initialisation": "gausian"}, "Did you mean 'gaussian'"),
        ("QNN", {"initialisation": 3}, "initialisation"),
        ("QNN", {"initialisation": "identity_blocks", "depth": 3}, "`depth` must be even"),
        ("CircuitCentric", {"initialisation": "identity_blocks", "layers": 4}, "a multiple of 6"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_sentence(
    name: str, given_: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        made(name, **given_).fit(*flowers())
