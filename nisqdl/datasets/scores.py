"""How good predicted classes are."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def accuracy(labels: ArrayLike, predicted: ArrayLike) -> float:
    """Share of the rows whose class was predicted rightly.

    Args:
        labels: True class indices, shape (rows,), at least one.
        predicted: Predicted class indices, same shape.
    """
    true, guess = _pair(labels, predicted)
    return float(np.mean(true == guess))


def balanced_accuracy(labels: ArrayLike, predicted: ArrayLike) -> float:
    """Mean over the classes that occur in ``labels`` of the share predicted rightly.

    Guessing one class for every row gives 1/K whatever the classes' sizes.

    Args:
        labels: True class indices, shape (rows,), at least one.
        predicted: Predicted class indices, same shape.
    """
    true, guess = _pair(labels, predicted)
    return float(np.mean([np.mean(guess[true == index] == index) for index in np.unique(true)]))


def _pair(labels: ArrayLike, predicted: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    true, guess = np.asarray(labels), np.asarray(predicted)
    if true.ndim != 1 or true.shape != guess.shape or not true.size:
        raise ValueError(
            f"labels and predictions must be two equally long lists, but have shapes {true.shape}"
            f" and {guess.shape}"
        )
    return true, guess
