"""Rows dealt to clients: a partition, with the label skew that the concentration says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.datasets.partition import dealt
from nisqdl.errors import InputError


@settings(deadline=None, max_examples=80)
@given(
    st.integers(1, 6),
    st.one_of(st.none(), st.floats(0.5, 100)),
    st.integers(0, 2**40),
    st.integers(1, 4),
)
def test_every_row_is_dealt_once(
    clients: int, concentration: float | None, seed: int, classes: int
) -> None:
    labels = np.random.default_rng(seed).integers(0, classes, 60)
    parts = dealt(labels, clients, concentration, seed)
    assert len(parts) == clients
    assert sorted(np.concatenate(parts).tolist()) == list(range(60))
    assert all(len(part) >= 2 and (np.diff(part) > 0).all() for part in parts)
    again = dealt(labels, clients, concentration, seed)
    assert [p.tolist() for p in parts] == [p.tolist() for p in again]


@given(st.integers(1, 7), st.integers(0, 2**40))
def test_without_skew_all_have_the_same_mix(clients: int, seed: int) -> None:
    labels = np.random.default_rng(seed).integers(0, 3, 71)
    parts = dealt(labels, clients, None, seed)
    for label in range(3):
        counts = [int((labels[part] == label).sum()) for part in parts]
        assert max(counts) - min(counts) <= 1
    sizes = [len(part) for part in parts]
    assert max(sizes) - min(sizes) <= 3


@pytest.mark.parametrize("concentration", [0.2, 1.0, 5.0])
def test_shares_vary_as_dirichlet_ones_do(concentration: float) -> None:
    """Var of a share of Dir(α, …, α) over K: (K − 1)/(K² (Kα + 1))."""
    clients, rows = 4, 400
    labels = np.zeros(rows, dtype=np.int64)
    labels[rows // 2 :] = 1
    shares = np.array(
        [
            [(labels[part] == 0).sum() / (rows // 2) for part in parts]
            for parts in (
                dealt(labels, clients, concentration, seed, least=0) for seed in range(800)
            )
        ]
    )
    variance = (clients - 1) / (clients**2 * (clients * concentration + 1))
    assert shares.mean() == pytest.approx(1 / clients, abs=1e-12)
    # Measured over 800 draws of four (dependent) shares; a tenth is more than five deviations.
    assert shares.var() == pytest.approx(variance, rel=0.15)
    assert np.abs(shares.mean(axis=0) - 0.25).max() < 5 * np.sqrt(variance / 800)


def test_classes_are_dealt_independently_of_each_other() -> None:
    labels = np.arange(200) % 2
    counts = np.array(
        [
            [[(labels[p] == k).sum() for p in dealt(labels, 3, 0.5, seed, 0)] for k in (0, 1)]
            for seed in range(600)
        ]
    )
    first, second = counts[:, 0, 0], counts[:, 1, 0]
    assert abs(np.corrcoef(first, second)[0, 1]) < 5 / np.sqrt(600)


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(InputError, match=r"5 clients need 2 training rows each, .* 9"):
        dealt(np.zeros(9, dtype=np.int64), 5, None, 0)
    with pytest.raises(InputError, match="raise `concentration`"):
        dealt(np.zeros(12, dtype=np.int64), 5, 1e-3, 0)
