"""Curves, causes, prices and verdicts of made-up gradient_variance runs with known answers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.analysis import plateau_price
from nisqdl.analysis.plateau_causes import Ratio, two_design_variance
from nisqdl.analysis.plateau_cells import Cell
from nisqdl.analysis.plateau_decay import deepest, widest
from nisqdl.analysis.plateau_price import price_of
from nisqdl.analysis.plateau_text import count_text, seconds_text, small_text
from nisqdl.analysis.plateau_verdict import plateau_verdicts
from nisqdl.analysis.plateaus import Plateaus, plateaus
from nisqdl.analysis.trainability import ways
from nisqdl.errors import InputError

Make = Callable[..., Any]


@pytest.fixture(scope="module")
def found(synthetic_plateaus: Make) -> Plateaus:
    return plateaus(synthetic_plateaus().records)


def _kind(found: Plateaus, **wanted: Any) -> set[str | None]:
    names = {"scale": "noise.scale", "entangler": "model.entangler", "observable": "observable"}
    return {
        curve.decay.kind
        for curve in deepest(found.over_qubits)
        if all(curve.settings[names[key]] == value for key, value in wanted.items())
    }


def test_each_curve_is_told_by_its_law(found: Plateaus) -> None:
    assert _kind(found, scale=0.0, entangler="linear") == {"exponential"}
    assert _kind(found, scale=0.0, entangler="none", observable="mean_z") == {"polynomial"}
    assert _kind(found, scale=0.0, entangler="none", observable="global_z") == {"exponential"}


def test_depth_matters_under_noise_only(found: Plateaus) -> None:
    for curve in widest(found.over_depth):
        noisy = curve.settings["noise.scale"] > 0
        assert curve.decay.kind == ("exponential" if noisy else "constant")


def test_causes_are_told_apart_at_the_largest_size(found: Plateaus) -> None:
    def ratio(cause: str, **wanted: Any) -> Ratio:
        (only,) = (
            r
            for r in found.ratios
            if r.cause == cause and all(r.cell.settings[k] == v for k, v in wanted.items())
        )
        return only

    quiet = {"noise.scale": 0.0}
    cost = ratio("cost", **quiet, **{"model.entangler": "none"})
    assert cost.value == pytest.approx((3 / 8) ** 10 / 3 * 200)
    assert cost.lower
    same = ratio("cost", **quiet, **{"model.entangler": "linear"})
    assert same.value == pytest.approx(1)
    assert not same.lower
    assert not same.higher
    helped = ratio("entangler", **quiet, observable="global_z")
    assert helped.higher
    noise = ratio("noise", observable="mean_z", **{"model.entangler": "linear"})
    assert noise.value == pytest.approx(2.718281828**-2, rel=1e-6)
    assert noise.lower
    for one in found.ratios:
        assert (one.cell.settings["qubits"], one.cell.settings["model.ansatz.depth"]) == (10, 8)


def test_the_price_is_the_inverse_variance_and_the_devices_time(found: Plateaus) -> None:
    price = max(found.prices, key=lambda p: p.shots)
    assert price.shots == pytest.approx(1 / price.cell.value)
    assert price.step_shots == pytest.approx(price.shots * price.cell.main["parameters"])
    assert price.seconds is not None
    depth = price.cell.main["layers"]
    assert price.seconds == pytest.approx(price.shots * (400 * depth + 1600) * 1e-9)


def test_the_time_that_is_billed_follows_ibms_rule(found: Plateaus) -> None:
    """Two seconds a job of at most 10⁷ runs, and 250 µs and at least 100 µs a run."""
    for price in found.prices:
        run = 250e-6 + max(100e-6, (400 * price.cell.main["layers"] + 1600) * 1e-9)
        assert price.usage == pytest.approx(2 + price.shots * run)
        jobs = math.ceil(price.step_shots / 10_000_000)
        assert price.step_usage == pytest.approx(2 * jobs + price.step_shots * run)
        assert price.step_circuits == 2 * price.cell.main["parameters"]


def test_the_rule_is_that_of_the_estimate_before_a_submission() -> None:
    from nisqdl.engines.runtime import estimate

    for name in ("JOB_OVERHEAD_S", "LEAST_CIRCUIT_US", "USUAL_DELAY_US", "MAX_EXECUTIONS"):
        assert getattr(plateau_price, name) == getattr(estimate, name)


def test_a_devices_own_delay_counts() -> None:
    row = {
        "var_grad_mean": 1e-3, "var_grad_mean_stderr": 0.0, "parameters": 1,
        "duration_ns": 5e5, "readout_ns": 0.0, "rep_delay_us": 1000.0,
    }  # fmt: skip
    price = price_of(Cell({"qubits": 2}, {"pauli_paths": row}))
    assert price.usage == pytest.approx(2 + 1000 * 1.5e-3)


def test_a_circuit_is_trainable_or_not_by_its_shots_and_what_helps_is_named() -> None:
    def cell(observable: str, depth: int, variance: float) -> Cell:
        settings = {
            "qubits": 10, "model.ansatz.depth": depth, "observable": observable,
            "depth_rule": "constant", "model.ansatz.name": "a",
        }  # fmt: skip
        row = {"var_grad_mean": variance, "var_grad_mean_stderr": 0.0, "parameters": 4}
        return Cell(settings, {"pauli_paths": {**settings, **row}})

    cells = [
        cell("global_z", 1, 1e-7), cell("global_z", 5, 1e-8), cell("mean_z", 5, 1e-2),
        cell("Z0Z1", 1, 1e-3), cell("Z0Z1", 5, 1e-5), cell("projector", 5, 1e-9),
    ]  # fmt: skip
    told = {way.cell.settings["observable"]: way for way in ways(cells)}
    assert {name: way.answer for name, way in told.items()} == {
        "global_z": "not trainable", "mean_z": "trainable", "Z0Z1": "with more shots",
        "projector": "not trainable",
    }  # fmt: skip
    assert told["global_z"].instead == (cells[2], "observable")
    (alone,) = ways([cells[1]])
    assert alone.instead is None


@pytest.mark.parametrize("n", [1, 2, 5, 10])
def test_the_value_of_a_2_design_follows_the_closed_forms(n: int) -> None:
    """physics.md: a traceless Pauli string, and |0⟩⟨0|: 1/(2(N + 1)²)."""
    size = 2.0**n
    string = size**2 / (2 * (size - 1) * (size + 1) ** 2)
    assert two_design_variance("Z0", n) == pytest.approx(string)
    assert two_design_variance("global_z", n) == pytest.approx(string)
    assert two_design_variance("mean_z", n) == pytest.approx(string / n)
    projector = two_design_variance("projector", n)
    assert projector == pytest.approx(1 / (2 * (size + 1) ** 2))
    assert two_design_variance("reflection", n) == pytest.approx(4 * projector)


def test_a_circuit_beside_a_2_design(found: Plateaus) -> None:
    """Made up as 2⁻ⁿ: twice a 2-design's at n = 10 and a global cost, twenty times at a mean."""
    above = {r.cell.settings["observable"]: r for r in found.designs}
    assert not above["mean_z"].reached
    assert above["mean_z"].above
    assert above["global_z"].value == pytest.approx(2.0, rel=0.01)


def test_without_a_device_there_is_no_time(synthetic_plateaus: Make) -> None:
    found = plateaus(synthetic_plateaus(target=None).records)
    assert all(price.seconds is None for price in found.prices)
    assert not [ratio for ratio in found.ratios if ratio.cause == "noise"]
    assert found.noises() == ["no noise"]


def test_methods_are_compared_cell_by_cell(found: Plateaus) -> None:
    assert len(found.agreements) == len(found.cells) == 200
    assert all(agreement.deviation == 0 for agreement in found.agreements)
    quiet = next(c for c in found.cells if c.settings["noise.scale"] == 0)
    assert quiet.main["method"] == "pauli_paths"
    noisy = next(c for c in found.cells if c.settings["noise.scale"] == 1)
    assert noisy.main["method"] == "sampling"


def test_a_method_that_is_off_is_said(synthetic_plateaus: Make) -> None:
    run = synthetic_plateaus(target=None)
    sampled = next(r for r in run.records if r.point.settings["method"] == "sampling")
    sampled.values["var_grad_mean"] *= 2
    (verdict,) = (v for v in plateau_verdicts(plateaus(run.records)) if v.topic == "Two methods")
    assert "1 circuit differ" in verdict.sentence


def test_unresolved_values_are_neither_fitted_nor_compared(synthetic_plateaus: Make) -> None:
    found = plateaus(synthetic_plateaus(methods=("sampling",), relative=0.5).records)
    assert all(curve.decay.kind is None for curve in found.over_qubits)
    assert found.ratios == ()
    trainable, first = plateau_verdicts(found)[:2]
    assert trainable.sentence.startswith("At 10 qubits, not resolved by these samples: ")
    assert "do not decide" in first.sentence
    assert "exponentially" not in first.sentence


def test_nothing_is_decided_before_the_run_is_complete(found: Plateaus) -> None:
    for verdict in plateau_verdicts(found, complete=False)[:2]:
        assert "exponentially" not in verdict.sentence
        assert "Not every point ran" in verdict.sentence


def test_one_size_is_told_as_that(synthetic_plateaus: Make) -> None:
    found = plateaus(synthetic_plateaus(qubits=(4,), depths=(2,)).records)
    sayings = plateau_verdicts(found)
    assert "One number of qubits" in sayings[1].sentence
    assert any(v.topic == "Price" for v in sayings)


def test_every_verdict_has_its_rule(found: Plateaus) -> None:
    topics = [verdict.topic for verdict in plateau_verdicts(found)]
    assert topics == [
        "Can it be trained", "Gradient against qubits", "Gradient against depth", "Global cost",
        "Entangler", "Noise", "Expressibility", "Price", "Two methods",
    ]  # fmt: skip
    for verdict in plateau_verdicts(found):
        assert verdict.rule.endswith(".")
        assert verdict.sentence.endswith(".")


def test_a_run_without_records_is_refused() -> None:
    with pytest.raises(InputError, match="no record yet"):
        plateaus([])


def test_a_zero_variance_is_not_a_price() -> None:
    settings = {"qubits": 2, "model.ansatz.depth": 1, "model.ansatz.name": "a"}
    row = {**settings, "var_grad_mean": 0.0, "var_grad_mean_stderr": 0.0}
    assert not Cell(settings, {"pauli_paths": row}).resolved


@pytest.mark.parametrize(
    ("value", "text"), [(0.4, "1"), (830.2, "830"), (99_990, "1·10⁵"), (1.44e6, "1.4·10⁶")]
)
def test_counts(value: float, text: str) -> None:
    assert count_text(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.0049, "0.0049"), (3.3e-8, "3.3·10⁻⁸"), (0, "0")])
def test_small_numbers(value: float, text: str) -> None:
    assert small_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2.3e-3, "2.3 ms"),
        (6.4e-4, "640 µs"),
        (90, "90 s"),
        (520, "8.7 min"),
        (1e12, "3.2·10⁴ years"),
    ],
)
def test_times(value: float, text: str) -> None:
    assert seconds_text(value) == text


@settings(deadline=None)
@given(st.floats(1e-90, 9.999e-4))
def test_a_small_variance_is_written_with_one_digit_before_the_point(value: float) -> None:
    mantissa, power = small_text(value).split("·10")
    told = float(f"{mantissa}e{power.translate(str.maketrans('⁰¹²³⁴⁵⁶⁷⁸⁹⁻', '0123456789-'))}")
    assert 1 <= float(mantissa) < 10
    assert told == pytest.approx(value, rel=0.051)
