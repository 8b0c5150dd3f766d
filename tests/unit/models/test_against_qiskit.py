"""Outputs, gradients and kernels of the models against plain Qiskit at random inputs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.circuit.library import zz_feature_map
from qiskit.quantum_info import Statevector
from qiskit_aer import AerSimulator
from qiskit_machine_learning.kernels import FidelityStatevectorKernel
from sklearn.datasets import load_breast_cancer

import nisqdl.models as models
from nisqdl.circuits.architectures.circuit_centric import CircuitCentric
from nisqdl.circuits.architectures.convolutional import Convolutional
from nisqdl.circuits.architectures.dressed import DressedCore
from nisqdl.circuits.architectures.iqp import IqpVariational
from nisqdl.circuits.architectures.reuploading import Reuploading
from nisqdl.circuits.architectures.tree_tensor import TreeTensor
from nisqdl.circuits.options import ModelOptions
from nisqdl.engines.gram import NoisyOverlap, compute_uncompute, ideal_gram
from nisqdl.models.dressing import Dressed
from nisqdl.models.heads import Bias, Direct, Headed, Linear, Logits
from nisqdl.models.kernels import encoding
from nisqdl.models.place import Place, prepared
from nisqdl.noise.aer import aer_noise_model

PI = np.pi

ARCHITECTURES = [
    kind(entangled=entangled)
    for kind in (
        lambda **given: Reuploading(layers=2, observed="half", **given),
        lambda **given: CircuitCentric(layers=2, copies=2, **given),
        lambda **given: IqpVariational(layers=2, **given),
        lambda **given: DressedCore(layers=2, **given),
        TreeTensor,
        lambda **given: Convolutional(convolution="so4", pooling="measured", **given),
        lambda **given: Convolutional(feature_map="amplitude", boundary="periodic", **given),
    )
    for entangled in (True, False)
]


def plain_values(model, encoded, weights):
    """(B, O), each value from Qiskit's own state vector."""
    values = np.empty((len(encoded), len(model.observables)))
    for row, angles in zip(values, encoded, strict=True):
        given = dict(zip(model.features, angles, strict=True))
        given |= dict(zip(model.weights, weights, strict=True))
        state = Statevector(model.circuit.assign_parameters(given))
        row[:] = [state.expectation_value(op).real for op in model.observables]
    return values


@settings(max_examples=12, deadline=None)
@given(
    which=st.integers(0, len(ARCHITECTURES) - 1),
    measured=st.sampled_from(["value", "z", "xyz"]),
    features=st.integers(1, 5),
    seed=st.integers(0, 2**32),
)
def test_values_and_gradients(which, measured, features, seed):
    architecture, rng = ARCHITECTURES[which], np.random.default_rng(seed)
    if isinstance(architecture, Convolutional):
        features += 2  # two amplitudes are one qubit, which has nothing to convolve
    if measured == "xyz" and isinstance(architecture, IqpVariational):
        measured = "z"
    model = architecture.build(features, measured)
    assert model.num_qubits == architecture.num_qubits(features)
    encoded = architecture.encode(rng.uniform(-PI / 2, PI / 2, (3, features)))
    weights = architecture.first_weights(len(model.weights), rng)
    found = prepared(architecture, features, measured, Place())
    np.testing.assert_allclose(
        found.evaluator.values(encoded, weights),
        plain_values(model, encoded, weights),
        atol=1e-10,
    )
    pulls = rng.normal(size=(3, len(model.observables)))
    _, gradient = found.evaluator.values_and_gradient(encoded, weights, lambda _: pulls)
    chosen = rng.integers(len(weights))
    step = 1e-5 * np.eye(len(weights))[chosen]
    ahead, behind = (plain_values(model, encoded, weights + sign * step) for sign in (1, -1))
    slope = (pulls * (ahead - behind)).sum() / 2e-5
    assert gradient[chosen] == pytest.approx(slope, abs=1e-7)


@settings(max_examples=12, deadline=None)
@given(
    kind=st.sampled_from(["bias", "direct", "linear", "softmax", "dressed"]),
    seed=st.integers(0, 2**32),
)
def test_heads_have_the_gradient_of_their_outputs(kind, seed):
    rng = np.random.default_rng(seed)
    core = prepared(DressedCore(layers=1), 3, "z", Place())
    circuit, own = core.evaluator, core.num_weights
    columns = 3
    if kind == "dressed":
        columns = 4
        circuit = Dressed(core.evaluator, core.num_weights, 3, columns)
        own = circuit.num_weights
    head = {
        "bias": Bias(), "direct": Direct(), "linear": Linear(3, 1),
        "softmax": Logits(Linear(3, 4)), "dressed": Logits(Linear(3, 2)),
    }[kind]  # fmt: skip
    if kind == "bias":
        single = prepared(DressedCore(layers=1), 3, "value", Place())
        circuit, own = single.evaluator, single.num_weights
    model = Headed(circuit, own, head)
    rows, weights = rng.normal(size=(4, columns)), rng.normal(size=model.num_weights)
    outputs = model.values(rows, weights)
    pulls = rng.normal(size=outputs.shape)
    again, gradient = model.values_and_gradient(rows, weights, lambda _: pulls)
    np.testing.assert_allclose(again, outputs, atol=1e-12)
    for index in rng.integers(model.num_weights, size=4):
        step = 1e-5 * np.eye(len(weights))[index]
        ahead, behind = (model.values(rows, weights + sign * step) for sign in (1, -1))
        assert gradient[index] == pytest.approx((pulls * (ahead - behind)).sum() / 2e-5, abs=1e-7)


@pytest.mark.parametrize("engine", ["statevector", "exact"])
def test_derivatives_of_a_loss_are_the_jacobian_pulled(engine):
    rng = np.random.default_rng(13)
    evaluator = prepared(DressedCore(layers=2), 3, "z", Place(engine=engine)).evaluator
    rows, weights, pulls = rng.normal(size=(5, 3)), rng.normal(size=6), rng.normal(size=(5, 3))
    values, by_weights, by_features = evaluator.values_and_derivatives(
        rows, weights, lambda _: pulls
    )
    again, all_weights, all_features = evaluator.jacobian(rows, weights)
    np.testing.assert_allclose(values, again, atol=1e-12)
    np.testing.assert_allclose(by_weights, np.einsum("bo,bow->w", pulls, all_weights), atol=1e-12)
    np.testing.assert_allclose(
        by_features, np.einsum("bo,bof->bf", pulls, all_features), atol=1e-12
    )


def test_reuploading_on_one_qubit_is_the_papers_product_of_rotations():
    """U = Rot(ω₂x + θ₂) Π Rot(θ) Rot(ωx), by hand."""

    def rot(a, b, c):
        def rz(t):
            return np.diag(np.exp(-0.5j * np.array([t, -t])))

        def ry(t):
            return np.array([[np.cos(t / 2), -np.sin(t / 2)], [np.sin(t / 2), np.cos(t / 2)]])

        return rz(c) @ ry(b) @ rz(a)

    rng = np.random.default_rng(4)
    architecture = Reuploading(layers=2)
    x, w = rng.normal(size=3), rng.normal(size=18)
    state = np.array([1, 0])
    for layer in range(2):
        scale, offset = w[6 * layer : 6 * layer + 3], w[6 * layer + 3 : 6 * layer + 6]
        state = rot(*offset) @ rot(*(scale * x)) @ state
    state = rot(*(w[12:15] * x + w[15:])) @ state
    found = prepared(architecture, 3, "value", Place()).evaluator.values(x[np.newaxis], w)
    assert found[0, 0] == pytest.approx(abs(state[0]) ** 2 - abs(state[1]) ** 2, abs=1e-12)


@settings(max_examples=5, deadline=None)
@given(size=st.integers(2, 4), seed=st.integers(0, 2**32))
def test_zz_kernel_is_qiskit_machine_learnings(size, seed):
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(7, size)), rng.normal(size=(4, size))
    model = models.QuantumKernelClassifier(feature_map="zz").fit(X, [0, 1] * 3 + [0])
    theirs = FidelityStatevectorKernel(feature_map=zz_feature_map(size, reps=2))
    scaled, others = model.scaler_.transform(X), model.scaler_.transform(Y)
    np.testing.assert_allclose(model.kernel_matrix(Y), theirs.evaluate(others, scaled), atol=1e-10)
    np.testing.assert_allclose(model._among(), theirs.evaluate(scaled), atol=1e-10)


@pytest.mark.parametrize("feature_map", ["iqp", "zz", "tilted", "dense_angle", "amplitude"])
def test_ideal_kernels_are_overlaps_of_state_vectors(feature_map):
    rng = np.random.default_rng(5)
    model = encoding(ModelOptions.model_validate({"feature_map": {"name": feature_map}}), 4)
    rows = rng.uniform(-PI, PI, (5, len(model.features)))
    states = np.array(
        [
            Statevector(
                model.circuit.assign_parameters(dict(zip(model.features, row, strict=True)))
            ).data
            for row in rows
        ]
    )
    overlaps = np.abs(states @ states.conj().T) ** 2
    np.testing.assert_allclose(ideal_gram(model, rows, rows), overlaps, atol=1e-10)


@pytest.mark.parametrize(
    ("feature_map", "backend", "noise"),
    [("zz", "fake_manila", None), ("iqp", "torino", "calibrated")],
)
def test_noisy_kernels_are_aers_probability_of_all_zeros(feature_map, backend, noise):
    """The circuit U(x), then U(y)†, transpiled once, run by Aer with its readout errors."""
    rng = np.random.default_rng(6)
    options = ModelOptions.model_validate({"feature_map": {"name": feature_map}})
    doubled = compute_uncompute(encoding(options, 3))
    place = Place.named(backend, noise, 3.0)
    isa = place.transpiled(doubled)
    channels = place.channels(isa)
    half = len(isa.features)
    rows, others = rng.uniform(-1, 1, (3, half)), rng.uniform(-1, 1, (2, half))
    found = NoisyOverlap.of(isa, channels).gram(rows, others)

    measured = sorted(
        {int(q) for op in isa.observables for q in np.flatnonzero(op.paulis.x | op.paulis.z)
         % isa.num_qubits}
    )  # fmt: skip
    simulator = AerSimulator(method="density_matrix", noise_model=aer_noise_model(channels))
    for i, x in enumerate(rows):
        for j, y in enumerate(others):
            given = dict(zip(isa.features, x, strict=True))
            given |= dict(zip(isa.weights, y, strict=True))
            bound = isa.circuit.assign_parameters(
                {p: v for p, v in given.items() if p in isa.circuit.parameters}
            )
            bound.save_probabilities(measured)
            probabilities = simulator.run(bound).result().data()["probabilities"]
            for place_in_outcome, qubit in enumerate(measured):
                confusion = channels.readout[qubit]
                a, b = confusion.p1_given_0, confusion.p0_given_1
                parts = probabilities.reshape(-1, 2, 2**place_in_outcome)
                probabilities = np.stack(
                    [(1 - a) * parts[:, 0] + b * parts[:, 1],
                     a * parts[:, 0] + (1 - b) * parts[:, 1]], axis=1,
                ).reshape(-1)  # fmt: skip
            assert found[i, j] == pytest.approx(probabilities[0], abs=1e-8)


def test_a_noisy_device_is_one_word_and_its_outputs_are_aers():
    X, y = load_breast_cancer(return_X_y=True)
    X, y = X[:30, :3], y[:30]
    given = {"steps": 5, "random_state": 0, "backend": "fake_manila", "noise_scale": 2.0}
    noisy = models.IQPVariationalClassifier(layers=1, **given).fit(X, y)
    ideal = models.IQPVariationalClassifier(
        layers=1, **{**given, "backend": None, "noise_scale": 1.0}
    ).fit(X, y)
    reference = models.IQPVariationalClassifier(layers=1, engine="aer", **given).fit(X, y)
    np.testing.assert_allclose(reference.weights_, noisy.weights_, atol=1e-6)
    np.testing.assert_allclose(reference.predict_proba(X), noisy.predict_proba(X), atol=1e-6)
    assert np.abs(noisy.predict_proba(X) - ideal.predict_proba(X)).max() > 0.01


def test_a_noisy_kernel_stays_near_the_ideal_one_and_below_it_on_the_diagonal():
    X, y = load_breast_cancer(return_X_y=True)
    X, y = X[:40, :3], y[:40]
    noisy = models.QuantumKernelClassifier(backend="fake_torino").fit(X, y)
    ideal = models.QuantumKernelClassifier().fit(X, y)
    own, other = noisy.kernel_matrix(X), ideal.kernel_matrix(X)
    assert (np.diag(own) < 1).all()
    assert np.abs(own - other).max() < 0.2
    assert np.abs(own - other).max() > 0.005
