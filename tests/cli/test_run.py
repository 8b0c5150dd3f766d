"""``nisqdl run`` and what follows it, as a user does it: a real study, made small."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from nisqdl.errors import NisqdlError
from nisqdl.experiment import load
from nisqdl.store.view import read_run
from nisqdl.studies import qnn_training

SMALL = """
study: noise_accuracy
dataset: {name: moons, features: 2, train: 20, test: 20}
model:
  ansatz: {name: real_amplitudes, depth: [1, 2]}
  entangler: [none, linear]
target: manila
noise: {recipe: calibrated, scale: [0, 1]}
training: {steps: 5, batch: 8}
seeds: 2
"""

LONG = SMALL.replace("steps: 5", "steps: 100000")


def nisqdl(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "nisqdl", *arguments],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finished(folder: Path, *arguments: str) -> tuple[int, str, str]:
    process = nisqdl(folder, *arguments)
    out, err = process.communicate(timeout=300)
    assert "Traceback" not in err
    return process.returncode, out, err


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the small experiment ran."""
    folder = tmp_path_factory.mktemp("ran")
    (folder / "small.yaml").write_text(SMALL)
    code, out, err = finished(folder, "run", "small.yaml", "--json", "--workers", "2")
    assert code == 0, err
    told = json.loads(out)
    assert told["folder"] == "results/runs/small"
    assert told["points"] == told["added"] > 16
    assert (folder / told["report"]).is_file()
    assert f"small: {told['points']} of {told['points']} points" in err
    return folder


def records(folder: Path) -> str:
    code, out, _ = finished(folder, "export", "results/runs/small", "--format", "json")
    assert code == 0
    document = json.loads(out)
    for record in document["records"]:
        del record["seconds"]
    return json.dumps(document["records"])


def test_a_second_run_finds_nothing_to_do(ran: Path) -> None:
    before = (ran / "results/runs/small/run.sqlite").read_bytes()
    code, out, _ = finished(ran, "run", "small.yaml", "--json", "--quiet")
    assert (code, json.loads(out)["added"]) == (0, 0)
    assert (ran / "results/runs/small/run.sqlite").read_bytes() == before


def test_people_read_a_verdict_and_where_the_report_is(ran: Path) -> None:
    code, out, err = finished(ran, "run", "small.yaml", "--quiet")
    assert (code, err) == (0, "")
    verdict, place = out.splitlines()
    assert verdict.endswith(".")
    assert place == "Report: results/runs/small/report.html"


def test_report_is_built_from_the_records_alone(ran: Path) -> None:
    page = ran / "results/runs/small/report.html"
    before = page.read_bytes()
    page.unlink()
    code, out, _ = finished(ran, "report", "results/runs/small", "--json")
    assert code == 0
    assert json.loads(out)["report"] == "results/runs/small/report.html"
    assert page.read_bytes() == before


def test_the_experiment_in_a_report_runs_again(ran: Path) -> None:
    text = (ran / "results/runs/small/report.md").read_text()
    (ran / "again.yaml").write_text(text.split("```yaml\n")[1].split("```")[0])
    code, out, err = finished(
        ran, "run", "again.yaml", "--out", "results/runs/small", "--json", "--quiet"
    )
    assert code == 0, err
    assert json.loads(out)["added"] == 0


def test_export_writes_a_trained_model(ran: Path) -> None:
    from nisqdl.models import load

    code, out, err = finished(
        ran, "export", "results/runs/small", "--model", "best", "--out", "model.npz"
    )
    assert (code, out) == (0, "")
    assert "test accuracy" in err
    model = load(ran / "model.npz")
    assert model.predict([[0.0, 0.0]]).shape == (1,)
    for arguments, says in (
        (("--model", "best"), "--out mine.npz"),
        (("--model", "zzz", "--out", "x.npz"), "no point begins with 'zzz'"),
    ):
        code, _, err = finished(ran, "export", "results/runs/small", *arguments)
        assert code == 2
        assert says in err


def test_export_has_a_row_for_each_record(ran: Path) -> None:
    _, out, _ = finished(ran, "export", "results/runs/small")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert len(rows) == len(json.loads(records(ran)))
    assert {row["learner"] for row in rows} >= {"qnn"}
    assert all(0 <= float(row["accuracy"]) <= 1 for row in rows)


def test_another_experiment_in_the_same_folder_is_refused(ran: Path) -> None:
    (ran / "other.yaml").write_text(SMALL.replace("steps: 5", "steps: 6"))
    code, out, err = finished(ran, "run", "other.yaml", "--out", "results/runs/small")
    assert (code, out) == (2, "")
    assert "holds the run of another experiment" in err
    assert "steps` is 5 there, but 6 here" in err
    assert "--out" in err


def outcomes(folder: Path) -> int:
    """What is on the disk: artifacts and records."""
    try:
        view = read_run(folder)
    except NisqdlError:
        return 0
    kinds = ("transpile", "train")
    return len(view.records) + sum(len(view.artifacts(kind)) for kind in kinds)


@pytest.mark.slow
def test_interrupted_and_killed_it_ends_with_the_same_records(ran: Path, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(SMALL)
    folder = tmp_path / "results/runs/small"
    for number, least in ((signal.SIGINT, 1), (signal.SIGKILL, 9), (signal.SIGTERM, 16)):
        process = nisqdl(tmp_path, "run", "small.yaml", "--workers", "2")
        while outcomes(folder) < least and process.poll() is None:
            time.sleep(0.01)
        os.killpg(process.pid, number)
        out, err = process.communicate(timeout=60)
        assert process.returncode == (-9 if number == signal.SIGKILL else 130)
        assert out == ""
        assert "Traceback" not in err
        assert ("Interrupted" in err) == (number != signal.SIGKILL)
    code, _, err = finished(tmp_path, "run", "small.yaml")
    assert code == 0, err
    assert records(tmp_path) == records(ran)


def test_ctrl_c_in_a_long_training_ends_at_once(tmp_path: Path) -> None:
    (tmp_path / "long.yaml").write_text(LONG)
    process = nisqdl(tmp_path, "run", "long.yaml", "--workers", "1")
    for line in process.stderr:
        if "now: train" in line:
            break
    started = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert time.monotonic() - started < 3.0
    assert process.returncode == 130
    assert "run the same command again to go on" in err
    code, _, _ = finished(tmp_path, "report", "results/runs/long")
    assert code in (0, 2)  # a report on half a run, or a sentence that there is no record yet


def test_a_damaged_run_is_a_sentence(ran: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    content = (ran / "results/runs/small/run.sqlite").read_bytes()
    (folder / "run.sqlite").write_bytes(content[: len(content) // 2])
    for arguments in (["report"], ["export"], ["run", str(ran / "small.yaml"), "--out"]):
        code, out, err = finished(tmp_path, *arguments, "run")
        assert (code, out) == (2, "")
        assert "is damaged" in err


def test_a_folder_that_cannot_be_is_a_sentence(ran: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis").write_text("")
    for out_folder, finding in (("file", "cannot be used"), ("full", "run folder or empty")):
        code, out, err = finished(tmp_path, "run", str(ran / "small.yaml"), "--out", out_folder)
        assert (code, out) == (2, "")
        assert finding in err


@pytest.mark.slow  # where the kernels are not compiled yet
def test_plan_tells_circuits_and_totals_and_stores_nothing(ran: Path, tmp_path: Path) -> None:
    code, out, err = finished(tmp_path, "plan", str(ran / "small.yaml"), "--json")
    assert code == 0, err
    told = json.loads(out)
    assert told["points"] == len(json.loads(records(ran)))
    assert len(told["circuits"]) == told["steps"]["transpile"] == 4
    assert told["seconds"] > 0
    assert told["memory_mib"] > 100
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_killed_training_goes_on_from_its_last_state(tmp_path: Path) -> None:
    parted = (
        SMALL.replace("steps: 5, batch: 8", "steps: 3600, batch: 8, checkpoint_every: 600")
        .replace("depth: [1, 2]", "depth: 2")
        .replace("seeds: 2", "seeds: 1")
        .replace("entangler: [none, linear]", "entangler: none")
    )
    (tmp_path / "parted.yaml").write_text(parted)
    folder = tmp_path / "results/runs/parted"

    def states() -> dict[str, str]:
        if not (folder / "run.sqlite").is_file():
            return {}
        with closing(sqlite3.connect(folder / "run.sqlite", timeout=30)) as connection:
            try:
                rows = connection.execute(
                    "SELECT key, created FROM artifacts WHERE kind = 'train'"
                ).fetchall()
            except sqlite3.OperationalError:  # its tables are being made
                return {}
        return dict(rows)

    process = nisqdl(tmp_path, "run", "parted.yaml", "--workers", "1", "--quiet")
    deadline = time.monotonic() + 240
    while len(states()) < 2 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    kept = states()
    assert 2 <= len(kept) < 6, "killed too late"
    code, _, err = finished(tmp_path, "run", "parted.yaml", "--workers", "1", "--quiet")
    assert code == 0, err
    after = states()
    assert len(after) == 6
    assert kept.items() <= after.items()  # none of them was made again
    study = load(str(tmp_path / "parted.yaml")).study
    points = [record.point for record in read_run(folder).records]
    (last,) = (s for s in study.steps(points) if s.kind == "train" and "until" not in s.settings)
    assert read_run(folder).artifact(last.key) == qnn_training.train_weights(last.settings)
