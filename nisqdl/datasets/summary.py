"""What a data set holds, without drawing anything from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from nisqdl.datasets import DATASETS
from nisqdl.datasets.classes import choose_classes
from nisqdl.datasets.options import DatasetOptions


@dataclass(frozen=True)
class DataSummary:
    """A data set's sizes, after its classes were chosen.

    Attributes:
        rows: Rows to draw from.
        columns: Columns that are features.
        features: Features that a circuit gets: ``columns``, or the components that are kept.
        classes: Each class's name and number of rows, in the order of the class indices.
    """

    rows: int
    columns: int
    features: int
    classes: tuple[tuple[str, int], ...]


def summarise(options: DatasetOptions) -> DataSummary:
    """Sizes of the data set that these options name; no part of it depends on a seed.

    Raises:
        InputError: The data are faulty (CSV), or a class does not exist.
    """
    data = choose_classes(DATASETS.find(options.name).load(options, 0), options)
    columns = int(data.X.shape[1])
    counts = np.bincount(data.y, minlength=len(data.class_names)).tolist()
    return DataSummary(
        rows=len(data.y),
        columns=columns,
        features=columns if options.features is None else options.features,
        classes=tuple(zip(data.class_names, counts, strict=True)),
    )
