"""Fractional gates: folded angles against the exact engine, and what the client itself allows."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.quantum_info import Operator, SparsePauliOp

from nisqdl.circuits.build import build_model, encode
from nisqdl.circuits.options import ModelOptions
from nisqdl.engines import find_engine
from nisqdl.engines.runtime.adapter import pub_of
from nisqdl.engines.runtime.folding import folded
from nisqdl.engines.runtime.local import measure_locally
from nisqdl.engines.runtime.options import Execution
from nisqdl.engines.runtime.request import Request, bound_rows
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import IDEAL
from nisqdl.studies.hardware import require_runnable
from nisqdl.studies.named import recipe_named
from nisqdl.targets.fractional import with_rotations
from nisqdl.targets.isa import IsaModel
from nisqdl.targets.snapshots import find_device
from nisqdl.targets.transpile import transpile_model

KINGSTON = find_device("kingston")
OBSERVABLES = tuple(SparsePauliOp(label) for label in ("IIZ", "XIY", "ZZZ"))
angles = st.floats(-20, 20) | st.sampled_from([k * math.pi / 2 for k in range(-8, 9)])


def model(fixed: float) -> IsaModel:
    """Two-qubit rotations by a feature, a weight, a sum of them, a product, and a number."""
    x, w = Parameter("x"), Parameter("w")
    circuit = QuantumCircuit(3)
    for qubit in range(3):
        circuit.sx(qubit)
        circuit.rz(0.3 + qubit, qubit)
    for angle, pair in [(x, (0, 1)), (w, (1, 2)), (x + w / 2, (0, 1)), (fixed, (2, 1))]:
        circuit.rzz(angle, *pair)
        circuit.rx(0.7, pair[0])
    circuit.rzz(2 * (np.pi - x) * (np.pi - w), 1, 2)
    circuit.sx(1)
    return IsaModel(circuit, (x,), (w,), OBSERVABLES, (0, 1, 2), "kingston@2026-04-15")


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(angles, angles), min_size=1, max_size=4), angles)
@example([(0.0, 0.0)], 0.0)
@example([(-1e-17, 2 * math.pi)], -1e-12)
def test_folded_angles_are_in_range_and_give_the_same_values(
    rows: list[tuple[float, float]], fixed: float
) -> None:
    from qiskit.primitives.containers.estimator_pub import EstimatorPub
    from qiskit_ibm_runtime.utils.utils import is_valid_rzz_pub

    isa, bindings = model(fixed), np.array(rows)
    engine = find_engine("exact")
    fold = folded(isa.circuit, (*isa.features, *isa.weights), bindings)
    assert np.array_equal(fold.bindings[:, :2], bindings)
    there = replace(isa, circuit=fold.circuit, features=fold.parameters, weights=())
    plain = replace(isa, features=(*isa.features, *isa.weights), weights=())
    nothing = np.zeros(0)
    found = engine.prepare(there, IDEAL).values(fold.bindings, nothing)
    expected = engine.prepare(plain, IDEAL).values(bindings, nothing)
    np.testing.assert_allclose(found, expected, atol=1e-9)
    request = Request(isa, bindings, Execution(), "ibm_kingston")
    pub = EstimatorPub.coerce(pub_of(request, slice(None), 156))
    assert is_valid_rzz_pub(pub) == ""


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("cx"), st.permutations(range(3))),
            st.tuples(st.just("rz"), st.permutations(range(3))),
            st.tuples(st.just("h"), st.permutations(range(3))),
        ),
        max_size=14,
    )
)
def test_rotations_are_found_and_nothing_else_changes(
    gates: list[tuple[str, list[int]]],
) -> None:
    circuit = QuantumCircuit(3)
    circuit.cx(0, 1)
    circuit.rz(0.4, 1)
    circuit.cx(0, 1)
    for name, qubits in gates:
        if name == "cx":
            circuit.cx(*qubits[:2])
        elif name == "rz":
            circuit.rz(0.1 + qubits[0], qubits[0])
        else:
            circuit.h(qubits[0])
    found = with_rotations(circuit)
    assert found.count_ops()["rzz"] >= 1
    assert Operator(found).equiv(Operator(circuit))


def test_a_kernels_circuit_has_half_the_gates_and_the_values_of_its_noise() -> None:
    """The whole way in local mode: transpiled with rzz, folded, run with the device's noise."""
    options = ModelOptions.model_validate(
        {"feature_map": {"name": "zz"}, "ansatz": {"depth": 1}, "entangler": "none"}
    )
    logical = build_model(options, 3, 2)
    fractional = transpile_model(logical, KINGSTON, schedule=False, seed=1, fractional=True)
    plain = transpile_model(logical, KINGSTON, schedule=False, seed=1)
    entangling = fractional.circuit.count_ops()
    assert entangling["rzz"] >= 4
    pairs = entangling["rzz"] + entangling.get("cz", 0)
    assert pairs < plain.circuit.count_ops()["cz"]
    rows = encode(options, np.random.default_rng(3).uniform(0, 2 * np.pi, (3, 3)))
    weights = np.linspace(0, 2, len(fractional.weights))
    engine, places = find_engine("exact"), fractional.physical_qubits
    noise = channels_for(recipe_named("calibrated"), KINGSTON, places, 2.0, None)
    ideal = engine.prepare(plain, IDEAL).values(rows, weights)
    np.testing.assert_allclose(
        engine.prepare(fractional, IDEAL).values(rows, weights), ideal, atol=1e-9
    )
    expected = engine.prepare(fractional, replace(noise, idle={})).values(rows, weights)
    execution = Execution(fractional_gates=True, resilience_level=0, shots=20_000)
    asked = Request(fractional, bound_rows(rows, weights), execution, "kingston")
    found = measure_locally(asked, KINGSTON, noise, seed=4)
    # Folding adds up to two rx, of an error of some 1e-4, around each rzz.
    assert np.all(np.abs(found.values - expected) < 5 / math.sqrt(20_000) + 0.01)


@pytest.mark.parametrize("document", [{"pec": {}}, {"resilience_level": 2}])
def test_fractional_gates_are_not_twirled(document: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="cannot be twirled"):
        Execution.model_validate({"fractional_gates": True, **document})


@pytest.mark.parametrize("target", ["torino", "sherbrooke", "berlin"])
def test_a_device_without_them_is_refused(target: str) -> None:
    with pytest.raises(ValueError, match="has none; leave it out"):
        require_runnable("runtime", Execution(fractional_gates=True), target, 1.0, None)
    require_runnable("runtime", Execution(fractional_gates=True), "kingston", 1.0, None)
