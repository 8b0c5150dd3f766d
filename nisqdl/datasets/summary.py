"""What a data set holds, without drawing anything from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nisqdl.datasets import DATASETS
from nisqdl.datasets.classes import choose_classes
from nisqdl.datasets.options import DatasetOptions
from nisqdl.datasets.scaling import fit_scaling


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


@dataclass(frozen=True)
class DataSample:
    """Some rows of a data set, to be looked at.

    Attributes:
        kind: As the data set's: points, images or states.
        rows: Shape (rows, values): of points two coordinates, of images their pixels, of states
            their amplitudes.
        labels: Class indices, in ascending order.
        class_names: The classes' names.
        coordinates: Of points: what the two coordinates are.
        image: Of images: height and width.
    """

    kind: str
    rows: NDArray[np.float64]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    coordinates: tuple[str, str]
    image: tuple[int, int]


def sample(options: DatasetOptions) -> DataSample:
    """Rows of the data set that these options name, sorted by class; of points all.

    Raises:
        InputError: The data are faulty (CSV), or a class does not exist.
    """
    dataset = DATASETS.find(options.name)
    data = choose_classes(dataset.load(options, 0), options)
    order = np.argsort(data.y, kind="stable")
    rows, labels = data.X[order], data.y[order]
    coordinates = ("column 1", "column 2")
    if dataset.kind == "points" and rows.shape[1] != 2:
        rows = fit_scaling(
            rows, options.model_copy(update={"features": 2, "scaling": "standard"})
        ).apply(rows)
        coordinates = ("1st principal component", "2nd principal component")
    side = int(np.sqrt(rows.shape[1]))
    return DataSample(
        kind=dataset.kind,
        rows=rows,
        labels=labels,
        class_names=data.class_names,
        coordinates=coordinates,
        image=dataset.image or (side, side),
    )


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
