"""Intervals of mean squares: how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pytest

from nisqdl.studies.moments import around, mean_of_squares


@pytest.mark.parametrize("qubits", [1, 3])
def test_nineteen_of_twenty_intervals_hold_the_truth(qubits: int) -> None:
    """Squares of a product of sines and cosines, as gradients of product circuits are."""
    rng = np.random.default_rng(5)
    truth, trials, hits = 0.5**qubits, 300, 0
    for _ in range(trials):
        squares = np.prod(np.cos(rng.uniform(0, 2 * np.pi, (400, qubits))), axis=1) ** 2
        found = mean_of_squares(squares, rng)
        assert found.low < found.mean < found.high
        hits += found.low <= truth <= found.high
    # 95 % of 300, less four standard deviations of a binomial
    assert hits >= 0.95 * trials - 4 * np.sqrt(trials * 0.95 * 0.05)


def test_numbers_that_are_all_alike_have_no_spread() -> None:
    found = mean_of_squares(np.full(50, 0.25), np.random.default_rng(0))
    assert (found.mean, found.stderr, found.low, found.high) == (0.25, 0, 0.25, 0.25)
    nothing = mean_of_squares(np.zeros(50), np.random.default_rng(0))
    assert (nothing.low, nothing.high) == (0, 0)


def test_a_known_standard_error_gives_a_positive_interval() -> None:
    found = around(1e-9, 5e-10)
    assert 0 < found.low < 1e-9 < found.high
    exact = around(0.5, 0)
    assert (exact.low, exact.high) == (0.5, 0.5)
    unresolved = around(0, 1e-6)  # then the standard error is a bound
    assert unresolved.low == 0
    assert unresolved.high > 1e-6
