"""What a data set is: a declaration with one function that loads its rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from nisqdl.datasets.options import DatasetOptions


@dataclass(frozen=True, eq=False)
class RawData:
    """All rows of a data set as its source gives them: not scaled, not split.

    Attributes:
        X: Feature values, float64 of shape (rows, columns), finite.
        y: Class index of each row, int64 of shape (rows,), from 0 to K − 1.
        class_names: The K classes' names, in the order of their indices.
    """

    X: NDArray[np.float64]
    y: NDArray[np.int64]
    class_names: tuple[str, ...]


def name_fingerprint(options: DatasetOptions) -> str:
    """The data set's name: it ships with scikit-learn, so there is no more to know."""
    return options.name


@dataclass(frozen=True)
class Dataset:
    """One data set. One file in ``nisqdl/datasets/`` and one line in its table.

    Attributes:
        name: Its name in an experiment file.
        summary: One line for ``nisqdl list datasets``.
        load: Gives the rows, from the options and the point's seed. Only generated data depend
            on the seed.
        needs: Options that this data set requires, of those that only some data sets have
            (``noise``, ``path``, ``label``).
        accepts: Such options that it understands but does not require.
        fingerprint: A text that changes when the data behind the options change.
    """

    name: str
    summary: str
    load: Callable[[DatasetOptions, int], RawData]
    needs: tuple[str, ...] = field(default=())
    accepts: tuple[str, ...] = field(default=())
    fingerprint: Callable[[DatasetOptions], str] = name_fingerprint
