"""Data sets that ship with scikit-learn, by the name of their loader there."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np

from nisqdl.datasets.dataset import Dataset, RawData
from nisqdl.datasets.options import DatasetOptions

Kind: TypeAlias = Literal["points", "images"]


def shipped(name: str, summary: str, kind: Kind = "points") -> Dataset:
    """The data set that ``sklearn.datasets.load_<name>`` gives; no part of it is random."""

    def load(options: DatasetOptions, seed: int) -> RawData:
        from sklearn import datasets

        bunch = getattr(datasets, f"load_{name}")()
        return RawData(
            X=np.asarray(bunch.data, dtype=np.float64),
            y=np.asarray(bunch.target, dtype=np.int64),
            class_names=tuple(str(name) for name in bunch.target_names),
        )

    return Dataset(name=name, summary=summary, load=load, kind=kind)
