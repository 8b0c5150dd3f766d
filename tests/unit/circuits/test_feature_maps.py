"""Feature maps against states that are known in closed form and against Qiskit's library."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from qiskit.circuit import ParameterVector, QuantumCircuit
from qiskit.circuit.library import zz_feature_map
from qiskit.quantum_info import Operator, Statevector

from nisqdl.circuits.build import encode
from nisqdl.circuits.feature_maps import FEATURE_MAPS
from nisqdl.circuits.options import ModelOptions
from nisqdl.errors import InputError


def bound_circuit(name: str, row: np.ndarray, repetitions: int = 1) -> QuantumCircuit:
    feature_map = FEATURE_MAPS[name]
    parameters = ParameterVector("x", feature_map.num_encoded(row.size))
    circuit = QuantumCircuit(feature_map.num_qubits(row.size))
    for _ in range(repetitions):
        feature_map.lay(circuit, list(parameters))
    encoded = encode(ModelOptions(feature_map={"name": name}), row[None, :])[0]
    return circuit.assign_parameters(dict(zip(parameters, encoded, strict=True)))


def product_state(qubits: list[np.ndarray]) -> np.ndarray:
    state = np.array([1.0 + 0j])
    for qubit in qubits:
        state = np.kron(qubit, state)  # qubit 0 is the lowest bit
    return state


def polar(angle: float, phase: float = 0.0) -> np.ndarray:
    return np.array(
        [np.cos(angle / 2) * np.exp(-0.5j * phase), np.sin(angle / 2) * np.exp(0.5j * phase)]
    )


SINGLE = {
    "angle": polar,
    "angle_y": polar,
    "angle_x": lambda angle: np.array([np.cos(angle / 2), -1j * np.sin(angle / 2)]),
    "angle_z": lambda angle: polar(np.pi / 2, angle),
}


@pytest.mark.parametrize("name", SINGLE)
def test_angle_maps_give_the_product_of_rotated_qubits(name):
    row = np.array([0.3, -1.7, 2.9])
    expected = product_state([SINGLE[name](angle) for angle in row])
    np.testing.assert_allclose(Statevector(bound_circuit(name, row)).data, expected, atol=1e-12)


@pytest.mark.parametrize("features", [1, 2, 3, 6])
def test_dense_angle_puts_two_features_on_a_qubit(features):
    row = np.linspace(-1, 2, features)
    padded = np.append(row, 0.0) if features % 2 else row
    expected = product_state([polar(*pair) for pair in padded.reshape(-1, 2)])
    state = Statevector(bound_circuit("dense_angle", row)).data
    np.testing.assert_allclose(state, expected, atol=1e-12)


@pytest.mark.parametrize("features", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("repetitions", [1, 2])
def test_zz_is_qiskits_map_up_to_a_global_phase(features, repetitions):
    row = np.random.default_rng(features).uniform(-1, 6, features)
    if features == 1:
        reference = QuantumCircuit(1)
        for _ in range(repetitions):
            reference.h(0)
            reference.p(2 * row[0], 0)
    else:
        reference = zz_feature_map(features, reps=repetitions).assign_parameters(row)
    assert Operator(bound_circuit("zz", row, repetitions)).equiv(Operator(reference), atol=1e-9)


ENTRIES = st.one_of(
    st.just(0.0), st.floats(-10, 10, allow_subnormal=False), st.floats(1e-300, 1e300)
)


@given(st.integers(2, 17).flatmap(lambda size: arrays(np.float64, size, elements=ENTRIES)))
@settings(deadline=None, max_examples=60)
def test_amplitude_prepares_the_normalised_vector_with_its_signs(row):
    if not row.any():
        row[0] = -1.0
    scaled = row / np.abs(row).max()
    expected = np.zeros(2 ** int(np.ceil(np.log2(row.size))))
    expected[: row.size] = scaled / np.linalg.norm(scaled)
    state = Statevector(bound_circuit("amplitude", row)).data
    np.testing.assert_allclose(state, expected, atol=1e-9)


def test_amplitude_lays_as_many_gates_as_the_gray_code_says():
    counts = bound_circuit("amplitude", np.arange(1.0, 17.0)).count_ops()
    assert counts == {"ry": 15, "cx": 14}


def test_amplitude_refuses_a_row_of_zeros():
    rows = np.array([[1.0, 2.0], [0.0, 0.0]])
    with pytest.raises(InputError, match=r"row 1 \(counted from 0\) is all zeros"):
        encode(ModelOptions(feature_map={"name": "amplitude"}), rows)


def test_encoding_takes_each_row_by_itself():
    rows = np.random.default_rng(0).normal(size=(5, 6))
    for name in FEATURE_MAPS:
        options = ModelOptions(feature_map={"name": name})
        together = encode(options, rows)
        apart = np.concatenate([encode(options, row[None, :]) for row in rows])
        np.testing.assert_allclose(together, apart, atol=1e-14)
        assert together.shape == (5, FEATURE_MAPS[name].num_encoded(6))


def test_features_that_are_not_finite_are_refused_by_row_and_column():
    with pytest.raises(InputError, match="column 1 of row 0"):
        encode(ModelOptions(), np.array([[0.0, np.nan]]))
    with pytest.raises(ValueError, match=r"\(samples, features\)"):
        encode(ModelOptions(), np.zeros(3))
