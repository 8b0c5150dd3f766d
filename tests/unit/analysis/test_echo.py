"""Noise scales of published runs: what was put in comes out."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.analysis.echo import echo_verdicts, echoes
from nisqdl.report.echo import echo_document
from nisqdl.report.figures.echo_qubits import draw
from nisqdl.report.style import look
from nisqdl.store.record import Point, Record

SIZES = (2, 4, 6, 8, 10)
SCALES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)


def returned(qubits: int, scale: float) -> float:
    return math.exp(-0.035 * qubits * scale)


def records(scales: tuple[float, ...] = SCALES) -> list[Record]:
    return [
        Record(
            Point(
                "echo",
                {
                    "feature_map": "zz_chain", "qubits": n, "target": "torino", "noise.scale": s,
                    "noise.recipe": "calibrated", "noise.channels": None, "shots": None,
                    "engine": "exact", "seed": 0, "snapshot": "h",
                },
            ),
            {
                "probability": returned(n, s), "physical_qubits": [0, 1], "two_qubit_gates": 4,
                "depth": 9, "duration_ns": 800.0, "expected_fidelity": 0.9,
                "readout_fidelity": 0.9,
            },
            {"versions": {}},
            0.1,
        )
        for s in scales
        for n in SIZES
    ]  # fmt: skip


def published(values: dict[int, float]) -> dict[str, Any]:
    expected = {str(n): p for n, p in values.items()}
    asked = {
        "what": "a device", "value": "probability", "over": "qubits",
        "where": {"noise.scale": 1}, "expected": expected,
    }  # fmt: skip
    return {"values": [asked, {"what": "other", "value": "depth", "expected": 1.0}]}


@settings(max_examples=50, deadline=None)
@given(true=st.floats(0.1, 1.9))
def test_values_of_a_scale_give_the_scale_back(true: float) -> None:
    found = echoes(records(), published({n: returned(n, true) for n in SIZES}))
    (one,) = found.published
    assert one.fit is not None
    assert one.fit.scale == pytest.approx(true, abs=2e-3)
    expected = np.mean([returned(n, true) - returned(n, 1.0) for n in SIZES])
    assert one.mean_difference == pytest.approx(expected, abs=1e-12)


def test_the_interval_from_five_circuits_holds_the_scale() -> None:
    """500 draws of 1000 shots each: at 95 %, fewer than 92 % would be a chance of 1 in 300."""
    rng, held = np.random.default_rng(0), 0
    for _ in range(500):
        drawn = {n: rng.binomial(1000, returned(n, 0.9)) / 1000 for n in SIZES}
        fit = echoes(records(), published(drawn)).published[0].fit
        assert fit is not None
        held += fit.low <= 0.9 and (fit.high is None or fit.high >= 0.9)
    assert held >= 0.92 * 500


def test_too_few_scales_are_compared_and_not_fitted() -> None:
    found = echoes(records((0.0, 1.0)), published(dict.fromkeys(SIZES, 0.9)))
    assert found.published[0].fit is None
    assert "λ̂" not in echo_verdicts(found)[1].sentence


def test_the_report_tells_both() -> None:
    class Run:
        experiment = {"options": {"qubits": list(SIZES)}}  # noqa: RUF012
        study = "echo"
        context = {"published": published({n: returned(n, 0.8) for n in SIZES})}  # noqa: RUF012
        records = records()
        created = "2026-11-25T10:00:00+00:00"

    document, verdict = echo_document(Run(), "kernel", len(Run.records))
    assert verdict.sentence.endswith("at λ = 1.")
    assert "λ̂ = 0.80" in document.answers[0].details[0]
    with look():
        drawing = draw(echoes(Run.records, Run.context["published"]), 2)
    assert drawing is not None
    assert "a device" in drawing.alt
