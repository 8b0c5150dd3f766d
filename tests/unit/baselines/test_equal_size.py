"""Networks of equal size: counted weights, and the most that fit; parts of images by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score

from nisqdl.baselines.cnn import Network
from nisqdl.baselines.contenders import CONTENDERS
from nisqdl.baselines.equal_size import SIZE, Size, part_means

CLASSES = st.integers(2, 4)


def fitted(name: str, size: Size, grid: int, rng: np.random.Generator):
    rows = rng.normal(size=(4 * size.classes, size.features))
    labels = np.arange(len(rows)) % size.classes
    chosen = {SIZE: size, "grid": grid, "alpha": 1.0}
    contender = CONTENDERS[name]
    model = contender.make(chosen, 0)
    network = model if name == "equal_cnn" else model[-1]
    network.max_iter = 2
    with pytest.warns() if name == "equal_mlp" else np.errstate():
        return model.fit(rows, labels), contender.weights(model)


@settings(deadline=None, max_examples=20)
@given(
    st.integers(20, 200), st.integers(3, 9), st.integers(3, 9), CLASSES, st.integers(1, 3),
    st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_a_cnn_has_as_many_filters_as_its_weights_allow(
    weights: int, height: int, width: int, classes: int, grid: int, seed: int
) -> None:
    size = Size(weights, height * width, classes, (height, width))
    model, found = fitted("equal_cnn", size, grid, np.random.default_rng(seed))
    assert found == model.weights_.size
    most = Network(height, width, model.filters + 1, classes, model.pool)
    assert most.num_weights > weights
    smallest = Network(height, width, 1, classes, max(height, width)).num_weights
    assert found <= weights or found == smallest
    assert max(model.network_.pooled) <= 2 * grid


@settings(deadline=None, max_examples=10)
@given(
    st.integers(20, 200), st.integers(1, 9), st.integers(1, 9), CLASSES, st.integers(2, 4),
    st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_an_mlp_has_as_many_hidden_units_as_its_weights_allow(
    weights: int, height: int, width: int, classes: int, grid: int, seed: int
) -> None:
    size = Size(weights, height * width, classes, (height, width))
    model, found = fitted("equal_mlp", size, grid, np.random.default_rng(seed))
    inputs, hidden = model[-1].coefs_[0].shape
    outputs = model[-1].coefs_[1].shape[1]
    assert inputs <= grid * grid
    assert found == hidden * (inputs + 1) + outputs * (hidden + 1)
    assert found + inputs + 1 + outputs > weights
    assert found <= weights or (inputs == 1 and hidden == 1)


def test_parts_of_an_image_are_averaged_line_by_line() -> None:
    image = np.arange(12.0).reshape(1, 12)  # 3 × 4
    parts = part_means(image, (3, 4), 2)
    by_hand = [np.mean([0, 1, 4, 5]), np.mean([2, 3, 6, 7]), np.mean([8, 9]), np.mean([10, 11])]
    np.testing.assert_allclose(parts, [by_hand])
    np.testing.assert_array_equal(part_means(image, (1, 12), 4), image)
    np.testing.assert_allclose(part_means(image, (1, 12), 2), [[1, 4, 7, 10]])


@pytest.mark.parametrize(("name", "grid"), [("equal_mlp", 4), ("equal_cnn", 2)])
def test_thirty_eight_weights_tell_digits_apart(name: str, grid: int) -> None:
    images, digits = load_digits(return_X_y=True)
    chosen = (digits == 3) | (digits == 8)
    size = Size(38, 64, 2)
    model = CONTENDERS[name].make({SIZE: size, "grid": grid, "alpha": 0.1}, 0)
    assert cross_val_score(model, images[chosen], digits[chosen], cv=3).mean() > 0.9
    assert CONTENDERS[name].weights(model.fit(images[chosen], digits[chosen])) in (37, 38)
