"""Fisher's iris flowers (shipped with scikit-learn)."""

from __future__ import annotations

import numpy as np

from nisqdl.datasets.dataset import Dataset, RawData
from nisqdl.datasets.options import DatasetOptions


def _load(options: DatasetOptions, seed: int) -> RawData:
    from sklearn.datasets import load_iris

    bunch = load_iris()
    return RawData(
        X=np.asarray(bunch.data, dtype=np.float64),
        y=np.asarray(bunch.target, dtype=np.int64),
        class_names=tuple(str(name) for name in bunch.target_names),
    )


IRIS = Dataset(
    name="iris",
    summary="150 flowers, 4 measurements, 3 species of 50",
    load=_load,
)
