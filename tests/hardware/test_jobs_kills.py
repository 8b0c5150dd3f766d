"""Killed at any step of submission and collection, a run goes on: nothing twice, nothing lost.

A process of its own does the work, and one call of the service is made to take a while; when the
service has got that call, the process is killed. So it dies in turn within each call that it
makes, and with it between any two of its own commits; the service answers to nobody, and does
what it was asked for after our death.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from dataclasses import replace
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nisqdl.errors import NisqdlError

sys.path.insert(0, str(Path(__file__).parent))

from probe import JOBS, QUICK, Probe, act, angles, ask

FENCE = str(Path(__file__).parent / "loopback_only")
DELAY_S = 1.2


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Starts processes in which everything is imported already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["probe", "qiskit_ibm_runtime.executor_estimator"])
    return context


def killed_in(
    processes: ForkServerContext, service: Any, folder: Path, action: str, call: dict[str, Any]
) -> bool:
    """Whether a process doing the action was killed in that call; else it ended before."""
    skip = int(call["number"])
    rule = {"method": call["method"], "path": call["path"]}
    faults = [{**rule, "delay_seconds": 0.001, "times": skip}] if skip else []
    faults.append({**rule, "delay_seconds": call.get("delay_s", DELAY_S)})
    service.scenario(http_faults=faults)
    child = processes.Process(target=act, args=(str(folder), action, environment(), FENCE))
    child.start()
    try:
        while child.is_alive():
            if service.control.scenario()["http_faults"][-1]["times"] == 0:
                child.kill()
                child.join()
                return True
            time.sleep(0.02)
    finally:
        child.kill()
        child.join()
    assert child.exitcode == 0
    return False


def environment() -> dict[str, str]:
    return {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("QISKIT_", "IAM_", "GLOBAL_", "HOME", "NISQDL_"))
    }


def calls_of(service: Any, action: Any) -> list[dict[str, Any]]:
    """The calls that an action makes about jobs and devices, each with its number."""
    before = len(service.control.requests())
    action()
    seen: dict[tuple[str, str], int] = {}
    found = []
    for entry in service.control.requests()[before:]:
        parts = entry["path"].split("/")
        path = "/".join("*" if part.startswith("localqpu-") else part for part in parts)
        if not path.startswith("/api/v1/") or "/api/v1/api" in path:
            continue
        number = seen.get((entry["method"], path), 0)
        seen[entry["method"], path] = number + 1
        found.append({"method": entry["method"], "path": path, "number": number})
    return found


@pytest.mark.slow
def test_killed_at_each_step_of_submission(
    local_service: Any, tmp_path: Path, processes: ForkServerContext
) -> None:
    whole = Probe(tmp_path / "whole")
    calls = calls_of(local_service, whole.submit)
    posts = [call for call in calls if call["method"] == "POST"]
    assert len([call for call in posts if call["path"] == "/api/v1/jobs"]) == JOBS
    killed = 0
    for index, call in enumerate(calls):
        if call["number"] > 0 and "backends" in call["path"]:
            continue  # asking for the device once more
        local_service.control.reset()
        folder = tmp_path / f"run{index}"
        killed += killed_in(processes, local_service, folder, "submit", call)
        local_service.scenario()
        probe = Probe(folder)
        probe.submit()
        probe.collected()
        probe.require_right()
        jobs = local_service.control.jobs()
        assert len(jobs) == JOBS, (call, jobs)
        assert {job["status"] for job in jobs} == {"Completed"}
        assert [job.state for job in probe.jobs()] == ["done"] * JOBS
        assert probe.submit().sent == ()
    assert killed >= 8


@pytest.mark.slow
def test_killed_at_each_step_of_collection(
    local_service: Any, tmp_path: Path, processes: ForkServerContext
) -> None:
    whole = Probe(tmp_path / "whole")
    whole.submit()
    # Without the wait for the queue: once each way that a job's state is asked is enough.
    local_service.scenario(queue={"polls_before_running": 0})
    calls = calls_of(local_service, whole.collected)
    results = [call for call in calls if call["path"].endswith("/results")]
    assert len(results) == JOBS
    killed = 0
    seen: set[tuple[str, str]] = set()
    for index, call in enumerate(calls):
        kind = (call["method"], call["path"])
        if call["number"] > 0 and kind in seen and not call["path"].endswith(("results", "*")):
            continue  # the same call for the other job
        seen.add(kind)
        local_service.control.reset()
        probe = Probe(tmp_path / f"run{index}")
        probe.submit()
        killed += killed_in(processes, local_service, probe.folder, "collect", call)
        local_service.scenario()
        jobs = probe.collected()
        probe.require_right()
        assert [job.state for job in jobs] == ["done"] * JOBS
        assert len(local_service.control.jobs()) == JOBS
        sent = probe.submit()
        assert (sent.sent, sent.adopted) == ((), ())
    assert killed >= 5


def test_a_submission_that_the_service_takes_in_after_our_death_is_not_repeated(
    local_service: Any, tmp_path: Path, processes: ForkServerContext
) -> None:
    """The hardest moment: killed while the service has the job, and has not entered it yet."""
    folder = tmp_path / "run"
    call = {"method": "POST", "path": "/api/v1/jobs", "number": 0, "delay_s": 4.0}
    assert killed_in(processes, local_service, folder, "submit", call)
    assert local_service.control.jobs() == []
    probe = Probe(folder, replace(QUICK, settle_s=8.0))
    assert [job.state for job in probe.jobs()] == ["sending", "intended"]
    found = probe.submit()
    assert (len(found.adopted), len(found.sent)) == (1, 1)
    assert any("was not answered" in sentence for sentence in probe.told)
    assert QUICK.settle_s > DELAY_S
    probe.collected()
    probe.require_right()
    assert len(local_service.control.jobs()) == JOBS


def test_two_processes_cannot_submit_one_run(local_service: Any, tmp_path: Path) -> None:
    from nisqdl.errors import NisqdlError

    probe = Probe(tmp_path / "run")
    with probe._store(), pytest.raises(NisqdlError, match=r"process|writes"):
        Probe(tmp_path / "run").submit()
    assert local_service.control.jobs() == []


def require_asked(values: np.ndarray) -> None:
    expected = np.column_stack([-np.cos(angles(0)), -np.ones(len(values))])
    assert np.abs(values - expected).max() < 6 / 64**0.5


@pytest.mark.slow
@pytest.mark.parametrize("dies", ["before its id", "before its values"])
def test_a_prediction_that_was_killed_is_paid_once(
    local_service: Any, tmp_path: Path, processes: ForkServerContext, dies: str
) -> None:
    posting = {"method": "POST", "path": "/api/v1/jobs", "number": 0}
    fetching = {"method": "GET", "path": "/api/v1/jobs/*/results", "number": 0}
    call = posting if dies == "before its id" else fetching
    assert killed_in(processes, local_service, tmp_path, "ask", call)
    local_service.scenario()
    (left,) = (one for one in pending(local_service) if one.suffix == ".json")
    content = left.read_text()
    assert local_service.token not in content
    assert ("localqpu-" in content) == (dies == "before its values")

    with pytest.warns(UserWarning, match="its values are taken, and nothing is sent"):
        require_asked(ask())
    assert len(local_service.control.jobs()) == 1
    assert pending(local_service) == []

    require_asked(ask())
    assert len(local_service.control.jobs()) == 2
    assert pending(local_service) == []


def test_a_prediction_that_fails_is_told_and_the_next_is_sent(local_service: Any) -> None:
    local_service.scenario(next_jobs=[{"outcome": "failed", "reason": "Being calibrated"}])
    with pytest.raises(NisqdlError, match=r"on ibm_torino failed \(.*Being calibrated.*\); call"):
        ask()
    assert pending(local_service) == []
    local_service.scenario()
    require_asked(ask())
    assert len(local_service.control.jobs()) == 2


def pending(local_service: Any) -> list[Path]:
    """What is left in the folder of notes, locks and drafts as well."""
    return list((local_service.home / ".local/state/nisqdl/pending").iterdir())
