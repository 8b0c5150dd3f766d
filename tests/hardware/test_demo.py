"""``nisqdl demo hardware``: the whole way, as a user sees it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nisqdl.analysis.device_twin import twins_of
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

    # Hardware beside its twin: with and without the entangler at three depths.
    assert len(measured) == 6
    for record in measured:
        circuits = record.values["circuits"]
        assert len(circuits["measured"]) == len(circuits["predicted"]) == 3
        gaps = np.subtract(circuits["measured"], circuits["predicted"])
        assert np.abs(gaps).max() < 5 * 1.2 / 64**0.5  # 18 values; TREX costs at most a fifth
    # The service runs a model of the same calibration, but for the symmetry of its readout: λ = 1
    # is what there is to find, and the circuits are deep enough to find it.
    (twins,) = twins_of(run.records)
    assert twins.scale is not None
    assert twins.scale.low - 0.5 < 1 < twins.scale.high + 0.5
    assert twins.scale.high < 4
    page = (run.folder / "report.md").read_text(encoding="utf-8")
    assert "its values are told best by λ̂" in page
    compared = nisqdl("compare", str(run.folder), "twin", "--json")
    assert compared.returncode == 0, compared.stderr
    told = json.loads(compared.stdout)
    assert told["second"] == "the twin of demo"
    assert told["pairs"] == 6


def test_a_folder_of_something_else_is_left_alone(nisqdl_here, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("chapter 1")
    done = nisqdl_here("demo", "hardware", "--out", "mine")
    assert done.returncode == 2
    assert "holds something else" in done.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["thesis.txt"]
