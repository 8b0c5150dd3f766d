"""Noisy images of bars or of stripes (Bowles et al. 2024, arXiv:2403.07059, section 4.3)."""

from __future__ import annotations

import numpy as np

from nisqdl.datasets.dataset import Dataset, RawData
from nisqdl.datasets.drawing import Rows, legacy_generator
from nisqdl.datasets.options import DatasetOptions
from nisqdl.errors import InputError

_SEED = 42
_NAMES = ("bar", "stripe")
_NOISE = 0.5
_SIDE = 4
_PUBLISHED_SIDES = (4, 8, 16, 32)
_PUBLISHED_TRAIN, _PUBLISHED_TEST = 1000, 200


def _load(options: DatasetOptions, seed: int) -> RawData:
    side = options.side or _SIDE
    noise = _NOISE if options.noise is None else options.noise
    if options.published:
        if side not in _PUBLISHED_SIDES or noise != _NOISE:
            raise InputError(
                "The published bars_and_stripes data have a `dataset.side` of 4, 8, 16 or 32 and "
                f"`dataset.noise` {_NOISE}, but asked for are {side} and {noise}."
            )
        rows = _PUBLISHED_TRAIN + _PUBLISHED_TEST
        drawn = _draw(np.random.RandomState(_SEED), rows, side, noise)
        return RawData(*drawn, _NAMES, _PUBLISHED_TRAIN)
    rows = options.train + options.test
    return RawData(*_draw(legacy_generator(options, seed), rows, side, noise), _NAMES)


def _draw(stream: np.random.RandomState, rows: int, side: int, noise: float) -> Rows:
    """Images row by row: pixels are −1, and +1 in each chosen column (bar) or line (stripe)."""
    images, labels = np.full((rows, side, side), -1.0), np.zeros(rows, dtype=np.int64)
    for number, image in enumerate(images):
        if stream.random_sample() > 0.5:
            image[stream.random_sample(side) > 0.5, :] = 1.0
            labels[number] = 1
        else:
            image[:, stream.random_sample(side) > 0.5] = 1.0
        image += stream.normal(0, noise, size=(side, side))
    return images.reshape(rows, -1), labels


BARS_AND_STRIPES = Dataset(
    name="bars_and_stripes",
    summary="noisy images, 4 × 4 pixels or more, of bars or of stripes (Bowles et al. 2024)",
    load=_load,
    accepts=("side", "noise", "published"),
    kind="images",
)
