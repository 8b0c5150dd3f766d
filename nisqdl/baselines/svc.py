"""Support vector classifier with a Gaussian kernel: a strong classical model for small data."""

from __future__ import annotations

from typing import Any

from nisqdl.baselines.baseline import Baseline, Hyperparameters, Shape

_PENALTIES = (1.0, 0.1, 10.0, 100.0)
_WIDTHS = (1.0, 0.1, 0.3, 3.0)
"""γ·F: with standardised features, 1 is scikit-learn's default."""


def _smallest(shape: Shape) -> None:
    """Its size is the number of its support vectors, which only training decides."""


def _candidates(shape: Shape, budget: int | None) -> tuple[Hyperparameters, ...]:
    return tuple(
        {"C": penalty, "gamma": width / shape.features}
        for penalty in _PENALTIES
        for width in _WIDTHS
    )


def _make(chosen: Hyperparameters, random_state: int) -> Any:
    from sklearn.svm import SVC

    return SVC(kernel="rbf", C=chosen["C"], gamma=chosen["gamma"])


def _weights(model: Any) -> int:
    """Coefficients of the support vectors, and the offsets; the vectors themselves not counted."""
    return int(model.dual_coef_.size + model.intercept_.size)


SVC = Baseline(
    name="svc",
    summary="support vector classifier with a Gaussian (RBF) kernel",
    smallest=_smallest,
    candidates=_candidates,
    make=_make,
    weights=_weights,
)
