"""What the state-vector engine takes and refuses; batches, threads and memory."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp

from nisqdl.circuits.model import Model
from nisqdl.engines import find_engine
from nisqdl.engines.statevector import StatevectorEngine
from nisqdl.errors import CapacityError, InputError
from nisqdl.noise.channels import IDEAL, GateNoise, NoiseChannels, Readout

X, W = ParameterVector("x", 3), ParameterVector("w", 6)


@pytest.fixture
def model() -> Model:
    circuit = QuantumCircuit(3)
    for qubit in range(3):
        circuit.ry(X[qubit], qubit)
    for qubit in range(3):
        circuit.rx(W[qubit], qubit)
        circuit.rz(W[qubit + 3], qubit)
        circuit.cx(qubit, (qubit + 1) % 3)
    circuit.rzz(W[0] * X[0], 0, 2)
    circuit.rx(W[5], 2)
    return Model(circuit, tuple(X), tuple(W), (SparsePauliOp("ZIX"), SparsePauliOp(["IYY", "ZZZ"])))


@pytest.fixture
def inputs() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(37, 3)), rng.normal(size=6)


def squares(values: np.ndarray) -> np.ndarray:
    """The pull of Σ values²/2."""
    return values


def test_it_is_found_by_name(model, inputs) -> None:
    engine = find_engine("statevector")
    assert engine.name == "statevector"
    assert engine.prepare(model, IDEAL).values(*inputs).shape == (37, 2)


def test_every_sample_is_its_own(model, inputs) -> None:
    features, weights = inputs
    evaluator = StatevectorEngine().prepare(model, IDEAL)
    together = evaluator.values(features, weights)
    apart = [evaluator.values(features[i : i + 1], weights)[0] for i in range(len(features))]
    np.testing.assert_array_equal(together, apart)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_change_nothing(model, inputs, threads: int) -> None:
    one = StatevectorEngine().prepare(model, IDEAL)
    many = StatevectorEngine(threads=threads).prepare(model, IDEAL)
    for a, b in zip(
        one.values_and_gradient(*inputs, squares),
        many.values_and_gradient(*inputs, squares),
        strict=True,
    ):
        np.testing.assert_array_equal(a, b)


def test_little_memory_changes_nothing(model, inputs) -> None:
    """Room for one group at a time: the states are computed twice."""
    small = StatevectorEngine(memory_gib=5e-6).prepare(model, IDEAL)
    large = StatevectorEngine().prepare(model, IDEAL)
    assert small.execution._groups_at_once(1) == 1
    for a, b in zip(
        small.values_and_gradient(*inputs, squares),
        large.values_and_gradient(*inputs, squares),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, atol=1e-13)
    for a, b in zip(small.jacobian(*inputs), large.jacobian(*inputs), strict=True):
        np.testing.assert_array_equal(a, b)


def test_many_weights_are_a_loop(model, inputs) -> None:
    features, _ = inputs
    weights = np.random.default_rng(1).normal(size=(19, 6))
    evaluator = StatevectorEngine().prepare(model, IDEAL)
    values, gradients = evaluator.gradients_over_weights(features[0], weights)
    np.testing.assert_allclose(
        evaluator.values_over_weights(features[0], weights), values, atol=1e-14
    )
    for row, vector in enumerate(weights):
        expected, by_weights, _ = evaluator.jacobian(features[:1], vector)
        np.testing.assert_allclose(values[row], expected[0], atol=1e-13)
        np.testing.assert_allclose(gradients[row], by_weights[0], atol=1e-13)


def test_readout_acts_on_every_value(inputs) -> None:
    circuit = QuantumCircuit(1)
    circuit.ry(X[0], 0)
    model = Model(circuit, tuple(X), tuple(W), (SparsePauliOp("Z"),))
    noise = NoiseChannels("readout", readout={0: Readout(0.1, 0.3)})
    values = StatevectorEngine().prepare(model, noise).values(*inputs)
    expected = 0.6 * np.cos(inputs[0][:, :1]) + 0.2
    np.testing.assert_allclose(values, expected, atol=1e-13)


def test_no_gates_and_no_parameters() -> None:
    model = Model(QuantumCircuit(2), (), (), (SparsePauliOp(["ZZ", "XI"], [2.0, 5.0]),))
    evaluator = StatevectorEngine().prepare(model, IDEAL)
    values, gradient = evaluator.values_and_gradient(np.empty((3, 0)), np.empty(0), squares)
    np.testing.assert_array_equal(values, [[2.0]] * 3)
    assert gradient.shape == (0,)
    estimates = evaluator.estimates(np.empty((3, 0)), np.empty(0), 40, np.random.default_rng(0))
    assert np.all(np.abs(estimates - 2.0) < 5 * 5 / np.sqrt(40))


def test_weights_that_nothing_feels_have_no_gradient(inputs) -> None:
    circuit = QuantumCircuit(2)
    circuit.rx(W[0], 0)
    circuit.rz(W[1], 0)
    circuit.ry(W[2], 1)
    model = Model(circuit, tuple(X), tuple(W), (SparsePauliOp("IZ"),))
    evaluator = StatevectorEngine().prepare(model, IDEAL)
    assert evaluator.execution.program.dimensions == 1
    _, gradient = evaluator.values_and_gradient(*inputs, np.ones_like)
    np.testing.assert_allclose(gradient, [-37 * np.sin(inputs[1][0]), 0, 0, 0, 0, 0], atol=1e-12)


def test_estimates_depend_on_the_generator_only(model, inputs) -> None:
    evaluator = StatevectorEngine().prepare(model, IDEAL)
    a, b, c = (evaluator.estimates(*inputs, 30, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(a, b)
    assert np.any(a != c)


def test_a_projector_of_all_its_strings() -> None:
    """|000⟩⟨000| is a sum of eight strings, and of four qubits' sixteen and more."""
    circuit = QuantumCircuit(5)
    for qubit in range(5):
        circuit.ry(W[qubit], qubit)
    labels = [format(i, "05b").replace("0", "I").replace("1", "Z") for i in range(32)]
    model = Model(circuit, (), tuple(W), (SparsePauliOp(labels, np.full(32, 1 / 32)),))
    weights = np.random.default_rng(2).normal(size=6)
    values = StatevectorEngine().prepare(model, IDEAL).values(np.empty((1, 0)), weights)
    np.testing.assert_allclose(values[0, 0], np.prod(np.cos(weights[:5] / 2) ** 2), atol=1e-13)


def test_gate_noise_is_refused(model) -> None:
    noise = NoiseChannels("calibrated ×1", gates={("rz", (0,)): GateNoise(0.1)})
    with pytest.raises(InputError, match=r"'calibrated ×1' has noise on gates.*engine exact"):
        StatevectorEngine().prepare(model, noise)


@pytest.mark.parametrize("kind", ["reset", "measure", "if"])
def test_what_is_no_gate_is_refused(kind: str) -> None:
    circuit = QuantumCircuit(1, 1)
    if kind == "reset":
        circuit.reset(0)
    elif kind == "measure":
        circuit.measure(0, 0)
    else:
        with circuit.if_test((0, 1)):
            circuit.x(0)
    model = Model(circuit, (), (), (SparsePauliOp("Z"),))
    with pytest.raises(InputError, match="takes gates only"):
        StatevectorEngine().prepare(model, IDEAL)


def test_too_many_qubits_are_refused_before_memory_is_taken() -> None:
    circuit = QuantumCircuit(40)
    for qubit in range(40):
        circuit.ry(0.3, qubit)
    model = Model(circuit, (), (), (SparsePauliOp("Z" * 40),))
    with pytest.raises(CapacityError, match=r"feel 40 qubits.*memory_gib"):
        StatevectorEngine().prepare(model, IDEAL)


def test_wrong_numbers_of_inputs_are_told(model, inputs) -> None:
    features, weights = inputs
    evaluator = StatevectorEngine().prepare(model, IDEAL)
    with pytest.raises(InputError, match="3 features and 6 weights, but was given 2 and 6"):
        evaluator.values(features[:, :2], weights)
    with pytest.raises(InputError, match="at least 1, but is 0"):
        evaluator.estimates(features, weights, 0, np.random.default_rng(0))


def test_parameters_without_a_role_are_refused_even_if_nothing_feels_them(model) -> None:
    model.circuit.rz(ParameterVector("stray", 1)[0], 0)
    with pytest.raises(InputError, match=r"'stray\[0\]' must be one of the model's features"):
        StatevectorEngine().prepare(model, IDEAL)
