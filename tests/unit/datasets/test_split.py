"""Splits: stratified, disjoint, the same everywhere, and without a leak from test to training."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.catalog import Table
from nisqdl.datasets import split as split_module
from nisqdl.datasets.dataset import Dataset, RawData
from nisqdl.datasets.options import DatasetOptions
from nisqdl.datasets.split import Split, load_split
from nisqdl.errors import InputError

Given = Callable[[RawData], None]


@pytest.fixture
def given_data(monkeypatch: pytest.MonkeyPatch) -> Given:
    """Puts these rows in the place of iris."""

    def give(data: RawData) -> None:
        own = Dataset("iris", "rows of this test", lambda options, seed: data)
        monkeypatch.setattr(split_module, "DATASETS", Table("dataset", {"iris": own}))

    return give


def options(train: int, test: int, **fields: object) -> DatasetOptions:
    return DatasetOptions.model_validate({"name": "iris", "train": train, "test": test} | fields)


def rows_of(split: Split) -> tuple[list[float], list[float]]:
    """Row numbers, of data whose first column is the row's number."""
    return split.train_features[:, 0].tolist(), split.test_features[:, 0].tolist()


@given(
    counts=st.lists(st.integers(8, 60), min_size=2, max_size=4),
    sizes=st.tuples(st.floats(0.3, 0.5), st.floats(0.3, 0.5)),
    seed=st.integers(0, 2**40),
)
@settings(deadline=None, max_examples=60)
def test_stratified_disjoint_and_of_the_size_asked_for(
    counts: list[int], sizes: tuple[float, float], seed: int
) -> None:
    total = sum(counts)
    labels = np.repeat(np.arange(len(counts)), counts)
    names = tuple(f"class {i}" for i in range(len(counts)))
    data = RawData(np.arange(float(total))[:, None], labels, names)
    train, test = (int(share * total) for share in sizes)
    with pytest.MonkeyPatch.context() as patch:
        own = Dataset("iris", "", lambda options, seed: data)
        patch.setattr(split_module, "DATASETS", Table("dataset", {"iris": own}))
        split = load_split(options(train, test, scaling="none"), seed)
    train_rows, test_rows = rows_of(split)
    assert len(set(train_rows) | set(test_rows)) == train + test == len(train_rows + test_rows)
    np.testing.assert_array_equal(split.train_labels, labels[np.array(train_rows, dtype=int)])
    np.testing.assert_array_equal(split.test_labels, labels[np.array(test_rows, dtype=int)])
    for part, size, tolerance in (
        (split.train_labels, train, 1),
        (split.test_labels, test, 2),  # rounding of the training rows, and its own
    ):
        share = np.bincount(part, minlength=len(counts)) - np.array(counts) * size / total
        assert np.abs(share).max() < tolerance


def test_all_rows_can_be_used() -> None:
    split = load_split(options(100, 50), 0)
    assert np.bincount(split.test_labels).tolist() in ([16, 17, 17], [17, 16, 17], [17, 17, 16])
    counts = np.bincount(split.train_labels) + np.bincount(split.test_labels)
    assert counts.tolist() == [50, 50, 50]


@pytest.mark.parametrize("features", [None, 2])
@pytest.mark.parametrize("scaling", ["angle", "standard", "none"])
def test_nothing_of_the_test_rows_reaches_the_training(
    given_data: Given, features: int | None, scaling: str
) -> None:
    draw = np.random.default_rng(1)
    labels = np.arange(40) % 2
    rows = draw.normal(size=(40, 3))
    # Only labels and seed decide which rows are drawn: numbered rows tell which.
    given_data(RawData(np.arange(40.0)[:, None], labels, ("a", "b")))
    test_rows = [int(row) for row in rows_of(load_split(options(20, 10, scaling="none"), 7))[1]]
    asked = options(20, 10, features=features, scaling=scaling)
    given_data(RawData(rows, labels, ("a", "b")))
    before = load_split(asked, 7)
    changed = rows.copy()
    changed[test_rows] = 1000 * draw.normal(size=(10, 3))
    given_data(RawData(changed, labels, ("a", "b")))
    after = load_split(asked, 7)
    np.testing.assert_array_equal(before.train_features, after.train_features)
    np.testing.assert_array_equal(before.train_labels, after.train_labels)
    assert not np.array_equal(before.test_features, after.test_features)
    # Nor does changing one test row change what becomes of another.
    changed = rows.copy()
    changed[test_rows[0]] = 1000.0
    given_data(RawData(changed, labels, ("a", "b")))
    one = load_split(asked, 7)
    np.testing.assert_array_equal(before.test_features[1:], one.test_features[1:])
    assert not np.array_equal(before.test_features[0], one.test_features[0])


def test_a_pair_of_digits() -> None:
    asked = DatasetOptions(name="digits", classes=(3, 8), features=4, train=200, test=100)
    split = load_split(asked, 0)
    assert split.class_names == ("3", "8")
    assert split.train_features.shape == (200, 4)
    np.testing.assert_allclose(np.bincount(split.train_labels), 100, atol=3)


@pytest.mark.parametrize("name", ["moons", "circles"])
def test_generated_data_have_the_noise_asked_for(name: str) -> None:
    def spread(noise: float | None) -> float:
        asked = DatasetOptions(name=name, train=500, test=500, noise=noise, scaling="none")
        split = load_split(asked, 0)
        points = split.train_features
        if name == "circles":
            radius = np.where(split.train_labels == 0, 1.0, 0.5)
            return float(np.std(np.hypot(*points.T) - radius))
        upper = points[split.train_labels == 0]
        return float(np.std(np.hypot(*upper.T) - 1))

    assert spread(0.0) == pytest.approx(0, abs=1e-12)
    # The distance from the curve has the noise's deviation; 5 sigma of its estimate.
    assert spread(0.05) == pytest.approx(0.05, rel=5 / np.sqrt(2 * 250))
    assert spread(None) == pytest.approx(0.1, rel=0.25)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"train": 100, "test": 51}, r"at most 150.*setosa: 50.*100 \+ 51 = 151"),
        ({"train": 2, "test": 50}, "`dataset.train` must be at least 3.*but is 2"),
        ({"train": 50, "test": 2}, "`dataset.test` must be at least 3.*but is 2"),
        ({"train": 80, "test": 30, "classes": [0, 1]}, "at most 100"),
        ({"train": 80, "test": 30, "classes": [0, 5]}, "from 0 to 2, but is 5"),
        ({"train": 80, "test": 30, "features": 5}, "at most 4, the number of columns"),
    ],
)
def test_what_does_not_fit(asked: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        load_split(DatasetOptions.model_validate({"name": "iris"} | asked), 0)


def test_rare_classes_are_refused(given_data: Given) -> None:
    labels = np.array([0] * 97 + [1] * 3)
    data = RawData(np.arange(100.0)[:, None], labels, ("common", "rare"))
    given_data(data)
    with pytest.raises(InputError, match="'rare' has only 3 of the 100 rows"):
        load_split(options(6, 6), 0)
    given_data(dataclasses.replace(data, y=np.array([0] * 99 + [1])))
    with pytest.raises(InputError, match=r"at least 2 rows.*'rare' has 1"):
        load_split(options(60, 30), 0)
