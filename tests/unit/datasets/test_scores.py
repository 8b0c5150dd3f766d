"""Scores against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, balanced_accuracy_score

from nisqdl.datasets.scores import accuracy, balanced_accuracy


@given(pairs=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40))
@settings(deadline=None, max_examples=100)
@pytest.mark.filterwarnings("ignore:y_pred contains classes not in y_true")
@pytest.mark.filterwarnings("ignore:A single label was found")
def test_same_as_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    labels, predicted = np.array(pairs).T
    assert accuracy(labels, predicted) == pytest.approx(accuracy_score(labels, predicted))
    expected = balanced_accuracy_score(labels, predicted)
    assert balanced_accuracy(labels, predicted) == pytest.approx(expected)


def test_guessing_the_larger_class_is_no_better_than_chance() -> None:
    labels = [0] * 90 + [1] * 10
    assert accuracy(labels, [0] * 100) == 0.9
    assert balanced_accuracy(labels, [0] * 100) == 0.5


@pytest.mark.parametrize("predicted", [[0], [[0, 1]], []])
def test_shapes_must_agree(predicted: list[int]) -> None:
    with pytest.raises(ValueError, match="equally long"):
        accuracy([0, 1], predicted)
