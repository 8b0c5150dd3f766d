"""Intervals against closed forms, tables, and their own promise: how often they hold the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.analysis.intervals import (
    Estimate,
    holm,
    mean_over_seeds,
    number,
    p_above_zero,
    paired_difference,
    share_over_seeds,
    signed_number,
    slope_over_seeds,
    wilson,
)


def test_the_t_interval_is_the_textbook_one() -> None:
    """Mean 3, standard deviation sqrt(2.5), t(0.975, 4) = 2.776445 (any table of t)."""
    found = mean_over_seeds([1, 2, 3, 4, 5])
    half = 2.7764451 * math.sqrt(2.5 / 5)
    assert found.mean == 3
    assert found.low == pytest.approx(3 - half, abs=1e-6)
    assert found.high == pytest.approx(3 + half, abs=1e-6)


@pytest.mark.parametrize("n", [2, 3, 5, 10])
def test_95_of_100_intervals_hold_the_mean(n: int) -> None:
    """4000 normal samples: the share is within 4 standard errors of 0.95."""
    random = np.random.default_rng(n)
    held = 0
    for sample in random.normal(0.9, 0.02, (4000, n)):
        found = mean_over_seeds(sample)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.9 <= found.high
    assert held / 4000 == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 4000))


def test_joint_intervals_hold_all_means_together() -> None:
    """Nine intervals at once: all hold in 95 % of 2000 families or more (Bonferroni)."""
    random = np.random.default_rng(7)
    together = 0
    for family in random.normal(0.0, 1.0, (2000, 9, 5)):
        found = [mean_over_seeds(sample, comparisons=9) for sample in family]
        together += all(e.low is not None and e.low <= 0 <= (e.high or 0) for e in found)
    assert together / 2000 > 0.95 - 4 * math.sqrt(0.95 * 0.05 / 2000)


def test_test_set_accuracies_are_covered_too() -> None:
    """Accuracies are counts of 200 samples, not normal: coverage stays within 2 % of 95 %."""
    random = np.random.default_rng(11)
    samples = random.binomial(200, 0.93, (4000, 5)) / 200
    held = [e for e in map(mean_over_seeds, samples) if (e.low or 0) <= 0.93 <= (e.high or 1)]
    assert len(held) / 4000 == pytest.approx(0.95, abs=0.02)


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (10, 10), (5, 10), (190, 200)])
def test_wilson_ends_solve_its_equation(successes: int, trials: int) -> None:
    """Its ends are where the score test just rejects: |p − q| = z sqrt(q (1 − q) / n)."""
    p = successes / trials
    for end in wilson(successes, trials):
        bound = 1.959964 * math.sqrt(end * (1 - end) / trials)
        assert abs(p - end) == pytest.approx(bound, abs=1e-6)


def test_wilson_covers_where_the_normal_interval_fails() -> None:
    random = np.random.default_rng(3)
    held = 0
    for successes in random.binomial(50, 0.97, 4000):
        low, high = wilson(int(successes), 50)
        held += low <= 0.97 <= high
    assert held / 4000 > 0.92


def test_intervals_of_accuracies_stay_between_0_and_1() -> None:
    found = share_over_seeds([0.9, 1.0, 0.95])
    assert found.high == 1.0
    assert found.low == mean_over_seeds([0.9, 1.0, 0.95]).low
    assert found.arms == (found.mean - (found.low or 0), 1.0 - found.mean)
    assert share_over_seeds([0.9]).low is None


def test_one_seed_has_no_interval_and_says_so() -> None:
    found = mean_over_seeds([0.9])
    assert found.low is None
    assert found.high is None
    assert found.text() == "0.900 (one seed, no interval)"
    assert not found.above_zero


def test_two_seeds_or_equal_seeds_show_nothing() -> None:
    """Their interval may lie above 0, but their spread is not known."""
    assert not mean_over_seeds([0.01, 0.010001]).above_zero
    assert not mean_over_seeds([0.01] * 5).above_zero
    assert mean_over_seeds([0.01, 0.011, 0.012]).above_zero
    assert mean_over_seeds([-0.01, -0.011, -0.012]).below_zero


def test_pairs_are_made_by_seed_and_cancel_what_seeds_share() -> None:
    first = {0: 0.90, 1: 0.80, 2: 0.70, 9: 0.1}
    second = {2: 0.69, 0: 0.88, 1: 0.785}
    found = paired_difference(first, second)
    assert found is not None
    assert found.n == 3
    assert found.mean == pytest.approx(0.015)
    assert found.above_zero
    assert paired_difference({0: 1.0}, {1: 1.0}) is None


@given(
    slope=st.floats(-1, 1),
    xs=st.lists(st.integers(0, 50), min_size=2, max_size=8, unique=True),
    offsets=st.lists(st.floats(-1, 1), min_size=2, max_size=5),
)
@settings(deadline=None)
def test_the_slope_of_straight_lines_is_theirs(
    slope: float, xs: list[int], offsets: list[float]
) -> None:
    curves = {s: {float(x): slope * x + o for x in xs} for s, o in enumerate(offsets)}
    found = slope_over_seeds(curves)
    assert found is not None
    assert found.mean == pytest.approx(slope, abs=1e-9)


def test_no_slope_through_one_point() -> None:
    assert slope_over_seeds({0: {1.0: 0.5}}) is None


def test_holm_on_an_example_by_hand() -> None:
    """0.01 × 4, 0.02 × 3, then 0.03 × 2, which may not fall below, then 0.6."""
    assert holm([0.6, 0.01, 0.03, 0.02]) == pytest.approx((0.6, 0.04, 0.06, 0.06))
    assert holm([]) == ()


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
@settings(deadline=None)
def test_holm_lies_between_plain_and_bonferroni(p_values: list[float]) -> None:
    for plain, corrected in zip(p_values, holm(p_values), strict=True):
        assert plain <= corrected <= min(1.0, plain * len(p_values)) or corrected == pytest.approx(
            max(q for q in holm(p_values) if q <= corrected)
        )
        assert corrected <= 1


def test_p_values_are_uniform_without_an_effect() -> None:
    random = np.random.default_rng(5)
    p = [p_above_zero(mean_over_seeds(sample)) for sample in random.normal(0, 1, (4000, 5))]
    for level in (0.05, 0.5, 0.95):
        share = np.mean(np.array(p) <= level)
        assert share == pytest.approx(level, abs=4 * math.sqrt(level * (1 - level) / 4000))


def test_numbers_are_typeset() -> None:
    assert number(-0.0001) == "0.000"
    assert number(-0.25, 2) == "−0.25"
    assert signed_number(0.25, 2) == "+0.25"
    assert signed_number(0.0) == "0.000"
    assert Estimate(0.1, -0.2, 0.4, 5, 0.1).reversed().signed(1) == "−0.1 (−0.4 to +0.2)"
