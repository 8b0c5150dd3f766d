"""Requests and what came back, to bytes and back; the options of a device's execution."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pydantic import ValidationError

from nisqdl.circuits.build import build_model
from nisqdl.circuits.options import ModelOptions
from nisqdl.engines.runtime.options import DEFAULT_SHOTS, Execution, Zne
from nisqdl.engines.runtime.request import (
    JobFacts,
    Measured,
    Request,
    bound_rows,
    measured_from_bytes,
    measured_to_bytes,
    request_from_bytes,
    request_to_bytes,
)
from nisqdl.errors import InputError
from nisqdl.targets.snapshots import find_device
from nisqdl.targets.transpile import transpile_model


def test_a_request_survives_its_bytes() -> None:
    isa = transpile_model(
        build_model(ModelOptions(), 2, 2), find_device("torino"), schedule=False, seed=1
    )
    rows = bound_rows(np.array([[0.1, 0.2], [0.3, 0.4]]), np.arange(len(isa.weights)) / 7)
    execution = Execution(resilience_level=2, zne=Zne(noise_factors=(1, 2.5)), precision=0.02)
    request = Request(isa, rows, execution, "ibm_torino")
    read = request_from_bytes(request_to_bytes(request))
    assert read.isa.circuit == isa.circuit
    assert read.isa.physical_qubits == isa.physical_qubits
    assert read.isa.observables == isa.observables
    assert np.array_equal(read.bindings, rows)
    assert (read.execution, read.backend) == (execution, "ibm_torino")
    assert request_to_bytes(read) == request_to_bytes(request)


def test_rows_hold_features_and_then_weights() -> None:
    rows = bound_rows(np.array([[1.0], [2.0]]), np.array([5.0, 6.0]))
    assert rows.tolist() == [[1, 5, 6], [2, 5, 6]]


@given(arrays(np.float64, (3, 2), elements=st.floats(-2, 2) | st.just(np.nan)))
def test_what_came_back_survives_its_bytes(values: np.ndarray) -> None:
    fact = JobFacts("j1", "2026-11-01T00:00:00+00:00", None, None, None, {"shots": 100})
    device = find_device("manila")
    measured = Measured(values, abs(values), "ibm_manila", (fact,), 1.5, 0, device)
    read = measured_from_bytes(measured_to_bytes(measured))
    assert np.array_equal(read.values, values, equal_nan=True)
    assert np.array_equal(read.stderr, abs(values), equal_nan=True)
    assert (read.jobs, read.snapshot, read.qpu_seconds) == ((fact,), device, 1.5)


@pytest.mark.parametrize("damage", [b"", b"{}", b"[]", b'{"format": "other 1"}'])
def test_a_damaged_document_is_a_sentence(damage: bytes) -> None:
    for read in (request_from_bytes, measured_from_bytes):
        with pytest.raises(InputError, match="The stored"):
            read(damage)


@settings(deadline=None)
@given(st.sampled_from([0, 1, 2]), st.sampled_from([None, True, False]), st.booleans())
def test_the_level_decides_what_is_left_open_as_in_the_client(
    level: int, trex: bool | None, no_zne: bool
) -> None:
    from qiskit_ibm_runtime.executor_estimator.finalize_options import finalize_estimator_options
    from qiskit_ibm_runtime.options_models import EstimatorOptions

    execution = Execution(
        resilience_level=level,
        measure_mitigation=trex,
        zne_mitigation=False if no_zne else None,
    )
    options = EstimatorOptions(resilience_level=level)
    options.resilience.measure_mitigation = trex
    options.resilience.zne_mitigation = False if no_zne else None
    final = finalize_estimator_options(options)
    assert execution.mitigates_readout == final.resilience.measure_mitigation
    assert (execution.extrapolation is not None) == final.resilience.zne_mitigation
    assert execution.twirls_gates == final.twirling.enable_gates
    assert execution.twirls_measurements == final.twirling.enable_measure


def test_shots_come_from_a_precision_or_by_default() -> None:
    assert Execution().effective_shots == DEFAULT_SHOTS
    assert Execution(shots=10).effective_shots == 10
    assert Execution(precision=0.015625).effective_shots == 4096


@pytest.mark.parametrize(
    ("options", "finding"),
    [
        ({"shots": 10, "precision": 0.1}, "not both"),
        ({"zne": {"noise_factors": [1]}}, "two different"),
        ({"zne": {"extrapolator": ["polynomial_degree_3"]}}, "at least 4"),
        ({"zne": {"extrapolator": []}}, "at least one"),
        ({"resilience_level": 3}, "0, 1 or 2"),
        ({"max_execution_time": 20_000}, "10800"),
    ],
)
def test_what_no_device_can_do_is_refused(options: dict[str, object], finding: str) -> None:
    with pytest.raises(ValidationError, match=finding):
        Execution.model_validate_json(json.dumps(options))
