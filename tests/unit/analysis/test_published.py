"""Published values beside ours: statistics against their definitions, and what counts as met."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nisqdl.analysis.intervals import mean_over_seeds
from nisqdl.analysis.published import Published, require_columns
from nisqdl.analysis.reproduction import comparisons
from nisqdl.analysis.reproduction_verdict import figure_text, reproduction_verdict, verdict_word
from nisqdl.errors import InputError
from nisqdl.store.record import Point, Record

_BASE = {"what": "a number", "source": "table 1", "value": "v"}


def _published(*values: dict[str, Any]) -> Published:
    """As it comes out of a store: numbers that name something have become texts."""
    given = {"title": "Somebody 2020, A work", "claim": "it holds.", "values": list(values)}
    declared = Published.model_validate(given)
    return Published.model_validate(
        json.loads(json.dumps(declared.model_dump(mode="json"), sort_keys=True))
    )


def _records(*rows: tuple[dict[str, Any], dict[str, Any]]) -> list[Record]:
    return [Record(Point("s", settings), values, {}, 0.0) for settings, values in rows]


def _one(value: dict[str, Any], records: list[Record]) -> Any:
    (found,) = comparisons(_published({**_BASE, **value}), records)
    return found


@given(
    st.floats(-5, 5),
    st.floats(0, 2),
    st.floats(-5, 5),
    st.floats(0.01, 2),
)
def test_met_is_within_the_tolerance_and_resolved(
    value: float, arm: float, expected: float, tolerance: float
) -> None:
    records = _records(({"n": 2}, {"v": value, "v_low": value - arm, "v_high": value + arm}))
    found = _one({"expected": expected, "tolerance": tolerance}, records)
    near, short = abs(value - expected) <= tolerance, found.ours.arm <= tolerance
    assert found.met == (near and short)
    assert verdict_word(found) == (
        "met" if near and short else "not met" if short else "not resolved"
    )


@given(st.floats(-5, 5), st.floats(0, 2), st.floats(-5, 5))
def test_a_bound_must_hold_for_the_whole_interval(value: float, arm: float, bound: float) -> None:
    records = _records(({"n": 2}, {"v": value, "v_low": value - arm, "v_high": value + arm}))
    assert _one({"at_least": bound}, records).met == (value - arm >= bound)
    assert _one({"at_most": bound}, records).met == (value + arm <= bound)


def test_the_larger_tolerance_counts() -> None:
    records = _records(({}, {"v": 0.0}))
    assert _one({"expected": 0.01, "tolerance": 0.02, "relative": 0.15}, records).tolerance == 0.02
    assert _one({"expected": -1.0, "tolerance": 0.02, "relative": 0.15}, records).tolerance == 0.15


@given(st.lists(st.floats(0.1, 9), min_size=2, max_size=9))
def test_several_records_give_their_mean_with_students_interval(numbers: list[float]) -> None:
    records = _records(
        *(({"seed": i}, {"v": v, "v_low": 0, "v_high": 0}) for i, v in enumerate(numbers))
    )
    ours = _one({"expected": 1.0, "tolerance": 1.0}, records).ours
    told = mean_over_seeds(numbers)
    assert (ours.value, ours.low, ours.high) == (told.mean, told.low, told.high)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=9), st.floats(-5, 5))
def test_a_median_bound_says_what_most_records_do(numbers: list[float], bound: float) -> None:
    """Of an odd number, as of seeds."""
    numbers = numbers[: len(numbers) - 1 + len(numbers) % 2]
    records = _records(*(({"seed": i}, {"v": v}) for i, v in enumerate(numbers)))
    found = _one({"at_least": bound, "statistic": "median"}, records)
    assert found.met == (sum(v >= bound for v in numbers) > len(numbers) / 2)
    assert found.ours.records == len(numbers)


def test_over_a_setting_each_number_has_its_own_records_in_order() -> None:
    records = _records(*(({"n": n, "m": m}, {"v": n + m / 10}) for n in (2, 4, 10) for m in (0, 1)))
    value = {"expected": {10: 10.0, 2: 2.0, 4: 4.0}, "tolerance": 0.01, "over": "n"}
    found = comparisons(_published({**_BASE, **value, "where": {"m": 0}}), records)
    assert [(one.at, one.expected) for one in found] == [(2, 2.0), (4, 4.0), (10, 10.0)]
    assert all(one.met for one in found)
    named = _records(*(({"name": f"sim_{i}"}, {"v": float(i)}) for i in (1, 2, 10)))
    value = {"expected": {f"sim_{i}": float(i) for i in (10, 2, 1)}, "over": "name"}
    found = comparisons(_published({**_BASE, **value, "tolerance": 0.1}), named)
    assert [one.at for one in found] == ["sim_1", "sim_2", "sim_10"]


@given(st.floats(-3, 3), st.floats(-5, 5))
def test_the_slope_of_an_exponential_is_its_exponent(slope: float, start: float) -> None:
    records = _records(*(({"n": n}, {"v": 2 ** (start + slope * n)}) for n in (2, 3, 5, 8)))
    ours = _one(
        {"expected": slope, "tolerance": 1e-6, "statistic": "log2_slope", "along": "n"}, records
    )
    assert ours.met
    assert ours.ours.low <= ours.ours.value <= ours.ours.high


def test_the_slopes_interval_covers_as_often_as_it_says() -> None:
    """Normal scatter in log2, 400 trials: 95 % within five binomial standard errors."""
    rng = np.random.default_rng(1)
    x = np.array([2.0, 4.0, 6.0, 8.0])
    covered = 0
    for _ in range(400):
        y = 2 ** (1 - 0.7 * x + rng.normal(0, 0.2, 4))
        records = _records(*(({"n": n}, {"v": v}) for n, v in zip(x.tolist(), y, strict=True)))
        asked = {"expected": -0.7, "tolerance": 1.0, "statistic": "log2_slope", "along": "n"}
        ours = _one(asked, records).ours
        covered += ours.low <= -0.7 <= ours.high
    assert abs(covered / 400 - 0.95) < 5 * (0.95 * 0.05 / 400) ** 0.5


def test_ratio_and_difference_pick_their_two_sides() -> None:
    records = _records(
        ({"k": "a"}, {"v": 6.0, "v_stderr": 0.1}), ({"k": "b"}, {"v": 2.0, "v_stderr": 0.05})
    )
    sides = {"where": {"k": "a"}, "against": {"k": "b"}, "tolerance": 1.0}
    ratio = _one({**sides, "expected": 3.0, "statistic": "ratio"}, records).ours
    assert ratio.value == 3.0
    reach = np.hypot(1.959964 * 0.1 / 6, 1.959964 * 0.05 / 2)
    assert ratio.high == pytest.approx(3 * np.exp(reach))
    difference = _one({**sides, "expected": 4.0, "statistic": "difference"}, records).ours
    assert difference.value == 4.0
    assert difference.high - 4 == pytest.approx(1.959964 * np.hypot(0.1, 0.05))


def test_differences_are_paired_by_seed() -> None:
    rows = [
        ({"k": k, "seed": s}, {"v": s + (1.0 if k == "a" else 0.0)}) for k in "ab" for s in range(5)
    ]
    found = _one(
        {
            "where": {"k": "a"},
            "against": {"k": "b"},
            "expected": 1.0,
            "tolerance": 0.01,
            "statistic": "difference",
        },
        _records(*rows),
    )
    assert found.met  # unpaired, the seeds' spread would leave it unresolved


def test_what_is_not_there_is_not_met() -> None:
    found = _one(
        {"expected": 1.0, "tolerance": 1.0, "where": {"n": 3}}, _records(({"n": 2}, {"v": 1.0}))
    )
    assert found.ours is None
    assert not found.met
    assert verdict_word(found) == "no record"


def test_the_verdict_counts_and_names_what_is_not_met() -> None:
    published = _published(
        {**_BASE, "expected": {2: 1.0, 3: 5.0}, "over": "n", "tolerance": 0.1},
        {**_BASE, "what": "another", "at_least": 0.5},
    )
    records = _records(({"n": 2}, {"v": 1.0}), ({"n": 3}, {"v": 3.0}))
    found = comparisons(published, records)
    told = reproduction_verdict(published, found, complete=True).sentence
    assert told.startswith("1 of 3 values of Somebody 2020 is met")
    assert "a number, n = 3 (3 against 5 ± 0.1)" in told
    half = reproduction_verdict(published, found, complete=False).sentence
    assert half == "Not every point ran yet, so nothing is said of Somebody 2020."


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ({}, "either `expected`, or"),
        ({"expected": 1.0}, "needs a `tolerance`"),
        ({"expected": 1.0, "at_least": 1.0, "tolerance": 1.0}, "either `expected`, or"),
        ({"expected": {2: 1.0}, "tolerance": 1.0}, "must be a mapping with `over`"),
        ({"expected": 1.0, "over": "n", "tolerance": 1.0}, "must be a mapping with `over`"),
        ({"expected": 1.0, "tolerance": 1.0, "statistic": "log2_slope"}, "`along` goes with"),
        ({"expected": 1.0, "tolerance": 1.0, "statistic": "ratio"}, "`against` goes with"),
        ({"expected": 1.0, "tolerance": 1.0, "statistic": "ration"}, "Did you mean 'ratio'"),
        ({"expected": 1.0, "tolerance": 1.0, "kind": "guess"}, "closed form"),
    ],
)
def test_a_wrong_declaration_is_refused(value: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        _published({**_BASE, **value})


def test_a_setting_that_no_point_has_is_named() -> None:
    published = _published({**_BASE, "at_least": 1.0, "where": {"model.depht": 1}})
    with pytest.raises(InputError, match=r"model\.depht"):
        require_columns(published, frozenset({"model.depth"}), "mine.yaml")


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.088889, "0.08889"), (-1.0, "−1"), (1.302e-3, "0.001302"), (6.3e-4, "6.3·10⁻⁴"), (0.0, "0")],
)
def test_numbers_are_written_for_people(value: float, text: str) -> None:
    assert figure_text(value) == text
