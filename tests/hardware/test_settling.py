"""Time on the device that the service settles after its results: records, export and report get it.

The recorder stands before the local service and says what jobs took, as IBM's metrics do; the
local service itself counts none.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from recorder import recorder

from nisqdl.engines.runtime.wire import Patience
from nisqdl.experiment import restore
from nisqdl.jobs.settling import settle_usage
from nisqdl.store.folder import open_run
from nisqdl.store.record import Record
from nisqdl.store.view import read_run
from nisqdl.targets.service import connect

Nisqdl = Callable[..., CompletedProcess[str]]

# Two rounds of training on the device, then the test rows: three jobs.
EXPERIMENT = """
study: noise_accuracy
dataset: {name: moons, train: 12, test: 6}
model: {ansatz: {name: real_amplitudes, depth: 1}, entangler: none}
target: ibm_torino
engine: runtime
training:
  {noise: device, optimizer: spsa, steps: 2, batch: 4,
   device: {shots: 64, least_shots: 16, most_shots: 128}}
execution: {shots: 64, resilience_level: 0}
seeds: 1
"""
TIMES = ("qpu_seconds", "training_qpu_seconds")


def measured(folder: Path) -> Record:
    (record,) = [r for r in read_run(folder).records if r.point.settings["learner"] == "qnn"]
    return record


@pytest.mark.slow
def test_what_is_settled_later_is_in_records_export_and_report(
    local_service: Any,
    nisqdl_here: Nisqdl,
    run_on_device: Callable[..., Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    usage: dict[str, Any] = {"status": "pending", "quantum_seconds": 0}
    local_service.scenario(seed=3)
    folder = tmp_path / "mine"
    with recorder(local_service.url, usage) as (url, bodies):
        monkeypatch.setenv("QISKIT_IBM_URL", url)
        run_on_device(EXPERIMENT)
        before = measured(folder)
        assert [before.values.get(name) for name in TIMES] == [None, None]
        usage.update(status="settled", quantum_seconds=12.5)

        # As a kill leaves it between the time that is written and what is made with it.
        asked = restore(folder)
        steps = asked.study.steps(asked.points())
        study, context = asked.study.name, asked.context()
        with open_run(folder, asked.resolved, study, context, len(asked.points())) as store:
            settle_usage(store, steps, connect(), Patience())
        assert before.point.id not in {r.point.id for r in read_run(folder).records}

        done = nisqdl_here("collect", "mine", "--workers", "1", "--quiet", "--json")
        assert done.returncode == 0, done.stderr
        assert [job["qpu_seconds"] for job in json.loads(done.stdout)["jobs"]] == [12.5] * 3
        after = measured(folder)
        assert [after.values[name] for name in TIMES] == [12.5, 25.0]
        assert after.point.id == before.point.id
        apart = {n for n in after.values if after.values[n] != before.values.get(n)}
        assert apart == set(TIMES)  # nothing else has changed
        assert after.provenance == before.provenance
        assert "| QPU seconds | 12.5 |" in (folder / "report.md").read_text(encoding="utf-8")
        exported = nisqdl_here("export", "mine", "--format", "json")
        kept = {r["id"]: r["values"] for r in json.loads(exported.stdout)["records"]}
        assert kept[after.point.id]["qpu_seconds"] == 12.5

        calls = len(local_service.control.requests())
        run_on_device(EXPERIMENT)
        assert measured(folder) == after
        later = local_service.control.requests()[calls:]
        assert not [call for call in later if call["path"].endswith("/metrics")]
        assert len(bodies) == 3  # nothing was sent again


def test_what_is_made_of_a_measurement() -> None:
    from nisqdl.jobs.settling import made_of
    from nisqdl.store.record import Point
    from nisqdl.studies.contract import Step

    def step(kind: str, *needs: Step, remote: bool = False, points: tuple[Point, ...] = ()) -> Step:
        return Step("s", kind, {}, tuple(n.key for n in needs), points, remote=remote)

    learned = step("learn", remote=True)
    first = step("first round", learned, remote=True)
    state = step("go on", first)
    second = step("second round", state, learned, remote=True)
    weights = step("last", state, second)
    one, other = Point("s", {"n": 1}), Point("s", {"n": 2})
    steps = [learned, first, state, second, weights]
    steps += [step("measure", weights, points=(one,)), step("compare", points=(other,))]
    keys = {name: {x.key for x in which} for name, which in (
        ("second", (second, weights)), ("first", (first, state, weights)), ("learn", (learned,)),
    )}  # fmt: skip
    assert made_of({second.key}, steps) == (keys["second"] | {steps[5].key}, {one.id})
    assert made_of({first.key}, steps) == (keys["first"] | {steps[5].key}, {one.id})
    # What was measured with learned noise stays, and so does what was made of it alone.
    assert made_of({learned.key}, steps) == (keys["learn"], set())
