"""MNIST's own format: read as it is written, and refused in a sentence where it is not that."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nisqdl.datasets.idx_images import read_idx
from nisqdl.datasets.options import DatasetOptions
from nisqdl.datasets.split import fingerprint, load_split
from nisqdl.errors import InputError


def idx(table: np.ndarray) -> bytes:
    header = bytes([0, 0, 8, table.ndim]) + np.array(table.shape, dtype=">u4").tobytes()
    return header + table.astype(np.uint8).tobytes()


@given(st.integers(0, 5), st.integers(1, 7), st.integers(1, 7), st.booleans(), st.integers(0, 99))
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: int, high: int, wide: int, packed: bool, at: int
) -> None:
    table = np.random.default_rng(at).integers(0, 256, (rows, high, wide))
    file = tmp_path_factory.mktemp("idx") / "images"
    file.write_bytes(gzip.compress(idx(table)) if packed else idx(table))
    np.testing.assert_array_equal(read_idx(str(file), "path", 3), table)


def files(folder: Path, images: np.ndarray, labels: np.ndarray, **more: object) -> DatasetOptions:
    (folder / "images.gz").write_bytes(gzip.compress(idx(images)))
    (folder / "labels").write_bytes(idx(labels))
    place = {"path": str(folder / "images.gz"), "label": str(folder / "labels")}
    return DatasetOptions.model_validate({"name": "idx", "train": 20, "test": 20, **place, **more})


def drawn(classes: int = 10, rows: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    labels = np.arange(rows) % classes
    return rng.integers(0, 200, (rows, 28, 28)) + labels[:, None, None], labels


def test_two_digits_are_told_apart_by_their_components(tmp_path: Path) -> None:
    options = files(tmp_path, *drawn(), classes=[3, 8], features=8)
    split = load_split(options, 1)
    assert split.class_names == ("3", "8")
    assert split.train_features.shape == (20, 8)
    whole = load_split(files(tmp_path, *drawn(), classes=[8, 3], scaling="none"), 1)
    assert whole.class_names == ("8", "3")
    assert whole.test_features.shape == (20, 784)
    images, _ = drawn()
    known = {row.tobytes() for row in images.reshape(200, -1).astype(float)}
    assert all(row.tobytes() in known for row in whole.test_features)


def test_the_fingerprint_is_of_both_files_content(tmp_path: Path) -> None:
    images, labels = drawn()
    first = fingerprint(files(tmp_path, images, labels))
    assert fingerprint(files(tmp_path, images, labels)) == first
    assert fingerprint(files(tmp_path, images, labels[::-1])) != first
    assert fingerprint(files(tmp_path, images + 1, labels)) != first


def test_what_is_wrong_is_one_sentence(tmp_path: Path) -> None:
    images, labels = drawn()
    good = files(tmp_path, images, labels)
    with pytest.raises(InputError, match="`path` is the file of images"):
        load_split(good.model_copy(update={"path": good.label}), 0)
    with pytest.raises(InputError, match="does not exist below"):
        load_split(good.model_copy(update={"path": "nowhere"}), 0)
    with pytest.raises(InputError, match=r"holds 200 images, but .* has 199 labels"):
        load_split(files(tmp_path, images, labels[:199]), 0)
    with pytest.raises(InputError, match="must be squares, but are of 28 × 14"):
        load_split(files(tmp_path, images[:, :, :14], labels), 0)
    with pytest.raises(InputError, match="at least two classes"):
        load_split(files(tmp_path, images, 0 * labels), 0)
    with pytest.raises(InputError, match=r"class of .*images\.gz"):
        load_split(files(tmp_path, images, labels, classes=[3, 12]), 0)
    broken = files(tmp_path, images, labels)
    for content, sentence in (
        (b"PNG", "does not begin like one"),
        (idx(images)[:-1], "cut off or damaged"),
        (idx(images)[:10], "cut off or damaged"),
        (gzip.compress(idx(images))[:-20], "cut off or damaged"),
    ):
        (tmp_path / "images.gz").write_bytes(content)
        with pytest.raises(InputError, match=sentence):
            load_split(broken, 0)
