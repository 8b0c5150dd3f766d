"""The losses against closed forms and finite differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.errors import InputError
from nisqdl.training.losses import LOSSES
from nisqdl.training.objective import loss_and_pull


@pytest.mark.parametrize("name", LOSSES)
@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32), batch=st.integers(1, 7), outputs=st.integers(1, 4))
def test_pull_is_the_derivative_of_the_loss(name: str, seed: int, batch: int, outputs: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.uniform(-0.95, 0.95, (batch, outputs))
    labels = rng.integers(0, max(outputs, 2), batch)
    value, pull = loss_and_pull(LOSSES[name], labels)
    found = pull(values)
    step = 1e-6
    for place in np.ndindex(values.shape):
        shift = np.zeros_like(values)
        shift[place] = step
        central = (value(values + shift) - value(values - shift)) / (2 * step)
        assert found[place] == pytest.approx(central, rel=1e-4, abs=1e-6)


@given(expectation=st.floats(-0.999, 0.999), label=st.integers(0, 1))
def test_two_classes_from_one_value_have_the_textbook_forms(expectation: float, label: int) -> None:
    sign = 1 - 2 * label
    forms = {
        "cross_entropy": -math.log((1 + sign * expectation) / 2),
        "squared": (1 - sign * expectation) ** 2 / 2,
        "hinge": 1 - sign * expectation,
    }
    assert set(forms) == set(LOSSES)
    for name, expected in forms.items():
        value, _ = loss_and_pull(LOSSES[name], np.array([label]))
        assert value(np.array([[expectation]])) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_the_mean_of_samples_is_taken(name: str) -> None:
    rng = np.random.default_rng(3)
    values, labels = rng.uniform(-1, 1, (6, 3)), rng.integers(0, 3, 6)
    whole, _ = loss_and_pull(LOSSES[name], labels)
    single = [
        loss_and_pull(LOSSES[name], labels[i : i + 1])[0](values[i : i + 1]) for i in range(6)
    ]
    assert whole(values) == pytest.approx(np.mean(single))


def test_cross_entropy_goes_on_along_its_tangent_at_zero() -> None:
    loss = LOSSES["cross_entropy"]
    truth = np.array([0, 0, 0])
    rows = np.array([[1e-6, 1.0], [0.0, 1.0], [-1e-17, 1.0]])
    at = [loss.value(rows[i : i + 1], truth[:1]) for i in range(3)]
    assert at[0] == pytest.approx(-math.log(1e-6))
    assert at[1] == pytest.approx(-math.log(1e-6) + 1)
    assert at[2] >= at[1]
    assert np.allclose(loss.derivative(rows, truth)[:, 0], -1e6 / 3)


def test_hinge_is_zero_only_where_certain_and_looks_at_the_strongest_rival() -> None:
    loss = LOSSES["hinge"]
    assert loss.value(np.array([[1.0, 0.0, 0.0]]), np.array([0])) == 0.0
    probabilities = np.array([[0.5, 0.1, 0.4]])
    assert loss.value(probabilities, np.array([0])) == pytest.approx(0.9)
    assert loss.derivative(probabilities, np.array([0])).tolist() == [[-1.0, 0.0, 1.0]]


def test_more_classes_than_observables_are_refused_in_a_sentence() -> None:
    value, pull = loss_and_pull(LOSSES["squared"], np.array([0, 2]))
    for function in (value, pull):
        with pytest.raises(InputError, match=r"3 classes.*1 observable.*decode to 2"):
            function(np.zeros((2, 1)))
