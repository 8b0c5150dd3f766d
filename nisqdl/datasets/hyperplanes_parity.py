"""The parity of the sides of several hyperplanes (Bowles et al. 2024, arXiv:2403.07059, 4.6).

Gaussian points in three dimensions lie on the positive side of an even or an odd number of
hyperplanes; a linear map takes them to the columns.
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
    standardised,
)
from nisqdl.datasets.options import DatasetOptions
from nisqdl.errors import InputError

_SEED = 1
_NAMES = ("-1", "1")
"""Class -1 has an even number of positive sides, as in the published data."""
_HYPERPLANES = 5
_DIMENSION = 3
_TRIES = 1000


def _load(options: DatasetOptions, seed: int) -> RawData:
    columns, planes = options.columns or DEFAULT_COLUMNS, options.hyperplanes or _HYPERPLANES
    if options.published:
        if columns != DEFAULT_COLUMNS or planes not in range(2, 21):
            raise InputError(
                "The published hyperplanes_parity data have 10 columns and `dataset.hyperplanes` "
                f"from 2 to 20, but asked for are {columns} columns and {planes} hyperplanes."
            )
        return replayed(
            _SEED, range(2, planes + 1), planes,
            lambda r, k: _draw(r, PUBLISHED_ROWS, columns, k), _NAMES,
        )  # fmt: skip
    stream = legacy_generator(options, seed)
    return RawData(*_draw(stream, even_rows(options), columns, planes), _NAMES)


def _draw(stream: np.random.RandomState, rows: int, columns: int, planes: int) -> Rows:
    half = rows // 2
    for _ in range(_TRIES):
        normals = stream.uniform(size=(planes, _DIMENSION))
        offsets = stream.uniform(size=planes)
        points = stream.normal(size=(4 * rows, _DIMENSION))
        even = (points @ normals.T + offsets > 0).sum(axis=1) % 2 == 0
        if half <= even.sum() <= len(points) - half:
            break
    else:  # planes that leave nearly all points on one side, again and again
        raise InputError(
            f"`dataset.hyperplanes` of {planes} gave no {half} rows of each class in {_TRIES} "
            "tries: ask for fewer rows or another number of hyperplanes."
        )
    points = np.concatenate([points[even][:half], points[~even][:half]])
    embedded = standardised(points @ stream.uniform(size=(_DIMENSION, columns)))
    return embedded, np.repeat([0, 1], half)


HYPERPLANES_PARITY = Dataset(
    name="hyperplanes_parity",
    summary="on how many hyperplanes' positive side: an even or odd number (Bowles et al. 2024)",
    load=_load,
    accepts=("columns", "hyperplanes", "published"),
)
