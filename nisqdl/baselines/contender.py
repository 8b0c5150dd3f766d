"""What a classical learner of comparisons is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from nisqdl.store.record import Json

Search: TypeAlias = Mapping[str, Sequence[Json]]
"""The values to choose from, by hyperparameter."""

IMAGE = "image"


@dataclass(frozen=True)
class Contender:
    """A classical learner.

    Attributes:
        name: Its name in files and reports.
        title: The same for people.
        summary: One line for people.
        search: The usual search space.
        make: An unfitted scikit-learn classifier of chosen hyperparameters and a random state. It
            scales the features itself, on the rows that it is fitted to.
        weights: Fitted numbers of the fitted classifier.
        for_images: Whether it takes images only, whose height and width are chosen for it as
            ``IMAGE`` (None is a square).
        equal_size: Whether it has as many weights as a quantum model; ``make`` finds how many
            among the chosen values, as ``SIZE`` (:mod:`nisqdl.baselines.equal_size`).
    """

    name: str
    title: str
    summary: str
    search: Search
    make: Callable[[Mapping[str, Any], int], Any]
    weights: Callable[[Any], int]
    for_images: bool = False
    equal_size: bool = False
