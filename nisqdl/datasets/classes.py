"""Keeping only some of a data set's classes."""

from __future__ import annotations

import numpy as np

from nisqdl.datasets.dataset import RawData
from nisqdl.datasets.options import DatasetOptions
from nisqdl.errors import InputError, unknown_name


def choose_classes(data: RawData, options: DatasetOptions) -> RawData:
    """The rows of the classes asked for, with class indices in the order asked for.

    Raises:
        InputError: A class does not exist, or is named twice (by name and by index).
    """
    if options.classes is None:
        return data
    chosen = [_index(label, data.class_names, options.source) for label in options.classes]
    if len(set(chosen)) < len(chosen):
        raise InputError(
            f"`dataset.classes` must not have a class twice, but is {list(options.classes)},"
            f" which means {[data.class_names[i] for i in chosen]}."
        )
    new_index = np.full(len(data.class_names), -1, dtype=np.int64)
    new_index[chosen] = np.arange(len(chosen))
    labels = new_index[data.y]
    keep = labels >= 0
    names = tuple(data.class_names[i] for i in chosen)
    num_train = None if data.num_train is None else int(keep[: data.num_train].sum())
    return RawData(data.X[keep], labels[keep], names, num_train)


def _index(label: int | str, names: tuple[str, ...], source: str) -> int:
    if str(label) in names:
        return names.index(str(label))
    # Where classes have integers for names, an integer that is none of them is a mistake.
    named_by_integers = any(name.lstrip("-").isdecimal() for name in names)
    if isinstance(label, int) and not named_by_integers:
        if 0 <= label < len(names):
            return label
        raise InputError(
            f"A class index of {source} must be from 0 to {len(names) - 1}, but is {label}"
            f" (dataset.classes). Its classes: {', '.join(names)}."
        )
    raise unknown_name(f"class of {source}", label, names, "dataset.classes")
