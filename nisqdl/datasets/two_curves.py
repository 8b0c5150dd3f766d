"""Two parallel curves, bent by Fourier series (Bowles et al. 2024, arXiv:2403.07059, 4.5).

The curvature grows with the degree. The second curve is the first, moved by the same offset in
every direction: 0.1 at the usual degree 5, else 1/(2 · degree).
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

_SEED = 3
_NAMES = ("-1", "1")
_NOISE = 0.01
_DEGREE = 5
_OFFSET = 0.1

_Size = tuple[int, int, float]
"""Columns, degree, offset."""

_BY_COLUMNS: list[_Size] = [(columns, _DEGREE, _OFFSET) for columns in range(2, 21)]
_BY_DEGREE: list[_Size] = [(10, degree, 1 / (2 * degree)) for degree in range(2, 21)]


def _load(options: DatasetOptions, seed: int) -> RawData:
    columns = options.columns or DEFAULT_COLUMNS
    degree = options.degree or _DEGREE
    size = (columns, degree, _OFFSET if options.degree is None else 1 / (2 * degree))
    if options.published:
        # Degree 5 with 10 columns is in both series, at the same offset: the first is meant.
        sizes = [*_BY_COLUMNS, *(_BY_DEGREE if options.degree is not None else [])]
        _check_published(options, size, _BY_COLUMNS if options.degree is None else _BY_DEGREE)
        return replayed(
            _SEED, sizes, size, lambda r, s: _draw(r, PUBLISHED_ROWS, s, _NOISE), _NAMES
        )
    noise = _NOISE if options.noise is None else options.noise
    drawn = _draw(legacy_generator(options, seed), even_rows(options), size, noise)
    return RawData(*drawn, _NAMES)


def _check_published(options: DatasetOptions, size: _Size, series: list[_Size]) -> None:
    if size not in series or options.noise not in (None, _NOISE):
        raise InputError(
            "The published two_curves data have `dataset.columns` from 2 to 20 and no "
            "`dataset.degree`, or 10 columns and a degree from 2 to 20, and `dataset.noise` "
            f"{_NOISE}; but asked for are {size[0]} columns, degree {options.degree} and noise "
            f"{options.noise}."
        )


def _draw(stream: np.random.RandomState, rows: int, size: _Size, noise: float) -> Rows:
    columns, degree, offset = size
    series = stream.uniform(size=(columns, degree + 1, 2))
    series /= np.linalg.norm(series)
    turns = np.arange(1, degree + 1) * np.pi
    points = np.empty((rows, columns))
    for point in points:  # row by row: place and noise come in turns from the stream
        angle = turns * stream.random_sample()
        curve = series[:, 0].sum(axis=1)
        curve = curve + series[:, 1:, 0] @ np.cos(angle) + series[:, 1:, 1] @ np.sin(angle)
        point[:] = curve + stream.normal(0, noise, size=columns)
    points[rows // 2 :] += offset
    return standardised(points), np.repeat([0, 1], rows // 2)


TWO_CURVES = Dataset(
    name="two_curves",
    summary="two parallel curves in many dimensions, bent by Fourier series (Bowles et al. 2024)",
    load=_load,
    accepts=("columns", "degree", "noise", "published"),
)
