"""A manifold hidden in many columns, labelled by a network on it (Goldt et al. 2020).

As in Bowles et al. 2024 (arXiv:2403.07059, section 4.4): x = tanh(F c/√m − b) of Gaussian points
c in m dimensions, and the class is which side of the median a random one-layer network of c is.
"""

from __future__ import annotations

import numpy as np

from nisqdl.datasets.dataset import Dataset, RawData
from nisqdl.datasets.drawing import (
    DEFAULT_COLUMNS,
    PUBLISHED_ROWS,
    Rows,
    even_rows,
    legacy_generator,
    replayed,
)
from nisqdl.datasets.options import DatasetOptions
from nisqdl.errors import InputError

_SEED = 3
_NAMES = ("-1", "1")
_MANIFOLD = 6

_Size = tuple[int, int]
"""Columns, and dimension of the manifold."""

_BY_COLUMNS: list[_Size] = [(columns, _MANIFOLD) for columns in range(2, 21)]
_BY_MANIFOLD: list[_Size] = [(10, manifold) for manifold in range(2, 21)]


def _load(options: DatasetOptions, seed: int) -> RawData:
    size = (options.columns or DEFAULT_COLUMNS, options.manifold or _MANIFOLD)
    if options.published:
        sizes = [*_BY_COLUMNS, *(_BY_MANIFOLD if options.manifold is not None else [])]
        if size not in sizes:
            raise InputError(
                "The published hidden_manifold data have `dataset.columns` from 2 to 20 and a "
                "`dataset.manifold` of 6, or 10 columns and a manifold from 2 to 20; but asked "
                f"for are {size[0]} columns and a manifold of {size[1]}."
            )
        # 10 columns of 6 dimensions are in both series: the first is meant.
        return replayed(_SEED, sizes, size, lambda r, s: _draw(r, PUBLISHED_ROWS, s), _NAMES)
    return RawData(*_draw(legacy_generator(options, seed), even_rows(options), size), _NAMES)


def _draw(stream: np.random.RandomState, rows: int, size: _Size) -> Rows:
    columns, manifold = size
    embedding = stream.normal(size=(manifold, columns))
    points = stream.normal(size=(rows, manifold))
    biases = 2 * stream.uniform(size=columns) - 1
    features = np.tanh(points @ embedding / np.sqrt(manifold) - biases)
    hidden = stream.normal(size=(manifold, manifold))
    output = stream.normal(size=manifold)
    scores = np.tanh(points @ hidden.T) / np.sqrt(manifold) @ output
    return features, np.where(scores < np.median(scores), 0, 1)


HIDDEN_MANIFOLD = Dataset(
    name="hidden_manifold",
    summary="points of a hidden manifold, labelled by a random network on it (Bowles et al. 2024)",
    load=_load,
    accepts=("columns", "manifold", "published"),
)
