"""Transfer matrices against Aer's channels, closed forms and Qiskit's operators."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.circuit.library import (
    CXGate,
    CZGate,
    ECRGate,
    RXXGate,
    RZGate,
    RZXGate,
    SwapGate,
    SXGate,
)
from qiskit.quantum_info import PTM, Operator, random_unitary
from qiskit_aer.noise import depolarizing_error, thermal_relaxation_error

from nisqdl.engines.exact import ptm


@pytest.mark.parametrize("gate", [SXGate(), RZGate(0.7), CXGate(), CZGate(), ECRGate(), SwapGate()])
def test_gates_are_qiskits(gate):
    np.testing.assert_allclose(
        ptm.unitary_ptm(gate.to_matrix()), PTM(Operator(gate)).data.real, atol=1e-14
    )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from([2, 4]))
def test_any_unitary(seed, dimension):
    unitary = random_unitary(dimension, seed=seed)
    expected = PTM(unitary).data.real
    np.testing.assert_allclose(ptm.unitary_ptm(unitary.data), expected, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(
    time=st.floats(0.0, 1e4),
    t1=st.floats(1.0, 1e6),
    ratio=st.floats(0.01, 2.0),
)
def test_relaxation_is_aers(time, t1, ratio):
    """T2 up to 2 T1; Aer writes the two cases T2 < T1 and T2 > T1 differently.

    Aer leaves out Kraus operators whose weight is below 1e-8, so no more can be asked of it.
    """
    expected = PTM(thermal_relaxation_error(t1, t1 * ratio, time)).data.real
    np.testing.assert_allclose(ptm.relaxation(time, t1, t1 * ratio), expected, atol=4e-8)


@given(
    time=st.floats(0.0, 1e4),
    t1=st.floats(1.0, 1e6),
    ratio=st.floats(0.01, 2.0),
)
def test_relaxation_has_its_closed_form(time, t1, ratio):
    """Z shrinks by e^(−t/T1) towards |0⟩, X and Y by e^(−t/T2)."""
    decay, dephasing = np.exp(-time / t1), np.exp(-time / (t1 * ratio))
    expected = np.diag([1.0, dephasing, dephasing, decay])
    expected[3, 0] = 1 - decay
    np.testing.assert_allclose(ptm.relaxation(time, t1, t1 * ratio), expected, atol=1e-12)


def test_relaxation_without_t1():
    dephasing = ptm.relaxation(2.0, np.inf, 4.0)
    np.testing.assert_allclose(dephasing, np.diag([1, np.exp(-0.5), np.exp(-0.5), 1]), atol=1e-15)


@pytest.mark.parametrize("num_qubits", [1, 2])
@pytest.mark.parametrize("probability", [0.0, 0.013, 1.0])
def test_depolarizing_is_aers(num_qubits, probability):
    expected = PTM(depolarizing_error(probability, num_qubits)).data.real
    found = np.diag(ptm.depolarizing(probability, num_qubits))
    np.testing.assert_allclose(found, expected, atol=1e-9)


@pytest.mark.parametrize("gate", [RXXGate, RZXGate])
def test_turning_pairs(gate):
    angle = 0.37
    first, second = {RXXGate: (1, 1), RZXGate: (3, 1)}[gate]
    matrix = np.zeros((16, 16))
    pairs = ptm.turning_pairs(first, second)
    for p, q in pairs[:4]:
        matrix[[p, q], [p, q]] = np.cos(angle)
        matrix[q, p], matrix[p, q] = np.sin(angle), -np.sin(angle)
    for p, q in pairs[4:]:
        matrix[[p, q], [p, q]] = 1.0
    np.testing.assert_allclose(matrix, ptm.unitary_ptm(gate(angle).to_matrix()), atol=1e-14)


@pytest.mark.parametrize(
    "matrix",
    [
        ptm.unitary_ptm(ECRGate().to_matrix()),
        ptm.unitary_ptm(RXXGate(0.3).to_matrix()),
        np.diag(ptm.depolarizing(1.0, 2)),
        np.kron(ptm.relaxation(0.3, 1.0, 0.7), np.eye(4)) @ ptm.unitary_ptm(CXGate().to_matrix()),
    ],
)
def test_two_terms_make_up_the_matrix_and_its_transposed(matrix):
    columns, factors = ptm.as_two_terms(matrix)
    for each, column, factor in zip((matrix, matrix.T), columns, factors, strict=True):
        made = np.zeros((16, 16))
        for term in range(2):
            made[np.arange(16), column[term]] += factor[term]
        np.testing.assert_array_equal(made, each)


def test_more_than_two_terms_are_not_taken_for_two():
    assert ptm.as_two_terms(ptm.unitary_ptm(random_unitary(4, seed=1).data)) is None
    damped = ptm.relaxation(0.3, 1.0, 0.7)
    assert ptm.as_two_terms(np.kron(damped, damped)) is None
