"""Breast tumours of Wisconsin (shipped with scikit-learn)."""

from __future__ import annotations

import numpy as np

from nisqdl.datasets.dataset import Dataset, RawData
from nisqdl.datasets.options import DatasetOptions


def _load(options: DatasetOptions, seed: int) -> RawData:
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    return RawData(
        X=np.asarray(bunch.data, dtype=np.float64),
        y=np.asarray(bunch.target, dtype=np.int64),
        class_names=tuple(str(name) for name in bunch.target_names),
    )


BREAST_CANCER = Dataset(
    name="breast_cancer",
    summary="569 tumours, 30 measurements, malignant or benign",
    load=_load,
)
