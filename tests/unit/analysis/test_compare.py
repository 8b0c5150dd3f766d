"""Comparisons of two runs: what pairs, what is found, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.analysis.compare import compare, comparison_sentence
from nisqdl.analysis.pairs import Side, beside_twins, selected, value_title
from nisqdl.errors import InputError
from nisqdl.store.record import Point, Record


def side(name: str, target: str, values: dict[tuple[int, int], float], **more: Any) -> Side:
    """Accuracies by depth and seed, on one target."""
    records = tuple(
        Record(
            Point(
                "noise_accuracy",
                {
                    "learner": "qnn", "target": target, "snapshot": f"hash of {target}",
                    "model.ansatz.depth": depth, "data": "d", "seed": seed, **more,
                },
            ),
            {"accuracy": value, "loss": 1 - value},
            {},
            0.0,
        )
        for (depth, seed), value in values.items()
    )  # fmt: skip
    return Side(name, "noise_accuracy", records)


places = st.dictionaries(
    st.tuples(st.sampled_from([1, 2, 4]), st.integers(0, 4)), st.floats(0, 1), min_size=1
)


@settings(max_examples=200, deadline=None)
@given(first=places, second=places)
def test_differences_are_those_of_a_loop_over_common_places(
    first: dict[tuple[int, int], float], second: dict[tuple[int, int], float]
) -> None:
    # One place in common; without any, depth itself would be what sets the runs apart.
    first, second = {(1, 0): 0.5, **first}, {(1, 0): 0.25, **second}
    common = first.keys() & second.keys()
    one, two = side("a", "torino", first), side("b", "boston", second)
    found = compare(one, two)
    assert len(found.pairs) == len(common)
    assert found.alone == (len(first) - len(common), len(second) - len(common))
    seeds = sorted({seed for _, seed in common})
    by_seed = [np.mean([first[p] - second[p] for p in common if p[1] == seed]) for seed in seeds]
    expected = (
        np.mean(by_seed) if len(seeds) > 1 else np.mean([first[p] - second[p] for p in common])
    )
    assert found.overall.mean == pytest.approx(expected, abs=1e-12)
    assert {one.setting for one in found.apart} >= {"target", "snapshot"}


def test_the_interval_of_a_true_difference_holds_it_jointly() -> None:
    """A shift of 0.02 under noise of 0.05: all four intervals hold it in 95 % of 400 draws."""
    rng = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        base = {(d, s): 0.8 + 0.02 * d for d in (1, 2, 4) for s in range(5)}
        one = {p: v + 0.02 + 0.05 * rng.standard_normal() for p, v in base.items()}
        found = compare(side("a", "torino", one), side("b", "boston", base))
        held += all(
            row.difference.low <= 0.02 <= row.difference.high  # type: ignore[operator]
            for row in found.rows
        )
    assert held >= 0.95 * 400 - 3 * math.sqrt(400 * 0.95 * 0.05)


def test_rows_cover_every_value_of_every_setting_that_varies() -> None:
    values = {(d, s): 0.5 + 0.1 * d for d in (1, 2) for s in range(3)}
    found = compare(side("a", "torino", values), side("b", "boston", values))
    assert [row.title for row in found.rows] == ["all pairs", "depth 1", "depth 2"]
    assert [row.pairs for row in found.rows] == [6, 3, 3]
    assert "No difference in accuracy between a and b" in comparison_sentence(found)


def test_two_mitigation_levels_are_set_apart_by_their_setting_alone() -> None:
    values = {(1, s): 0.7 + 0.01 * s for s in range(4)}
    better = {p: v + 0.05 + 0.001 * p[1] for p, v in values.items()}
    one = side("level2", "ibm_torino", better, **{"execution.resilience_level": 2})
    two = side("level0", "ibm_torino", values, **{"execution.resilience_level": 0})
    found = compare(one, two)
    assert [(a.setting, a.first, a.second) for a in found.apart] == [
        ("execution.resilience_level", (2,), (0,))
    ]
    assert comparison_sentence(found).startswith("level2 was shown to have a higher accuracy")


def test_one_run_in_two_parts(synthetic_run: Callable[..., Any]) -> None:
    run = synthetic_run(targets=("torino", "kingston"), seeds=3)
    whole = Side("run", run.study, tuple(run.records))
    first, second = (selected(whole, {"target": t}) for t in ("fake_torino", "fake_kingston"))
    found = compare(first, second)
    assert found.names == ("fake_torino", "fake_kingston")
    assert found.alone == (0, 0)
    assert all(p.first - p.second == pytest.approx(p.difference, abs=1e-15) for p in found.pairs)


def test_twins_are_a_side_of_their_own() -> None:
    hardware = side(
        "hw", "ibm_torino", {(1, s): 0.8 - 0.01 * s for s in range(3)}, engine="runtime"
    )
    twins = [
        replace(r, values={**r.values, "twin": {"accuracy": 0.9, "loss": 0.1}})
        for r in hardware.records
    ]
    hardware = replace(hardware, records=tuple(twins))
    found = compare(*beside_twins(hardware))
    assert found.overall.mean == pytest.approx(-0.11)
    assert [a.setting for a in found.apart] == ["engine"]


def test_variances_over_orders_of_magnitude_are_compared_as_logarithms() -> None:
    def plateau(name: str, factor: float) -> Side:
        records = tuple(
            Record(
                Point("gradient_variance", {"qubits": n, "target": name}),
                {"var_grad_mean": factor * 2.0**-n},
                {},
                0.0,
            )
            for n in (2, 4, 6)
        )
        return Side(name, "gradient_variance", records)

    found = compare(plateau("a", 4.0), plateau("b", 1.0))
    assert found.log2
    assert found.overall.mean == pytest.approx(2.0)
    assert found.over == "pair"
    assert "+2.000 (every pair alike)" in comparison_sentence(found)


VALUES = {(1, s): 0.8 for s in range(3)}


@pytest.mark.parametrize(
    ("first", "second", "metric", "sentence"),
    [
        (side("a", "t", VALUES), side("b", "t", VALUES), None, "Nothing differs"),
        (side("a", "t", VALUES), side("b", "u", VALUES), "acuracy", "accuracy"),
        (side("a", "t", VALUES), side("b", "u", VALUES, data="e"), None, "cannot be paired"),
        (
            side("a", "t", VALUES), side("b", "u", {(1, 9): 0.1}), None,
            "they have no seed in common",
        ),
        (
            side("a", "t", VALUES),
            replace(side("b", "u", VALUES), study="gradient_variance"), None, "of one study",
        ),
        (
            replace(side("a", "t", VALUES), records=(
                *side("a", "t", VALUES).records, *side("a", "v", VALUES).records,
            )),
            side("b", "u", VALUES), None, "`--a target=t`",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_compared_is_said(
    first: Side, second: Side, metric: str | None, sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence.replace("(", r"\(")):
        compare(first, second, metric)


def test_selections_name_what_there_is() -> None:
    one = side("a", "torino", VALUES)
    with pytest.raises(InputError, match=r"target = boston; it has torino"):
        selected(one, {"target": "boston"})
    with pytest.raises(InputError, match="target"):
        selected(one, {"targt": "torino"})
    with pytest.raises(InputError, match="has no device twins"):
        beside_twins(one)
    assert [value_title(v) for v in (None, 1.0, "x", [1], True)] == [
        "none",
        "1",
        "x",
        "[1]",
        "true",
    ]
