"""Choosing classes by name, by index and in an order."""

import numpy as np
import pytest

from nisqdl.datasets.classes import choose_classes
from nisqdl.datasets.dataset import RawData
from nisqdl.datasets.options import DatasetOptions
from nisqdl.errors import InputError


def chosen(names: tuple[str, ...], classes: list[int | str] | None) -> RawData:
    data = RawData(np.arange(6.0)[:, None], np.array([0, 1, 2, 2, 1, 0]), names)
    fields = {"name": "iris", "train": 2, "test": 2, "classes": classes}
    return choose_classes(data, DatasetOptions.model_validate(fields))


@pytest.mark.parametrize("classes", [["c", "a"], [2, 0], ["c", 0]])
def test_by_name_or_index_in_the_order_asked_for(classes: list[int | str]) -> None:
    data = chosen(("a", "b", "c"), classes)
    assert data.class_names == ("c", "a")
    assert data.X[:, 0].tolist() == [0, 2, 3, 5]
    assert data.y.tolist() == [1, 0, 0, 1]


def test_none_takes_all() -> None:
    assert chosen(("a", "b", "c"), None).y.tolist() == [0, 1, 2, 2, 1, 0]


@pytest.mark.parametrize("classes", [[8, 3], ["8", "3"]])
def test_integers_are_names_where_classes_are_named_so(classes: list[int | str]) -> None:
    data = chosen(("3", "5", "8"), classes)
    assert data.class_names == ("8", "3")
    assert data.X[:, 0].tolist() == [0, 2, 3, 5]


@pytest.mark.parametrize(
    ("names", "classes", "sentence"),
    [
        (("a", "b", "c"), ["a", "d"], "no class of iris named 'd'"),
        (("a", "b", "c"), [0, 3], "from 0 to 2, but is 3"),
        (("a", "b", "c"), [0, -1], "from 0 to 2, but is -1"),
        (("a", "b", "c"), ["a", 0], "a class twice"),
        (("3", "5", "8"), [3, 0], "no class of iris named '0'"),
    ],
)
def test_what_does_not_exist(
    names: tuple[str, ...], classes: list[int | str], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        chosen(names, classes)
