"""Decoding: probabilities that are ones, and their derivative against central differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from nisqdl.circuits.decoding import predicted_classes, probabilities, pull_probabilities

SHAPES = array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=5)
ANY = arrays(np.float64, SHAPES, elements=st.floats(-1.5, 1.5))
INSIDE = arrays(np.float64, SHAPES, elements=st.floats(-0.95, 0.95))


@given(ANY)
@settings(deadline=None)
def test_rows_are_probabilities_even_beyond_the_physical_range(values):
    result = probabilities(values)
    assert result.shape == (values.shape[0], max(values.shape[1], 2))
    assert (result >= 0).all()
    np.testing.assert_allclose(result.sum(axis=1), 1, atol=1e-12)


def test_one_value_is_the_probability_of_class_zero():
    values = np.array([[1.0], [-1.0], [0.5], [1.04]])
    expected = [[1, 0], [0, 1], [0.75, 0.25], [1, 0]]
    np.testing.assert_allclose(probabilities(values), expected, atol=1e-15)
    np.testing.assert_array_equal(predicted_classes(values), [0, 1, 0, 0])


def test_several_values_share_by_one_plus_value():
    values = np.array([[0.5, -0.5, 0.0], [-1.0, -1.0, -1.0], [-1.0, -1.0, 1.0]])
    expected = [[0.5, 1 / 6, 1 / 3], [1 / 3, 1 / 3, 1 / 3], [0, 0, 1]]
    np.testing.assert_allclose(probabilities(values), expected, atol=2e-6)
    np.testing.assert_array_equal(predicted_classes(values), [0, 0, 2])


@given(INSIDE, st.integers(0, 2**32 - 1))
@settings(deadline=None)
def test_pull_is_the_derivative(values, seed):
    rng = np.random.default_rng(seed)
    slopes = rng.normal(size=(values.shape[0], max(values.shape[1], 2)))
    step = 1e-6
    numeric = np.zeros_like(values)
    for index in np.ndindex(values.shape):
        shift = np.zeros_like(values)
        shift[index] = step
        change = probabilities(values + shift) - probabilities(values - shift)
        numeric[index] = (slopes * change).sum() / (2 * step)
    np.testing.assert_allclose(pull_probabilities(values, slopes), numeric, rtol=1e-5, atol=1e-6)


def test_the_way_back_from_beyond_the_range_is_open():
    wrong = np.array([[1 + 1e-12]])  # rounding, though class 1 is right
    assert pull_probabilities(wrong, np.array([[0.0, -1.0]]))[0, 0] == pytest.approx(0.5)


def test_wrong_shapes_are_refused():
    with pytest.raises(ValueError, match=r"\(samples, observables\), but has \(3,\)"):
        probabilities(np.zeros(3))
    with pytest.raises(ValueError, match=r"must have shape \(3, 2\), but has \(3, 1\)"):
        pull_probabilities(np.zeros((3, 1)), np.zeros((3, 1)))
