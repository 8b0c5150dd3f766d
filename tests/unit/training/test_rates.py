"""Learning-rate schedules: their closed forms, and that trainings take and resume them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nisqdl.engines.contract import Array, Pull
from nisqdl.training.checkpoint import state_from_bytes, state_to_bytes
from nisqdl.training.loop import train
from nisqdl.training.optimizers.adam import Adam
from nisqdl.training.optimizers.contract import Settings, StepwiseOptimizer
from nisqdl.training.optimizers.sgd import GradientDescent
from nisqdl.training.optimizers.spsa import Spsa
from nisqdl.training.options import TrainingOptions
from nisqdl.training.rates import RATES


def shares(**given_) -> list[float]:
    options = TrainingOptions(**given_)
    return [options.settings_at(step, 0).share for step in range(options.steps)]


def test_closed_forms() -> None:
    assert shares(steps=5) == [1.0] * 5
    expected = [0.1 + 0.9 * (1 + math.cos(math.pi * k / 10)) / 2 for k in range(11)]
    assert shares(steps=11, rate="cosine", rate_end=0.1) == pytest.approx(expected)
    assert shares(steps=5, rate="exponential", rate_end=0.0625) == pytest.approx(
        [1, 0.5, 0.25, 0.125, 0.0625]
    )
    assert shares(steps=9, rate="step", rate_end=0.01) == pytest.approx(
        [1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01]
    )
    assert shares(steps=6, rate="step", rate_end=0.5, rate_drops=1) == [1, 1, 1, 0.5, 0.5, 0.5]
    assert shares(steps=6, warmup=3) == [0.25, 0.5, 0.75, 1, 1, 1]


@settings(deadline=None, max_examples=60)
@given(
    rate=st.sampled_from(list(RATES)),
    steps=st.integers(1, 40),
    warmup=st.integers(0, 39),
    end=st.floats(0.001, 1),
)
def test_every_schedule_warms_up_starts_whole_falls_and_ends_where_asked(
    rate: str, steps: int, warmup: int, end: float
) -> None:
    warmup = min(warmup, steps - 1)
    asked = {} if RATES[rate].end is None else {"rate_end": end}
    found = shares(rate=rate, steps=steps, warmup=warmup, **asked)
    assert all(0 < share <= 1 for share in found)
    assert found[:warmup] == sorted(found[:warmup])
    assert found[warmup] == 1.0
    assert found[warmup:] == sorted(found[warmup:], reverse=True)
    if asked and steps - warmup > 2:
        assert found[-1] == pytest.approx(end)


@pytest.mark.parametrize("name", [*RATES])
def test_each_introduces_itself(name: str) -> None:
    assert RATES[name].name == name
    assert RATES[name].summary


class Slope:
    """Values w·x/10, whose gradient does not depend on the weights."""

    def values(self, features: Array, weights: Array) -> Array:
        return features @ weights[:, None] / 10

    def values_and_gradient(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array]:
        values = self.values(features, weights)
        return values, (pull(values).T @ features / 10)[0]

    def estimates(self, *_):
        raise AssertionError("training asks for exact values")


@pytest.mark.parametrize("optimizer", [Adam(), GradientDescent(), Spsa(gain=0.3)])
def test_a_step_is_its_share_of_the_whole_step(optimizer: StepwiseOptimizer) -> None:
    class Linear:
        def value(self, weights: Array) -> float:
            return float(weights.sum())

        def value_and_gradient(self, weights: Array) -> tuple[float, Array]:
            return self.value(weights), np.ones_like(weights)

    start = optimizer.start(np.zeros(3), Linear(), Settings(0.1, 10, 4))
    whole, _ = optimizer.step(start, Linear(), Settings(0.1, 10, 4))
    part, _ = optimizer.step(start, Linear(), Settings(0.1, 10, 4, share=0.25))
    np.testing.assert_allclose(part.weights, whole.weights / 4, rtol=1e-12)


@pytest.mark.parametrize("optimizer", ["adam", "spsa"])
@pytest.mark.parametrize("rate", ["cosine", "step"])
def test_resumed_at_any_step_the_path_is_the_same(optimizer: str, rate: str) -> None:
    rng = np.random.default_rng(0)
    features, labels = rng.normal(size=(20, 2)), rng.integers(0, 2, 20)
    options = TrainingOptions(optimizer=optimizer, steps=12, batch=6, rate=rate, warmup=3)
    saved: list[bytes] = []

    def run(resume=None):
        return train(
            Slope(), features, labels, 2, options, 3, resume=resume,
            progress=lambda told: saved.append(state_to_bytes(told.state)),
        )  # fmt: skip

    whole = run()
    for content in list(saved):
        np.testing.assert_array_equal(run(state_from_bytes(content)).weights, whole.weights)
    constant = options.model_copy(update={"rate": "constant", "warmup": 0})
    other = train(Slope(), features, labels, 2, constant, 3)
    assert (other.weights != whole.weights).any()


@pytest.mark.parametrize(
    ("given_", "says"),
    [
        ({"rate": "cosin"}, "Did you mean 'cosine'"),
        ({"rate": "cosine", "optimizer": "cobyla"}, "chooses its own steps"),
        ({"warmup": 5, "optimizer": "l_bfgs_b"}, "chooses its own steps"),
        ({"warmup": 10, "steps": 10}, "less than `steps`"),
        ({"rate_end": 0.1}, "no part in `rate: constant`"),
        ({"rate": "exponential", "rate_end": 0.0}, "above 0"),
        ({"rate": "cosine", "rate_drops": 2}, "no part in `rate: cosine`"),
        ({"rate": "step", "rate_end": 1.5}, "less than or equal to 1"),
    ],
)
def test_what_does_not_fit_is_refused(given_, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        TrainingOptions(**given_)


def test_what_is_not_used_is_not_written() -> None:
    assert not {"rate", "warmup", "rate_end", "rate_drops"} & TrainingOptions().model_dump().keys()
    written = TrainingOptions(rate="cosine", warmup=2).model_dump()
    assert (written["rate"], written["warmup"]) == ("cosine", 2)
