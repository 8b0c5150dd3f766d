"""What a model is trained under may differ from where it predicts."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Pauli
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error
from sklearn.datasets import load_iris

import nisqdl.models as models
from nisqdl.errors import InputError
from nisqdl.targets.serial import isa_from_bytes


def flowers(classes: int = 2):
    X, y = load_iris(return_X_y=True)
    keep = y > 2 - classes
    return X[keep][::2, :3], y[keep][::2]


def qnn(**given):
    return models.QNNClassifier(
        **{"depth": 1, "steps": 10, "random_state": 0, "backend": "fake_manila", **given}
    )


def test_ideal_training_gives_the_ideal_models_weights_and_noisy_predictions() -> None:
    X, y = flowers()
    found = qnn(training_noise="ideal").fit(X, y)
    ideal = qnn(backend=None).fit(X, y)
    np.testing.assert_array_equal(found.weights_, ideal.weights_)
    assert np.abs(found.predict_proba(X) - ideal.predict_proba(X)).max() > 1e-3


def test_a_model_trained_at_one_scale_predicts_at_any() -> None:
    X, y = flowers()
    found = qnn(training_scale=5.0).fit(X, y)
    there = qnn(noise_scale=5.0).fit(X, y)
    np.testing.assert_array_equal(found.weights_, there.weights_)
    np.testing.assert_array_equal(
        found.set_params(noise_scale=5.0).predict_proba(X), there.predict_proba(X)
    )
    plain = qnn().fit(X, y)
    assert (plain.weights_ != found.weights_).any()


@pytest.mark.parametrize("name", ["QNNClassifier", "DressedCircuitClassifier"])
def test_injected_errors_depend_on_the_seed_alone(name: str) -> None:
    X, y = flowers()
    given = {"steps": 10, "backend": "fake_manila", "training_noise": "injected",
             "training_scale": 10.0}  # fmt: skip
    one, again, other = (
        getattr(models, name)(random_state=seed, **given).fit(X, y) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(one.weights_, again.weights_)
    assert (one.weights_ != other.weights_).any()
    exact = getattr(models, name)(
        random_state=0, **{**given, "training_noise": "target"}
    ).fit(X, y)  # fmt: skip
    assert (one.weights_ != exact.weights_).any()


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("normalise", ["batch", "train"])
def test_normalised_predictions_depend_on_other_rows_only_by_the_batch(
    classes: int, normalise: str
) -> None:
    X, y = flowers(classes)
    model = qnn(normalise=normalise, steps=40).fit(X[::2], y[::2])
    together = model.predict_proba(X[1::2])
    np.testing.assert_allclose(together.sum(axis=1), 1.0)
    alone = np.concatenate([model.predict_proba(row[np.newaxis]) for row in X[1::2]])
    if normalise == "train":
        np.testing.assert_allclose(alone, together, atol=1e-9)
        assert model.score(X[1::2], y[1::2]) > 0.6
    else:
        np.testing.assert_allclose(alone, np.broadcast_to(alone[0], alone.shape), atol=1e-9)
        assert np.abs(alone - together).max() > 0.1


def test_two_classes_are_the_sigmoid_of_twice_the_normalised_value() -> None:
    X, y = flowers()
    model = qnn(normalise="batch").fit(X, y)
    bare = qnn().fit(X, y)
    bare.weights_ = model.weights_
    values = 1 - 2 * bare.predict_proba(X)[:, 1]
    scores = (values - values.mean()) / np.sqrt(values.var() + 1e-6)
    np.testing.assert_allclose(
        model.predict_proba(X)[:, 0], 1 / (1 + np.exp(-2 * scores)), atol=1e-10
    )


def test_regression_takes_normalised_values_too() -> None:
    X, _ = flowers()
    model = models.QNNRegressor(
        depth=1, steps=150, learning_rate=0.1, random_state=0, backend="fake_manila",
        normalise="train", training_noise="injected",
    ).fit(X[:, :2], X[:, 2])  # fmt: skip
    assert model.score(X[:, :2], X[:, 2]) > 0.3


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"training_noise": "inject"}, "Did you mean 'injected'"),
        ({"backend": None, "training_noise": "injected"}, "`training_noise` is of a device's"),
        ({"backend": None, "training_scale": 2.0}, "`training_scale` is of a device's"),
        ({"normalise": "layer"}, "must be None, 'batch' or 'train'"),
        ({"backend": None, "engine": "runtime"}, "must name a device"),
    ],
)
def test_mistakes_are_told(given, says: str) -> None:
    X, y = flowers()
    with pytest.raises(InputError, match=says):
        qnn(**given).fit(X, y)


def test_local_mode_measures_what_the_exact_engine_says() -> None:
    """The engine runtime on a snapshot is the client's own local mode: noise and shots."""
    X, y = flowers()
    model = qnn(shots=4000, steps=30).fit(X, y)
    exact = model.set_params(shots=None).predict_proba(X[:8])
    measured = model.set_params(engine="runtime", shots=4000).predict_proba(X[:8])
    # Readout errors are mitigated there, and are not in the exact values: 5 standard errors more.
    assert np.abs(measured - exact).max() < 0.05 + 5 * 0.5 / np.sqrt(4000)
    assert (measured != exact).any()


def test_an_aer_noise_model_is_taken_on_the_devices_own_qubits() -> None:
    """Against Aer's density matrix of all five qubits, with the readout applied by hand."""
    noise = NoiseModel(basis_gates=["cx", "id", "rz", "sx", "x"])
    for gate, p in (("sx", 0.01), ("x", 0.02)):
        noise.add_all_qubit_quantum_error(depolarizing_error(p, 1), gate)
    noise.add_all_qubit_quantum_error(depolarizing_error(0.05, 2), ["cx"])
    noise.add_all_qubit_readout_error(ReadoutError([[0.95, 0.05], [0.1, 0.9]]))
    X, y = flowers()
    model = qnn(noise=noise).fit(X, y)
    found = 1 - 2 * model.predict_proba(X[:3])[:, 1]

    isa = isa_from_bytes(model.place_.place.isa)
    encoded = model._encoded(model.scaler_.transform(X[:3]))
    simulator = AerSimulator(method="density_matrix", noise_model=noise)
    for row, value in zip(encoded, found, strict=True):
        given = dict(zip((*isa.features, *isa.weights), (*row, *model.weights_), strict=True))
        known = {p: v for p, v in given.items() if p in isa.circuit.parameters}
        circuit = QuantumCircuit(5)
        circuit.compose(isa.circuit.assign_parameters(known), list(isa.physical_qubits),
                        inplace=True)  # fmt: skip
        circuit.save_density_matrix()
        state = simulator.run(circuit).result().data()["density_matrix"]
        expected = 0.0
        for label, share in isa.observables[0].to_list():
            (place,) = [len(label) - 1 - i for i, one in enumerate(label) if one == "Z"]
            z = state.expectation_value(Pauli("Z"), [isa.physical_qubits[place]]).real
            expected += share.real * (0.85 * z + 0.05)
        assert value == pytest.approx(expected, abs=1e-8)

    with pytest.raises(InputError, match="cannot be saved"):
        model.save("never.npz")
    for given, says in (
        ({"noise_scale": 2.0}, "`noise_scale` must be 1"),
        ({"training_noise": "injected"}, "`noise` must be a recipe for this"),
        ({"engine": "aer"}, "`engine` must be exact"),
    ):
        with pytest.raises(InputError, match=says):
            qnn(noise=noise, **given).fit(X, y)
