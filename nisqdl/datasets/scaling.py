"""From columns to circuit features: standardise, reduce, scale to angles, learnt on training rows.

The order is the one of Bowles et al. 2024 (arXiv:2403.07059): standardised columns, principal
components, then the range that an angle needs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nisqdl.datasets.options import DatasetOptions
from nisqdl.errors import InputError

LARGEST_ANGLE = math.pi / 2
"""Features become angles in [−π/2, π/2].

The range is half a turn: rotations by different angles in it give different states, and the
middle of the data leaves a qubit as it is.
"""

_NEGLIGIBLE = 1e-10
"""A singular value below this share of the largest is rounding, not data."""

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Scaling:
    """A fitted transformation, ``clip((X − centre) @ matrix − middle) · stretch, ±limit)``.

    Attributes:
        centre: Subtracted from the columns, shape (columns,).
        matrix: Standardises and reduces, shape (columns, features).
        middle: Subtracted from the features, shape (features,).
        stretch: Multiplies the features, shape (features,).
        limit: Values beyond ±limit are set to it: infinite where there is no range to keep. A
            test row may lie outside the training rows' range; without the limit a large angle
            would come round to the states of the opposite end, so it is treated as the most
            extreme training value instead.
        description: What was done, for people.
    """

    centre: Array
    matrix: Array
    middle: Array
    stretch: Array
    limit: float
    description: str

    def apply(self, rows: Array) -> Array:
        """Features of these rows: shape (rows, columns) to (rows, features)."""
        features = ((rows - self.centre) @ self.matrix - self.middle) * self.stretch
        return np.ascontiguousarray(np.clip(features, -self.limit, self.limit))


def fit_scaling(rows: Array, options: DatasetOptions) -> Scaling:
    """Learn the transformation that the options ask for from the training rows.

    Args:
        rows: The training rows, float64 of shape (rows, columns).
        options: ``features`` and ``scaling`` are used.

    Raises:
        InputError: More features are asked for than the rows have independent directions.
    """
    columns = rows.shape[1]
    reduced = options.features is not None
    standardised = options.scaling != "none"
    centre = rows.mean(axis=0) if reduced or standardised else np.zeros(columns)
    spread = _spread(rows) if standardised else np.ones(columns)
    matrix = np.diag(1 / spread)
    description = f"{columns} columns"
    if options.features is not None:
        components, share = _components((rows - centre) / spread, options.features, options.source)
        matrix = matrix @ components
        description = (
            f"{_counted(options.features, 'principal component')} of {columns} columns,"
            f" with {share:.0%} of the variance"
        )
    features = (rows - centre) @ matrix
    middle, stretch, limit = np.zeros(features.shape[1]), np.ones(features.shape[1]), math.inf
    if options.scaling == "angle":
        middle = (features.max(axis=0) + features.min(axis=0)) / 2
        half_range = (features.max(axis=0) - features.min(axis=0)) / 2
        stretch = LARGEST_ANGLE / np.where(half_range > 0, half_range, np.inf)
        limit = LARGEST_ANGLE
    endings = {
        "angle": "scaled to [−π/2, π/2] on the training rows",
        "standard": "standardised on the training rows",
        "none": "not scaled",
    }
    return Scaling(
        centre, matrix, middle, stretch, limit, f"{description}, {endings[options.scaling]}"
    )


def _spread(rows: Array) -> Array:
    """Standard deviation of each column; 1 for a constant one, which then becomes zero."""
    constant = rows.max(axis=0) == rows.min(axis=0)
    return np.where(constant, 1.0, rows.std(axis=0))


def _components(centred: Array, count: int, source: str) -> tuple[Array, float]:
    """The first principal directions, shape (columns, count), and their share of the variance."""
    rows, columns = centred.shape
    if count > columns:
        raise InputError(
            f"`dataset.features` must be at most {columns}, the number of columns of {source},"
            f" but is {count}."
        )
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    independent = int(np.sum(singular > _NEGLIGIBLE * singular[0]))
    if count > independent:
        raise InputError(
            f"`dataset.features` must be at most {independent}, the number of independent"
            f" directions in the {rows} training rows of {source}, but is {count}: ask for fewer"
            " features or more training rows."
        )
    share = float(np.sum(singular[:count] ** 2) / np.sum(singular**2))
    return np.array([_signed(direction) for direction in directions[:count]]).T, share


def _signed(direction: Array) -> Array:
    """The direction or its opposite, so that the first large component is positive.

    A direction's sign is arbitrary and differs between linear algebra libraries. The largest
    component would not do: two are equally large whenever there are two columns.
    """
    size = np.abs(direction)
    first = int(np.argmax(size > size.max() / 2))
    return direction if direction[first] > 0 else -direction


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
