"""Reports of made-up reinforcement runs: what is in them, and that they come whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nisqdl.report import write_report
from nisqdl.store.record import Record

Make = Callable[..., Any]


def test_a_report_has_its_figures_tables_and_answers(synthetic_arena: Make, tmp_path: Path) -> None:
    built = write_report(synthetic_arena(), tmp_path / "one", 10**6)
    text = built.markdown.read_text()
    names = {path.stem for path in built.figures}
    assert names == {"learning_curves", "arena_scores", "return_scale", "learned_episode"}
    assert "NOT COMPLETE" in text
    assert "no advantage shown" in built.verdict.sentence
    for told in (
        "circuits to learn", "two-qubit gates", "candidates tried", "beats the MLP",
        "seeds that reached it", "no QPU time was used", "normalised",
    ):  # fmt: skip
        assert told in text
    assert "<script" not in built.html.read_text()


def test_several_environments_are_pooled_and_stand_in_the_files_order(
    synthetic_arena: Make, tmp_path: Path
) -> None:
    run = synthetic_arena(environments=("streaming", "beams"), shots=(100, None))
    built = write_report(run, tmp_path / "two")
    text = built.markdown.read_text()
    assert "On none of 2 arenas an advantage" in built.verdict.sentence
    assert built.verdict.sentence in text
    assert "arena_overview" in {path.stem for path in built.figures}
    assert "Circuits come nearest to the best heuristic on " in text
    assert "## Over all environments" in text
    assert text.index("Who acted: streaming") < text.index("Who acted: beams")


@pytest.mark.parametrize("count", [1, 3, 40])
def test_a_run_that_has_begun_is_told(synthetic_arena: Make, tmp_path: Path, count: int) -> None:
    run = synthetic_arena()
    begun = type(run)(run.experiment, run.study, run.context, run.records[:count], run.created)
    built = write_report(begun, tmp_path / "begun", len(run.records))
    assert "NOT COMPLETE" in built.markdown.read_text()


def test_ideal_circuits_without_noise_axis_are_told(synthetic_arena: Make, tmp_path: Path) -> None:
    run = synthetic_arena(scales=(0.0,), trainings=("ideal",), seeds=1)
    built = write_report(run, tmp_path / "ideal")
    assert "return_scale" not in {path.stem for path in built.figures}
    assert "one seed" in built.markdown.read_text()


@pytest.mark.parametrize(
    ("offset", "told"),
    [
        (-4.0, "measured mean return is below the predicted"),
        (0.0, "no difference between measured and predicted mean return was shown"),
    ],
)
def test_what_a_device_measured_stands_beside_what_was_predicted(
    synthetic_arena: Make, tmp_path: Path, offset: float, told: str
) -> None:
    run = synthetic_arena(scales=(1.0,), trainings=("ideal",))
    rng = np.random.default_rng(5)
    records = [_measured(r, offset + 0.3 * rng.standard_normal(), rng) for r in run.records]
    measured = type(run)(run.experiment, run.study, run.context, records, run.created)
    built = write_report(measured, tmp_path / "device")
    assert {"device_returns", "twin_values"} <= {path.stem for path in built.figures}
    text = built.markdown.read_text()
    assert f"fake_torino beside its twin under the calibration of the run: {told}" in text
    assert "its values are told best by λ̂ = " in text
    assert "mean return measured" in text
    assert "without entangler, seed 0" in built.html.read_text()


def _measured(record: Record, gain: float, rng: np.random.Generator) -> Record:
    """A record of acting with a circuit, as if measured: so much more return than predicted."""
    if "noise.scale" not in record.point.settings:
        return record
    mean = record.values["return_mean"]
    predicted = rng.uniform(-0.8, 0.8, (4, 2))
    values = {
        **record.values,
        "observations": 4, "qpu_seconds": 3.0, "ideal_return_mean": mean - gain + 1,
        "twin": {
            "return_mean": mean - gain, "drift": 0.0, "readout_modelled": True,
            "noise_scale": 1.0 + 0.05 * rng.standard_normal(), "noise_scale_error": 0.06,
            "noise_scale_low": 0.88, "noise_scale_high": 1.12, "chi_square": 7.0, "freedom": 7,
            "excess": 0.0, "excess_shown": False, "suspects": [],
        },
        "circuits": {
            "measured": (predicted + 0.01 * rng.standard_normal((4, 2))).tolist(),
            "predicted": predicted.tolist(), "stderr": [[0.01, 0.01]] * 4,
        },
    }  # fmt: skip
    return Record(record.point, values, record.provenance, record.seconds)
