"""The study mitigation: errors into their parts, shots from time, and one small run for real."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nisqdl.engines.runtime.estimate import estimate
from nisqdl.engines.runtime.options import DynamicalDecoupling, Execution, Twirling, Zne
from nisqdl.errors import InputError
from nisqdl.experiment import experiment_names, load
from nisqdl.store.record import Record
from nisqdl.studies.mitigation import Mitigation, MitigationOptions
from nisqdl.studies.mitigation_measurement import affordable_request, errors, title_of
from nisqdl.studies.named import device_named
from nisqdl.sweep import spread
from nisqdl.targets.serial import isa_from_bytes

STUDY = Mitigation()
SMALL = {
    "dataset": {"name": "iris", "features": 2, "train": 20, "test": 10},
    "model": {"ansatz": {"name": "real_amplitudes", "depth": 1}, "observables": ["Z0", "Z1", "X0"]},
    "target": "torino",
    "training": {"steps": 3},
    "execution": [
        {"resilience_level": 0},
        {"resilience_level": 1, "twirling": {"num_randomizations": 2}},
    ],
    "qpu_seconds": 12,
    "samples": 3,
    "repetitions": 6,
    "seeds": 1,
}


@pytest.fixture(scope="module")
def run() -> tuple[dict[str, Record], dict[str, bytes]]:
    points = STUDY.points(spread(MitigationOptions, dict(SMALL), "small.yaml"))
    artifacts: dict[str, bytes] = {}
    records = {}
    for step in STUDY.steps(points):
        outcome = STUDY.perform(step, artifacts)
        if outcome.artifact is not None:
            artifacts[step.key] = outcome.artifact
        for record in outcome.records:
            records[record.values["mitigation"]] = record
    return records, artifacts


def test_what_is_measured_is_the_noisy_circuit_within_its_shots(run) -> None:
    records, _ = run
    plain = records["no mitigation"].values
    # (12 s − 2 s) / 0.35 ms, over 3 samples and the two bases of Z and X.
    assert plain["shots"] == int(10 / 0.00035 / 6)
    assert plain["estimated_seconds"] <= 12
    # Shot noise of values near 0 to 1: at most 1/√shots, and what the client states is near it.
    assert 0 < plain["noise"] < 1.2 / np.sqrt(plain["shots"])
    assert plain["stated_error"] == pytest.approx(plain["noise"], rel=0.5)
    # The bias is what the exact engine says that the noise does.
    assert np.sqrt(plain["squared_bias"]) == pytest.approx(plain["device_error"], abs=0.01)
    assert plain["unphysical"] == 0


def test_trex_takes_bias_away(run) -> None:
    records, _ = run
    trex, plain = records["TREX"].values, records["no mitigation"].values
    assert trex["squared_bias"] < 0.5 * plain["squared_bias"]
    assert trex["shots"] < plain["shots"]  # calibration costs some
    assert trex["device_error"] == plain["device_error"]
    assert trex["ideal_accuracy"] == plain["ideal_accuracy"]


def test_a_point_again_gives_the_same_record(run) -> None:
    records, artifacts = run
    point = records["TREX"].point
    step = next(s for s in STUDY.steps([point]) if s.kind == "measure")
    (again,) = STUDY.perform(step, artifacts).records
    assert again.values == records["TREX"].values


def test_shots_are_the_most_that_fit(run) -> None:
    records, artifacts = run
    point = records["no mitigation"].point
    isa = isa_from_bytes(artifacts[STUDY.steps([point])[0].key])
    weights = np.zeros(len(isa.weights))
    device = device_named("torino")
    for level in (0, 1, 2):
        for seconds in (2.6, 5.0, 30.0):
            settings = {
                **point.settings,
                "execution.resilience_level": level,
                "qpu_seconds": seconds,
            }
            request = affordable_request(settings, isa, weights)
            assert estimate([request], device).qpu_seconds <= seconds
            # Twirls of equal shots round up, so that not every number of shots is there.
            shots = request.execution.shots + max(1, request.execution.shots // 10) + 64
            execution = request.execution.model_copy(update={"shots": shots})
            more = type(request)(request.isa, request.bindings, execution, request.backend)
            assert estimate([more], device).qpu_seconds > seconds
    with pytest.raises(InputError, match="must suffice for one shot"):
        affordable_request({**point.settings, "qpu_seconds": 2.0001}, isa, weights)


@given(
    st.integers(2, 6),
    st.floats(-0.3, 0.3),
    st.floats(0.001, 0.2),
    st.integers(0, 2**32 - 1),
)
def test_errors_fall_into_bias_and_noise(repetitions, bias, sigma, seed) -> None:
    rng = np.random.default_rng(seed)
    ideal = rng.uniform(-1, 1, (400, 2))
    measured = ideal + bias + rng.normal(0, sigma, (repetitions, 400, 2))
    found = errors(measured, ideal)
    # 800 circuits: five standard errors of each estimate.
    count = ideal.size
    spread = 5 * sigma * (sigma + 2 * abs(bias)) / np.sqrt(count)
    assert abs(found["squared_bias"] - bias**2) < spread
    assert abs(found["noise"] - sigma) < 5 * sigma / np.sqrt(count)
    # error² = bias² + noise², but for how far repetitions share their noise's mean.
    parts = found["squared_bias"] + found["noise"] ** 2
    assert found["error"] ** 2 == pytest.approx(parts, abs=1e-12 + spread / repetitions)


def test_titles_say_what_is_done() -> None:
    assert title_of(Execution(resilience_level=0)) == "no mitigation"
    assert title_of(Execution(resilience_level=1)) == "TREX"
    twirled = Execution(resilience_level=1, twirling=Twirling(gates=True))
    assert title_of(twirled) == "TREX + gate twirling"
    zne = Execution(resilience_level=0, zne=Zne(noise_factors=(1, 2, 3), extrapolator=("linear",)))
    assert title_of(zne) == "ZNE linear (1, 2, 3)"
    pulses = Execution(resilience_level=0, dynamical_decoupling=DynamicalDecoupling())
    assert title_of(pulses) == "decoupling XX"


def test_what_decides_nothing_is_no_setting() -> None:
    (point, _) = STUDY.points(spread(MitigationOptions, dict(SMALL), "small.yaml"))
    assert not {f"execution.{n}" for n in ("shots", "mode", "repetition")} & point.settings.keys()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"execution": {"shots": 100}}, "`qpu_seconds` decides how many"),
        ({"qpu_seconds": 0}, "qpu_seconds"),
        ({"repetitions": 1}, "repetitions"),
        (
            {
                "dataset": {"name": "digits", "features": 8, "train": 9, "test": 9},
                "target": "manila",
            },
            "manila has 5",
        ),
        ({"execution": {"resilience_level": 3}}, "resilience_level"),
    ],
)
def test_wrong_options_are_one_sentence(change, sentence) -> None:
    with pytest.raises(InputError, match=sentence):
        spread(MitigationOptions, {**SMALL, **change}, "a.yaml")


def test_the_shipped_experiment_is_small() -> None:
    assert "mitigation_budget" in experiment_names()
    points = load("mitigation_budget").points()
    assert len(points) <= 100
    assert len({point.settings["qpu_seconds"] for point in points}) >= 3
