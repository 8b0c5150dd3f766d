"""``nisqdl demo hardware``: the whole way, as a user sees it."""

from __future__ import annotations

import pytest

from nisqdl.demo.hardware import steps
from nisqdl.store.view import read_run


@pytest.mark.slow
@pytest.mark.usefixtures("_fenced")
def test_the_demo_walks_the_whole_way(nisqdl, tmp_path):
    done = nisqdl("demo", "hardware", "--out", "demo", timeout=900)
    assert done.returncode == 0, done.stderr
    for step in steps("demo"):
        assert f"$ nisqdl {' '.join(step.arguments)}" in done.stdout
    assert "Report: demo/results/runs/demo/report.html" in done.stdout
    run = read_run(tmp_path / "demo" / "results" / "runs" / "demo")
    measured = [r for r in run.records if r.point.settings.get("engine") == "runtime"]
    assert measured
    assert all(record.provenance["jobs"][0]["id"] for record in measured)
    assert not (tmp_path / "outside.log").exists()


def test_a_folder_of_something_else_is_left_alone(nisqdl_here, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("chapter 1")
    done = nisqdl_here("demo", "hardware", "--out", "mine")
    assert done.returncode == 2
    assert "holds something else" in done.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]
