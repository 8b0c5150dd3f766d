"""What a classical baseline is, and what fitting one gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from nisqdl.store.record import Json

Hyperparameters: TypeAlias = Mapping[str, float]
"""A baseline's hyperparameters by name, as a report shows them."""


@dataclass(frozen=True)
class Shape:
    """What a model's size depends on.

    Attributes:
        features: Number of features F.
        classes: Number of classes K.
    """

    features: int
    classes: int

    @property
    def outputs(self) -> int:
        """Numbers that a model puts out: one for two classes, else one for each class."""
        return 1 if self.classes == 2 else self.classes


@dataclass(frozen=True)
class Baseline:
    """A classical model. One file in ``nisqdl/baselines/`` and one line in its table.

    Attributes:
        name: Its name in files and reports.
        summary: One line for lists and reports.
        smallest: Weights of its smallest member for a shape; None where only training decides.
        candidates: The hyperparameters to choose from, for a shape and a budget of weights (at
            least ``smallest``) or None. The first is the default: it wins ties, and is taken
            where there are too few rows to choose.
        make: An unfitted scikit-learn classifier, from hyperparameters and a random state below
            2^32.
        weights: Fitted numbers of a fitted classifier.
        loss: Training loss of a fitted classifier that starts at random, None for the others:
            of several starts, the one with the smallest loss is taken.
        budgeted: Whether its size is made to fit a budget of weights: the QNN's.
    """

    name: str
    summary: str
    smallest: Callable[[Shape], int | None]
    candidates: Callable[[Shape, int | None], tuple[Hyperparameters, ...]]
    make: Callable[[Hyperparameters, int], Any]
    weights: Callable[[Any], int]
    loss: Callable[[Any], float] | None = None
    budgeted: bool = False


@dataclass(frozen=True)
class BaselineResult:
    """A tuned and fitted baseline's scores.

    Attributes:
        name: The baseline's name.
        accuracy: Share of the test rows predicted rightly.
        train_accuracy: The same of the training rows.
        balanced_accuracy: Mean over the classes of the share of test rows predicted rightly.
        weights: Fitted numbers that the model has.
        chosen: The hyperparameters that cross-validation on the training rows chose.
        validation_accuracy: Mean cross-validated accuracy of the chosen ones; None if there were
            too few training rows to choose, and the default was taken.
        converged: Whether the final fit ended by its own rule and not at its limit of steps.
    """

    name: str
    accuracy: float
    train_accuracy: float
    balanced_accuracy: float
    weights: int
    chosen: Mapping[str, Json]
    validation_accuracy: float | None
    converged: bool


@dataclass(frozen=True)
class Refusal:
    """A baseline that cannot be had as asked.

    Attributes:
        name: The baseline's name.
        reason: Why not, as a sentence for a report.
    """

    name: str
    reason: str
