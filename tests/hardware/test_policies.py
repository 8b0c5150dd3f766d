"""Policies on a device: measured once at every observation, by the genuine client on loopback."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from recorder import recorder

from nisqdl.analysis.arena_records import arenas
from nisqdl.errors import InputError
from nisqdl.experiment import OnDevice, load
from nisqdl.report.arena_tables import resource_table
from nisqdl.store.view import read_run

Nisqdl = Callable[..., CompletedProcess[str]]

RADIO = """
study: reinforcement
environment: {name: cognitive_radio, slots: 20}
agent: {name: reinforce, batch: 5}
model: {layers: 1}
training: {episodes: 20, links: 1}
tuning: {candidates: 1}
target: torino
execution: {shots: 2000, resilience_level: 0}
episodes: 4
seeds: 1
without: [no_entangler, no_circuit, mlp]
"""


def _submit_and_collect(nisqdl_here: Nisqdl, local_service: Any, tmp_path: Path) -> None:
    (tmp_path / "radio.yaml").write_text(RADIO)
    local_service.scenario(seed=3)  # without noise: shots are all that stands between
    asked = nisqdl_here("estimate", "radio.yaml", "--backend", "torino", "--json")
    assert '"circuits": 8' in asked.stdout, asked.stdout + asked.stderr
    submit = ("submit", "radio.yaml", "--yes", "--workers", "1", "--backend", "ibm_torino")
    sent = nisqdl_here(*submit)
    assert sent.returncode == 0, sent.stderr
    assert len(local_service.control.jobs()) == 1
    again = nisqdl_here(*submit)
    assert again.returncode == 0, again.stderr
    for _ in range(30):
        collected = nisqdl_here("collect", "radio", "--workers", "1")
        if collected.returncode != 3:  # its jobs are done
            break
    assert collected.returncode == 0, collected.stderr
    assert len(local_service.control.jobs()) == 1  # nothing is sent twice


@pytest.mark.slow
def test_policies_are_measured_once_and_played_from_it(
    nisqdl_here: Nisqdl, local_service: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = {"status": "settled", "quantum_seconds": 12.5}
    with recorder(local_service.url, usage) as (url, _):
        monkeypatch.setenv("QISKIT_IBM_URL", url)
        _submit_and_collect(nisqdl_here, local_service, tmp_path)
    jobs = local_service.control.jobs()
    run = read_run(tmp_path / "results" / "runs" / "radio")
    assert len(run.records) == run.planned
    measured = [r for r in run.records if "observations" in r.values]
    assert {r.point.settings["learner"] for r in measured} == {"circuit", "random circuit"}
    for record in measured:
        values = record.values
        assert values["observations"] == 4
        assert values["shots"] == 2000
        assert values["qpu_seconds"] == pytest.approx(12.5 / 2)  # its share of the job
        assert len(values["returns"]) == 4
        assert [job["id"] for job in record.provenance["jobs"]] == [jobs[0]["id"]]
        circuits = values["circuits"]
        found, ideal, error = (np.array(circuits[name]) for name in ("measured", "ideal", "stderr"))
        assert found.shape == (4, 4)
        # What was asked is the learned circuit at the observations that the episodes meet.
        assert (np.abs(found - ideal) < 5 * error + 0.005).all()
        assert 0 < error.max() < 0.05
        assert np.ptp(ideal, axis=0).max() > 0.2  # rows in another order would be seen
    (arena,) = arenas(run.records)
    assert arena.reference.shots == 2000
    table = resource_table(arena)
    seconds = {row[0]: row[-1] for row in table.rows}
    assert table.columns[-1] == "QPU seconds (all seeds)"
    assert float(seconds["circuit"]) == pytest.approx(12.5 / 2, abs=0.06)
    assert seconds["linear policy"] == "–"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("cognitive_radio, slots: 20", "cart_pole"), "cart_pole shows too many different obs"),
        (("resilience_level: 0}", "resilience_level: [0, 1]}"), "must have one value each"),
    ],
)
def test_what_cannot_be_measured_once_is_refused(
    change: tuple[str, str], told: str, local_service: Any, tmp_path: Path
) -> None:
    file = tmp_path / "radio.yaml"
    file.write_text(RADIO.replace(*change))
    with pytest.raises(InputError, match=told) as refused:
        load(str(file), OnDevice("ibm_torino", None)).points()
    assert "\n" not in str(refused.value)


@pytest.fixture
def five_noisy_qubits(local_service: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A service of its own whose only device is small and noisy; least_busy is not to choose it."""
    from localqpu.app import start_server
    from localqpu.context import ServerConfig
    from localqpu.control_client import LocalqpuControl

    server = start_server(ServerConfig(port=0, backends=("ibm_manila",)))
    there, here = (url.partition("//")[2] for url in (local_service.url, server.url))
    for name, value in local_service.environment.items():
        monkeypatch.setenv(name, value.replace(there, here))
    LocalqpuControl(server.url).set_scenario({"noise": True, "seed": 3})
    yield
    server.stop()


@pytest.mark.slow
@pytest.mark.usefixtures("five_noisy_qubits")
def test_noise_of_the_device_arrives_at_the_policy(run_on_device: Callable[..., Any]) -> None:
    """Five noisy qubits, on which shots are cheap: values are damped as the calibration says."""
    text = RADIO.replace("[no_ent", "[random_circuit, no_ent").replace("torino", "ibm_manila")
    text = text.replace("shots: 2000", "shots: 1000").replace("layers: 1", "layers: 3")
    run = run_on_device(text, "ibm_manila")
    (record,) = (r for r in run.records if "observations" in r.values)
    lists = record.values["circuits"]
    found, ideal, predicted = (np.array(lists[name]) for name in ("measured", "ideal", "predicted"))
    size = float((ideal**2).sum())
    damping, expected = ((ideal * some).sum() / size for some in (found, predicted))
    error = 1 / np.sqrt(1000 * size)
    assert damping < 1 - 5 * error
    # The service reads both outcomes wrongly alike often, the calibration does not.
    assert abs(damping - expected) < 5 * error + 0.05
    twin = record.values["twin"]
    assert twin["noise_scale"] > 5 * twin["noise_scale_error"]
    assert {"return_mean", "ideal_return_mean"} <= {*twin, *record.values}
