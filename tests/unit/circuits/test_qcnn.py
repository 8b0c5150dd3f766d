"""Convolutional networks: the tutorial's circuit, the published blocks, the tree, the sharing."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import UGate, z_feature_map
from qiskit.quantum_info import Operator, SparsePauliOp, Statevector

from nisqdl.circuits.build import build_model, encode, num_weights
from nisqdl.circuits.convolutional.block import Block
from nisqdl.circuits.convolutional.convolutions import CONVOLUTIONS
from nisqdl.circuits.convolutional.poolings import POOLINGS
from nisqdl.circuits.convolutional.tree import TREES, most_stages, stages
from nisqdl.circuits.options import ModelOptions
from nisqdl.engines import find_engine
from nisqdl.errors import InputError
from nisqdl.noise.channels import IDEAL

TUTORIAL = {
    "feature_map": {"name": "z"},
    "ansatz": {
        "name": "qcnn", "depth": 3, "convolution": "canonical", "pooling": "canonical",
        "tree": "halves", "boundary": "periodic", "shared": False, "final": "none",
    },
}  # fmt: skip


def tutorial_circuit(weights: np.ndarray) -> QuantumCircuit:
    """Tutorial 11's ansatz, from its text: blocks on neighbours, the second half stays."""
    circuit, taken = QuantumCircuit(8), iter(weights)

    def convolve(first: int, second: int) -> None:
        circuit.rz(-np.pi / 2, second)
        circuit.cx(second, first)
        circuit.rz(next(taken), first)
        circuit.ry(next(taken), second)
        circuit.cx(first, second)
        circuit.ry(next(taken), second)
        circuit.cx(second, first)
        circuit.rz(np.pi / 2, first)

    def pool(source: int, sink: int) -> None:
        circuit.rz(-np.pi / 2, sink)
        circuit.cx(sink, source)
        circuit.rz(next(taken), source)
        circuit.ry(next(taken), sink)
        circuit.cx(source, sink)
        circuit.ry(next(taken), sink)

    for qubits in (list(range(8)), [4, 5, 6, 7], [6, 7]):
        for pair in zip(qubits[0::2], qubits[1::2], strict=True):
            convolve(*pair)
        for pair in zip(qubits[1::2], [*qubits[2::2], qubits[0]], strict=True):
            convolve(*pair)
        half = len(qubits) // 2
        for pair in zip(qubits[:half], qubits[half:], strict=True):
            pool(*pair)
    assert next(taken, None) is None
    return circuit


def test_values_are_those_of_the_tutorial_s_circuit() -> None:
    options = ModelOptions.model_validate(TUTORIAL)
    rng = np.random.default_rng(11)
    rows, weights = rng.uniform(0, np.pi / 2, (6, 8)), rng.uniform(-np.pi, np.pi, 63)
    assert num_weights(options, 8) == 63
    model = build_model(options, 8, 2)
    found = find_engine("statevector").prepare(model, IDEAL).values(encode(options, rows), weights)
    circuit = z_feature_map(8).compose(tutorial_circuit(weights))
    observable = SparsePauliOp("ZIIIIIII")
    for row, value in zip(rows, found[:, 0], strict=True):
        state = Statevector(circuit.assign_parameters(row))
        assert value == pytest.approx(state.expectation_value(observable).real, abs=1e-10)


def unitary_of(block: Block, weights: np.ndarray) -> np.ndarray:
    circuit = QuantumCircuit(2)
    for gate in block.gates:
        angles = [] if gate.weight is None else [weights[gate.weight]]
        getattr(circuit, gate.gate)(*angles, *gate.places)
    return Operator(circuit).data


def published(name: str, w: np.ndarray) -> QuantumCircuit:
    """The ansätze of Hur et al. 2022, figure 2, and their pooling, each written out once more."""
    circuit = QuantumCircuit(2)
    if name == "ttn":
        circuit.ry(w[0], 0)
        circuit.ry(w[1], 1)
        circuit.cx(0, 1)
    elif name == "sim_9":
        circuit.h([0, 1])
        circuit.cz(0, 1)
        circuit.rx(w[0], 0)
        circuit.rx(w[1], 1)
    elif name in ("sim_5", "sim_6"):
        controlled = circuit.crz if name == "sim_5" else circuit.crx
        for k, (turn, qubit) in enumerate(product((circuit.rx, circuit.rz), (0, 1))):
            turn(w[k], qubit)
        controlled(w[4], 1, 0)
        controlled(w[5], 0, 1)
        for k, (turn, qubit) in enumerate(product((circuit.rx, circuit.rz), (0, 1))):
            turn(w[6 + k], qubit)
    elif name in ("sim_13", "sim_14"):
        controlled = circuit.crz if name == "sim_13" else circuit.crx
        circuit.ry(w[0], 0)
        circuit.ry(w[1], 1)
        controlled(w[2], 1, 0)
        circuit.ry(w[3], 0)
        circuit.ry(w[4], 1)
        controlled(w[5], 0, 1)
    elif name == "sim_15":
        circuit.ry(w[0], 0)
        circuit.ry(w[1], 1)
        circuit.cx(1, 0)
        circuit.ry(w[2], 0)
        circuit.ry(w[3], 1)
        circuit.cx(0, 1)
    elif name == "so4":
        for k in range(3):
            circuit.ry(w[2 * k], 0)
            circuit.ry(w[2 * k + 1], 1)
            if k < 2:
                circuit.cx(0, 1)
    elif name == "su4":
        euler = [UGate(w[k + 1], w[k + 2], w[k]) for k in (0, 3, 9, 12)]
        circuit.append(euler[0], [0])
        circuit.append(euler[1], [1])
        circuit.cx(0, 1)
        circuit.ry(w[6], 0)
        circuit.rz(w[7], 1)
        circuit.cx(1, 0)
        circuit.ry(w[8], 0)
        circuit.cx(0, 1)
        circuit.append(euler[2], [0])
        circuit.append(euler[3], [1])
    elif name == "zx":
        circuit.crz(w[0], 0, 1)
        circuit.x(0)
        circuit.crx(w[1], 0, 1)
    else:
        raise ValueError(name)
    return circuit


@pytest.mark.parametrize(
    ("name", "weights"),
    [("ttn", 2), ("sim_5", 10), ("sim_6", 10), ("sim_9", 2), ("sim_13", 6), ("sim_14", 6),
     ("sim_15", 4), ("so4", 6), ("su4", 15), ("zx", 2)],
)  # fmt: skip
def test_blocks_are_the_published_ones(name: str, weights: int) -> None:
    block = CONVOLUTIONS[name] if name in CONVOLUTIONS else POOLINGS[name]
    assert block.num_weights == weights
    drawn = np.random.default_rng(weights).uniform(-np.pi, np.pi, weights)
    expected = Operator(published(name, drawn)).data
    overlap = np.trace(expected.conj().T @ unitary_of(block, drawn)) / 4
    assert abs(overlap) == pytest.approx(1, abs=1e-12)


def test_su4_has_all_directions_and_so4_all_real_ones() -> None:
    """The rank of the map from weights to unitaries is the dimension of the group."""
    for name, real, dimension in (("su4", False, 15), ("so4", True, 6)):
        block = CONVOLUTIONS[name]
        weights = np.random.default_rng(1).uniform(-np.pi, np.pi, block.num_weights)
        here = unitary_of(block, weights)
        steps = 1e-6 * np.eye(block.num_weights)
        moves = [(unitary_of(block, weights + s) - unitary_of(block, weights - s)) for s in steps]
        generators = np.array([(here.conj().T @ move / 2e-6).ravel() for move in moves])
        columns = np.concatenate([generators.real, generators.imag], axis=1)
        assert np.linalg.matrix_rank(columns, tol=1e-6) == dimension
        assert not real or np.abs(here.imag).max() < 1e-12


@pytest.mark.parametrize("pooling", ["controlled", "zx", "measured"])
def test_what_is_pooled_may_as_well_be_measured_first(pooling: str) -> None:
    """Dephasing the qubit that is given up, where its controls begin, changes nothing that stays:
    a measured pooling is the same, its measurement deferred or not."""
    block = POOLINGS[pooling]
    weights = np.random.default_rng(3).uniform(-np.pi, np.pi, block.num_weights)
    before = [gate for gate in block.gates if gate.gate in ("rz", "ry")]
    rest = block.gates[len(before) :]
    first, second = (unitary_of(Block("", "", tuple(part)), weights) for part in (before, rest))
    rng = np.random.default_rng(4)
    state = rng.normal(size=4) + 1j * rng.normal(size=4)
    density = np.outer(state, state.conj()) / np.vdot(state, state)
    turned = first @ density @ first.conj().T
    bit = np.arange(4) & 1
    kept = []
    for measured in (False, True):
        here = turned * (bit[:, None] == bit[None, :]) if measured else turned
        after = (second @ here @ second.conj().T).reshape(2, 2, 2, 2)
        kept.append(np.einsum("aibi->ab", after))
    np.testing.assert_allclose(kept[0], kept[1], atol=1e-14)


@pytest.mark.parametrize("tree", TREES)
@pytest.mark.parametrize("qubits", range(2, 17))
@pytest.mark.parametrize("periodic", [False, True])
def test_the_tree_halves_its_qubits_until_one_is_left(
    tree: str, qubits: int, periodic: bool
) -> None:
    active = set(range(qubits))
    laid = stages(qubits, most_stages(qubits), tree, periodic)
    for stage in laid:
        given_up = [source for source, _ in stage.pooled]
        assert {q for pair in stage.convolved for q in pair} <= active
        assert len(stage.convolved) == len(active) - (not periodic)
        assert len({q for pair in stage.pooled for q in pair}) == 2 * len(stage.pooled)
        assert set(stage.remaining) == active - set(given_up)
        assert len(stage.remaining) == (len(active) + 1) // 2
        active = set(stage.remaining)
    assert len(active) == 1


def test_the_inner_tree_finds_the_next_pairs_side_by_side() -> None:
    first, second, _ = stages(8, 3, "inner", periodic=False)
    assert first.pooled == ((0, 1), (3, 2), (4, 5), (7, 6))
    assert second.pooled == ((1, 2), (6, 5))


def test_shared_weights_are_a_layer_s_and_free_ones_a_pair_s() -> None:
    def count(shared: bool, final: str = "none") -> int:
        ansatz = {"name": "qcnn", "depth": 3, "shared": shared, "final": final}
        return num_weights(ModelOptions.model_validate({"ansatz": ansatz}), 8)

    assert count(shared=True) == 3 * (15 + 2)
    assert count(shared=False) == (7 + 3 + 1) * 15 + (4 + 2 + 1) * 2
    assert count(shared=True, final="full") == 3 * (15 + 2) + 2


def test_gradients_of_shared_weights_are_those_of_differences() -> None:
    options = ModelOptions.model_validate({"ansatz": {"name": "qcnn", "depth": 2}})
    model = build_model(options, 4, 2)
    rng = np.random.default_rng(5)
    rows, weights = rng.uniform(-1, 1, (3, 4)), rng.uniform(-np.pi, np.pi, len(model.weights))
    for engine in ("exact", "statevector"):
        evaluator = find_engine(engine).prepare(model, IDEAL)
        _, gradient = evaluator.values_and_gradient(rows, weights, np.ones_like)
        steps = 1e-5 * np.eye(len(weights))
        expected = [
            (evaluator.values(rows, weights + s) - evaluator.values(rows, weights - s)).sum() / 2e-5
            for s in steps
        ]
        np.testing.assert_allclose(gradient, expected, atol=1e-8)


DEFERRED = [name for name, pooling in POOLINGS.items() if not pooling.measures]
"""The others are held against these, and against Aer, in tests/physics/test_feedback.py."""


@pytest.mark.parametrize(("convolution", "pooling"), list(product(CONVOLUTIONS, DEFERRED)))
def test_engines_agree_with_qiskit_on_every_block(convolution: str, pooling: str) -> None:
    ansatz = {"name": "qcnn", "depth": 2, "convolution": convolution, "pooling": pooling}
    options = ModelOptions.model_validate({"ansatz": ansatz | {"boundary": "periodic"}})
    model = build_model(options, 4, 2)
    rng = np.random.default_rng(6)
    rows, weights = rng.uniform(-1, 1, (2, 4)), rng.uniform(-np.pi, np.pi, len(model.weights))
    bound = dict(zip(model.weights, weights, strict=True))
    expected = [
        Statevector(
            model.circuit.assign_parameters({**bound, **dict(zip(model.features, r, strict=True))})
        )
        .expectation_value(model.observables[0])
        .real
        for r in rows
    ]
    for engine in ("exact", "statevector"):
        found = find_engine(engine).prepare(model, IDEAL).values(rows, weights)[:, 0]
        np.testing.assert_allclose(found, expected, atol=1e-10)


def test_without_gates_on_pairs_every_qubit_is_read() -> None:
    ansatz = {"name": "qcnn", "depth": 2}
    model = build_model(ModelOptions(ansatz=ansatz, entangler="none"), 4, 2)
    assert all(len(instruction.qubits) == 1 for instruction in model.circuit.data)
    assert len(model.observables[0]) == 4


def test_more_classes_than_qubits_left_are_refused() -> None:
    ansatz = {"name": "qcnn", "depth": 1}
    assert len(build_model(ModelOptions(ansatz=ansatz), 8, 4).observables) == 4
    with pytest.raises(InputError, match="has 2 to read"):
        build_model(ModelOptions(ansatz={**ansatz, "depth": 2}), 8, 3)


@pytest.mark.parametrize(
    ("ansatz", "sentence"),
    [
        ({"convolution": "su3"}, "Did you mean 'su4'"),
        ({"pooling": "zz"}, "Did you mean 'zx'"),
        ({"boundary": "closed"}, "'open' or 'periodic'"),
        ({"shared": 1}, "valid boolean"),
        ({"tree": None}, "must not be null"),
        ({"name": "real_amplitudes", "pooling": "zx"}, "has no `pooling`: leave it out"),
        ({"gate": "cz"}, "no two-qubit gates to choose"),
    ],
)
def test_wrong_options_are_said(ansatz: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        ModelOptions.model_validate({"ansatz": {"name": "qcnn", **ansatz}})


def test_too_many_stages_are_said() -> None:
    with pytest.raises(InputError, match="at most 3, where one qubit is left, but is 4"):
        build_model(ModelOptions(ansatz={"name": "qcnn", "depth": 4}), 8, 2)


def test_hybrid_blocks_hold_their_features_as_amplitudes() -> None:
    options = ModelOptions(feature_map={"name": "hybrid"}, ansatz={"name": "qcnn", "depth": 1})
    rows = np.random.default_rng(7).normal(size=(3, 7))
    parameters = ParameterVector("x", 6)
    circuit = QuantumCircuit(4)
    from nisqdl.circuits.feature_maps import FEATURE_MAPS

    FEATURE_MAPS["hybrid"].lay(circuit, list(parameters))
    for row, encoded in zip(rows, encode(options, rows), strict=True):
        state = Statevector(circuit.assign_parameters(encoded)).data
        blocks = [row[:4], np.append(row[4:], 0.0)]
        low, high = (part / np.linalg.norm(part) for part in blocks)
        np.testing.assert_allclose(state, np.kron(high, low), atol=1e-12)
