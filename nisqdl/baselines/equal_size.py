"""A small CNN and a small MLP with as many weights as a quantum model: nearly, and never more.

What is left to choose is where the weights go. ``grid`` says how coarsely an image is seen: the
CNN's filters are averaged over ``grid`` × ``grid`` parts, the MLP sees the means of so many parts
of the image. Then there are as many filters, or hidden units, as the weights allow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.baselines.cnn import CNNClassifier, Network, image_size

Floats: TypeAlias = npt.NDArray[np.float64]

SIZE = "size"
"""The chosen value that holds a :class:`Size`."""


@dataclass(frozen=True)
class Size:
    """How large a network may be.

    Attributes:
        weights: The most weights; a network that has none of so few is the smallest there is.
        features: Features F of a row, the pixels of an image.
        classes: Number of classes K.
        image: Height and width of the images; None is a square, or one line where that does not
            fit.
    """

    weights: int
    features: int
    classes: int
    image: tuple[int, int] | None = None


def equal_cnn(size: Size, grid: int, alpha: float, random_state: int) -> CNNClassifier:
    """One convolution, its values averaged over ``grid`` × ``grid`` parts of the image.

    Parts are fewer where one filter had too many weights.
    """
    height, width = image_size(size.image, size.features)
    side = Network(height, width, 1, size.classes).side
    seen = max(height - side[0], width - side[1]) + 1
    for parts in range(grid, 0, -1):
        pool = max(1, seen // parts)
        one = Network(height, width, 1, size.classes, pool)
        if one.num_weights <= size.weights:
            break
    filters = max(1, (size.weights - size.classes) // (one.num_weights - size.classes))
    return CNNClassifier(size.image, filters, pool, alpha, random_state=random_state)


def equal_mlp(size: Size, grid: int, alpha: float, random_state: int) -> Any:
    """One hidden layer on the means of ``grid`` × ``grid`` parts; of a line, so many in a row.

    Parts are fewer where one hidden unit had too many weights.
    """
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    image = image_size(size.image, size.features)
    outputs = 1 if size.classes == 2 else size.classes
    for parts in range(grid, 0, -1):
        each = math.prod(_parts(image, parts)) + 1 + outputs
        if each + outputs <= size.weights:
            break
    hidden = max(1, (size.weights - outputs) // each)
    return make_pipeline(
        FunctionTransformer(part_means, kw_args={"image": image, "grid": parts}),
        StandardScaler(),
        MLPClassifier(
            hidden_layer_sizes=(hidden,),
            alpha=alpha,
            activation="tanh",
            solver="lbfgs",
            max_iter=500,
            random_state=random_state,
        ),
    )


def part_means(rows: Floats, image: tuple[int, int], grid: int) -> Floats:
    """Means of nearly equal parts of each image, (N, parts), line by line."""
    lines, columns = _parts(image, grid)
    seen = np.asarray(rows, dtype=np.float64).reshape(-1, *image)
    by_line = [part.mean(axis=1) for part in np.array_split(seen, lines, axis=1)]
    means = [
        part.mean(axis=1) for line in by_line for part in np.array_split(line, columns, axis=1)
    ]
    return np.stack(means, axis=1)


def _parts(image: tuple[int, int], grid: int) -> tuple[int, int]:
    height, width = image
    if height == 1:
        return 1, min(width, grid * grid)
    return min(height, grid), min(width, grid)


def size_in(chosen: Mapping[str, Any]) -> Size:
    """The size among chosen values."""
    size = chosen[SIZE]
    assert isinstance(size, Size)
    return size
