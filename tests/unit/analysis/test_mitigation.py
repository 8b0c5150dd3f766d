"""What mitigation reports claim: from made-up records whose errors are known."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest

from nisqdl.analysis.mitigation import (
    REFERENCE,
    comparisons_of,
    questions,
)
from nisqdl.analysis.mitigation_verdict import mitigation_verdicts
from nisqdl.errors import InputError
from nisqdl.store.record import Point, Record

TIMES = (3.0, 10.0, 60.0)
PARTS: Mapping[str, tuple[float, float]] = {
    # (bias, noise at 1 s): error² = bias² + noise² / time
    REFERENCE: (0.05, 0.03),
    "TREX": (0.02, 0.05),
    "ZNE linear (1, 3, 5)": (0.002, 0.14),
}


def records(
    seeds: int = 5, parts=PARTS, targets=("torino",), spread: float = 0.03, unphysical: float = 0.0
) -> list[Record]:
    rng = np.random.default_rng(1)
    found = []
    for target in targets:
        for level, (method, (bias, noise)) in enumerate(parts.items()):
            for seconds in TIMES:
                for seed in range(seeds):
                    factor = 1 + spread * rng.standard_normal()
                    settings = {
                        "target": target,
                        "samples": 10,
                        "execution.resilience_level": level,
                        "qpu_seconds": seconds,
                        "seed": seed,
                    }
                    values = {
                        "mitigation": method,
                        "error": factor * np.hypot(bias, noise / np.sqrt(seconds)),
                        "noise": noise / np.sqrt(seconds),
                        "squared_bias": factor * bias**2,
                        "stated_error": noise / np.sqrt(seconds),
                        "accuracy": 0.9,
                        "ideal_accuracy": 0.9,
                        "device_error": 0.05,
                        "unphysical": unphysical if level == 2 else 0.0,
                        "shots": int(100 * seconds),
                    }
                    found.append(Record(Point("mitigation", settings), values, {}, 0.1))
    return found


def test_cells_hold_what_was_put_in() -> None:
    (question,) = questions(records(spread=0.0))
    assert question.title == "torino"
    assert question.methods == tuple(PARTS)
    assert question.times == TIMES
    for method, (bias, noise) in PARTS.items():
        for seconds in TIMES:
            cell = question.cell(method, seconds)
            assert cell.bias.mean == pytest.approx(bias)
            assert cell.noise.mean == pytest.approx(noise / np.sqrt(seconds))
            assert cell.error.mean == pytest.approx(np.hypot(bias, noise / np.sqrt(seconds)))


def test_verdicts_claim_what_holds_and_when() -> None:
    found = questions(records(unphysical=0.04))
    pays, when, accuracy, unphysical, stated = mitigation_verdicts(found, complete=True)
    # At 60 s: none .0501, TREX .0210, ZNE .0182.
    assert pays.sentence.startswith("With 60 s on torino ZNE linear (1, 3, 5) lowers the error")
    assert "from 0.050 by 0.03" in pays.sentence
    # At 3 s: none .0529, TREX .0351, ZNE .0808; at 10 s: .0509, .0255, .0443.
    assert "TREX better at 3, 10 and 60 s" in when.sentence
    assert "ZNE linear (1, 3, 5) better at 10 and 60 s and worse at 3 s" in when.sentence
    assert "No way and no time was shown to change the accuracy" in accuracy.sentence
    assert "at most 4 % of them, with ZNE linear (1, 3, 5)" in unphysical.sentence
    assert comparisons_of(found) == 6
    # Made up as they are stated.
    assert stated.sentence.startswith("Repetitions scatter 1.0 to 1.0 times as much as")


def test_no_claim_without_enough_seeds_or_beyond_the_spread() -> None:
    for few in (questions(records(seeds=2)), questions(records(seeds=5, spread=3.0))):
        pays, when, *_ = mitigation_verdicts(few, complete=True)
        assert "no way was shown to lower the error" in pays.sentence
        assert "never shown to be better or worse" in when.sentence


def test_two_devices_are_two_questions_with_one_correction() -> None:
    found = questions(records(targets=("torino", "kingston")))
    assert [question.title for question in found] == ["torino", "kingston"]
    assert comparisons_of(found) == 12
    one = questions(records())[0].gain("TREX", 3.0, "error", 6)
    both = found[0].gain("TREX", 3.0, "error", 12)
    assert both.arms[0] > 0
    assert one.comparisons == 6


def test_an_incomplete_run_says_so_and_none_is_refused() -> None:
    pays = mitigation_verdicts(questions(records()), complete=False)[0]
    assert "not complete" in pays.sentence
    with pytest.raises(InputError, match="no record yet"):
        questions([])


def test_the_report_of_made_up_records(tmp_path) -> None:
    from dataclasses import dataclass

    from nisqdl.report import write_report

    @dataclass(frozen=True)
    class Run:
        experiment: object
        study: str
        context: object
        records: list
        created: str

    run = Run({"options": {}}, "mitigation", {}, records(), "2026-11-25T10:00:00+00:00")
    built = write_report(run, tmp_path, planned=100)
    text = built.markdown.read_text()
    assert "NOT COMPLETE: 45 of 100 points" in text
    assert "simulated with the calibrated noise" in text
    assert {path.stem for path in built.figures} == {"mitigation_error", "mitigation_parts"}
