"""The study ``echo``: what must come back does, and what noise takes has its closed form."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import Statevector

from nisqdl.circuits.feature_maps import FEATURE_MAPS
from nisqdl.errors import InputError
from nisqdl.store.record import Record
from nisqdl.studies.echo import Echo, EchoOptions
from nisqdl.studies.echo_circuit import echo_model, sample
from nisqdl.sweep import spread
from nisqdl.targets.snapshots import find_device

STUDY = Echo()
FITTING = [name for name, lay in FEATURE_MAPS.items() if lay.num_qubits(4) == 4]


def probabilities(**document: Any) -> list[float]:
    return [float(record.values["probability"]) for record in _records(document)]


def _records(document: dict[str, Any]) -> list[Record]:
    """Every step of an experiment, performed in turn; a record for each of its points."""
    options = spread(EchoOptions, {"target": "torino", **document}, "test")
    points = STUDY.points(options)
    artifacts: dict[str, bytes] = {}
    found: dict[str, Record] = {}
    for step in STUDY.steps(points):
        outcome = STUDY.perform(step, {key: artifacts[key] for key in step.needs})
        if outcome.artifact is not None:
            artifacts[step.key] = outcome.artifact
        found.update({record.point.id: record for record in outcome.records})
    return [found[point.id] for point in points]


@settings(max_examples=20, deadline=None)
@given(feature_map=st.sampled_from(FITTING), qubits=st.integers(2, 5), seed=st.integers(0, 99))
def test_without_noise_every_circuit_comes_back(feature_map: str, qubits: int, seed: int) -> None:
    model = echo_model(feature_map, qubits)
    features = sample({"feature_map": feature_map, "qubits": qubits, "seed": seed})[0]
    bound = model.circuit.assign_parameters(dict(zip(model.features, features, strict=True)))
    state = Statevector(bound)
    assert abs(state.data[0]) ** 2 == pytest.approx(1, abs=1e-12)
    assert state.expectation_value(model.observables[0]).real == pytest.approx(1, abs=1e-12)


def test_readout_alone_leaves_the_product_of_what_is_read_right() -> None:
    """All qubits are in |0⟩ at the end: P(0…0) = Π (1 − λ P(1|0))."""
    for record in _records(
        {"qubits": [2, 4, 6], "noise": {"recipe": "readout_only", "scale": [0.5, 1, 2]}}
    ):
        device, scale = find_device("torino"), record.point.settings["noise.scale"]
        wrong = [device.qubits[q].p1_given_0 for q in record.values["physical_qubits"]]
        expected = np.prod([1 - min(0.5, scale * (p or 0.0)) for p in wrong])
        assert record.values["probability"] == pytest.approx(expected, abs=1e-10)


def test_both_engines_agree() -> None:
    exact, aer = probabilities(qubits=3, engine=["exact", "aer"], noise={"scale": 1.5})
    assert exact == pytest.approx(aer, abs=1e-8)


def test_shots_scatter_by_their_stated_error() -> None:
    exact = probabilities(qubits=4)[0]
    drawn = _records({"qubits": 4, "shots": [1000 + k for k in range(60)]})
    scores = [(r.values["probability"] - exact) / r.values["probability_stderr"] for r in drawn]
    # The mean of 60 squared standard scores is within 1 ± 0.65 but once in a thousand.
    assert 0.45 < np.mean(np.square(scores)) < 1.65


def test_published_runs_on_aer_are_met() -> None:
    """metriq-data, Aer with FakeTorino, 1000 shots (CC-BY-4.0): 3.3 standard errors, and 0.01 for
    a placement that another transpiler chose."""
    published = {2: 0.965, 4: 0.902, 6: 0.824, 8: 0.745, 10: 0.695}
    found = probabilities(qubits=list(published))
    for ours, theirs in zip(found, published.values(), strict=True):
        assert abs(ours - theirs) < 3.3 * np.sqrt(theirs * (1 - theirs) / 1000) + 0.01


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"qubits": 11}, "less than or equal to 10"),
        ({"feature_map": "amplitude"}, "does not take one qubit a feature"),
        ({"feature_map": "zz_chian"}, "zz_chain"),
        ({"engine": "statevector"}, "takes no gate noise"),
        ({"target": "manila", "qubits": 6}, "manila has 5"),
    ],
)
def test_what_does_not_fit_is_refused(document: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        probabilities(**document)


def test_local_mode_measures_what_the_exact_engine_predicts() -> None:
    """``engine: runtime`` on a snapshot: the client itself, within four standard errors."""
    (record,) = _records(
        {"qubits": 3, "engine": "runtime", "execution": {"shots": 4000, "resilience_level": 0}}
    )
    values = record.values
    (exact,) = probabilities(qubits=3)
    assert values["twin_probability"] == pytest.approx(exact, abs=1e-10)
    assert values["probability_stderr"] == pytest.approx(
        (values["probability"] * (1 - values["probability"]) / 4000) ** 0.5, rel=1e-6
    )
    assert abs(values["probability"] - exact) < 4 * values["probability_stderr"]
    assert values["twin_curve"][0] == pytest.approx(1, abs=1e-10)
