"""What a data set is: a declaration with one function that loads its rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

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
        num_train: Where the source itself divides its rows: the first ``num_train`` are for
            training, all others for tests. ``None`` where any row may be either.
    """

    X: NDArray[np.float64]
    y: NDArray[np.int64]
    class_names: tuple[str, ...]
    num_train: int | None = None


def name_fingerprint(options: DatasetOptions) -> str:
    """The data set's name: it ships with scikit-learn, or its options make it."""
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
            (``noise``, ``path``, ``label``, …).
        accepts: Such options that it understands but does not require.
        fingerprint: A text that changes when the data behind the options change.
        scaling: The scaling where the user names none.
        kind: How its rows are pictured, and what may be done to them: points in a space, images,
            or the real amplitudes of states of qubits (2^n columns; entry j belongs to |j⟩, qubit
            0 the lowest bit).
        image: Height and width of an image with so many columns; a square if it says nothing.
    """

    name: str
    summary: str
    load: Callable[[DatasetOptions, int], RawData]
    needs: tuple[str, ...] = field(default=())
    accepts: tuple[str, ...] = field(default=())
    fingerprint: Callable[[DatasetOptions], str] = name_fingerprint
    scaling: Literal["angle", "none"] = "angle"
    kind: Literal["points", "images", "states"] = "points"
    image: tuple[int, int] | None = None

    @property
    def is_generated(self) -> bool:
        """Whether there are as many rows as are asked for."""
        return self.fingerprint is name_fingerprint and bool(self.accepts)
