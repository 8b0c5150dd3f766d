"""The convolutional network: slopes by differences, values by SciPy, scikit-learn's rules."""

from __future__ import annotations

from unittest import SkipTest

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import correlate2d
from sklearn.datasets import load_digits
from sklearn.model_selection import cross_val_score
from sklearn.utils.estimator_checks import estimator_checks_generator

from nisqdl.baselines.cnn import CNNClassifier, Network


@settings(deadline=None, max_examples=25)
@given(
    st.integers(1, 9), st.integers(1, 9), st.integers(1, 3), st.integers(2, 4), st.integers(1, 4),
    st.integers(0, 2**32 - 1),
)  # fmt: skip
def test_slopes_are_those_of_differences_and_values_those_of_scipy(
    height: int, width: int, filters: int, classes: int, pool: int, seed: int
) -> None:
    network, rng = Network(height, width, filters, classes, pool), np.random.default_rng(seed)
    rows = rng.normal(size=(5, height * width))
    targets = np.eye(classes)[rng.integers(0, classes, 5)]
    weights, patches = rng.normal(size=network.num_weights), network.patches(rows)
    _, slope = network.loss(weights, patches, targets, 0.3)
    for number in rng.integers(0, network.num_weights, 6):
        step = 1e-6 * np.eye(network.num_weights)[number]
        ahead, behind = (network.loss(weights + s, patches, targets, 0.3)[0] for s in (step, -step))
        assert slope[number] == pytest.approx((ahead - behind) / 2e-6, abs=1e-6)

    kernels, offsets, layer, last = network.split(weights)
    up, across = network.pooled
    for row, found in zip(rows, network.log_probabilities(weights, patches), strict=True):
        values = np.empty((up, across, filters))
        for number in range(filters):
            kernel = kernels[:, number].reshape(network.side)
            seen = correlate2d(row.reshape(height, width), kernel, mode="valid") + offsets[number]
            seen = np.maximum(seen, 0)
            sides = [min(pool, size) for size in seen.shape]
            for i, j in np.ndindex(up, across):
                part = seen[i * sides[0] : (i + 1) * sides[0], j * sides[1] : (j + 1) * sides[1]]
                values[i, j, number] = part.mean()
        scores = values.ravel() @ layer + last
        assert found == pytest.approx(scores - np.log(np.exp(scores).sum()), abs=1e-9)


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(check, id=getattr(check, "func", check).__name__)
        for _, check in estimator_checks_generator(CNNClassifier())
        if getattr(check, "func", check).__name__ != "check_array_api_input"
    ],
)
def test_scikit_learn_checks(check) -> None:
    try:
        check(CNNClassifier(random_state=0))
    except SkipTest as said:
        if "pandas is not installed" not in str(said):
            raise AssertionError("a check was skipped") from said


def test_digits_are_told_apart_by_few_weights() -> None:
    images, digits = load_digits(return_X_y=True)
    chosen = (digits == 3) | (digits == 8)
    model = CNNClassifier(filters=1, random_state=0)
    assert cross_val_score(model, images[chosen], digits[chosen], cv=3).mean() > 0.9
    assert model.fit(images[chosen], digits[chosen]).weights_.size == 30


def test_the_image_s_size_is_checked() -> None:
    with pytest.raises(ValueError, match="height and width of images of 8 pixels"):
        CNNClassifier(image=(2, 3)).fit(np.ones((4, 8)), [0, 1, 0, 1])
