"""``nisqdl estimate``: the jobs that would be sent, at each level, without sending any."""

from __future__ import annotations

import json

import pytest

FILE = """\
study: noise_accuracy
dataset: {name: iris, classes: [0, 1], features: 2, train: 20, test: 6}
model:
  ansatz: {name: real_amplitudes, depth: 1}
  entangler: none
target: torino
training: {steps: 5}
execution: {shots: 1000, resilience_level: 0}
seeds: 1
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "small.yaml"
    # `execution` is for devices: the target of the file is one.
    text = FILE.replace("target: torino", "target: ibm_torino\nengine: runtime")
    path.write_text(text)
    return path


def test_levels_and_shares(local_service, nisqdl_here, file):
    local_service.scenario(usage={"limit_seconds": 600, "consumed_seconds": 500})
    done = nisqdl_here("estimate", str(file), "--backend", "ibm_torino", "--json", "--workers", "1")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["seconds_left"] == 100
    lines = {line["options"]: line for line in told["estimates"]}
    asked = lines["as in the file"]
    # One trained circuit, six test rows, Z on both qubits in one basis.
    assert (asked["pubs"], asked["jobs"], asked["executions"]) == (1, 1, 6000)
    assert asked["qpu_seconds"] == pytest.approx(2 + 6000 * 0.00035)
    assert lines["level 0: nothing"]["executions"] == 6000
    # Level 1: 64 shots a twirl, 16 of them, and a calibration of as many.
    assert lines["level 1: TREX"]["executions"] == 7 * 1024
    assert lines["level 2: TREX, gate twirling, ZNE"]["executions"] == (3 * 6 + 1) * 1024
    assert local_service.calls("POST", "/api/v1/jobs") == []

    table = nisqdl_here("estimate", str(file), "--workers", "1").stdout  # the file's own target
    assert "4.1 s" in table
    assert "4.1 %" in table
    assert "the instance has 100 s left" in table


def test_without_an_account_shares_are_of_the_open_plan(local_service, nisqdl_here, file):
    none = {"QISKIT_IBM_TOKEN": ""}
    done = nisqdl_here("estimate", str(file), "--workers", "1", environment=none)
    assert done.returncode == 0, done.stderr
    assert "0.7 %" in done.stdout  # 4.1 of 600 s
    assert "no account here" in done.stdout
    assert local_service.control.requests() == []


WRONG = {
    "not on a device": (("here.yaml",), 2, "name one with --backend"),
    "another kind of study": (("barren_plateaus", "--backend", "torino"), 2, "does not run on"),
    "unknown device": (("here.yaml", "--backend", "ibm_nowhere"), 2, "backend pull"),
    "no file": (("nothing.yaml", "--backend", "torino"), 2, "no experiment file"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_refusal_is_one_sentence(case, local_service, nisqdl_here, tmp_path):
    here = FILE.replace("execution: {shots: 1000, resilience_level: 0}\n", "")
    (tmp_path / "here.yaml").write_text(here)
    arguments, code, phrase = WRONG[case]
    done = nisqdl_here("estimate", *arguments)
    assert done.returncode == code
    assert phrase in done.stderr
    assert done.stderr.count("\n") == 1


def test_each_round_of_a_training_is_a_job_of_its_own(nisqdl_here, tmp_path):
    training = (
        "training: {noise: device, optimizer: spsa, steps: 5, batch: 4, "
        "device: {shots: 100, least_shots: 10, most_shots: 1000}}"
    )
    text = FILE.replace("target: torino", "target: ibm_torino\nengine: runtime")
    (tmp_path / "small.yaml").write_text(text.replace("training: {steps: 5}", training))
    none = {"QISKIT_IBM_TOKEN": ""}
    done = nisqdl_here("estimate", "small.yaml", "--json", "--workers", "1", environment=none)
    assert done.returncode == 0, done.stderr
    lines = {line["options"]: line for line in json.loads(done.stdout)["estimates"]}
    # Two weight vectors at four samples a round, and six test rows; two seconds a job.
    for options, later in (
        ("as in the file", 100), ("the fewest shots in training", 10),
        ("the most shots in training", 1000),
    ):  # fmt: skip
        assert lines[options]["jobs"] == 6
        executions = 8 * (100 + 4 * later) + 6 * 1000
        assert lines[options]["executions"] == executions
        assert lines[options]["qpu_seconds"] == pytest.approx(6 * 2 + executions * 0.00035)


def test_learning_noise_is_a_job_that_counts(nisqdl_here, tmp_path):
    text = FILE.replace("target: torino", "target: ibm_torino\nengine: runtime")
    text = text.replace("resilience_level: 0", "resilience_level: 1, pec: {}")
    (tmp_path / "small.yaml").write_text(text.replace("entangler: none", "entangler: linear"))
    none = {"QISKIT_IBM_TOKEN": ""}
    done = nisqdl_here("estimate", "small.yaml", "--json", "--workers", "1", environment=none)
    assert done.returncode == 0, done.stderr
    asked = json.loads(done.stdout)["estimates"][0]
    # One layer of one cz: nine circuits at six depths and one more, each 32 times 128 shots.
    learning = (9 * 6 + 1) * 32 * 128
    assert asked["jobs"] == 2
    # The circuit and its control without gates: 16 random circuits of 64 shots at six rows, one
    # calibration; PEC takes some more where there is noise to cancel.
    least = learning + (2 * 6 + 1) * 16 * 64
    assert least < asked["executions"] < 1.1 * least
