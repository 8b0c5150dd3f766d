"""Adam against its paper's algorithm, SPSA against its theory."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from nisqdl.engines.contract import Array
from nisqdl.training.optimizers.adam import Adam
from nisqdl.training.optimizers.contract import Settings
from nisqdl.training.optimizers.spsa import Spsa


@dataclass
class GivenGradients:
    """Answers with one gradient after another."""

    gradients: Array
    asked: int = 0

    def value(self, weights: Array) -> float:
        raise AssertionError("Adam asks for gradients only")

    def value_and_gradient(self, weights: Array) -> tuple[float, Array]:
        self.asked += 1
        return float(self.asked), self.gradients[self.asked - 1]


@dataclass(frozen=True)
class Quadratic:
    """½ Σ aᵢ (wᵢ − cᵢ)², whose central differences are exact."""

    curvature: Array
    centre: Array

    def value(self, weights: Array) -> float:
        return float(0.5 * (self.curvature * (weights - self.centre) ** 2).sum())

    def value_and_gradient(self, weights: Array) -> tuple[float, Array]:
        raise AssertionError("SPSA asks for values only")


def adam_by_the_paper(start: list[float], gradients: Array, alpha: float) -> list[float]:
    """Algorithm 1 of arXiv:1412.6980, one weight at a time, in plain Python."""
    theta = list(start)
    for i in range(len(theta)):
        m = v = 0.0
        for t, g in enumerate(gradients[:, i].tolist(), start=1):
            m = 0.9 * m + (1 - 0.9) * g
            v = 0.999 * v + (1 - 0.999) * g**2
            m_hat = m / (1 - 0.9**t)
            v_hat = v / (1 - 0.999**t)
            theta[i] = theta[i] - alpha * m_hat / (math.sqrt(v_hat) + 1e-8)
    return theta


@hypothesis_settings(deadline=None, max_examples=50)
@given(
    seed=st.integers(0, 2**32),
    steps=st.integers(1, 30),
    width=st.integers(1, 6),
    scale=st.sampled_from([1e-9, 1e-3, 1.0, 1e4]),
    alpha=st.floats(1e-4, 1.0),
)
def test_adam_is_the_papers_algorithm(
    seed: int, steps: int, width: int, scale: float, alpha: float
) -> None:
    rng = np.random.default_rng(seed)
    gradients = scale * rng.normal(size=(steps, width))
    start = rng.normal(size=width)
    settings = Settings(alpha, steps, 0)
    function = GivenGradients(gradients)
    state = Adam().start(start, function, settings)
    for step in range(steps):
        state, loss = Adam().step(state, function, settings)
        assert loss == step + 1
    expected = adam_by_the_paper(start.tolist(), gradients, alpha)
    assert state.weights == pytest.approx(expected, rel=1e-10, abs=1e-12)
    assert state.step == steps


def test_spsas_mean_step_follows_the_gradient() -> None:
    rng = np.random.default_rng(0)
    function = Quadratic(rng.uniform(0.5, 2, 5), rng.normal(size=5))
    weights = np.zeros(5)
    gradient = function.curvature * (weights - function.centre)
    spsa = Spsa(gain=1.0)
    draws = 8000
    moves = np.empty((draws, 5))
    for seed in range(draws):
        settings = Settings(0.1, 1, seed)
        state, _ = spsa.step(spsa.start(weights, function, settings), function, settings)
        moves[seed] = state.weights - weights
    rate = 1.0 / 1.1**0.602
    error = moves.std(axis=0) / np.sqrt(draws)
    # Five standard errors for each of five weights: false alarm below 3e-6.
    assert (np.abs(moves.mean(axis=0) + rate * gradient) < 5 * error).all()


def test_spsas_gains_are_spalls() -> None:
    function = Quadratic(np.ones(1), np.zeros(1))
    settings = Settings(0.1, 50, 9)
    spsa = Spsa(gain=0.3, perturbation=0.1)
    state = spsa.start(np.array([1.0]), function, settings)
    for k in range(50):
        before = float(state.weights[0])
        state, loss = spsa.step(state, function, settings)
        # With one weight ĝ is the central difference, whatever the sign: here exactly w.
        expected = before - 0.3 / (5 + k + 1) ** 0.602 * before
        assert float(state.weights[0]) == pytest.approx(expected, rel=1e-9)
        width = 0.1 / (k + 1) ** 0.101
        assert loss == pytest.approx((before**2 + width**2) / 2)


def test_spsas_calibrated_first_step_has_the_learning_rates_size() -> None:
    rng = np.random.default_rng(4)
    function = Quadratic(np.full(30, 1e-3), rng.normal(size=30))
    sizes = []
    for seed in range(200):
        settings = Settings(0.05, 100, seed)
        state = Spsa().start(np.zeros(30), function, settings)
        after, _ = Spsa().step(state, function, settings)
        moves = np.abs(after.weights)
        assert moves == pytest.approx(np.full(30, moves[0]))
        sizes.append(moves[0])
    assert np.mean(sizes) == pytest.approx(0.05, rel=0.3)


def test_a_flat_start_is_calibrated_too() -> None:
    flat = Quadratic(np.zeros(3), np.zeros(3))
    state = Spsa().start(np.ones(3), flat, Settings(0.1, 10, 0))
    assert np.isfinite(state.memory[0]).all()
    after, loss = Spsa().step(state, flat, Settings(0.1, 10, 0))
    assert after.weights.tolist() == [1.0, 1.0, 1.0]
    assert loss == 0.0
