"""Lines in images of 2 × 4 pixels: the data of Qiskit Machine Learning's QCNN tutorial (no. 11).

A line of two pixels of value π/2, horizontal or vertical, before a background that is uniform on
[0, π/4]. The published rows are those of the tutorial's seed, 50 images with its split.
"""

from __future__ import annotations

import numpy as np

from nisqdl.datasets.dataset import Dataset, RawData
from nisqdl.datasets.drawing import Rows
from nisqdl.datasets.options import DatasetOptions
from nisqdl.seeds import generator

_SEED, _SPLIT_SEED = 12345, 246
_PUBLISHED_ROWS, _PUBLISHED_TEST_SHARE = 50, 0.3
_NAMES = ("horizontal", "vertical")
_PIXELS = 8
_LINES = (
    tuple((first, first + 1) for first in (0, 1, 2, 4, 5, 6)),
    tuple((first, first + 4) for first in (0, 1, 2, 3)),
)


def _load(options: DatasetOptions, seed: int) -> RawData:
    if options.published:
        from sklearn.model_selection import train_test_split

        features, labels = _draw(np.random.default_rng(_SEED), _PUBLISHED_ROWS)
        train, test = train_test_split(
            np.arange(_PUBLISHED_ROWS), test_size=_PUBLISHED_TEST_SHARE, random_state=_SPLIT_SEED
        )
        order = np.concatenate([train, test])
        return RawData(features[order], labels[order], _NAMES, len(train))
    rng = generator(seed, "dataset", options.name)
    return RawData(*_draw(rng, options.train + options.test), _NAMES)


def _draw(rng: np.random.Generator, rows: int) -> Rows:
    images, labels = np.empty((rows, _PIXELS)), np.empty(rows, dtype=np.int64)
    for number, image in enumerate(images):  # in the tutorial's order of draws
        labels[number] = rng.integers(0, 2)
        lines = _LINES[labels[number]]
        line = lines[rng.integers(0, len(lines))]
        for pixel in range(_PIXELS):
            image[pixel] = np.pi / 2 if pixel in line else rng.uniform(0, np.pi / 4)
    return images, labels


LINE_IMAGES = Dataset(
    name="line_images",
    summary="horizontal or vertical lines in images of 2 × 4 pixels (Qiskit ML's QCNN tutorial)",
    load=_load,
    accepts=("published",),
    scaling="none",
    kind="images",
    image=(2, 4),
)
