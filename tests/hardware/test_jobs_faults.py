"""Jobs survive every fault of the service at every call, and no circuit is executed twice."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from probe import JOBS, Probe

from nisqdl.campaign.steps import unanswered
from nisqdl.errors import AccountError, BudgetError, NisqdlError

POST_JOBS = {"method": "POST", "path": "/api/v1/jobs"}


@pytest.fixture
def probe(tmp_path: Path, local_service: Any) -> Probe:
    return Probe(tmp_path / "run")


def executed(local_service: Any) -> int:
    """Jobs that the service ever took in, by its own books."""
    return len(local_service.control.jobs())


def persist(act: Any, tries: int = 6) -> None:
    """As a user does: the same command again until it ends well."""
    for _ in range(tries):
        try:
            act()
            return
        except NisqdlError as error:
            sentence = str(error)
            assert "Traceback" not in sentence
            assert len(sentence) < 500
    raise AssertionError("the command never ended well")


def test_submit_and_collect_again_and_again(probe: Probe, local_service: Any) -> None:
    sent = probe.submit()
    assert (len(sent.sent), len(sent.adopted)) == (JOBS, 0)
    again = probe.submit()
    assert (again.sent, again.adopted) == ((), ())
    first = probe.collected()
    assert [job.state for job in first] == ["done"] * JOBS
    probe.require_right()
    calls = len(local_service.control.requests())
    assert probe.collected() == first
    asked = local_service.control.requests()[calls:]
    assert not [entry for entry in asked if "/jobs" in entry["path"]]
    assert probe.submit().sent == ()
    assert executed(local_service) == JOBS
    assert local_service.calls("POST", "/api/v1/sessions") == [200]  # one batch


def test_a_lost_folder_costs_nothing(probe: Probe, local_service: Any, tmp_path: Path) -> None:
    probe.submit()
    other = Probe(tmp_path / "again")
    found = other.submit()
    assert (len(found.sent), len(found.adopted)) == (0, JOBS)
    assert any("not sent again" in sentence for sentence in other.told)
    other.collected()
    other.require_right()
    assert executed(local_service) == JOBS


FAULTS = [
    {"status": 429, "retry_after": 1},
    {"status": 429},
    {"status": 503},
    {"drop_connection": True},
    {"status": 503, "phase": "after"},
    {"drop_connection": True, "phase": "after"},
    {"delay_seconds": 0.5},
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: "-".join(map(str, f.values())))
def test_a_submission_that_goes_wrong_is_made_once(
    fault: dict[str, Any], probe: Probe, local_service: Any
) -> None:
    local_service.scenario(http_faults=[{**POST_JOBS, **fault}])
    persist(probe.submit)
    persist(probe.collected)
    probe.require_right()
    assert executed(local_service) == JOBS
    assert Counter(job.state for job in probe.jobs()) == {"done": JOBS}


def test_the_client_alone_would_send_twice(local_service: Any) -> None:
    """Why its repetition of POST is off: this is what it does otherwise."""
    from probe import BACKEND, STUDY, _steps

    from nisqdl.engines.runtime.adapter import estimator, pub_of
    from nisqdl.targets.service import connect, find_backend

    backend = find_backend(connect(), BACKEND)
    local_service.scenario(http_faults=[{**POST_JOBS, "status": 503, "phase": "after"}])
    request = STUDY.request(_steps()[0], {})
    estimator(backend, request.execution).run([pub_of(request, slice(None), 133)])
    assert executed(local_service) == 2


@pytest.mark.slow
def test_every_call_may_fail(probe: Probe, local_service: Any, tmp_path: Path) -> None:
    """Each call of a whole life fails once, each time in another way."""
    probe.submit()
    probe.collected()
    calls = list(
        dict.fromkeys((e["method"], _pattern(e["path"])) for e in local_service.control.requests())
    )
    assert len(calls) > 8
    for index, (method, path) in enumerate(calls):
        local_service.control.reset()
        fault = FAULTS[index % 6]
        local_service.scenario(http_faults=[{"method": method, "path": path, **fault}])
        again = Probe(tmp_path / f"run{index}")
        persist(again.submit)
        persist(again.collected)
        again.require_right()
        assert executed(local_service) == JOBS, (method, path, fault)


def _pattern(path: str) -> str:
    """The path with a job's or session's id as a wildcard."""
    parts = path.split("/")
    return "/".join("*" if part.startswith("localqpu-") else part for part in parts)


def test_a_service_that_stays_down_is_one_sentence(probe: Probe, local_service: Any) -> None:
    local_service.scenario(http_faults=[{**POST_JOBS, "status": 429, "times": 50}])
    with pytest.raises(AccountError, match="429"):
        probe.submit()
    assert executed(local_service) == 0
    assert {job.state for job in probe.jobs()} == {"intended"}
    local_service.scenario(http_faults=[{**POST_JOBS, "status": 429, "retry_after": 3600}])
    with pytest.raises(AccountError, match="left alone for 3600 s"):
        probe.submit()
    local_service.scenario()
    assert len(probe.submit().sent) == JOBS
    assert executed(local_service) == JOBS


def test_failed_and_cancelled_are_told_apart_and_sent_again(
    probe: Probe, local_service: Any
) -> None:
    local_service.scenario(
        next_jobs=[
            {"outcome": "failed", "reason": "Calibration in progress", "reason_code": 1517},
            {"outcome": "cancelled", "reason": "By an operator", "reason_code": 77},
        ]
    )
    probe.submit()
    jobs = probe.collected()
    assert [job.state for job in jobs] == ["failed", "cancelled"]
    assert "Calibration in progress" in str(jobs[0].reason)
    assert "operator" in str(jobs[1].reason)
    sent = probe.submit().sent
    assert [job.attempt for job in sent] == [2, 2]
    probe.collected()
    probe.require_right()
    assert executed(local_service) == 2 * JOBS
    assert probe.submit().sent == ()


def test_partial_results_are_kept(probe: Probe, local_service: Any) -> None:
    from nisqdl.store.view import read_run

    local_service.scenario(next_jobs=[{"outcome": "completed"}, {"outcome": "failed"}])
    probe.submit()
    assert sorted(job.state for job in probe.collected()) == ["done", "failed"]
    assert len(read_run(probe.folder).artifacts("execute")) == 2
    assert len(probe.submit().sent) == 1
    probe.collected()
    probe.require_right()
    assert executed(local_service) == JOBS + 1


def test_a_time_limit_is_told_as_one(probe: Probe, local_service: Any) -> None:
    local_service.scenario(
        next_jobs=[{"outcome": "cancelled", "reason": "Ran too long", "reason_code": 1305}]
    )
    probe.submit()
    jobs = probe.collected()
    assert jobs[0].state == "failed"
    assert str(jobs[0].reason).startswith("it ran longer than the service's bound (")
    told = unanswered(tuple(jobs))
    assert isinstance(told, BudgetError)
    assert told.exit_code == 5


def test_queued_jobs_wait_and_are_cancelled(probe: Probe, local_service: Any) -> None:
    local_service.scenario(backends={"ibm_torino": {"status": "offline"}})
    probe.submit()
    found = probe.collect()
    assert set(found.pending.values()) == {"QUEUED"}
    assert all(job.state == "submitted" for job in found.jobs)
    cancelled = probe.cancel()
    assert [job.state for job in cancelled.jobs] == ["cancelled"] * JOBS
    assert {job["status"] for job in local_service.control.jobs()} == {"Cancelled"}
    assert not cancelled.pending
    local_service.scenario()
    assert len(probe.submit().sent) == JOBS
    probe.collected()
    probe.require_right()


def test_an_exhausted_plan_refuses_and_nothing_is_lost(probe: Probe, local_service: Any) -> None:
    local_service.scenario(usage={"limit_seconds": 600, "consumed_seconds": 600})
    with pytest.raises(AccountError):
        probe.submit()
    assert {job.state for job in probe.jobs()} == {"intended"}
    assert executed(local_service) == 0
