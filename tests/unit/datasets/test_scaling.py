"""Scaling against scikit-learn's pipeline, learnt on the training rows only."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_wine
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from nisqdl.datasets.options import DatasetOptions
from nisqdl.datasets.scaling import fit_scaling
from nisqdl.errors import InputError

WINE = load_wine().data


def options(features: int | None, scaling: str) -> DatasetOptions:
    fields = {"name": "wine", "train": 100, "test": 50, "features": features, "scaling": scaling}
    return DatasetOptions.model_validate(fields)


@pytest.mark.parametrize("features", [None, 1, 4, 13])
@pytest.mark.parametrize("scaling", ["angle", "standard", "none"])
def test_same_as_scikit_learn_up_to_sign(features: int | None, scaling: str) -> None:
    steps = [] if scaling == "none" else [StandardScaler()]
    if features is not None:
        steps.append(PCA(features, svd_solver="full"))
    if scaling == "angle":
        steps.append(MinMaxScaler((-math.pi / 2, math.pi / 2), clip=True))
    train, test = WINE[:100], WINE[100:]
    reference = make_pipeline(*steps, "passthrough").fit(train)
    scaling_ours = fit_scaling(train, options(features, scaling))
    ours, expected = scaling_ours.apply(train), reference.transform(train)
    ours_test, expected_test = scaling_ours.apply(test), reference.transform(test)
    if features is not None:  # a component's sign is a convention
        same = np.abs(ours - expected).max(axis=0) < np.abs(ours + expected).max(axis=0)
        signs = np.where(same, 1.0, -1.0)
        expected, expected_test = expected * signs, expected_test * signs
    np.testing.assert_allclose(ours, expected, atol=1e-9 * np.abs(expected).max())
    np.testing.assert_allclose(ours_test, expected_test, atol=1e-9 * np.abs(expected_test).max())


def test_a_test_row_beyond_the_training_range_is_held_at_its_end() -> None:
    scaling = fit_scaling(np.array([[0.0], [1.0], [2.0]]), options(None, "angle"))
    angles = scaling.apply(np.array([[-100.0], [1.0], [1.5], [5.0]]))[:, 0]
    np.testing.assert_allclose(angles, [-math.pi / 2, 0, math.pi / 4, math.pi / 2], atol=1e-15)


def test_no_scaling_leaves_values_as_they_are() -> None:
    scaling = fit_scaling(WINE[:20], options(None, "none"))
    np.testing.assert_array_equal(scaling.apply(WINE), WINE)


def test_a_constant_column_becomes_zero_even_if_a_test_row_differs() -> None:
    train = np.column_stack([np.full(5, 0.1), np.arange(5.0)])
    for name in ("angle", "standard"):
        scaling = fit_scaling(train, options(None, name))
        np.testing.assert_allclose(scaling.apply(train)[:, 0], 0, atol=1e-15)
    angles = fit_scaling(train, options(None, "angle")).apply(np.array([[7.0, 1.0]]))
    assert angles[0, 0] == 0


@given(
    seed=st.integers(0, 2**32 - 1),
    rows=st.integers(3, 30),
    columns=st.integers(1, 6),
    scale=st.sampled_from([1e-6, 1.0, 1e6]),
)
@settings(deadline=None, max_examples=60)
def test_angles_are_in_range_and_do_not_depend_on_units(
    seed: int, rows: int, columns: int, scale: float
) -> None:
    draw = np.random.default_rng(seed)
    data = draw.normal(size=(rows, columns))
    units = scale * draw.uniform(0.5, 2, size=columns)
    offsets = draw.normal(size=columns) * scale
    plain = fit_scaling(data, options(None, "angle")).apply(data)
    other = fit_scaling(data * units + offsets, options(None, "angle")).apply(
        data * units + offsets
    )
    np.testing.assert_allclose(plain, other, atol=1e-8)
    assert np.abs(plain).max() <= math.pi / 2


def test_signs_of_components_do_not_hang_on_rounding() -> None:
    # Two standardised columns always have components (1, 1)/√2 and (1, −1)/√2.
    draw = np.random.default_rng(5).normal(size=(50, 2)) @ [[1.0, 0.5], [0.0, 1.0]]
    plain = fit_scaling(draw, options(2, "standard")).apply(draw)
    nudged = fit_scaling(draw * (1 + 1e-15), options(2, "standard")).apply(draw)
    np.testing.assert_allclose(plain, nudged, atol=1e-9)
    standard = (draw - draw.mean(axis=0)) / draw.std(axis=0)
    np.testing.assert_allclose(plain[:, 0], standard.sum(axis=1) / math.sqrt(2), atol=1e-9)


@pytest.mark.parametrize(
    ("rows", "features", "sentence"),
    [
        (WINE, 14, "at most 13, the number of columns of wine, but is 14"),
        (WINE[:5], 5, "at most 4, the number of independent directions in the 5 training rows"),
        (np.column_stack([WINE[:, 0], 2 * WINE[:, 0], WINE[:, 1]]), 3, "at most 2"),
        (np.ones((9, 3)), 1, "at most 0"),
    ],
)
def test_more_components_than_the_rows_have(rows: np.ndarray, features: int, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        fit_scaling(rows, options(features, "angle"))


def test_the_description_says_what_was_done() -> None:
    share = PCA(2).fit(StandardScaler().fit_transform(WINE)).explained_variance_ratio_.sum()
    text = fit_scaling(WINE, options(2, "angle")).description
    assert text == (
        f"2 principal components of 13 columns, with {share:.0%} of the variance,"
        " scaled to [−π/2, π/2] on the training rows"
    )
