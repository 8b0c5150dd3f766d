"""The builder against Qiskit's own circuits, parameter by parameter."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from qiskit.circuit import QuantumCircuit
from qiskit.circuit.library import efficient_su2, n_local, real_amplitudes
from qiskit.quantum_info import Operator

from nisqdl.circuits.build import (
    build_model,
    build_without_features,
    encode,
    num_qubits,
    num_weights,
)
from nisqdl.circuits.options import ModelOptions
from nisqdl.errors import InputError


def bound(model, features, weights) -> QuantumCircuit:
    values = dict(zip(model.features, features, strict=True))
    values |= dict(zip(model.weights, weights, strict=True))
    return model.circuit.assign_parameters(values)


def assert_same_ansatz(options: ModelOptions, reference: QuantumCircuit, seed: int) -> None:
    """At features 0 the angle map is the identity, so that only the ansatz is left."""
    size = reference.num_qubits
    model = build_model(options, size, 2)
    weights = np.random.default_rng(seed).uniform(-np.pi, np.pi, reference.num_parameters)
    ours = Operator(bound(model, np.zeros(size), weights))
    theirs = Operator(reference.assign_parameters(weights))
    np.testing.assert_allclose(ours.data, theirs.data, atol=1e-10)


ENTANGLEMENTS = ["linear", "reverse_linear", "circular", "full", "pairwise", "sca"]


@pytest.mark.parametrize("size", range(2, 7))
@pytest.mark.parametrize("entangler", ENTANGLEMENTS)
def test_real_amplitudes_is_qiskits(size, entangler):
    options = ModelOptions(ansatz={"depth": 3}, entangler=entangler)
    assert_same_ansatz(options, real_amplitudes(size, entangler, reps=3), seed=size)


@pytest.mark.parametrize("size", range(2, 7))
@pytest.mark.parametrize("entangler", ENTANGLEMENTS)
def test_efficient_su2_is_qiskits(size, entangler):
    options = ModelOptions(ansatz={"name": "efficient_su2", "depth": 2}, entangler=entangler)
    assert_same_ansatz(options, efficient_su2(size, entanglement=entangler, reps=2), seed=size)


@pytest.mark.parametrize("size", range(2, 7))
@pytest.mark.parametrize("rotations", [("rx", "rz"), ("rz", "rx", "ry"), ("ry",)])
def test_two_local_with_cz_is_qiskits(size, rotations):
    options = ModelOptions(
        ansatz={"name": "two_local", "depth": 2, "rotations": rotations, "gate": "cz"},
        entangler="sca",
    )
    assert_same_ansatz(options, n_local(size, list(rotations), "cz", "sca", reps=2), seed=size)


@pytest.mark.parametrize("size", range(1, 6))
def test_strongly_entangling_is_its_definition(size):
    """Rot(φ, θ, ω) = RZ(ω)RY(θ)RZ(φ), then CNOTs of range l mod (n − 1) + 1; no final layer."""
    depth = 5
    options = ModelOptions(ansatz={"name": "strongly_entangling", "depth": depth})
    model = build_model(options, size, 2)
    angles = np.random.default_rng(size).uniform(-np.pi, np.pi, (depth, 3, size))
    reference = QuantumCircuit(size)
    for layer in range(depth):
        for qubit in range(size):
            phi, theta, omega = angles[layer, :, qubit]
            reference.rz(phi, qubit)
            reference.ry(theta, qubit)
            reference.rz(omega, qubit)
        for qubit in range(size if size > 1 else 0):
            reference.cx(qubit, (qubit + layer % (size - 1) + 1) % size)
    ours = Operator(bound(model, np.zeros(size), angles.ravel()))
    np.testing.assert_allclose(ours.data, Operator(reference).data, atol=1e-10)


def test_features_come_before_weights_and_again_with_reuploading():
    order = {
        False: ["x[0]", "w[0]", "w[1]", "w[2]"],
        True: ["x[0]", "w[0]", "x[0]", "w[1]", "w[2]"],
    }
    for reupload, expected in order.items():
        options = ModelOptions(feature_map={"reupload": reupload}, ansatz={"depth": 2})
        circuit = build_model(options, 1, 2).circuit
        assert [instruction.operation.params[0].name for instruction in circuit.data] == expected


def test_repetitions_lay_the_map_in_a_row():
    def two_qubit_gates(**feature_map):
        model = build_model(ModelOptions(feature_map=feature_map, entangler="none"), 3, 2)
        return model.circuit.count_ops().get("cx", 0)

    assert two_qubit_gates(name="zz") == 2 * 6
    assert two_qubit_gates(name="zz", repetitions=3) == 3 * 6


@pytest.mark.parametrize(
    ("ansatz", "features", "weights"),
    [
        ({"name": "real_amplitudes", "depth": 3}, 4, 16),
        ({"name": "efficient_su2", "depth": 3}, 4, 32),
        ({"name": "strongly_entangling", "depth": 3}, 4, 36),
        ({"name": "two_local", "depth": 3}, 4, 32),
        ({"name": "two_local", "depth": 3, "rotations": ["rx"]}, 4, 16),
    ],
)
def test_number_of_weights(ansatz, features, weights):
    options = ModelOptions(ansatz=ansatz)
    assert num_weights(options, features) == weights
    assert len(build_model(options, features, 2).weights) == weights


@pytest.mark.parametrize(
    ("name", "features", "qubits"),
    [
        ("angle", 5, 5),
        ("zz", 5, 5),
        ("dense_angle", 5, 3),
        ("dense_angle", 6, 3),
        ("amplitude", 2, 1),
        ("amplitude", 5, 3),
        ("amplitude", 8, 3),
        ("amplitude", 9, 4),
    ],
)
def test_number_of_qubits(name, features, qubits):
    assert num_qubits(ModelOptions(feature_map={"name": name}), features) == qubits


def test_device_entangler_lays_the_devices_edges():
    model = build_model(ModelOptions(entangler="device"), 3, 2, edges=[(0, 2), (2, 1)])
    pairs = [
        tuple(model.circuit.find_bit(qubit).index for qubit in instruction.qubits)
        for instruction in model.circuit.data
        if instruction.operation.num_qubits == 2
    ]
    assert pairs == [(0, 2), (2, 1)]


def test_too_few_features_are_answered_in_a_sentence():
    amplitude = ModelOptions(feature_map={"name": "amplitude"})
    with pytest.raises(InputError, match="'amplitude' needs at least 2 features, but the data has"):
        num_qubits(amplitude, 1)
    with pytest.raises(InputError, match="'angle' needs at least 1 feature, but the data has 0"):
        build_model(ModelOptions(), 0, 2)
    with pytest.raises(InputError, match="needs at least 2 features"):
        encode(amplitude, np.ones((3, 1)))


def test_tables_and_options_are_imported_without_heavy_libraries():
    code = (
        "import sys\n"
        "import nisqdl.circuits.options, nisqdl.circuits.observables, nisqdl.circuits.build\n"
        "import nisqdl.circuits.decoding, nisqdl.circuits.model\n"
        "heavy = {'qiskit', 'sklearn', 'scipy', 'matplotlib', 'numba', 'qiskit_aer'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_random_axes_are_drawn_for_each_layer_and_qubit_whatever_the_size():
    """As McClean et al. 2018: RY(π/4) once, then one rotation a qubit and layer, and CZ."""
    small = build_without_features(ModelOptions(ansatz={"name": "random_axes", "depth": 3}), 3)
    large = build_without_features(ModelOptions(ansatz={"name": "random_axes", "depth": 4}), 5)
    other = build_without_features(
        ModelOptions(ansatz={"name": "random_axes", "depth": 4, "seed": 1}), 5
    )

    def axes(model, layers, qubits):
        found = {}
        for instruction in model.circuit.data:
            name, qubit = instruction.operation.name, model.circuit.find_bit(instruction.qubits[0])
            if name in ("rx", "ry", "rz") and instruction.operation.params != [np.pi / 4]:
                layer = sum(1 for known in found if known[1] == qubit.index)
                found[layer, qubit.index] = name
        return {key: axis for key, axis in found.items() if key[0] < layers and key[1] < qubits}

    assert axes(small, 3, 3) == axes(large, 3, 3)
    assert len(axes(large, 4, 5)) == 20
    assert set(axes(large, 4, 5).values()) == {"rx", "ry", "rz"}
    assert axes(large, 4, 5) != axes(other, 4, 5)
    ops = large.circuit.count_ops()
    assert ops["cz"] == 16
    assert sum(ops[name] for name in ("rx", "ry", "rz")) == 25
    fixed = [i for i in large.circuit.data if i.operation.params == [np.pi / 4]]
    assert len(fixed) == 5
