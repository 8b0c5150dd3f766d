"""How generated data are drawn: anew for each seed, or as they were published.

The generators of Bowles, Ahmed & Schuld 2024 (arXiv:2403.07059) take one stream of NumPy's legacy
random numbers for all sizes of a data set, one after the other, with a split of each that draws
from the same stream. To give the data that were published, the stream is replayed from its start.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from nisqdl.datasets.dataset import RawData
from nisqdl.datasets.options import DatasetOptions
from nisqdl.seeds import derive

Rows: TypeAlias = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Features (rows, columns) and class indices (rows,)."""

Size = TypeVar("Size")

PUBLISHED_ROWS = 300
"""Rows of each published data set; 240 are for training."""

PUBLISHED_TEST_SHARE = 0.2

DEFAULT_COLUMNS = 10


def legacy_generator(options: DatasetOptions, seed: int) -> np.random.RandomState:
    """NumPy's legacy generator for a point's seed: the published data come from such a one."""
    return np.random.RandomState(derive(seed, "dataset", options.name) % 2**32)


def even_rows(options: DatasetOptions) -> int:
    """As many rows as are asked for, rounded up to have two classes equally often."""
    return 2 * ((options.train + options.test + 1) // 2)


def replayed(
    seed: int,
    sizes: Sequence[Size],
    wanted: Size,
    draw: Callable[[np.random.RandomState, Size], Rows],
    class_names: tuple[str, ...],
) -> RawData:
    """The published rows of one size, training rows first.

    Args:
        seed: The published seed of the stream.
        sizes: All sizes that come before, in their order, and the wanted one.
        wanted: The size whose rows are given; one of ``sizes``.
        draw: Draws ``PUBLISHED_ROWS`` rows of a size.
        class_names: Names of the classes.
    """
    from sklearn.model_selection import train_test_split

    stream = np.random.RandomState(seed)
    for size in sizes:
        features, labels = draw(stream, size)
        train, test = train_test_split(
            np.arange(len(labels)), test_size=PUBLISHED_TEST_SHARE, random_state=stream
        )
        if size == wanted:
            order = np.concatenate([train, test])
            return RawData(features[order], labels[order], class_names, len(train))
    raise ValueError(f"{wanted!r} is none of the published sizes")


def standardised(features: NDArray[np.float64]) -> NDArray[np.float64]:
    """Columns with mean 0 and standard deviation 1, by the operations of the published data."""
    from sklearn.preprocessing import StandardScaler

    return np.asarray(StandardScaler().fit_transform(features), dtype=np.float64)
