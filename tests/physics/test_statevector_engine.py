"""The state-vector engine against Qiskit's ``Statevector``, and against closed forms."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Parameter, ParameterVector
from qiskit.circuit.library import UnitaryGate, get_standard_gate_name_mapping
from qiskit.quantum_info import SparsePauliOp, Statevector, random_unitary

from nisqdl.circuits.model import Model
from nisqdl.engines.statevector import StatevectorEngine
from nisqdl.noise.channels import IDEAL, NoiseChannels, Readout

NOT_GATES = {"measure", "reset", "delay"}
GATES = {
    name: gate
    for name, gate in get_standard_gate_name_mapping().items()
    if name not in NOT_GATES and gate.num_qubits > 0
}
FEATURES, WEIGHTS = ParameterVector("x", 2), ParameterVector("w", 5)
seeds = st.integers(0, 2**32 - 1)


def random_angle(rng: np.random.Generator):
    """Numbers (often multiples of π/4), weights, and functions of weights and features."""
    w = WEIGHTS[rng.integers(len(WEIGHTS))]
    choices = [
        float(rng.normal()), float(rng.integers(-8, 9)) * np.pi / 4, w, w, -w / 2 + 0.3,
        FEATURES[rng.integers(2)], 2 * (np.pi - FEATURES[0]) * (np.pi - FEATURES[1]),
        w * FEATURES[0], w**2,
    ]  # fmt: skip
    return choices[rng.integers(len(choices))]


def random_model(rng: np.random.Generator, num_qubits: int, num_gates: int) -> Model:
    circuit = QuantumCircuit(num_qubits)
    names = sorted(name for name, gate in GATES.items() if gate.num_qubits <= num_qubits)
    for _ in range(num_gates):
        gate = GATES[names[rng.integers(len(names))]].to_mutable()
        gate.params = [random_angle(rng) for _ in gate.params]
        circuit.append(gate, rng.permutation(num_qubits)[: gate.num_qubits].tolist())
    if num_qubits > 1 and rng.random() < 0.3:
        pair = rng.permutation(num_qubits)[:2].tolist()
        circuit.append(UnitaryGate(random_unitary(4, seed=rng)), pair)
        circuit.rx(WEIGHTS[0], pair[0])
    observables = []
    for _ in range(int(rng.integers(1, 4))):
        labels = ["".join(rng.choice(list("IXYZ"), num_qubits)) for _ in range(rng.integers(1, 5))]
        observables.append(SparsePauliOp(labels, rng.normal(size=len(labels))))
    return Model(circuit, tuple(FEATURES), tuple(WEIGHTS), tuple(observables))


def reference(model: Model, features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    rows = []
    for sample in features:
        values = dict(zip((*model.features, *model.weights), (*sample, *weights), strict=True))
        known = {p: v for p, v in values.items() if p in model.circuit.parameters}
        state = Statevector(model.circuit.assign_parameters(known))
        rows.append([state.expectation_value(o).real for o in model.observables])
    return np.array(rows)


def standard_layers(num_qubits: int, layers: int, features: bool) -> Model:
    """RY(x), then layers of RY, RZ and a chain of CX."""
    x = ParameterVector("f", num_qubits if features else 0)
    w = ParameterVector("v", 2 * num_qubits * layers)
    circuit = QuantumCircuit(num_qubits)
    for qubit, feature in enumerate(x):
        circuit.ry(feature, qubit)
    angles = iter(w)
    for _ in range(layers):
        for qubit in range(num_qubits):
            circuit.ry(next(angles), qubit)
            circuit.rz(next(angles), qubit)
        for qubit in range(num_qubits - 1):
            circuit.cx(qubit, qubit + 1)
    last = SparsePauliOp.from_sparse_list([("Z", [num_qubits - 1], 1.0)], num_qubits)
    return Model(circuit, tuple(x), tuple(w), (last, SparsePauliOp("Z" * num_qubits)))


@pytest.mark.parametrize("name", sorted(GATES))
def test_every_standard_gate(name: str) -> None:
    """Between generic states and on every order of its qubits."""
    gate, rng = GATES[name], np.random.default_rng(7)
    for order in itertools.permutations(range(gate.num_qubits)):
        circuit = QuantumCircuit(gate.num_qubits)
        for qubit in range(gate.num_qubits):
            circuit.u(*rng.normal(size=3), qubit)
        bound = gate.to_mutable()
        parameters = ParameterVector("a", len(gate.params))
        bound.params = list(parameters)
        circuit.append(bound, order)
        for qubit in range(gate.num_qubits):
            circuit.u(*rng.normal(size=3), qubit)
        labels = ["".join(rng.choice(list("XYZ"), gate.num_qubits)) for _ in range(3)]
        model = Model(circuit, (), tuple(parameters), tuple(map(SparsePauliOp, labels)))
        weights = rng.normal(size=len(parameters))
        found = StatevectorEngine().prepare(model, IDEAL).values(np.empty((1, 0)), weights)
        expected = reference(model, np.empty((1, 0)), weights)
        np.testing.assert_allclose(found, expected, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(seeds, st.integers(1, 6), st.integers(0, 40))
def test_values_are_those_of_qiskit(seed: int, num_qubits: int, num_gates: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(rng, num_qubits, num_gates)
    features, weights = rng.normal(size=(int(rng.integers(1, 11)), 2)), rng.normal(size=5)
    found = StatevectorEngine().prepare(model, IDEAL).values(features, weights)
    np.testing.assert_allclose(found, reference(model, features, weights), atol=1e-11)


@settings(max_examples=40, deadline=None)
@given(seeds, st.integers(1, 5), st.integers(1, 30))
def test_derivatives_are_central_differences(seed: int, num_qubits: int, num_gates: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(rng, num_qubits, num_gates)
    evaluator = StatevectorEngine().prepare(model, IDEAL)
    features, weights = rng.uniform(0.1, 1.5, (3, 2)), rng.uniform(0.1, 1.5, 5)
    values, by_weights, by_features = evaluator.jacobian(features, weights)
    np.testing.assert_allclose(values, evaluator.values(features, weights), atol=1e-12)
    step = 1e-4

    def slope(move):
        """Of fourth order in the step."""
        near, far = (
            evaluator.values(*move(s)) - evaluator.values(*move(-s)) for s in (step, 2 * step)
        )
        return (8 * near - far) / (12 * step)

    for k in range(len(weights)):
        found = slope(lambda s, k=k: (features, weights + s * np.eye(5)[k]))
        np.testing.assert_allclose(by_weights[:, :, k], found, atol=1e-7)
    for k in range(2):
        found = slope(lambda s, k=k: (features + s * np.eye(2)[k], weights))
        np.testing.assert_allclose(by_features[:, :, k], found, atol=1e-7)

    pulls = rng.normal(size=values.shape)
    _, gradient = evaluator.values_and_gradient(features, weights, lambda found: pulls * found)
    expected = np.einsum("bo,bow->w", pulls * values, by_weights)
    np.testing.assert_allclose(gradient, expected, atol=1e-10)

    _, at_one = evaluator.gradients_over_weights(features[0], np.stack([weights, -weights]))
    np.testing.assert_allclose(at_one[0], by_weights[0], atol=1e-10)


@pytest.mark.parametrize("num_qubits", [4, 9, 10, 12])
def test_tiles_do_not_change_anything(num_qubits: int) -> None:
    """States that are one tile and states of many, by the parameter-shift rule and by Qiskit."""
    rng = np.random.default_rng(num_qubits)
    model = standard_layers(num_qubits, 6, features=True)
    features = rng.uniform(0, np.pi, (3, num_qubits))
    weights = rng.uniform(0, 2 * np.pi, len(model.weights))
    evaluator = StatevectorEngine().prepare(model, IDEAL)
    values, by_weights, _ = evaluator.jacobian(features, weights)
    np.testing.assert_allclose(values, reference(model, features, weights), atol=1e-11)
    for k in rng.choice(len(weights), 6, replace=False):
        shift = np.pi / 2 * np.eye(len(weights))[k]
        plus, minus = (evaluator.values(features, weights + s * shift) for s in (1, -1))
        np.testing.assert_allclose(by_weights[:, :, k], (plus - minus) / 2, atol=1e-11)


@settings(max_examples=15, deadline=None)
@given(seeds, st.sampled_from([["rz", "sx", "x", "cz"], ["rz", "sx", "x", "ecr"],
                               ["rz", "rx", "rzz", "sx", "cz"]]))  # fmt: skip
def test_isa_circuits_with_delays(seed: int, basis: list[str]) -> None:
    rng = np.random.default_rng(seed)
    model = standard_layers(4, 2, features=True)
    circuit = transpile(
        model.circuit, basis_gates=basis, coupling_map=[[0, 1], [1, 2], [2, 3]],
        optimization_level=int(rng.integers(0, 4)), seed_transpiler=seed % 1000,
        initial_layout=[0, 1, 2, 3],
    )  # fmt: skip
    observables = [o.apply_layout(circuit.layout) for o in model.observables]
    circuit.delay(100, 0, unit="ns")
    circuit.barrier()
    isa = Model(circuit, model.features, model.weights, tuple(observables))
    features = rng.uniform(0, np.pi, (2, 4))
    weights = rng.uniform(0, 2 * np.pi, len(model.weights))
    found = StatevectorEngine().prepare(isa, IDEAL)
    # A transpiled layer is still one turn for each qubit, as it was before.
    logical = StatevectorEngine().prepare(model, IDEAL)
    assert len(found.execution.program.ops) <= len(logical.execution.program.ops) + 4
    np.testing.assert_allclose(
        found.values(features, weights), reference(model, features, weights), atol=1e-11
    )


def test_twenty_qubits() -> None:
    """The light cone of the last qubit is everything; the value of Qiskit's own simulator."""
    rng = np.random.default_rng(0)
    model = standard_layers(20, 2, features=True)
    features = rng.uniform(0, np.pi, (1, 20))
    weights = rng.uniform(0, 2 * np.pi, len(model.weights))
    evaluator = StatevectorEngine().prepare(model, IDEAL)
    assert evaluator.execution.program.dimensions == 20
    found = evaluator.values(features, weights)
    np.testing.assert_allclose(found, reference(model, features, weights), atol=1e-10)


def brickwork(num_qubits: int, layers: int) -> QuantumCircuit:
    circuit = QuantumCircuit(num_qubits)
    rng = np.random.default_rng(num_qubits)
    for layer in range(layers):
        for qubit in range(num_qubits):
            circuit.u(*rng.normal(size=3), qubit)
        for qubit in range(layer % 2, num_qubits - 1, 2):
            circuit.cx(qubit, qubit + 1)
    return circuit


def test_hundred_qubits_of_which_few_are_felt() -> None:
    """One Z in the middle of a line: its causal cone is all there is to simulate."""
    layers, middle = 5, 50
    near = range(middle - layers, middle + layers + 1)
    whole = brickwork(100, layers)
    cut = QuantumCircuit(len(near))
    for instruction in whole.data:
        at = [whole.find_bit(qubit).index for qubit in instruction.qubits]
        if all(qubit in near for qubit in at):
            cut.append(instruction.operation, [qubit - near[0] for qubit in at])
    wide, small = (
        Model(circuit, (), (), (SparsePauliOp.from_sparse_list([("Z", [at], 1.0)], size),))
        for circuit, at, size in ((whole, middle, 100), (cut, layers, len(near)))
    )
    evaluator = StatevectorEngine().prepare(wide, IDEAL)
    assert evaluator.execution.program.dimensions <= len(near)
    found = evaluator.values(np.empty((1, 0)), np.empty(0))
    expected = reference(small, np.empty((1, 0)), np.empty(0))
    np.testing.assert_allclose(found, expected, atol=1e-11)


def test_outcomes_scatter_as_they_should() -> None:
    """Means of 400 estimates within 5 standard errors, and their variance within 5 of its own."""
    rng = np.random.default_rng(3)
    model = random_model(rng, 3, 25)
    observables = (SparsePauliOp(["ZZI", "IIX"], [0.7, -0.4]), SparsePauliOp(["YIY", "III"]))
    readout = {0: Readout(0.02, 0.09), 2: Readout(0.2, 0.05)}
    measured = Model(model.circuit, model.features, model.weights, observables)
    evaluator = StatevectorEngine().prepare(measured, NoiseChannels("readout", readout=readout))
    features, weights = rng.normal(size=(2, 2)), rng.normal(size=5)
    exact = evaluator.values(features, weights)
    shots, repeats = 50, 400
    found = np.array([evaluator.estimates(features, weights, shots, rng) for _ in range(repeats)])
    spread = found.std(axis=0, ddof=1)
    assert np.all(np.abs(found.mean(axis=0) - exact) < 5 * spread / np.sqrt(repeats))
    # The second observable is one Pauli string and a constant: a binomial of its own.
    expected = np.sqrt((1 - (exact[:, 1] - 1) ** 2) / shots)
    np.testing.assert_allclose(spread[:, 1], expected, rtol=5 / np.sqrt(2 * repeats))


def test_mcclean_variance_of_the_first_gradient() -> None:
    """physics.md, barren plateaus: EfficientSU2's deep limit N/(2(N² − 1)) at four qubits."""
    num_qubits, samples = 4, 2000
    model = standard_layers(num_qubits, 30, features=False)
    observable = SparsePauliOp.from_sparse_list([("ZZ", [0, 1], 1.0)], num_qubits)
    deep = Model(model.circuit, (), model.weights, (observable,))
    weights = np.random.default_rng(5).uniform(0, 2 * np.pi, (samples, len(model.weights)))
    evaluator = StatevectorEngine().prepare(deep, IDEAL)
    _, gradients = evaluator.gradients_over_weights(np.empty(0), weights)
    squares = gradients[:, 0, 0] ** 2
    size = 2**num_qubits
    error = squares.std(ddof=1) / np.sqrt(samples)
    assert abs(squares.mean() - size / (2 * (size**2 - 1))) < 5 * error


def test_angle_outside_one_turn_and_zero() -> None:
    """A rotation's shears are taken of the angle in [−π, π]: nothing may break at its ends."""
    theta = Parameter("θ")
    circuit = QuantumCircuit(1)
    circuit.ry(theta, 0)
    model = Model(circuit, (), (theta,), (SparsePauliOp("Z"), SparsePauliOp("X")))
    evaluator = StatevectorEngine().prepare(model, IDEAL)
    angles = np.concatenate([np.linspace(-30, 30, 61), np.arange(-9, 10) * np.pi])[:, np.newaxis]
    values, gradients = evaluator.gradients_over_weights(np.empty(0), angles)
    np.testing.assert_allclose(values, np.hstack([np.cos(angles), np.sin(angles)]), atol=1e-13)
    expected = np.hstack([-np.sin(angles), np.cos(angles)])
    np.testing.assert_allclose(gradients[:, :, 0], expected, atol=1e-13)
