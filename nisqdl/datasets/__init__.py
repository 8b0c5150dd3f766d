"""Data sets: rows with class labels, split by seed and turned into angles on the training rows."""

from __future__ import annotations

from nisqdl.catalog import Table
from nisqdl.datasets.breast_cancer import BREAST_CANCER
from nisqdl.datasets.circles import CIRCLES
from nisqdl.datasets.csv_file import CSV
from nisqdl.datasets.dataset import Dataset
from nisqdl.datasets.digits import DIGITS
from nisqdl.datasets.iris import IRIS
from nisqdl.datasets.moons import MOONS
from nisqdl.datasets.wine import WINE

DATASETS: Table[Dataset] = Table(
    "dataset",
    {
        "iris": IRIS,
        "wine": WINE,
        "breast_cancer": BREAST_CANCER,
        "digits": DIGITS,
        "moons": MOONS,
        "circles": CIRCLES,
        "csv": CSV,
    },
)
