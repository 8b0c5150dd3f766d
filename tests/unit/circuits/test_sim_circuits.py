"""The circuits of Sim et al. 2019 against their figure, written out gate by gate."""

from __future__ import annotations

from math import gcd

import numpy as np
import pytest
from pydantic import ValidationError
from qiskit.circuit import QuantumCircuit
from qiskit.quantum_info import Operator, Statevector

from nisqdl.circuits.ansatzes import ANSATZES
from nisqdl.circuits.build import build_model, num_weights
from nisqdl.circuits.options import ModelOptions
from nisqdl.engines import find_engine
from nisqdl.errors import InputError
from nisqdl.noise.channels import IDEAL

NUMBERS = range(1, 20)
WEIGHTS = [8, 8, 11, 11, 28, 28, 19, 19, 4, 8, 12, 12, 16, 16, 8, 11, 11, 12, 12]
TWO_QUBIT_GATES = [0, 3, 3, 3, 12, 12, 3, 3, 3, 4, 3, 3, 8, 8, 8, 3, 3, 4, 4]

ALL_PAIRS = "32 31 30 23 21 20 13 12 10 03 02 01"
FIGURE = {
    # One layer on four qubits: a gate, then its places; digits of a pair are control and target.
    1: "rx 0 1 2 3, rz 0 1 2 3",
    2: "rx 0 1 2 3, rz 0 1 2 3, cx 32 21 10",
    3: "rx 0 1 2 3, rz 0 1 2 3, crz 32 21 10",
    4: "rx 0 1 2 3, rz 0 1 2 3, crx 32 21 10",
    5: f"rx 0 1 2 3, rz 0 1 2 3, crz {ALL_PAIRS}, rx 0 1 2 3, rz 0 1 2 3",
    6: f"rx 0 1 2 3, rz 0 1 2 3, crx {ALL_PAIRS}, rx 0 1 2 3, rz 0 1 2 3",
    7: "rx 0 1 2 3, rz 0 1 2 3, crz 10 32, rx 0 1 2 3, rz 0 1 2 3, crz 21",
    8: "rx 0 1 2 3, rz 0 1 2 3, crx 10 32, rx 0 1 2 3, rz 0 1 2 3, crx 21",
    9: "h 0 1 2 3, cz 32 21 10, rx 0 1 2 3",
    10: "cz 32 21 10 30, ry 0 1 2 3",
    11: "ry 0 1 2 3, rz 0 1 2 3, cx 10 32, ry 1 2, rz 1 2, cx 21",
    12: "ry 0 1 2 3, rz 0 1 2 3, cz 10 32, ry 1 2, rz 1 2, cz 21",
    13: "ry 0 1 2 3, crz 30 23 12 01, ry 0 1 2 3, crz 32 03 10 21",
    14: "ry 0 1 2 3, crx 30 23 12 01, ry 0 1 2 3, crx 32 03 10 21",
    15: "ry 0 1 2 3, cx 30 23 12 01, ry 0 1 2 3, cx 32 03 10 21",
    16: "rx 0 1 2 3, rz 0 1 2 3, crz 10 32 21",
    17: "rx 0 1 2 3, rz 0 1 2 3, crx 10 32 21",
    18: "rx 0 1 2 3, rz 0 1 2 3, crz 30 23 12 01",
    19: "rx 0 1 2 3, rz 0 1 2 3, crx 30 23 12 01",
}


def options_of(number: int, depth: int = 1, **more) -> ModelOptions:
    return ModelOptions(ansatz={"name": f"sim_{number}", "depth": depth}, **more)


def bound(model, weights) -> QuantumCircuit:
    """At features 0 the angle map is the identity, so that only the ansatz is left."""
    values = dict.fromkeys(model.features, 0.0) | dict(zip(model.weights, weights, strict=True))
    return model.circuit.assign_parameters(values)


def two_qubit_gates(circuit: QuantumCircuit) -> int:
    return sum(instruction.operation.num_qubits == 2 for instruction in circuit.data)


def drawn(number: int, depth: int, weights) -> QuantumCircuit:
    circuit = QuantumCircuit(4)
    unused = iter(weights)
    if number == 10:
        for qubit in range(4):
            circuit.ry(next(unused), qubit)
    for part in FIGURE[number].split(", ") * depth:
        gate, *places = part.split()
        for place in places:
            qubits = [int(digit) for digit in place]
            angles = [next(unused)] if gate[-2:] in ("rx", "ry", "rz") else []
            getattr(circuit, gate)(*angles, *qubits)
    assert next(unused, None) is None
    return circuit


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("depth", [1, 2])
def test_every_circuit_is_its_figure(number, depth):
    model = build_model(options_of(number, depth), 4, None)
    weights = np.random.default_rng(number).uniform(-np.pi, np.pi, len(model.weights))
    ours, theirs = Operator(bound(model, weights)), Operator(drawn(number, depth, weights))
    np.testing.assert_allclose(ours.data, theirs.data, atol=1e-10)


@pytest.mark.parametrize("number", NUMBERS)
def test_weights_and_two_qubit_gates_at_four_qubits_are_the_papers(number):
    options = options_of(number)
    assert num_weights(options, 4) == WEIGHTS[number - 1]
    assert two_qubit_gates(build_model(options, 4, None).circuit) == TWO_QUBIT_GATES[number - 1]


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 9])
def test_weights_at_any_number_of_qubits_follow_table_3(n):
    by_three = n // gcd(n, 3) if n > 3 else {2: 2, 3: 0}[n]
    per_layer = {
        1: 2 * n, 2: 2 * n, 3: 3 * n - 1, 4: 3 * n - 1, 5: n * n + 3 * n, 6: n * n + 3 * n,
        7: 5 * n - 1, 8: 5 * n - 1, 9: n, 10: n, 11: 4 * n - 4, 12: 4 * n - 4,
        13: 3 * n + by_three, 14: 3 * n + by_three, 15: 2 * n, 16: 3 * n - 1, 17: 3 * n - 1,
        18: 3 * n, 19: 3 * n,
    }  # fmt: skip
    for number, weights in per_layer.items():
        for depth in (1, 3):
            options = options_of(number, depth)
            expected = depth * weights + (n if number == 10 else 0)
            assert num_weights(options, n) == expected, number
            model = build_model(options, n, None)
            assert set(model.circuit.parameters) == {*model.features, *model.weights}
            assert len(model.weights) == expected


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("n", [1, 2, 3])
def test_both_engines_agree_with_qiskit(number, n):
    model = build_model(options_of(number, 2, observables=["Z0", "global_z"]), n, None)
    weights = np.random.default_rng(n).uniform(-np.pi, np.pi, len(model.weights))
    state = Statevector(bound(model, weights))
    expected = [state.expectation_value(o).real for o in model.observables]
    zeros = np.zeros((1, len(model.features)))
    found = [
        find_engine(engine).prepare(model, IDEAL).values_and_gradient(zeros, weights, np.ones_like)
        for engine in ("exact", "statevector")
    ]
    for values, _ in found:
        np.testing.assert_allclose(values[0], expected, atol=1e-10)
    np.testing.assert_allclose(found[0][1], found[1][1], atol=1e-9)


def test_own_pairs_and_gates_are_written_out():
    assert options_of(9).model_dump()["entangler"] == "own"
    assert options_of(9).ansatz.gate == "cz"
    assert options_of(2).ansatz.gate == "cx"
    for name, ansatz in ANSATZES.items():
        options = ModelOptions(ansatz={"name": name}, entangler="own")
        assert options.entangler == ansatz.entangler
        assert options == ModelOptions(ansatz={"name": name})
    assert ModelOptions(entangler="own") == ModelOptions()


@pytest.mark.parametrize("number", NUMBERS)
def test_another_entangler_replaces_the_pairs_of_every_part(number):
    own = build_model(options_of(number), 4, None)
    none = build_model(options_of(number, entangler="none"), 4, None)
    star = build_model(options_of(number, entangler="star"), 4, None)
    parts = sum(part.couples for part in ANSATZES[f"sim_{number}"].parts)
    assert two_qubit_gates(none.circuit) == 0
    assert two_qubit_gates(star.circuit) == 3 * parts
    assert len(none.weights) == num_weights(options_of(number, entangler="none"), 4)
    trained = two_qubit_gates(own.circuit) if ANSATZES[f"sim_{number}"].trains_pairs else 0
    assert len(none.weights) == len(own.weights) - trained


def test_a_gate_that_would_not_be_used_is_refused():
    assert ModelOptions(ansatz={"name": "sim_9", "gate": "cx"}).ansatz.gate == "cx"
    with pytest.raises(ValidationError, match="'sim_3' has no two-qubit gates to choose"):
        ModelOptions(ansatz={"name": "sim_3", "gate": "cz"})


def test_edges_are_refused_where_the_pairs_are_the_ansatzs_own():
    with pytest.raises(InputError, match="must be 'device' where edges are given, but is 'own'"):
        build_model(options_of(2), 3, None, edges=[(0, 1)])
    pairs = build_model(options_of(2, entangler="device"), 3, None, edges=[(0, 2)]).circuit
    assert two_qubit_gates(pairs) == 1
