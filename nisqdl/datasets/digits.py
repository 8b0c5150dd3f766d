"""Handwritten digits of 8 × 8 pixels (shipped with scikit-learn)."""

from __future__ import annotations

import numpy as np

from nisqdl.datasets.dataset import Dataset, RawData
from nisqdl.datasets.options import DatasetOptions


def _load(options: DatasetOptions, seed: int) -> RawData:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return RawData(
        X=np.asarray(bunch.data, dtype=np.float64),
        y=np.asarray(bunch.target, dtype=np.int64),
        class_names=tuple(str(name) for name in bunch.target_names),
    )


DIGITS = Dataset(
    name="digits",
    summary="1797 handwritten digits, 8 × 8 pixels, 10 classes: choose two, e.g. classes: [3, 8]",
    load=_load,
)
