"""Tuning and fitting a baseline on the training rows, scoring it on the test rows."""

from __future__ import annotations

import warnings
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nisqdl.baselines import BASELINES
from nisqdl.baselines.baseline import Baseline, BaselineResult, Hyperparameters, Refusal, Shape
from nisqdl.datasets.scores import accuracy, balanced_accuracy
from nisqdl.datasets.split import Split
from nisqdl.seeds import derive

_FOLDS = 5
_STARTS = 3
"""Random starts of the final fit of a model that depends on where it starts."""


def fit_baseline(
    name: str, split: Split, seed: int, budget: int | None = None
) -> BaselineResult | Refusal:
    """Choose hyperparameters by cross-validation on the training rows, fit, and score.

    The features are the split's own, standardised on the rows that each fit sees, so that a
    baseline does as well on unscaled features as on angles. Hyperparameters are chosen for the
    best mean accuracy over stratified folds of the training rows; the test rows are looked at
    once, at the end.

    Args:
        name: Name in the table of baselines.
        split: Training and test rows.
        seed: The point's seed: decides the folds and the random starts.
        budget: The most weights that the model may have; None is no limit.

    Returns:
        The scores, or a refusal that says why no such model keeps to the budget.

    Raises:
        InputError: There is no baseline of this name.
    """
    baseline = BASELINES.find(name)
    shape = Shape(split.num_features, split.num_classes)
    refused = refusal(baseline, shape, budget)
    if refused is not None:
        return refused
    candidates = baseline.candidates(shape, budget)
    with _one_thread():
        chosen, validation_accuracy = _choose(baseline, candidates, split, seed)
        model, converged = _fit(baseline, chosen, split, seed)
        predicted = model.predict(split.test_features)
    return BaselineResult(
        name=baseline.name,
        accuracy=accuracy(split.test_labels, predicted),
        train_accuracy=accuracy(split.train_labels, model.predict(split.train_features)),
        balanced_accuracy=balanced_accuracy(split.test_labels, predicted),
        weights=baseline.weights(model[-1]),
        chosen=dict(chosen),
        validation_accuracy=validation_accuracy,
        converged=converged,
    )


def refusal(baseline: Baseline, shape: Shape, budget: int | None) -> Refusal | None:
    """Why a baseline of this shape cannot keep to the budget; None if it can."""
    if budget is None:
        return None
    smallest = baseline.smallest(shape)
    if smallest is None:
        return Refusal(
            baseline.name,
            f"The size of {baseline.name} is only known after training, so it cannot be held to"
            f" {budget} weights: fit it without a budget.",
        )
    if smallest > budget:
        return Refusal(
            baseline.name,
            f"The smallest {baseline.name} for {shape.features} features and {shape.classes}"
            f" classes has {smallest} weights, but the budget is {budget}.",
        )
    return None


def _one_thread() -> AbstractContextManager[object]:
    """Linear algebra on one thread: for matrices this small, several are ten times slower."""
    import scipy.linalg  # noqa: F401  its library must be loaded before it can be limited
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(limits=1)
    return limits


def _choose(
    baseline: Baseline, candidates: tuple[Hyperparameters, ...], split: Split, seed: int
) -> tuple[Hyperparameters, float | None]:
    """The candidate of the best mean accuracy over the folds, and that accuracy."""
    from sklearn.model_selection import StratifiedKFold

    rarest = int(np.bincount(split.train_labels).min())
    if rarest < 2:
        return candidates[0], None
    folds = StratifiedKFold(
        n_splits=min(_FOLDS, rarest), shuffle=True, random_state=_state(seed, "folds")
    )
    parts = list(folds.split(split.train_features, split.train_labels))
    scores = [
        np.mean([_validate(baseline, candidate, split, part, seed) for part in parts])
        for candidate in candidates
    ]
    # Rounded, so that ties are ties on every machine; the first of them wins.
    best = int(np.argmax(np.round(scores, 9)))
    return candidates[best], float(scores[best])


def _validate(
    baseline: Baseline,
    candidate: Hyperparameters,
    split: Split,
    part: tuple[NDArray[np.int64], NDArray[np.int64]],
    seed: int,
) -> float:
    seen, held_out = part
    model = _untrained(baseline, candidate, _state(seed, baseline.name, 0))
    _converges(model, split.train_features[seen], split.train_labels[seen])
    predicted = model.predict(split.train_features[held_out])
    return accuracy(split.train_labels[held_out], predicted)


def _fit(baseline: Baseline, chosen: Hyperparameters, split: Split, seed: int) -> tuple[Any, bool]:
    """The classifier fitted to all training rows, and whether it converged."""
    fits = []
    for start in range(1 if baseline.loss is None else _STARTS):
        model = _untrained(baseline, chosen, _state(seed, baseline.name, start))
        fits.append((model, _converges(model, split.train_features, split.train_labels)))
    loss = baseline.loss
    if loss is None:
        return fits[0]
    return min(fits, key=lambda fit: loss(fit[0][-1]))


def _untrained(baseline: Baseline, chosen: Hyperparameters, random_state: int) -> Any:
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), baseline.make(chosen, random_state))


def _converges(model: Any, features: NDArray[np.float64], labels: NDArray[np.int64]) -> bool:
    """Fit the model in place; whether it ended before its limit of steps.

    scikit-learn says so in a warning, which becomes a flag; all other warnings pass.
    """
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        model.fit(features, labels)
    limited = [issubclass(warning.category, ConvergenceWarning) for warning in caught]
    for warning, known in zip(caught, limited, strict=True):
        if not known:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )
    return not any(limited)


def _state(seed: int, *purpose: str | int) -> int:
    return derive(seed, "baseline", *purpose) % 2**32
