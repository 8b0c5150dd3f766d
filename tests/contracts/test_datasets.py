"""What every data set of the table must do, the user's own CSV included."""

import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from nisqdl.datasets import DATASETS
from nisqdl.datasets.options import DatasetOptions
from nisqdl.datasets.split import fingerprint, load_split
from nisqdl.datasets.summary import summarise

TRAIN, TEST = 40, 30
SIZES = {  # rows, columns and classes, as the documentation of those that ship gives them
    "iris": (150, 4, 3),
    "wine": (178, 13, 3),
    "breast_cancer": (569, 30, 2),
    "digits": (1797, 64, 10),
    "moons": (TRAIN + TEST, 2, 2),
    "circles": (TRAIN + TEST, 2, 2),
    "linearly_separable": (TRAIN + TEST, 10, 2),
    "two_curves": (TRAIN + TEST, 10, 2),
    "hidden_manifold": (TRAIN + TEST, 10, 2),
    "hyperplanes_parity": (TRAIN + TEST, 10, 2),
    "bars_and_stripes": (TRAIN + TEST, 16, 2),
    "line_images": (TRAIN + TEST, 8, 2),
    "ad_hoc": (TRAIN + TEST, 2, 2),
    "entanglement": (TRAIN + TEST, 16, 2),
    "cluster_ising": (TRAIN + TEST, 256, 2),
    "csv": (90, 3, 2),
    "idx": (90, 16, 3),
}


@pytest.fixture(params=list(DATASETS))
def options(request: pytest.FixtureRequest, tmp_path: Path) -> DatasetOptions:
    fields = {"name": request.param, "train": TRAIN, "test": TEST}
    if request.param == "csv":
        draw = np.random.default_rng(0).normal(size=(90, 3))
        rows = [f"{a},{b},{'in' if a > 0 else 'out'},{c}" for a, b, c in draw]
        path = tmp_path / "own.csv"
        path.write_text("\n".join(["a,b,side,c", *rows]))
        fields |= {"path": str(path), "label": "side"}
    if request.param == "idx":
        labels = np.arange(90) % 3
        images = np.random.default_rng(0).integers(0, 60, (90, 4, 4)) + 60 * labels[:, None, None]
        fields |= {"path": str(tmp_path / "images"), "label": str(tmp_path / "labels")}
        for name, table in (("images", images), ("labels", labels)):
            header = bytes([0, 0, 8, table.ndim]) + np.array(table.shape, dtype=">u4").tobytes()
            (tmp_path / name).write_bytes(header + table.astype(np.uint8).tobytes())
    return DatasetOptions.model_validate(fields)


def holds_states(options: DatasetOptions) -> bool:
    return DATASETS[options.name].kind == "states"


def test_table_lists_each_under_its_own_name() -> None:
    assert {name: dataset.name for name, dataset in DATASETS.items()} == {n: n for n in DATASETS}
    assert all(dataset.summary for dataset in DATASETS.values())


def test_sizes_of_what_ships_are_known() -> None:
    assert set(SIZES) <= set(DATASETS)


def test_sizes(options: DatasetOptions) -> None:
    found = summarise(options)
    sizes = found.rows, found.columns, len(found.classes)
    assert sizes == SIZES.get(options.name, sizes)
    assert sum(count for _, count in found.classes) == found.rows
    assert found.columns == 2 ** int(math.log2(found.columns)) or not holds_states(options)


def test_split_is_whole(options: DatasetOptions) -> None:
    split = load_split(options, seed=1)
    told = summarise(options)
    columns, classes = told.columns, len(told.classes)
    assert split.train_features.shape == (TRAIN, columns)
    assert split.test_features.shape == (TEST, columns)
    assert split.num_features == columns
    assert split.num_classes == classes == len(set(split.class_names))
    for labels, count in ((split.train_labels, TRAIN), (split.test_labels, TEST)):
        assert labels.shape == (count,)
        assert labels.dtype == np.int64
        assert set(labels.tolist()) == set(range(classes))
    with pytest.raises(ValueError, match="read-only"):
        split.train_features[0, 0] = 0.0


def test_angles_fill_their_range_and_stay_in_it(options: DatasetOptions) -> None:
    if holds_states(options):  # they are not angles, and are never scaled
        rows = load_split(options, seed=2).train_features
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-12)
        return
    split = load_split(options.model_copy(update={"scaling": "angle"}), seed=2)
    low, high = split.train_features.min(axis=0), split.train_features.max(axis=0)
    varies = high > low
    assert varies.any()
    np.testing.assert_allclose(low[varies], -math.pi / 2, rtol=1e-12)
    np.testing.assert_allclose(high[varies], math.pi / 2, rtol=1e-12)
    assert (split.train_features[:, ~varies] == 0).all()
    assert np.abs(split.test_features).max() <= math.pi / 2


def test_seed_decides_the_split(options: DatasetOptions) -> None:
    first, again, other = (load_split(options, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.train_features, again.train_features)
    np.testing.assert_array_equal(first.test_labels, again.test_labels)
    assert not np.array_equal(first.train_features, other.train_features)


def test_options_survive_a_record(options: DatasetOptions) -> None:
    assert DatasetOptions.model_validate(options.model_dump(mode="json")) == options
    assert fingerprint(options) == fingerprint(options) != ""


@pytest.mark.parametrize("module", ["nisqdl.datasets", "nisqdl.datasets.split", "nisqdl.baselines"])
def test_listing_imports_nothing_heavy(module: str) -> None:
    code = (
        f"import sys, {module}\n"
        "heavy = {'sklearn', 'scipy', 'qiskit', 'matplotlib', 'numba'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
