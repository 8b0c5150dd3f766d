"""Wines of three growers (shipped with scikit-learn)."""

from __future__ import annotations

import numpy as np

from nisqdl.datasets.dataset import Dataset, RawData
from nisqdl.datasets.options import DatasetOptions


def _load(options: DatasetOptions, seed: int) -> RawData:
    from sklearn.datasets import load_wine

    bunch = load_wine()
    return RawData(
        X=np.asarray(bunch.data, dtype=np.float64),
        y=np.asarray(bunch.target, dtype=np.int64),
        class_names=tuple(str(name) for name in bunch.target_names),
    )


WINE = Dataset(
    name="wine",
    summary="178 wines, 13 chemical measurements, 3 growers",
    load=_load,
)
