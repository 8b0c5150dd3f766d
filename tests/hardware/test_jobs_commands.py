"""A user's way to a device: submit, status, collect, cancel, and what each refuses."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from nisqdl.experiment import load
from nisqdl.store.folder import open_run
from nisqdl.store.view import read_run

EXPERIMENT = """
study: noise_accuracy
dataset: {name: iris, features: 2, train: 12, test: 4, classes: [0, 1]}
model:
  ansatz: {name: real_amplitudes, depth: 1}
  entangler: none
target: torino
training: {steps: 3}
shots: 100
seeds: 1
"""

Nisqdl = Callable[..., CompletedProcess[str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "mine.yaml").write_text(EXPERIMENT)
    return tmp_path / "results" / "runs" / "mine"


@pytest.mark.slow
def test_submit_collect_report(
    nisqdl_here: Nisqdl,
    local_service: Any,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    submit = ("submit", "mine.yaml", "--backend", "ibm_torino", "--workers", "1")
    refused = nisqdl_here(*submit, "--yes", "--max-qpu-seconds", "1")
    assert refused.returncode == 5
    assert "--max-qpu-seconds is 1" in refused.stderr
    asked = nisqdl_here(*submit)  # nobody answers
    assert "about" in asked.stderr
    assert "% of the 600 s" in asked.stderr
    assert "Nothing was sent" in asked.stdout
    assert local_service.control.jobs() == []

    sent = nisqdl_here(*submit, "--yes", "--max-qpu-seconds", "60", "--json")
    assert sent.returncode == 0, sent.stderr
    jobs = json.loads(sent.stdout)["sent"]
    assert [job["state"] for job in jobs] == ["submitted"]
    assert jobs[0]["max_execution_time"] <= 60

    status = json.loads(nisqdl_here("status", "--json").stdout)
    assert status["jobs"][0]["id"] == jobs[0]["id"]
    for _ in range(30):
        collected = nisqdl_here("collect", "--workers", "1")
        if collected.returncode != 3:
            break
        assert "not done yet" in collected.stderr
    assert collected.returncode == 0, collected.stderr
    assert "Report:" in collected.stdout
    again = nisqdl_here("collect", "--workers", "1")
    assert again.stdout == collected.stdout
    assert "Nothing is left to send" in nisqdl_here(*submit, "--yes").stdout
    assert len(local_service.control.jobs()) == 1

    records = [r for r in read_run(folder).records if r.point.settings["learner"] == "qnn"]
    assert len(records) == 1
    record = records[0]
    assert 0 <= record.values["accuracy"] <= 1
    assert record.values["qpu_seconds"] == 0  # so says the local service of its own
    assert record.provenance["jobs"][0]["id"] == jobs[0]["id"]
    assert record.provenance["options"]["default_shots"] == 100
    assert record.point.settings["target"].startswith("ibm_torino@")
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert local_service.token.encode() not in path.read_bytes(), path


@pytest.mark.usefixtures("_fenced")
@pytest.mark.parametrize("verb", ["collect", "status", "cancel"])
def test_a_run_without_hardware_needs_no_account(
    nisqdl_here: Nisqdl, folder: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.delenv("QISKIT_IBM_TOKEN", raising=False)
    experiment = load(str(folder.parents[2] / "mine.yaml"))
    points, study = experiment.points(), experiment.study
    with open_run(folder, experiment.resolved, study.name, study.context(points), len(points)):
        pass
    told = nisqdl_here(verb, "mine")
    assert told.returncode == 2
    assert "Nothing of the run results/runs/mine is on hardware" in told.stderr
    assert told.stderr.count("\n") == 1


@pytest.mark.slow
def test_run_with_engine_runtime(nisqdl_here: Nisqdl, local_service: Any, folder: Path) -> None:
    text = EXPERIMENT.replace("target: torino", "target: ibm_torino\nengine: runtime")
    (folder.parents[2] / "mine.yaml").write_text(text)
    local_service.scenario(next_jobs=[{"outcome": "failed", "reason": "Being calibrated"}])
    run = ("run", "mine.yaml", "--yes", "--workers", "1")
    failed = nisqdl_here(*run)
    assert failed.returncode == 1
    assert "Being calibrated" in failed.stderr
    assert "is stored" in failed.stderr
    done = nisqdl_here(*run)
    assert done.returncode == 0, done.stderr
    assert "Report:" in done.stdout
    assert len(local_service.control.jobs()) == 2
    assert nisqdl_here(*run).returncode == 0
    assert len(local_service.control.jobs()) == 2
    table = nisqdl_here("jobs").stdout
    assert "failed" in table
    assert "Being calibrated" in table


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("submit", "mine.yaml", "--backend", "ibm_nowhere", "--yes"), 4, "ibm_nowhere"),
        (("submit", "barren_plateaus", "--backend", "torino"), 2, "does not run on devices"),
        (("submit", "nothing.yaml", "--backend", "torino"), 2, "no experiment file"),
        (("submit", "mine.yaml", "--backend", "torino", "--max-qpu-seconds", "0"), 2, "0"),
        (("submit", "mine.yaml"), 2, "--backend"),
        (("collect", "nowhere"), 2, "no run nowhere"),
        (("collect",), 2, "no run in"),
        (("status", "nowhere"), 2, "no run nowhere"),
        (("cancel",), 2, "RUN"),
        (("jobs",), 0, "has sent a job"),
    ],
)
def test_what_is_wrong_is_one_sentence(
    arguments: tuple[str, ...],
    code: int,
    sentence: str,
    nisqdl_here: Nisqdl,
    local_service: Any,
    folder: Path,
) -> None:
    ended = nisqdl_here(*arguments)
    told = ended.stdout + ended.stderr
    assert ended.returncode == code, told
    assert sentence in told
    assert "Traceback" not in told
    assert local_service.control.jobs() == []


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("target: ibm_torino\nexecution: {shots: 10}", "only for `engine: runtime`"),
        ("target: ibm_torino\nengine: runtime\nnoise: {scale: 2}", "own noise"),
        ("target: ibm_torino\nengine: runtime\nexecution: {shots: 9}", "not two"),
        ("target: ibm_torino\nengine: runtime\nexecution: {zne: {noise_factors: [1]}}", "two diff"),
        ("target: ibm_torino\nengine: runtime\nexecution: {leve: 1}", "leve"),
    ],
)
def test_an_experiment_that_no_device_runs_is_refused(
    options: str, sentence: str, nisqdl_here: Nisqdl, tmp_path: Path
) -> None:
    (tmp_path / "mine.yaml").write_text(EXPERIMENT.replace("target: torino", options))
    ended = nisqdl_here("run", "mine.yaml", "--yes")
    assert ended.returncode == 2
    assert sentence in ended.stderr
