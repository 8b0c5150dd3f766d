"""Points of a cube on both sides of a plane (Bowles et al. 2024, arXiv:2403.07059, section 4.1)."""

from __future__ import annotations

import numpy as np

from nisqdl.datasets.dataset import Dataset, RawData
from nisqdl.datasets.drawing import (
    DEFAULT_COLUMNS,
    PUBLISHED_ROWS,
    Rows,
    legacy_generator,
    replayed,
)
from nisqdl.datasets.options import DatasetOptions
from nisqdl.errors import InputError

_SEED = 42
_COLUMNS = range(2, 21)
_NAMES = ("-1", "1")
_MARGIN_A_COLUMN = 0.02


def _load(options: DatasetOptions, seed: int) -> RawData:
    columns = options.columns or DEFAULT_COLUMNS
    if options.published:
        if columns not in _COLUMNS:
            raise InputError(
                "`dataset.columns` of the published linearly_separable data must be from 2 to 20, "
                f"but is {columns}."
            )
        sizes = range(2, columns + 1)
        return replayed(_SEED, sizes, columns, lambda r, d: _draw(r, PUBLISHED_ROWS, d), _NAMES)
    rows = options.train + options.test
    return RawData(*_draw(legacy_generator(options, seed), rows, columns), _NAMES)


def _draw(stream: np.random.RandomState, rows: int, columns: int) -> Rows:
    """Points of [−1, 1]^d whose sum is beyond ±0.02 d; class −1 where it is positive."""
    points = np.empty((0, columns))
    while len(points) < rows:  # twice the rows are enough, but for very few
        drawn = 2 * stream.random_sample((2 * rows, columns)) - 1
        beyond = np.abs(drawn.sum(axis=1)) > _MARGIN_A_COLUMN * columns
        points = np.concatenate([points, drawn[beyond]])
    points = points[:rows]
    return points, np.where(points.sum(axis=1) > 0, 0, 1)


LINEARLY_SEPARABLE = Dataset(
    name="linearly_separable",
    summary="points of a cube on both sides of a plane, with a margin (Bowles et al. 2024)",
    load=_load,
    accepts=("columns", "published"),
)
