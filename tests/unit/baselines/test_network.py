"""The small network: outputs as scikit-learn's, gradients as finite differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from nisqdl.baselines.network import Network
from nisqdl.circuits.decoding import probabilities
from nisqdl.training.losses import LOSSES
from nisqdl.training.objective import Objective, loss_and_pull

SHAPES = st.tuples(st.integers(1, 4), st.sampled_from([0, 1, 3]), st.integers(2, 4))


@settings(deadline=None, max_examples=60)
@given(SHAPES, st.integers(0, 2**32 - 1), st.sampled_from(list(LOSSES)))
def test_the_gradient_is_that_of_the_loss(shape, seed: int, loss_name: str) -> None:
    network, rng = Network(*shape), np.random.default_rng(seed)
    features = rng.normal(size=(7, network.features))
    labels = rng.integers(0, network.classes, 7)
    weights = rng.normal(0, 0.7, network.num_weights)
    loss, pull = loss_and_pull(LOSSES[loss_name], labels)
    objective = Objective(network, features, loss, pull, 0)
    _, gradient = objective.value_and_gradient(weights)
    step = 1e-6
    for index in range(network.num_weights):
        shift = step * (np.arange(network.num_weights) == index)
        slope = (objective.value(weights + shift) - objective.value(weights - shift)) / (2 * step)
        assert gradient[index] == pytest.approx(slope, abs=2e-5, rel=2e-5)


@pytest.mark.parametrize("classes", [2, 3])
def test_it_is_logistic_regression(classes: int) -> None:
    rng = np.random.default_rng(classes)
    features, labels = rng.normal(size=(40, 3)), np.arange(40) % classes
    theirs = LogisticRegression().fit(features, labels)
    network = Network(3, 0, classes)
    # Two classes: class 0 where the value is positive, theirs is the logit of class 1.
    sign = -1 if classes == 2 else 1
    weights = sign * np.concatenate([theirs.coef_.T.ravel(), theirs.intercept_])
    assert len(weights) == network.num_weights
    found = probabilities(network.values(features, weights))
    np.testing.assert_allclose(found, theirs.predict_proba(features), atol=2e-6)


@pytest.mark.filterwarnings("ignore:lbfgs failed to converge")
@pytest.mark.parametrize("classes", [2, 3])
def test_it_is_an_mlp_with_one_hidden_layer(classes: int) -> None:
    rng = np.random.default_rng(classes)
    features, labels = rng.normal(size=(40, 3)), np.arange(40) % classes
    theirs = MLPClassifier((5,), activation="tanh", solver="lbfgs", max_iter=30, random_state=0)
    theirs.fit(features, labels)
    sign = -1 if classes == 2 else 1
    weights = np.concatenate(
        [
            theirs.coefs_[0].ravel(),
            theirs.intercepts_[0],
            sign * theirs.coefs_[1].ravel(),
            sign * theirs.intercepts_[1],
        ]
    )
    found = probabilities(Network(3, 5, classes).values(features, weights))
    np.testing.assert_allclose(found, theirs.predict_proba(features), atol=2e-6)


def test_first_weights_have_the_stated_spread() -> None:
    network = Network(400, 50, 2)
    weights = network.first_weights(np.random.default_rng(0))
    assert len(weights) == network.num_weights == 401 * 50 + 51
    # 20,000 normal numbers: the deviation is known to 0.5 %, five times that is allowed.
    assert weights[: 400 * 50].std() == pytest.approx(1 / 20, rel=0.025)
    assert (weights[400 * 50 : 401 * 50] == 0).all()
