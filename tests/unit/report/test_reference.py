"""Committed results are told again from their records, and say the same."""

from __future__ import annotations

import html
from pathlib import Path

import pytest

from nisqdl.report import write_report
from nisqdl.store.view import read_run

_REFERENCE = Path(__file__).parents[3] / "results" / "reference"
_RUNS = sorted(file.parent for file in _REFERENCE.glob("*/run.json.gz"))


@pytest.mark.slow
@pytest.mark.parametrize("folder", _RUNS, ids=lambda folder: folder.name)
def test_a_committed_result_is_told_again(folder: Path, tmp_path: Path) -> None:
    run = read_run(folder)
    built = write_report(run, tmp_path / folder.name, run.planned)
    assert built.markdown.read_text() == (folder / "report.md").read_text()
    assert built.verdict.sentence in html.unescape((folder / "report.html").read_text())


@pytest.mark.parametrize("folder", _RUNS, ids=lambda folder: folder.name)
def test_its_experiment_file_asks_the_same(folder: Path) -> None:
    from nisqdl.experiment import load

    asked = load(str(folder / "experiment.yaml")).resolved
    assert asked["options"] == read_run(folder).experiment["options"]


def test_there_are_committed_results() -> None:
    assert _RUNS
