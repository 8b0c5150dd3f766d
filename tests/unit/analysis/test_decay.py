"""Kinds of decay: each is found where it is, none is claimed where points do not tell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.analysis.decay import decay

SIZES = np.array([2.0, 4.0, 6.0, 8.0, 10.0])


def _values(kind: str, exponent: float) -> np.ndarray:
    falls = {"constant": 0 * SIZES, "exponential": SIZES, "polynomial": np.log2(SIZES)}[kind]
    return 0.3 * 2 ** (-exponent * falls)


@pytest.mark.parametrize("kind", ["constant", "exponential", "polynomial"])
@pytest.mark.parametrize("relative", [0.0, 0.02])
def test_each_kind_is_found_with_its_exponent(kind: str, relative: float) -> None:
    rng = np.random.default_rng(3)
    exact = _values(kind, 1.0)
    values = exact * np.exp(relative * rng.standard_normal(5))
    found = decay(SIZES, values, relative * values, rng)
    assert found.kind == kind
    fit = found.decided
    assert fit is not None
    if kind != "constant":
        assert fit.exponent == pytest.approx(1.0, abs=1e-3 + 2 * relative)
        assert fit.low <= 1.0 + 1e-3
        assert fit.high >= 1.0 - 1e-3
    np.testing.assert_allclose(fit.at(SIZES), exact, rtol=1e-5 + 5 * relative)


def test_the_closed_form_of_a_global_cost_is_exponential() -> None:
    """physics.md: (1/8)(3/8)^(n−1), so that a qubit divides by 8/3."""
    values = (3 / 8) ** (SIZES - 1) / 8
    fit = decay(SIZES, values, 0 * values, np.random.default_rng(0)).decided
    assert fit is not None
    assert fit.kind == "exponential"
    np.testing.assert_allclose(fit.factor, 8 / 3, rtol=1e-4)


def test_the_closed_form_of_a_local_cost_is_polynomial() -> None:
    """physics.md: 1/(8n²)."""
    values = 1 / (8 * SIZES**2)
    fit = decay(SIZES, values, 0 * values, np.random.default_rng(0)).decided
    assert fit is not None
    assert (fit.kind, fit.exponent) == ("polynomial", pytest.approx(2.0, abs=1e-4))


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_fewer_than_five_sizes_decide_nothing(count: int) -> None:
    values = _values("exponential", 1.0)[:count]
    found = decay(SIZES[:count], values, 0 * values, np.random.default_rng(0))
    assert found.kind is None
    assert (len(found.fits) > 0) == (count >= 3)


def test_measured_values_that_are_too_coarse_decide_nothing() -> None:
    rng = np.random.default_rng(1)
    values = _values("polynomial", 0.3) * np.exp(0.3 * rng.standard_normal(5))
    assert decay(SIZES, values, 0.3 * values, rng).kind is None


def test_coarse_values_do_not_show_that_nothing_falls() -> None:
    rng = np.random.default_rng(2)
    for relative, kind in ((0.02, "constant"), (0.5, None)):
        values = _values("constant", 0.0) * np.exp(relative * rng.standard_normal(5))
        assert decay(SIZES, values, relative * values, rng).kind == kind


def test_the_exponents_interval_holds_it_nineteen_times_of_twenty() -> None:
    rng = np.random.default_rng(7)
    exact, trials, hits = _values("exponential", 0.9), 100, 0
    for _ in range(trials):
        values = exact * np.exp(0.05 * rng.standard_normal(5))
        fit = decay(SIZES, values, 0.05 * values, rng).fits["exponential"]
        hits += fit.low <= 0.9 <= fit.high
    assert hits >= 88  # 95 of 100, less a little more than three standard deviations


@settings(deadline=None, max_examples=25)
@given(st.floats(0.2, 3.0), st.floats(1e-12, 1e3))
def test_the_unit_of_the_variance_does_not_matter(exponent: float, unit: float) -> None:
    values = _values("exponential", exponent)
    one = decay(SIZES, values, 0.01 * values, np.random.default_rng(0))
    other = decay(SIZES, unit * values, unit * 0.01 * values, np.random.default_rng(0))
    assert one.kind == other.kind
    assert one.fits["exponential"].exponent == pytest.approx(other.fits["exponential"].exponent)
