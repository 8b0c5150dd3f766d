"""Reports of made-up reinforcement runs: what is in them, and that they come whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nisqdl.report import write_report

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
