"""Logistic regression: the best linear boundary."""

from __future__ import annotations

from typing import Any

from nisqdl.baselines.baseline import Baseline, Hyperparameters, Shape

_STRENGTHS = (1.0, 0.01, 0.1, 10.0, 100.0)
"""Inverse strengths of the quadratic penalty on the weights."""


def _smallest(shape: Shape) -> int:
    """A weight for each feature and an offset, for each output."""
    return shape.outputs * (shape.features + 1)


def _candidates(shape: Shape, budget: int | None) -> tuple[Hyperparameters, ...]:
    return tuple({"C": strength} for strength in _STRENGTHS)


def _make(chosen: Hyperparameters, random_state: int) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=chosen["C"], max_iter=1000)


def _weights(model: Any) -> int:
    return int(model.coef_.size + model.intercept_.size)


LOGISTIC_REGRESSION = Baseline(
    name="logistic_regression",
    summary="logistic regression: the best linear boundary",
    smallest=_smallest,
    candidates=_candidates,
    make=_make,
    weights=_weights,
)
