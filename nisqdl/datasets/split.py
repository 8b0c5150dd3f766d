"""Training and test rows of a data set, drawn by seed, with nothing of the test in the training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from nisqdl.datasets import DATASETS
from nisqdl.datasets.classes import choose_classes
from nisqdl.datasets.dataset import RawData
from nisqdl.datasets.options import DatasetOptions
from nisqdl.datasets.scaling import Scaling, fit_scaling
from nisqdl.errors import InputError
from nisqdl.seeds import derive

Array = TypeVar("Array", NDArray[np.float64], NDArray[np.int64])


@dataclass(frozen=True, eq=False)
class Split:
    """A data set's training and test rows, ready for a circuit; the arrays are read-only.

    Attributes:
        train_features: float64 of shape (train, F); angles in [−π/2, π/2] by default.
        train_labels: Class indices, int64 of shape (train,), from 0 to K − 1, each present.
        test_features: float64 of shape (test, F).
        test_labels: int64 of shape (test,), each class present.
        class_names: The K classes' names.
        description: What the features are, for people.
    """

    train_features: NDArray[np.float64]
    train_labels: NDArray[np.int64]
    test_features: NDArray[np.float64]
    test_labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    description: str

    @property
    def num_features(self) -> int:
        return int(self.train_features.shape[1])

    @property
    def num_classes(self) -> int:
        return len(self.class_names)


def load_split(options: DatasetOptions, seed: int) -> Split:
    """Load, draw, and scale: the same options and seed give the same split everywhere.

    Rows are drawn without replacement, stratified: each class has its share of the training and
    of the test rows. Where the source itself divides its rows, each kind is drawn from its own
    part, in the source's order where all are taken. Scaling and principal components are learnt
    on the training rows only.

    Args:
        options: The experiment file's ``dataset`` section.
        seed: The point's seed.

    Raises:
        InputError: The data set has too few rows for what is asked, a class would be absent, or
            the data themselves are faulty (CSV).
    """
    data, train, test = _rows(options, seed)
    scaling = fit_scaling(data.X[train], options)
    return Split(
        train_features=_locked(scaling.apply(data.X[train])),
        train_labels=_locked(data.y[train]),
        test_features=_locked(scaling.apply(data.X[test])),
        test_labels=_locked(data.y[test]),
        class_names=data.class_names,
        description=scaling.description,
    )


def load_scaling(options: DatasetOptions, seed: int) -> Scaling:
    """How :func:`load_split` made features of columns: for rows that come later."""
    data, train, _ = _rows(options, seed)
    return fit_scaling(data.X[train], options)


def fingerprint(options: DatasetOptions) -> str:
    """A text that changes when the data behind the options change: for a CSV, of its content.

    Raises:
        InputError: The CSV file cannot be read.
    """
    return DATASETS.find(options.name).fingerprint(options)


def _rows(
    options: DatasetOptions, seed: int
) -> tuple[RawData, NDArray[np.int64], NDArray[np.int64]]:
    """The data, and which of its rows are for training and for tests."""
    data = choose_classes(DATASETS.find(options.name).load(options, seed), options)
    return data, *_draw(data, options, derive(seed, "split") % 2**32)


def _draw(
    data: RawData, options: DatasetOptions, random_state: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    from sklearn.model_selection import train_test_split

    _check_enough(data, options)
    if data.num_train is None:
        train, test = train_test_split(
            np.arange(len(data.y)),
            train_size=options.train,
            test_size=options.test,
            stratify=data.y,
            random_state=random_state,
        )
    else:
        rows = np.arange(len(data.y))
        train = _drawn_from(rows[: data.num_train], data, options.train, random_state)
        test = _drawn_from(rows[data.num_train :], data, options.test, random_state)
    for part, rows, asked in (("training", train, "train"), ("test", test, "test")):
        for index, name in enumerate(data.class_names):
            if not np.any(data.y[rows] == index):
                raise InputError(
                    f"Every class must be among the {part} rows, but {name!r} has only"
                    f" {np.sum(data.y == index)} of the {len(data.y)} rows of {options.source} and"
                    f" would be absent: raise `dataset.{asked}` above {len(rows)}, or choose other"
                    " classes with `dataset.classes`."
                )
    return train, test


def _drawn_from(
    rows: NDArray[np.int64], data: RawData, count: int, random_state: int
) -> NDArray[np.int64]:
    """So many of a part's rows, stratified; all of them in the order in which they stand."""
    from sklearn.model_selection import train_test_split

    if count == len(rows):
        return rows
    drawn, _ = train_test_split(
        rows, train_size=count, stratify=data.y[rows], random_state=random_state
    )
    return np.asarray(drawn, dtype=np.int64)


def _check_enough(data: RawData, options: DatasetOptions) -> None:
    counts = np.bincount(data.y, minlength=len(data.class_names))
    by_class = dict(zip(data.class_names, counts.tolist(), strict=True))
    asked = options.train + options.test
    if asked > len(data.y):
        listing = ", ".join(f"{name}: {count}" for name, count in list(by_class.items())[:10])
        raise InputError(
            f"`dataset.train` and `dataset.test` together must be at most {len(data.y)}, the rows"
            f" that {options.source} has ({listing}), but are {options.train} + {options.test} ="
            f" {asked}: ask for fewer rows."
        )
    if data.num_train is not None:
        for field, has in (("train", data.num_train), ("test", len(data.y) - data.num_train)):
            if getattr(options, field) > has:
                raise InputError(
                    f"`dataset.{field}` must be at most {has}, the published {field} rows of"
                    f" {options.source}, but is {getattr(options, field)}: ask for fewer rows, or"
                    " leave `dataset.published` out."
                )
    for name, count in by_class.items():
        if count < 2:
            raise InputError(
                f"Every class of {options.source} must have at least 2 rows, one to train and one"
                f" to test, but {name!r} has {count}: add rows, or choose classes with"
                " `dataset.classes`."
            )
    for field, rows in (("train", options.train), ("test", options.test)):
        if rows < len(by_class):
            raise InputError(
                f"`dataset.{field}` must be at least {len(by_class)}, one row for each class of"
                f" {options.source}, but is {rows}."
            )


def _locked(array: Array) -> Array:
    array.setflags(write=False)
    return array
