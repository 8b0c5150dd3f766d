"""Convolutional networks from 4 to 16 qubits, with and without noise."""

from __future__ import annotations

import time

import numpy as np
import pytest
from qiskit.quantum_info import Statevector
from sklearn.datasets import load_iris

from nisqdl.circuits.architectures.convolutional import Convolutional
from nisqdl.datasets.options import DatasetOptions
from nisqdl.datasets.split import load_split
from nisqdl.engines import find_engine
from nisqdl.errors import CapacityError
from nisqdl.models import QCNNClassifier
from nisqdl.models.place import Place
from nisqdl.noise.channels import IDEAL


@pytest.mark.parametrize("qubits", [5, 12, 16])
def test_values_and_slopes_are_those_of_qiskit_up_to_sixteen_qubits(qubits: int) -> None:
    architecture = Convolutional(convolution="so4", pooling="zx", boundary="periodic")
    model = architecture.build(qubits, "value")
    rng = np.random.default_rng(qubits)
    row, weights = rng.uniform(-1.5, 1.5, (1, qubits)), rng.uniform(-3, 3, len(model.weights))
    evaluator = find_engine("statevector").prepare(model, IDEAL)

    def plain(at: np.ndarray) -> float:
        given = dict(zip((*model.features, *model.weights), (*row[0], *at), strict=True))
        state = Statevector(model.circuit.assign_parameters(given))
        return float(state.expectation_value(model.observables[0]).real)

    values, slope = evaluator.values_and_gradient(row, weights, np.ones_like)
    assert values[0, 0] == pytest.approx(plain(weights), abs=1e-10)
    step = 1e-5 * np.eye(len(weights))[3]
    moved = (plain(weights + step) - plain(weights - step)) / 2e-5
    assert slope[3] == pytest.approx(moved, abs=1e-7)


@pytest.mark.slow
def test_sixteen_qubits_learn_bars_and_stripes() -> None:
    options = DatasetOptions(name="bars_and_stripes", side=4, train=100, test=100)
    split = load_split(options, 1)
    model = QCNNClassifier(
        convolution="so4", steps=25, batch=20, learning_rate=0.1, random_state=0
    ).fit(split.train_features, split.train_labels)
    assert model.n_features_in_ == 16
    assert np.mean(model.loss_curve_[-5:]) < np.mean(model.loss_curve_[:5]) - 0.05
    # A guess passes 0.62 with a chance below 1 %.
    assert model.score(split.test_features, split.test_labels) > 0.62


@pytest.mark.parametrize("pooling", ["zx", "zx_dynamic"])
def test_noise_is_exact_to_ten_qubits_and_refused_where_it_does_not_fit(pooling: str) -> None:
    place = Place.named("fake_torino", "calibrated_idle", 1.0, None)
    for qubits in (4, 8):
        model = Convolutional(convolution="ttn", pooling=pooling).build(qubits, "value")
        noisy = place.prepared(model)
        ideal = find_engine("exact").prepare(model, IDEAL)
        rng = np.random.default_rng(qubits)
        row, weights = rng.uniform(-1, 1, (1, qubits)), rng.uniform(-3, 3, len(model.weights))
        started = time.process_time()
        value = noisy.values(row, weights)
        assert time.process_time() - started < 20
        assert 1e-6 < np.abs(value - ideal.values(row, weights)).max() < 0.5
    with pytest.raises(CapacityError, match=r"needs about .* GiB for the 1[23] qubits"):
        place.prepared(Convolutional(convolution="ttn", pooling=pooling).build(12, "value"))


def test_a_network_that_measures_in_the_circuit_trains_on_a_device_and_predicts() -> None:
    X, y = load_iris(return_X_y=True)
    X, y = X[:100, :4], y[:100]
    given = {"convolution": "ttn", "steps": 25, "learning_rate": 0.2, "random_state": 0}
    ideal = QCNNClassifier(pooling="measured_dynamic", **given).fit(X[::2], y[::2])
    deferred = QCNNClassifier(pooling="measured", **given).fit(X[::2], y[::2])
    np.testing.assert_allclose(ideal.predict_proba(X), deferred.predict_proba(X), atol=1e-8)
    noisy = QCNNClassifier(pooling="measured_dynamic", backend="fake_torino", **given)
    assert noisy.fit(X[::2], y[::2]).score(X[1::2], y[1::2]) > 0.9
