"""Post-measurement normalisation: gradients by differences, and what it undoes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nisqdl.circuits.build import build_model
from nisqdl.circuits.options import ModelOptions
from nisqdl.engines.statevector import StatevectorEngine
from nisqdl.models.heads import Bias, Direct, Headed, Linear, Logits, Normalised
from nisqdl.noise.channels import IDEAL
from nisqdl.training.losses import LOSSES
from nisqdl.training.normalisation import (
    LEAST_SPREAD,
    Statistics,
    normalised,
    pull_normalised,
    statistics_of,
)
from nisqdl.training.objective import loss_and_pull
from nisqdl.training.options import TrainingOptions

seeds = st.integers(0, 2**32 - 1)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, rows=st.integers(1, 9), outputs=st.integers(1, 4), own=st.booleans())
def test_the_pull_is_the_derivative_by_differences(
    seed: int, rows: int, outputs: int, own: bool
) -> None:
    rng = np.random.default_rng(seed)
    values, pulls = rng.uniform(-1, 1, (rows, outputs)), rng.normal(size=(rows, outputs))
    statistics = None if own else Statistics(rng.normal(size=outputs), rng.uniform(0.1, 1, outputs))
    found = pull_normalised(values, pulls, statistics)
    for row in range(rows):
        step = np.zeros_like(values)
        step[row, rng.integers(outputs)] = 1e-6
        ahead, behind = (normalised(values + sign * step, statistics) for sign in (1, -1))
        slope = (pulls * (ahead - behind)).sum() / 2e-6
        scale = 1 + np.abs(pulls).max() / (LEAST_SPREAD if rows == 1 else 1)
        assert found[step != 0][0] == pytest.approx(slope, abs=1e-5 * scale)


@settings(max_examples=15, deadline=None)
@given(seed=seeds, head=st.sampled_from(["direct", "bias", "linear", "regression"]))
def test_gradients_of_whole_models_go_through_the_statistics(seed: int, head: str) -> None:
    rng = np.random.default_rng(seed)
    model = build_model(ModelOptions(), 3, 3)  # Z of each qubit, for three classes
    circuit = StatevectorEngine().prepare(model, IDEAL)
    inner = {
        "direct": Logits(Direct()), "bias": Logits(Linear(3, 1)), "linear": Logits(Linear(3, 3)),
        "regression": Linear(3, 1),
    }[head]  # fmt: skip
    whole = Headed(circuit, len(model.weights), Normalised(inner))
    rows, weights = rng.normal(size=(7, 3)), rng.normal(size=whole.num_weights)
    labels = rng.integers(0, 2 if head == "bias" else 3, 7)
    if head == "regression":
        loss, pull = (lambda v: float((v**3).mean())), (lambda v: 3 * v**2 / len(v))
    else:
        loss, pull = loss_and_pull(LOSSES["cross_entropy"], labels)
    _, gradient = whole.values_and_gradient(rows, weights, pull)
    for index in rng.integers(whole.num_weights, size=4):
        step = 1e-6 * np.eye(len(weights))[index]
        ahead, behind = (loss(whole.values(rows, weights + sign * step)) for sign in (1, -1))
        assert gradient[index] == pytest.approx((ahead - behind) / 2e-6, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(seed=seeds, damping=st.floats(0.05, 1), shift=st.floats(-0.5, 0.5))
def test_it_undoes_what_noise_does_alike_to_all_samples(
    seed: int, damping: float, shift: float
) -> None:
    values = np.random.default_rng(seed).uniform(-1, 1, (40, 3))
    np.testing.assert_allclose(
        normalised(damping * values + shift), normalised(values), atol=5 * LEAST_SPREAD / damping
    )
    training = statistics_of(values)
    np.testing.assert_allclose(normalised(values, training), normalised(values))
    np.testing.assert_allclose(normalised(values).mean(axis=0), 0, atol=1e-12)


def test_what_is_not_told_apart_is_not_blown_up_and_a_single_row_says_nothing() -> None:
    flat = 0.3 + 1e-7 * np.arange(5)[:, np.newaxis]
    assert np.abs(normalised(flat)).max() < 1e-3
    np.testing.assert_array_equal(normalised(np.array([[0.7, -0.2]])), np.zeros((1, 2)))


def test_logits_of_one_value_are_those_of_two_classes() -> None:
    """Bias in front: the softmax of z and −z has p₀ = (1 + tanh z)/2."""
    z = np.linspace(-2, 2, 9)[:, np.newaxis]
    found = Logits(Bias()).outputs(z, np.array([0.1]))
    np.testing.assert_allclose((1 + found) / 2, 1 / (1 + np.exp(-2 * (z + 0.1))), atol=1e-12)


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ({"noise_scale": 2.0}, "`noise` is ideal"),
        ({"noise": "target", "noise_scale": 0.0}, "greater than 0"),
        ({"noise": "device", "optimizer": "spsa", "normalise": "batch"}, "leave `normalise` out"),
        ({"normalise": "layer"}, "'batch' or 'train'"),
        ({"noise": "inject"}, "'injected'"),
    ],
)
def test_what_does_not_fit_is_refused(given_, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        TrainingOptions(**given_)


def test_what_is_not_used_is_not_written() -> None:
    assert not {"noise_scale", "normalise"} & TrainingOptions(noise="target").model_dump().keys()
    written = TrainingOptions(noise="injected", noise_scale=3.0, normalise="train").model_dump()
    assert (written["noise_scale"], written["normalise"]) == (3.0, "train")
