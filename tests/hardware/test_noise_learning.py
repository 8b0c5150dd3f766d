"""PEC and PEA on a device: the noise of layers is learned by one job, then the circuits run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nisqdl.engines.runtime.request import learned_from_bytes

EXPERIMENT = """
study: noise_accuracy
dataset: {name: iris, features: 2, train: 12, test: 2, classes: [0, 1]}
model:
  ansatz: {name: real_amplitudes, depth: 1}
  entangler: linear
target: torino
training: {steps: 3}
seeds: 1
execution:
  - shots: 256
    pec: {}
    noise_learning: {depths: [0, 1], num_randomizations: 1, shots_per_randomization: 32}
  - shots: 256
    zne: {amplifier: pea, noise_factors: [1, 2], extrapolator: [linear]}
    noise_learning: {depths: [0, 1], num_randomizations: 1, shots_per_randomization: 32}
"""


@pytest.mark.slow
def test_noise_is_learned_first_and_each_job_is_sent_once(
    run_on_device: Callable[..., Any], local_service: Any
) -> None:
    # The answer to the first job, which learns, is lost: it is adopted, and never sent again.
    lost = {"method": "POST", "path": "/api/v1/jobs", "phase": "after", "drop_connection": True}
    local_service.scenario(http_faults=[lost])
    run = run_on_device(EXPERIMENT)
    # One job learns for the linear circuit, one runs it with each, one runs the controls, which
    # have no gates that could be learned.
    assert len(local_service.control.jobs()) == 4
    assert [job.state for job in run.jobs()] == ["done"] * 4
    learned = [learned_from_bytes(content) for content in run.artifacts("learn noise").values()]
    assert sorted(len(one.model.layers) for one in learned) == [0, 1]
    # A device without noise: next to nothing is learned.
    assert all(1 <= one.model.gamma < 1.3 for one in learned)
    records = [r for r in run.records if r.point.settings["learner"] == "qnn"]
    assert len(records) == 4
    amplified = [r.provenance["options"]["resilience"].get("zne_mitigation") for r in records]
    assert sorted(map(bool, amplified)) == [False, False, False, True]
    for record in records:
        assert record.provenance["noise_learning"]["gamma"] >= 1
        circuits = record.values["circuits"]
        gaps = [
            abs(m - i)
            for measured, ideal in zip(circuits["measured"], circuits["ideal"], strict=True)
            for m, i in zip(measured, ideal, strict=True)
        ]
        resilience = record.provenance["options"]["resilience"]
        spread = 1.3  # PEC's overhead, if any
        if resilience.get("zne_mitigation"):
            assert resilience["zne"]["amplifier"] == "pea"
            spread = 5**0.5  # linear from 1 and 2: twice the one less the other
        assert max(gaps) < 6 / 256**0.5 * spread
