"""Hardware beside its twin, and training on hardware: the genuine client, a noisy local service."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from nisqdl.analysis.echo import echoes
from nisqdl.store.view import read_run
from nisqdl.training.checkpoint import trained_from_bytes, trained_to_bytes

pytestmark = pytest.mark.slow

EXPERIMENT: dict[str, Any] = {
    "study": "noise_accuracy",
    "dataset": {"name": "moons", "train": 12, "test": 6},
    "model": {"ansatz": {"name": "real_amplitudes", "depth": 1}, "entangler": "linear"},
    "target": "ibm_torino",
    "training": {"steps": 20},
    "engine": "runtime",
    "execution": {"shots": 120, "resilience_level": 0},
    "seeds": 1,
}
ON_DEVICE: dict[str, Any] = {
    **EXPERIMENT,
    "model": {"ansatz": {"name": "real_amplitudes", "depth": 1}, "entangler": "none"},
    "training": {
        "noise": "device", "optimizer": "spsa", "steps": 2, "batch": 4,
        "device": {"shots": 64, "least_shots": 16, "most_shots": 128},
    },
}  # fmt: skip

Call = Callable[..., Any]


def written(folder: Path, name: str, document: dict[str, Any]) -> str:
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    return f"{name}.yaml"


def trained_weights(run: Any) -> Any:
    made = [a for a in run.artifacts("train").values() if b"nisqdl trained weights" in a]
    (weights,) = (trained_from_bytes(a) for a in made)
    return weights


def test_a_training_that_is_killed_goes_on_where_it_was(
    local_service: Any, run_on_device: Call, tmp_path: Path
) -> None:
    """One job a round; killed while it sends the second, it ends with the same weights."""
    local_service.scenario(seed=3)  # without noise, which takes a simulation its time
    text = yaml.safe_dump(ON_DEVICE)
    whole = run_on_device(text, name="whole")
    assert len(local_service.control.jobs()) == 3  # two steps of training, and the test rows
    (record,) = [r for r in whole.records if r.point.settings["learner"] == "qnn"]
    assert record.values["training_steps"] == 2
    assert record.values["training_qpu_seconds"] == 0  # so says the local service of its own
    assert "twin" in record.values
    assert len(trained_weights(whole).history) == 2

    local_service.control.reset()
    call = {"method": "POST", "path": "/api/v1/jobs"}
    slow = [{**call, "delay_seconds": 0.001}, {**call, "delay_seconds": 2.0}]
    local_service.scenario(seed=3, http_faults=slow)
    command = ("run", written(tmp_path, "killed", ON_DEVICE), "--out", "killed", "--yes")
    child = subprocess.Popen(
        [sys.executable, "-m", "nisqdl", *command, "--workers", "1"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while local_service.control.scenario()["http_faults"][-1]["times"]:
        assert child.poll() is None
        time.sleep(0.02)
    child.kill()
    child.wait()
    again = run_on_device(text, name="killed")
    assert len(local_service.control.jobs()) == 3
    assert [job.state for job in again.jobs()] == ["done"] * 3
    assert trained_to_bytes(trained_weights(again)) == trained_to_bytes(trained_weights(whole))


def test_the_published_kernel_runs_on_a_device(
    local_service: Any, nisqdl_here: Call, tmp_path: Path
) -> None:
    """The circuits of the reproduction metriq_kernel, small ones, on the noisy local torino."""
    local_service.scenario(noise=True, seed=5)
    document = {
        "study": "echo", "qubits": [2, 3, 4], "target": "ibm_torino", "engine": "runtime",
        "execution": {"shots": 150, "resilience_level": 0},
    }  # fmt: skip
    done = nisqdl_here("run", written(tmp_path, "kernel", document), "--yes", "--quiet")
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "results" / "runs" / "kernel"
    records = read_run(folder).records
    assert len(records) == 3
    for record in records:
        values = record.values
        error = values["probability_stderr"]
        assert 0 < error <= 0.5 / 150**0.5 * 1.05
        # Four standard errors, and what the service models otherwise (symmetric readout).
        assert abs(values["probability"] - values["twin_probability"]) < 4 * error + 0.03
    found = echoes(records, None)
    (measured,) = found.published
    assert measured.fit is not None
    assert measured.fit.low - 0.7 < 1 < (measured.fit.high or 99) + 0.7
    assert "measured on ibm_torino" in (folder / "report.md").read_text(encoding="utf-8")
