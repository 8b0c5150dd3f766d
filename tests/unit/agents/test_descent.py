"""Rules against PyTorch's and Keras's own formulas, written once more as loops."""

from __future__ import annotations

import numpy as np
import pytest

from nisqdl.agents.descent import Descent, Moments, Rates, rate_vector


def test_amsgrad_is_that_of_keras() -> None:
    source = np.random.default_rng(0)
    gradients = source.normal(size=(20, 3)) * [1, 10, 0.1]
    rates = np.array([0.1, 0.01, 0.0])
    parameters, moments = np.ones(3), Moments.none(3)
    for gradient in gradients:
        parameters, moments = Descent("amsgrad", rates).step(parameters, gradient, moments)
    for place in range(3):
        x, m, v, top = 1.0, 0.0, 0.0, 0.0
        for t, g in enumerate(gradients[:, place], start=1):
            m += (g - m) * 0.1
            v += (g * g - v) * 0.001
            top = max(top, v)
            x -= rates[place] * (1 - 0.999**t) ** 0.5 / (1 - 0.9**t) * m / (top**0.5 + 1e-7)
        assert parameters[place] == pytest.approx(x)
    assert parameters[2] == 1.0


def test_rmsprop_is_that_of_pytorch() -> None:
    gradients = np.random.default_rng(1).normal(size=20)
    parameters, moments = np.ones(1), Moments.none(1)
    x, v = 1.0, 0.0
    for g in gradients:
        parameters, moments = Descent("rmsprop", np.array([0.01])).step(
            parameters, np.array([g]), moments
        )
        v = 0.99 * v + 0.01 * g * g
        x -= 0.01 * g / (v**0.5 + 1e-8)
    assert parameters[0] == pytest.approx(x)


def test_each_group_has_its_rate() -> None:
    groups = {"input": slice(0, 2), "weights": slice(2, 3), "output": slice(3, 5)}
    assert rate_vector(Rates(), groups, 5).tolist() == [0.1, 0.1, 0.01, 0.1, 0.1]
