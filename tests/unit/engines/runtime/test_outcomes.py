"""The Sampler: values and errors of sums of strings, against closed forms and the exact engine."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from qiskit.circuit import QuantumCircuit
from qiskit.primitives import BitArray
from qiskit.quantum_info import SparsePauliOp

from nisqdl.circuits.build import build_model
from nisqdl.circuits.options import ModelOptions
from nisqdl.engines import find_engine
from nisqdl.engines.runtime.local import measure_locally
from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.outcomes import REGISTER, outcome_values
from nisqdl.engines.runtime.request import Request
from nisqdl.errors import InputError
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import IDEAL
from nisqdl.studies.echo import EchoOptions
from nisqdl.studies.named import recipe_named
from nisqdl.targets.isa import IsaModel
from nisqdl.targets.snapshots import find_device
from nisqdl.targets.transpile import transpile_model

TORINO = find_device("torino")
SAMPLED = Execution.model_validate({"primitive": "sampler", "shots": 4000})
MEAN_Z = SparsePauliOp(["IIZ", "IZI", "ZII"], [1 / 3] * 3)
NOTHING = np.zeros((1, 0))


def request(circuit: QuantumCircuit, *observables: SparsePauliOp) -> Request:
    isa = IsaModel(circuit, (), (), observables, (80, 92, 99), "torino@2025-02-26")
    return Request(isa, NOTHING, SAMPLED, "ibm_torino")


def ghz() -> QuantumCircuit:
    circuit = QuantumCircuit(3)
    for qubit in range(3):
        circuit.rz(math.pi / 2, qubit)
        circuit.sx(qubit)
        circuit.rz(math.pi / 2, qubit)
    for pair in ((0, 1), (1, 2)):
        circuit.cz(*pair)
        circuit.rz(math.pi / 2, pair[1])
        circuit.sx(pair[1])
        circuit.rz(math.pi / 2, pair[1])
    return circuit


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**31), st.integers(1, 60), st.integers(1, 3))
def test_values_are_the_means_over_outcomes(seed: int, shots: int, rows: int) -> None:
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2, (rows, shots, 3)).astype(bool)
    labels = ["".join(rng.choice(list("IZ"), 3)) for _ in range(4)]
    operator = SparsePauliOp(labels, rng.normal(size=4))
    asked = replace(request(QuantumCircuit(3), operator), bindings=np.zeros((rows, 0)))
    outcomes = BitArray.from_bool_array(bits, order="little")
    pub = type("Pub", (), {"data": type("Data", (), {REGISTER: outcomes})})
    (found,) = outcome_values([pub], [asked], "x")
    diagonal = operator.to_matrix().diagonal().real
    each = diagonal[bits @ np.array([1, 2, 4])]
    np.testing.assert_allclose(found.values[:, 0], each.mean(axis=1), atol=1e-12)
    least = np.abs(operator.coeffs).sum() / shots
    expected = np.maximum(each.std(axis=1) / math.sqrt(shots), least)
    np.testing.assert_allclose(found.stderr[:, 0], expected, atol=1e-12)


def test_qubits_that_agree_have_the_error_of_one() -> None:
    """Mean of Z on a GHZ state: ±1, so 1/√shots; the Estimator states it 1/√3 of that."""
    asked = request(ghz(), MEAN_Z)
    found = measure_locally(asked, TORINO, IDEAL, seed=1)
    assert found.stderr[0, 0] == pytest.approx(1 / math.sqrt(4000), rel=0.02)
    assert abs(found.values[0, 0]) < 5 / math.sqrt(4000)
    estimated = Execution(resilience_level=0, shots=4000)
    stated = measure_locally(replace(asked, execution=estimated), TORINO, IDEAL, seed=1).stderr
    assert stated[0, 0] == pytest.approx(1 / math.sqrt(3 * 4000), rel=0.05)


@pytest.mark.parametrize("twirling", [{}, {"measure": True, "gates": True}])
def test_it_measures_what_the_exact_engine_says(twirling: dict[str, bool]) -> None:
    execution = SAMPLED.model_copy(
        update={"twirling": SAMPLED.twirling.model_copy(update=twirling), "shots": 16_000}
    )
    asked = request(ghz(), MEAN_Z, SparsePauliOp("IZZ"), SparsePauliOp("ZZZ"))
    places = asked.isa.physical_qubits
    noise = channels_for(recipe_named("calibrated"), TORINO, places, 4.0, None)
    if twirling:  # twirled measurements err as often for 0 as for 1
        noise = channels_for(recipe_named("calibrated"), TORINO, places, 4.0, ("two_qubit",))
    found = measure_locally(replace(asked, execution=execution), TORINO, noise, seed=2)
    exact = find_engine("exact").prepare(asked.isa, replace(noise, idle={}))
    gap = np.abs(found.values - exact.values(NOTHING, np.zeros(0)))
    assert np.all(gap < 5 * found.stderr)
    assert found.jobs[0].options["primitive"] == "sampler"


def test_gates_that_wait_for_outcomes_run_by_the_sampler() -> None:
    """A network that measures in the circuit, under four times manila's noise."""
    manila = find_device("manila")
    ansatz = {"name": "qcnn", "depth": 2, "convolution": "ttn", "pooling": "measured_dynamic"}
    model = build_model(ModelOptions.model_validate({"ansatz": ansatz}), 4, 2)
    isa = transpile_model(model, manila, schedule=False, seed=1)
    rng = np.random.default_rng(5)
    rows, weights = rng.uniform(-1, 1, (3, 4)), rng.uniform(-3, 3, len(model.weights))
    bindings = np.hstack([rows, np.tile(weights, (3, 1))])
    noise = channels_for(recipe_named("calibrated"), manila, isa.physical_qubits, 4.0, None)
    asked = Request(isa, bindings, SAMPLED, "ibm_manila")
    found = measure_locally(asked, manila, noise, seed=2)
    values = [find_engine("exact").prepare(isa, n).values(rows, weights) for n in (noise, IDEAL)]
    assert np.all(np.abs(found.values - values[0]) < 5 * found.stderr)
    assert np.any(np.abs(found.values - values[1]) > 5 * found.stderr)  # the noise is seen
    with pytest.raises(InputError, match=r"use the Sampler \(`execution.primitive: sampler`\)"):
        measure_locally(
            replace(asked, execution=Execution(resilience_level=0, shots=100)), manila, noise, 2
        )


def test_other_observables_are_refused() -> None:
    with pytest.raises(InputError, match="Z strings only"):
        measure_locally(request(ghz(), SparsePauliOp("IXZ")), TORINO, IDEAL, seed=0)


@pytest.mark.parametrize(
    ("field", "value"),
    [("resilience_level", 1), ("measure_mitigation", True), ("zne", {}), ("pec", {})],
)
def test_it_mitigates_nothing(field: str, value: object) -> None:
    with pytest.raises(ValidationError, match=f"mitigates nothing, but `{field}` is set"):
        Execution.model_validate({"primitive": "sampler", field: value})
    kept = Execution.model_validate({"primitive": "sampler"})
    assert Execution.model_validate(kept.model_dump(mode="json")) == kept


def test_an_echo_is_sampled_unless_mitigation_is_asked() -> None:
    document = {"target": "torino", "engine": "runtime", "qubits": 3}
    for execution, primitive in (
        (None, "sampler"),
        ({"shots": 100, "mode": "job"}, "sampler"),
        ({"resilience_level": 1}, "estimator"),
    ):
        options = EchoOptions.model_validate({**document, "execution": execution})
        assert options.execution is not None
        assert options.execution.primitive == primitive
