"""The runner: whatever happens on the way, the records at the end are the same."""

from __future__ import annotations

import importlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

from nisqdl.errors import CapacityError, InputError, NisqdlError
from nisqdl.runner.run import ERRORS, WORKERS, run
from nisqdl.store.folder import open_run
from nisqdl.store.record import Record
from nisqdl.store.view import read_run

HERE = Path(__file__).parent


@pytest.fixture
def counting(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(HERE)
    return importlib.import_module("counting_study")


def told(folder: Path) -> dict[str, str]:
    return {record.point.id: record.values["accuracy"] for record in read_run(folder).records}


def without_times(records: tuple[Record, ...]) -> list[object]:
    return [(r.point, r.values, r.provenance) for r in records]


def drive(folder: Path, workers: int, depths: int, pause: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(HERE / "counting_study.py")]
        + [str(folder), str(workers), str(depths), str(pause)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def workers_of(runner: subprocess.Popen[str]) -> list[int]:
    """Processes whose parent is the runner, read from /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == runner.pid and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


@pytest.mark.parametrize("workers", [1, 3])
def test_every_point_gets_its_record(counting: ModuleType, tmp_path: Path, workers: int) -> None:
    asked = counting.experiment()
    summary = run(asked, tmp_path / "run", workers)
    assert told(tmp_path / "run") == counting.expected(asked)
    assert (summary.points, summary.added, summary.steps) == (18, 18, 3 + 6 + 6)
    records = read_run(tmp_path / "run").records
    assert read_run(tmp_path / "run").planned == 18
    assert {record.provenance["threads"] for record in records} == {"1"}
    assert "a library prints this" in (tmp_path / "run" / WORKERS).read_text()


def test_a_second_run_changes_nothing(counting: ModuleType, tmp_path: Path) -> None:
    asked = counting.experiment()
    run(asked, tmp_path, 2)
    before = {
        path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name != "run.lock"
    }
    summary = run(asked, tmp_path, 2)
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir() if path.name != "run.lock"}
    assert (summary.added, summary.steps) == (0, 0)
    assert after == before


def test_stored_artifacts_are_not_made_again(counting: ModuleType, tmp_path: Path) -> None:
    asked = counting.experiment(depths=1, seeds=1)
    transpile, train, _ = asked.study.steps(asked.points())
    with open_run(tmp_path, asked.resolved, "counting", {"count": 3}) as store:
        store.add_artifact(train.key, "train", b"other weights", 1.0)
    summary = run(asked, tmp_path, 1)
    assert summary.steps == 2  # transpile, for the measurement, and the measurement
    view = read_run(tmp_path)
    assert view.artifact(train.key) == b"other weights"
    circuit = view.artifact(transpile.key).decode()
    assert told(tmp_path) == {
        point.id: counting._digest(circuit, "other weights", point.settings["scale"])
        for point in asked.points()
    }


def test_another_experiment_is_refused(counting: ModuleType, tmp_path: Path) -> None:
    run(counting.experiment(depths=2), tmp_path, 1)
    with pytest.raises(InputError, match=r"`experiment\.options\.depth` is \[0, 1\] there"):
        run(counting.experiment(depths=3), tmp_path, 1)


def test_a_failing_step_leaves_the_others(
    counting: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = "s3cr3t-t0ken-0f-n0b0dy"
    monkeypatch.setenv("QISKIT_IBM_TOKEN", secret)
    monkeypatch.setenv("SPOKEN", secret)
    with pytest.raises(
        NisqdlError, match=r"1 step failed, first `train ×0`: ValueError: the token"
    ) as e:
        run(counting.experiment(trouble="raise"), tmp_path, 2)
    assert e.value.exit_code == 1
    assert len(str(e.value).splitlines()) == 1
    assert len(read_run(tmp_path).records) == 15
    log = (tmp_path / ERRORS).read_text()
    assert "Traceback" in log
    assert "train ×0" in log
    assert secret not in log + str(e.value)
    assert "<hidden>" in log


def test_a_refusal_passes_through_as_its_sentence(counting: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(CapacityError, match=r"`features` must be at most 12 .* is 40") as caught:
        run(counting.experiment(trouble="refuse"), tmp_path, 2)
    assert caught.value.exit_code == 2
    assert str(caught.value).startswith(f"{counting.experiment().source}: ")


@pytest.mark.parametrize(
    ("trouble", "sentence"),
    [
        ("killed", "worker was killed while it did `train ×0`.*memory.*fewer `--workers`"),
        ("exit", "worker ended (.exit code 3.) while it did `train ×0`"),
    ],
)
def test_a_worker_that_dies_is_one_sentence(
    counting: ModuleType, tmp_path: Path, trouble: str, sentence: str
) -> None:
    asked = counting.experiment(trouble=trouble)
    with pytest.raises(NisqdlError, match=sentence):
        run(asked, tmp_path, 2)
    assert told(tmp_path).items() <= counting.expected(asked).items()


def test_a_full_disk_ends_the_run_and_loses_nothing(
    counting: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nisqdl.store import folder as store_folder

    create = store_folder.RunStore._create

    def create_on_a_small_disk(self, *arguments: object) -> None:
        create(self, *arguments)
        self._connection.execute("PRAGMA max_page_count = 14")

    monkeypatch.setattr(store_folder.RunStore, "_create", create_on_a_small_disk)
    asked = counting.experiment(depths=30)
    with pytest.raises(NisqdlError, match="no space left"):
        run(asked, tmp_path, 2)
    monkeypatch.undo()
    monkeypatch.syspath_prepend(HERE)
    assert len(read_run(tmp_path).artifacts("transpile")) > 0
    run(asked, tmp_path, 2)
    assert told(tmp_path) == counting.expected(asked)


def outcomes(folder: Path) -> int:
    """Transactions that are on the disk: artifacts, and records in threes."""
    try:
        view = read_run(folder)
    except NisqdlError:
        return 0
    artifacts = len(view.artifacts("transpile")) + len(view.artifacts("train"))
    return artifacts + len(view.records) // 3


@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_killed_again_and_again_ends_like_one_that_was_not(
    counting: ModuleType, tmp_path: Path, seed: int
) -> None:
    rng = random.Random(seed)
    killed = tmp_path / "killed"
    for kill_at in sorted(rng.sample(range(19), 5)):  # of 20 outcomes
        runner = drive(killed, workers=2, depths=4, pause=0.1)
        wait_for(lambda least=kill_at: outcomes(killed) >= least)
        time.sleep(rng.uniform(0, 0.1))
        workers = workers_of(runner)
        runner.send_signal(signal.SIGKILL)
        runner.communicate()
        assert runner.returncode == -signal.SIGKILL
        wait_for(lambda pids=workers: not any(map(is_alive, pids)), 5.0)
    assert outcomes(killed) < 20
    asked = counting.experiment(depths=4, pause=0.1)
    run(asked, killed, 2)
    run(asked, tmp_path / "whole", 1)
    left, right = read_run(killed), read_run(tmp_path / "whole")
    assert without_times(left.records) == without_times(right.records)
    for kind in ("transpile", "train"):
        assert left.artifacts(kind) == right.artifacts(kind)
    assert told(killed) == counting.expected(asked)


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_ends_at_once_and_says_how_to_go_on(
    counting: ModuleType, tmp_path: Path, workers: int
) -> None:
    runner = drive(tmp_path / "run", workers, depths=2, pause=3.0)
    wait_for(lambda: len(workers_of(runner)) == workers)
    children = workers_of(runner)
    time.sleep(0.5)
    started = time.monotonic()
    os.killpg(runner.pid, signal.SIGINT)  # as a terminal does it
    out, err = runner.communicate(timeout=20)
    assert time.monotonic() - started < 2.0
    assert runner.returncode == 130
    assert "Interrupted: 0 of 12 points are stored" in out
    assert "run the same command again" in out
    assert "Traceback" not in out + err
    assert not any(map(is_alive, children))


def test_two_runners_on_one_folder(counting: ModuleType, tmp_path: Path) -> None:
    runner = drive(tmp_path, workers=1, depths=1, pause=3.0)
    try:
        wait_for(lambda: len(workers_of(runner)) == 1)
        with pytest.raises(NisqdlError, match=f"Another nisqdl is writing .*process {runner.pid}"):
            run(counting.experiment(depths=1, pause=3.0), tmp_path, 1)
    finally:
        runner.kill()
        runner.communicate()
