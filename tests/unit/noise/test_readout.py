"""Readout confusion of observables against confusion of outcome probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import SparsePauliOp, random_density_matrix

from nisqdl.noise.channels import Readout
from nisqdl.noise.readout import confused_probabilities, with_readout


def z_value(probabilities: np.ndarray, label: str) -> float:
    """The mean of (−1)^parity over the qubits where the label is not I."""
    mask = sum(1 << q for q, factor in enumerate(reversed(label)) if factor != "I")
    signs = [1 - 2 * ((outcome & mask).bit_count() & 1) for outcome in range(len(probabilities))]
    return float(np.dot(signs, probabilities))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_diagonal_observables_agree_with_confused_outcomes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    state = random_density_matrix(8, seed=seed)
    readout = {q: Readout(*rng.uniform(0, 0.5, size=2)) for q in range(3) if rng.random() < 0.8}
    labels = ["".join(rng.choice(list("IZ"), size=3)) for _ in range(3)]
    coefficients = rng.normal(size=3)
    exact = with_readout(SparsePauliOp(labels, coefficients), readout)
    read = confused_probabilities(state.probabilities(), readout)
    assert read.sum() == pytest.approx(1)
    expected = sum(c * z_value(read, label) for c, label in zip(coefficients, labels, strict=True))
    assert state.expectation_value(exact).real == pytest.approx(expected, abs=1e-12)


def test_other_bases_are_turned_to_z_first() -> None:
    found = with_readout(SparsePauliOp(["XY"], [2.0]), {0: Readout(0.1, 0.3)})
    assert found.equiv(SparsePauliOp(["XI", "XY"], [2 * 0.2, 2 * 0.6]))


def test_terms_meet_and_perfect_readout_changes_nothing() -> None:
    observable = SparsePauliOp(["ZI", "ZZ", "II"], [1.0, -0.5, 3.0])
    assert with_readout(observable, {}) == observable
    found = with_readout(observable, {0: Readout(0.0, 0.2)})
    assert found.equiv(SparsePauliOp(["II", "ZI", "ZZ"], [3.0, 0.9, -0.4]))


def test_confusion_of_one_outcome() -> None:
    read = confused_probabilities(np.array([0.0, 0.0, 1.0, 0.0]), {1: Readout(0.1, 0.25)})
    np.testing.assert_allclose(read, [0.25, 0, 0.75, 0])
    batch = confused_probabilities(np.eye(4), {0: Readout(0.1, 0.25)})
    np.testing.assert_allclose(batch[2], [0, 0, 0.9, 0.1])
