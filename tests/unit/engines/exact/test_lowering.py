"""Lowering: what is dropped, where the data end, how operations are ordered, what is refused."""

from __future__ import annotations

import gc
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.circuit import ParameterVector, QuantumCircuit
from qiskit.circuit.library import QFTGate
from qiskit.quantum_info import SparsePauliOp, Statevector

from nisqdl.circuits.model import Model
from nisqdl.engines.exact import ExactEngine
from nisqdl.engines.exact.clusters import LONGEST, cluster
from nisqdl.engines.exact.lowering import lower
from nisqdl.engines.exact.unroll import Channel
from nisqdl.errors import CapacityError, InputError
from nisqdl.noise.channels import IDEAL, GateNoise, NoiseChannels, Relaxation

X = ParameterVector("x", 2)
W = ParameterVector("w", 3)


def model(circuit, *labels):
    return Model(circuit, tuple(X), tuple(W), tuple(SparsePauliOp(label) for label in labels))


def test_only_the_causal_cone_is_kept():
    circuit = QuantumCircuit(5)
    circuit.ry(X[0], 0)
    circuit.cx(0, 1)
    circuit.cx(2, 3)  # never reaches qubit 1
    circuit.ry(W[0], 1)
    circuit.cx(1, 4)  # reaches qubit 1, the last gate does not
    circuit.ry(W[1], 4)
    lowered = lower(model(circuit, "IIIZI"), IDEAL)
    assert lowered.qubits == (0, 1, 4)
    assert lowered.angles.num_angles == 2


def test_the_suffix_is_all_that_no_feature_needs():
    circuit = QuantumCircuit(2)
    circuit.ry(W[0], 0)
    circuit.ry(X[0] * W[1], 0)
    circuit.ry(W[2], 1)
    circuit.cx(0, 1)
    lowered = lower(model(circuit, "ZZ"), IDEAL)
    assert len(lowered.prefix) == 2
    assert len(lowered.suffix) == 2


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31), num_qubits=st.integers(1, 6), width=st.integers(2, 4))
def test_clusters_keep_the_circuits_order(seed, num_qubits, width):
    rng = np.random.default_rng(seed)
    operations = []
    for _ in range(int(rng.integers(0, 150))):
        count = 2 if num_qubits > 1 and rng.random() < 0.5 else 1
        qubits = tuple(rng.permutation(num_qubits)[:count].tolist())
        operations.append(Channel(qubits, np.eye(4**count)))
    found = cluster(operations, num_qubits, width)
    laid = [operation for group in found for operation in group.operations]
    assert sorted(map(id, laid)) == sorted(map(id, operations))
    for group in found:
        assert len(group.qubits) == min(width, num_qubits)
        assert 0 < len(group.operations) <= LONGEST
        assert all(set(o.qubits) <= set(group.qubits) for o in group.operations)
    for qubit in range(num_qubits):
        before = [id(o) for o in operations if qubit in o.qubits]
        assert [id(o) for o in laid if qubit in o.qubits] == before


def test_composite_and_controlled_gates_are_unrolled():
    circuit = QuantumCircuit(4)
    circuit.h(range(4))
    circuit.append(QFTGate(4), range(4))
    circuit.ccx(0, 2, 1)
    circuit.crx(0.4, 1, 3, ctrl_state=0)
    circuit.cx(3, 0, ctrl_state=0)
    inner = QuantumCircuit(2, name="block")
    inner.ry(W[0] + X[1], 1)
    inner.cry(W[1], 1, 0)
    circuit.append(inner.to_gate(), [2, 0])
    circuit.u(W[2], 0.2, X[0], 3)
    labels = ("XZYI", "ZZII", "IYXZ")
    features, weights = np.array([[0.3, -1.2]]), np.array([0.5, 1.1, -0.4])
    values = ExactEngine().prepare(model(circuit, *labels), IDEAL).values(features, weights)
    bound = circuit.assign_parameters({X: features[0], W: weights})
    state = Statevector(bound)
    expected = [state.expectation_value(SparsePauliOp(label)).real for label in labels]
    np.testing.assert_allclose(values[0], expected, atol=1e-12)


def test_a_circuit_whose_noise_would_be_inert_is_refused():
    circuit = QuantumCircuit(2)
    circuit.cx(1, 0)
    noise = NoiseChannels("calibrated", {("cx", (0, 1)): GateNoise(0.01)})
    with pytest.raises(InputError, match=r"cx on qubits 1, 0 has no entry"):
        ExactEngine().prepare(model(circuit, "ZZ"), noise)


def test_measurements_that_nothing_waits_for_and_loops_are_refused():
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    with pytest.raises(InputError, match="measures qubit 0 and no gate waits for the outcome"):
        ExactEngine().prepare(model(circuit, "Z"), IDEAL)
    circuit = QuantumCircuit(1)
    with circuit.for_loop(range(2)):
        circuit.x(0)
    with pytest.raises(InputError, match="'for_loop'"):
        ExactEngine().prepare(model(circuit, "Z"), IDEAL)


def test_wrong_shapes_are_refused():
    circuit = QuantumCircuit(1)
    circuit.ry(X[0] + W[0], 0)
    evaluator = ExactEngine().prepare(model(circuit, "Z"), IDEAL)
    with pytest.raises(InputError, match=r"`features` must be of shape \(samples, 2\)"):
        evaluator.values(np.zeros((3, 1)), np.zeros(3))
    with pytest.raises(InputError, match=r"`weights` must be of shape \(3,\)"):
        evaluator.values(np.zeros((3, 2)), np.zeros(2))
    with pytest.raises(InputError, match="`shots` must be at least 1, but is 0"):
        evaluator.estimates(np.zeros((3, 2)), np.zeros(3), 0, np.random.default_rng(0))


def test_an_empty_batch_has_no_values():
    circuit = QuantumCircuit(1)
    circuit.ry(X[0] + W[0], 0)
    evaluator = ExactEngine().prepare(model(circuit, "Z", "X"), IDEAL)
    values, gradient = evaluator.values_and_gradient(np.zeros((0, 2)), np.zeros(3), lambda v: v)
    assert values.shape == (0, 2)
    np.testing.assert_array_equal(gradient, np.zeros(3))


def test_what_does_not_fit_is_refused_with_the_alternatives():
    circuit = QuantumCircuit(15)
    circuit.h(0)
    for qubit in range(14):
        circuit.cx(qubit, qubit + 1)
    with pytest.raises(CapacityError, match=r"15 qubits .* the engine 'aer' takes a few"):
        ExactEngine().prepare(model(circuit, "Z" * 15), IDEAL)
    # Wide, but each observable feels little of it.
    wide = QuantumCircuit(100)
    wide.ry(W[0], 50)
    wide.cx(50, 51)
    value = ExactEngine().prepare(model(wide, "I" * 48 + "Z" + "I" * 51), IDEAL)
    assert value.values(np.zeros((1, 2)), np.full(3, 0.3))[0, 0] == pytest.approx(np.cos(0.3))


def test_an_observable_of_the_identity_is_its_coefficient():
    circuit = QuantumCircuit(2)
    circuit.ry(X[0], 0)
    identity = Model(circuit, tuple(X), tuple(W), (SparsePauliOp("II", 0.25),))
    evaluator = ExactEngine().prepare(identity, IDEAL)
    features, weights = np.ones((2, 2)), np.ones(3)
    np.testing.assert_array_equal(evaluator.values(features, weights), 0.25)
    estimates = evaluator.estimates(features, weights, 10, np.random.default_rng(0))
    np.testing.assert_array_equal(estimates, 0.25)


def test_lowering_is_quick():
    """300 gates in far less than the half second that would be felt."""
    circuit = QuantumCircuit(6)
    for layer in range(20):
        for qubit in range(6):
            circuit.sx(qubit)
            circuit.rz(W[layer % 3], qubit)
        for qubit in range(0, 5):
            circuit.cz(qubit, qubit + 1)
    relax = Relaxation(50, 1e5, 8e4)
    gates = {("sx", (q,)): GateNoise(1e-3, (relax,)) for q in range(6)}
    gates |= {("cz", (q, q + 1)): GateNoise(1e-2, (relax, relax)) for q in range(5)}
    noise = NoiseChannels("calibrated", gates)
    ExactEngine().prepare(model(circuit, "ZIIIII"), noise).suffix  # noqa: B018  (imports, kernels)
    start = time.process_time()
    ExactEngine().prepare(model(circuit, "ZIIIII"), noise).suffix  # noqa: B018
    assert time.process_time() - start < 0.2


@pytest.mark.parametrize("collecting", [True, False])
def test_no_garbage_is_collected_meanwhile_and_the_collector_is_left_as_it_was(collecting):
    """A full collection looks at every object of the process, which takes ten times a lowering."""
    circuit = QuantumCircuit(4)
    for number in range(400):
        circuit.ry(W[number % 3] + number, number % 4)
        circuit.cx(number % 4, (number + 1) % 4)
    given = model(circuit, "ZZZZ")
    lower(given, IDEAL)  # imports
    generations = []

    def note(phase, info):
        if phase == "start":
            generations.append(info["generation"])

    try:
        (gc.enable if collecting else gc.disable)()
        gc.collect()
        gc.callbacks.append(note)
        lower(given, IDEAL)
        gc.callbacks.remove(note)
        assert len(generations) <= 2, "at its two ends at most"
        assert gc.isenabled() is collecting
        circuit.measure_all()
        with pytest.raises(InputError):
            lower(given, IDEAL)
        assert gc.isenabled() is collecting
    finally:
        gc.enable()
