"""Baselines: sound scores, never more weights than the budget, the same for the same seed."""

import dataclasses
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegressionCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nisqdl.baselines import BASELINES
from nisqdl.baselines import fit as fit_module
from nisqdl.baselines.baseline import BaselineResult, Refusal, Shape
from nisqdl.baselines.fit import fit_baseline, refusal
from nisqdl.baselines.mlp import mlp_weights
from nisqdl.catalog import Table
from nisqdl.datasets.options import DatasetOptions
from nisqdl.datasets.split import Split, load_split
from nisqdl.errors import InputError


def split_of(name: str, train: int, test: int, seed: int = 0, **fields: object) -> Split:
    document = {"name": name, "train": train, "test": test} | fields
    return load_split(DatasetOptions.model_validate(document), seed)


def blobs(rows: int, features: int, classes: int, seed: int) -> Split:
    draw = np.random.default_rng(seed)
    labels = np.arange(2 * rows) % classes
    centres = draw.normal(size=(classes, features)) * 2
    points = centres[labels] + draw.normal(size=(2 * rows, features))
    names = tuple(str(i) for i in range(classes))
    return Split(points[:rows], labels[:rows], points[rows:], labels[rows:], names, "blobs")


def fitted(name: str, split: Split, seed: int = 0, budget: int | None = None) -> BaselineResult:
    result = fit_baseline(name, split, seed, budget)
    assert isinstance(result, BaselineResult)
    return result


@pytest.mark.parametrize("name", BASELINES)
def test_every_baseline_solves_an_easy_task_and_repeats(name: str) -> None:
    assert BASELINES[name].name == name
    assert BASELINES[name].summary
    split = split_of("iris", 60, 40, classes=["setosa", "virginica"])
    result = fitted(name, split)
    assert result.accuracy == result.balanced_accuracy == result.train_accuracy == 1.0
    assert result.validation_accuracy == 1.0
    assert result.converged
    assert result == fitted(name, split)


@pytest.mark.parametrize("name", BASELINES)
def test_three_classes(name: str) -> None:
    # Wine is nearly separable: any of the three passes 0.9 in the literature.
    result = fitted(name, split_of("wine", 100, 78))
    assert result.accuracy >= 0.9
    assert result.weights > 0


@pytest.mark.parametrize("name", ["svc", "mlp"])
def test_curved_boundaries(name: str) -> None:
    split = split_of("circles", 200, 200)
    assert fitted(name, split).accuracy >= 0.95
    # No straight line tells a circle from its centre.
    assert fitted("logistic_regression", split).accuracy <= 0.7


def test_features_need_no_scaling() -> None:
    split = split_of("wine", 100, 78)
    raw = split_of("wine", 100, 78, scaling="none")
    for name in ("logistic_regression", "svc"):
        assert abs(fitted(name, split).accuracy - fitted(name, raw).accuracy) <= 3 / 78


def test_logistic_regression_against_scikit_learns_own_search() -> None:
    split = split_of("breast_cancer", 200, 300, features=4)
    search = LogisticRegressionCV(
        Cs=[0.01, 0.1, 1, 10, 100],
        l1_ratios=(0,),
        scoring="accuracy",
        max_iter=1000,
        use_legacy_attributes=False,
    )
    reference = make_pipeline(StandardScaler(), search)
    reference.fit(split.train_features, split.train_labels)
    expected = reference.score(split.test_features, split.test_labels)
    result = fitted("logistic_regression", split)
    assert result.weights == 5
    assert result.accuracy == pytest.approx(expected, abs=0.02)


@given(
    features=st.integers(1, 6),
    classes=st.integers(2, 4),
    budget=st.integers(1, 80),
    seed=st.integers(0, 2**40),
)
@settings(deadline=None, max_examples=15)
def test_no_more_weights_than_the_budget(
    features: int, classes: int, budget: int, seed: int
) -> None:
    split = blobs(30, features, classes, seed)
    result = fit_baseline("mlp", split, seed, budget)
    outputs = 1 if classes == 2 else classes
    smallest = features + 1 + outputs + outputs
    if isinstance(result, Refusal):
        assert smallest > budget
        assert f"has {smallest} weights, but the budget is {budget}" in result.reason
        return
    assert smallest <= result.weights <= budget
    assert result.weights == mlp_weights(Shape(features, classes), int(result.chosen["hidden"]))


@given(features=st.integers(1, 40), classes=st.integers(2, 10), budget=st.integers(1, 500))
def test_the_widest_network_uses_the_budget_up(features: int, classes: int, budget: int) -> None:
    shape = Shape(features, classes)
    mlp = BASELINES["mlp"]
    if refusal(mlp, shape, budget) is not None:
        assert mlp_weights(shape, 1) > budget
        return
    hidden = [int(candidate["hidden"]) for candidate in mlp.candidates(shape, budget)]
    assert min(hidden) >= 1
    assert mlp_weights(shape, max(hidden)) <= budget
    assert max(hidden) == 32 or mlp_weights(shape, max(hidden) + 1) > budget


def test_budgets_of_the_others() -> None:
    shape = Shape(features=4, classes=2)
    assert refusal(BASELINES["logistic_regression"], shape, 5) is None
    too_small = refusal(BASELINES["logistic_regression"], shape, 4)
    assert too_small is not None
    assert "has 5 weights, but the budget is 4" in too_small.reason
    unknown = refusal(BASELINES["svc"], shape, 1000)
    assert unknown is not None
    assert "only known after training" in unknown.reason


@pytest.mark.parametrize("name", BASELINES)
def test_test_rows_decide_nothing(name: str) -> None:
    split = split_of("moons", 60, 60)
    flipped = dataclasses.replace(
        split, test_features=-split.test_features, test_labels=1 - split.test_labels
    )
    before, after = fitted(name, split), fitted(name, flipped)
    for field in ("chosen", "train_accuracy", "validation_accuracy", "weights"):
        assert getattr(before, field) == getattr(after, field)


@pytest.mark.parametrize("name", BASELINES)
def test_too_few_rows_to_choose_take_the_default(name: str) -> None:
    result = fitted(name, blobs(2, 2, 2, seed=0))
    assert result.validation_accuracy is None
    default = BASELINES[name].candidates(Shape(2, 2), None)[0]
    assert result.chosen == default


def test_a_fit_stopped_at_its_limit_is_flagged_and_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    mlp = BASELINES["mlp"]

    def hasty(chosen: dict[str, float], random_state: int) -> object:
        return mlp.make(chosen, random_state).set_params(max_iter=2)

    table = Table("baseline", {"mlp": dataclasses.replace(mlp, make=hasty)})
    monkeypatch.setattr(fit_module, "BASELINES", table)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not fitted("mlp", blobs(30, 3, 2, seed=1)).converged


def test_other_warnings_are_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    class Grumbling:
        def fit(self, features: object, labels: object) -> None:
            warnings.warn("something else", RuntimeWarning, stacklevel=1)

    with pytest.warns(RuntimeWarning, match="something else"):
        assert fit_module._converges(Grumbling(), np.zeros((2, 1)), np.zeros(2, dtype=np.int64))


def test_wrong_name() -> None:
    with pytest.raises(InputError, match="Did you mean 'svc'"):
        fit_baseline("svm", blobs(4, 1, 2, seed=0), 0)
