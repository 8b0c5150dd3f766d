"""Sessions, the least busy device, bounds of time, the Sampler, fractional gates: on loopback."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from recorder import recorder

from nisqdl.campaign.steps import require_sessions
from nisqdl.errors import AccountError
from nisqdl.experiment import OnDevice, load
from nisqdl.targets.service import connect

Nisqdl = Callable[..., CompletedProcess[str]]

# Without noise it comes back for certain, whatever its angles are: by either primitive.
ECHO = """
study: echo
feature_map: zz_chain
qubits: 3
target: kingston
seeds: 2
execution:
  - {shots: 100, fractional_gates: true}
  - {shots: 100, fractional_gates: true, resilience_level: 0}
  - {shots: 100, twirling: {measure: true, num_randomizations: 2}}
"""


@pytest.mark.slow
def test_a_session_with_either_primitive_and_fractional_gates(
    run_on_device: Callable[..., Any], local_service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with recorder(local_service.url) as (url, bodies):
        monkeypatch.setenv("QISKIT_IBM_URL", url)
        run = run_on_device(
            ECHO.replace("shots: 100", "shots: 100, max_execution_time: 77"),
            "ibm_kingston",
            "session",
        )
    assert len(run.records) == 6
    for record in run.records:
        assert record.values["probability"] == pytest.approx(1.0, abs=1e-9)
        if record.point.settings.get("execution.primitive") == "sampler":
            assert record.values["probability_stderr"] > 0
    fractional = {r.values["two_qubit_gates"] for r in run.records[:4]}
    assert max(fractional) < run.records[-1].values["two_qubit_gates"]
    jobs = local_service.control.jobs()
    assert len(jobs) == 3
    (session,) = {job["session_id"] for job in jobs}
    assert session is not None
    assert local_service.calls("POST", "/api/v1/sessions") == [200]
    # The bound of time goes with every job, and what it costs is bounded by it alone.
    assert [body["cost"] for body in bodies] == [77] * 3
    assert all(body["program_id"] == "executor" for body in bodies)


def test_the_open_plan_has_no_sessions(local_service: Any, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(ECHO)
    points = load(str(file), OnDevice("ibm_kingston", "session")).points()
    paid = connect()
    require_sessions(paid, points)
    opened = replace(paid, instance=replace(paid.instance, plan="open"))
    with pytest.raises(AccountError, match="has no sessions; take --mode batch"):
        require_sessions(opened, points)
    require_sessions(opened, load(str(file), OnDevice("ibm_kingston", "batch")).points())


@pytest.mark.slow
def test_a_reproduction_goes_to_the_least_busy_device(
    nisqdl_here: Nisqdl, local_service: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The published kernel's circuits; a paused device is told before anything is sent."""
    queues = {"ibm_torino": 1, "ibm_brisbane": 9, "ibm_sherbrooke": 8, "ibm_kingston": 7}
    backends = {name: {"queue_length": queue} for name, queue in queues.items()}
    local_service.scenario(backends={**backends, "ibm_sherbrooke": {"status": "paused"}})
    submit = ("submit", "metriq_kernel", "--yes", "--workers", "1", "--backend")
    paused = nisqdl_here(*submit, "ibm_sherbrooke", "--out", "other")
    assert paused.returncode == 4
    assert "paused" in paused.stderr
    assert local_service.control.jobs() == []
    sent = nisqdl_here(*submit, "least_busy")
    assert sent.returncode == 0, sent.stderr
    assert "target ibm_torino@" in sent.stderr
    assert "1 job with 5 circuits" in sent.stderr
    (job,) = local_service.control.jobs()
    assert job["backend"] == "ibm_torino"
    monkeypatch.setattr("nisqdl.cli.status.EVERY_S", 0.2)
    watched = nisqdl_here("status", "metriq_kernel", "--watch")
    assert watched.stdout.splitlines()[-1].endswith("1 done")
    assert watched.stdout.count("metriq_kernel: ") > 1  # it asked until it was done
