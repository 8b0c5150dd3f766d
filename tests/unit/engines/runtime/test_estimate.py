"""Estimates: counts against the job that the client itself prepares, time against IBM's rule."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from nisqdl.engines.runtime.estimate import (
    JOB_OVERHEAD_S,
    bases,
    calibration_executions,
    circuit_us,
    estimate,
    request_executions,
    twirled_shots,
)
from nisqdl.engines.runtime.options import Execution, Twirling, Zne
from nisqdl.engines.runtime.request import Request
from nisqdl.targets.isa import IsaModel
from nisqdl.targets.snapshots import find_device

if TYPE_CHECKING:
    from qiskit_ibm_runtime.options_models import EstimatorOptions

TORINO = find_device("torino")
WIDTH = 3


def request(
    execution: Execution,
    labels: tuple[tuple[str, ...], ...] = (("ZII",),),
    rows: int = 1,
    gates: int = 2,
) -> Request:
    """Some gates of torino's between its qubits 0, 1, 2, and observables by their labels."""
    theta = Parameter("θ")
    circuit = QuantumCircuit(WIDTH)
    circuit.sx(0)
    circuit.rz(theta, 0)
    for index in range(gates):
        circuit.cz(index % 2, index % 2 + 1)
    observables = tuple(SparsePauliOp(list(terms)) for terms in labels)
    isa = IsaModel(circuit, (theta,), (), observables, (0, 1, 2), "torino@2025-02-26")
    return Request(isa, np.linspace(0, 1, rows)[:, None], execution, "ibm_torino")


executions = st.builds(
    Execution,
    shots=st.integers(1, 20_000),
    resilience_level=st.sampled_from([0, 1, 2]),
    measure_mitigation=st.sampled_from([None, True, False]),
    zne=st.sampled_from([None, Zne(noise_factors=(1.0, 2.0))]),
    twirling=st.builds(
        Twirling,
        gates=st.sampled_from([None, True, False]),
        num_randomizations=st.sampled_from([None, 1, 7, 32]),
    ),
)
observables = st.lists(
    st.lists(st.text("IXYZ", min_size=WIDTH, max_size=WIDTH), min_size=1, max_size=4).map(tuple),
    min_size=1,
    max_size=3,
).map(tuple)


@settings(max_examples=25, deadline=None)
@given(executions, observables, st.integers(1, 3))
@example(Execution(shots=1), (("IZX", "XII", "IIY", "YZI"), ("IIX", "IXI")), 1)  # 3 bases, or 2
def test_counts_are_those_of_the_job_that_the_client_prepares(
    execution: Execution, labels: tuple[tuple[str, ...], ...], rows: int
) -> None:
    from qiskit_ibm_runtime.executor_estimator.prepare import prepare

    asked = request(execution, labels, rows)
    pub = (asked.isa.circuit, [[op] for op in asked.isa.observables], asked.bindings)
    program, _ = prepare([pub], _options(execution))
    found = estimate([asked], TORINO)
    assert found.executions == program.shots * sum(item.size() for item in program.items)
    assert found.circuits == sum(item.size() for item in program.items)
    assert found.executions == request_executions(asked) + calibration_executions(execution)


def _options(execution: Execution) -> EstimatorOptions:
    """The client's options, written down from its documentation."""
    from qiskit_ibm_runtime.options_models import EstimatorOptions

    options = EstimatorOptions()
    options.default_shots = execution.shots
    options.resilience_level = execution.resilience_level
    options.resilience.measure_mitigation = execution.measure_mitigation
    options.twirling.enable_gates = execution.twirling.gates
    if execution.twirling.num_randomizations is not None:
        options.twirling.num_randomizations = execution.twirling.num_randomizations
    if isinstance(execution.zne, Zne):
        options.resilience.zne_mitigation = True
        options.resilience.zne.noise_factors = list(execution.zne.noise_factors)
        options.resilience.zne.extrapolator = ["linear"]
    return options


def test_a_short_circuit_takes_what_ibms_rule_says() -> None:
    # 2 s + 0.35 ms for each execution, without twirling and mitigation.
    found = estimate([request(Execution(shots=4096, resilience_level=0))], TORINO)
    assert found.executions == 4096
    assert found.qpu_seconds == pytest.approx(2 + 0.00035 * 4096)


def test_the_devices_own_delay_counts() -> None:
    slow = dataclasses.replace(TORINO, rep_delay_us=4000.0)
    found = estimate([request(Execution(shots=1000, resilience_level=0))], slow)
    assert found.qpu_seconds == pytest.approx(JOB_OVERHEAD_S + 1000 * 4.1e-3)


def test_a_long_circuit_takes_its_length() -> None:
    long = request(Execution(shots=100, resilience_level=0), gates=4000)
    length = circuit_us(long.isa, TORINO)
    durations = {g.qubits: g.duration_ns for g in TORINO.gates if g.name == "cz"}
    gates = sum(durations[index % 2, index % 2 + 1] for index in range(4000))
    readout = TORINO.qubits[2].readout_ns
    sx = next(g.duration_ns for g in TORINO.gates if g.name == "sx" and g.qubits == (0,))
    assert length == pytest.approx((sx + gates + readout) / 1000)
    found = estimate([long], TORINO)
    assert found.qpu_seconds == pytest.approx(2 + 100 * (250 + length) * 1e-6)


def test_jobs_are_packed_by_options_and_limited() -> None:
    one, two = Execution(shots=1000, resilience_level=0), Execution(shots=1000)
    found = estimate([request(one), request(one), request(two)], TORINO)
    assert (found.pubs, found.jobs) == (3, 2)
    assert found.calibrations == calibration_executions(two) > 0
    many = request(Execution(shots=6_000_000, resilience_level=0), rows=2)
    assert estimate([many], TORINO).jobs == 2


def test_shots_are_split_into_twirls_as_documented() -> None:
    assert twirled_shots(Execution(shots=4096, resilience_level=0)) == (1, 4096)
    assert twirled_shots(Execution(shots=4096)) == (32, 128)
    assert twirled_shots(Execution(shots=100)) == (2, 64)
    assert twirled_shots(Execution(shots=100, twirling=Twirling(num_randomizations=3))) == (3, 34)


def test_bases_are_groups_of_qubitwise_commuting_terms() -> None:
    def of(*labels: str) -> int:
        return bases(request(Execution(), (labels,)).isa)

    assert of("ZZI", "IZZ", "III") == 1
    assert of("XXI", "ZZI") == 2  # they commute, but not qubit by qubit
    assert of("XYZ", "ZXY", "YZX") == 3
