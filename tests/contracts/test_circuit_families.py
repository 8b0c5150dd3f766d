"""What each feature map, ansatz, entangler and observable keeps to, whoever wrote it."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from qiskit.quantum_info import Statevector

from nisqdl.circuits.ansatzes import ANSATZES
from nisqdl.circuits.build import build_model, encode, num_qubits, num_weights
from nisqdl.circuits.entanglers import ENTANGLERS, entangler_pairs
from nisqdl.circuits.feature_maps import FEATURE_MAPS
from nisqdl.circuits.observables import NAMED_OBSERVABLES, parse_observable
from nisqdl.circuits.options import ModelOptions

FEATURES = 5
LOGICAL_GATES = {"h", "x", "s", "sdg", "rx", "ry", "rz", "crx", "crz", "cx", "cz"}


def edges_of(entangler: str, size: int) -> list[tuple[int, int]] | None:
    return [(qubit, qubit + 1) for qubit in range(size - 1)] if entangler == "device" else None


@pytest.mark.parametrize("family", [FEATURE_MAPS, ANSATZES, ENTANGLERS, NAMED_OBSERVABLES])
def test_members_stand_under_their_own_name_with_a_summary(family):
    for name, member in family.items():
        assert member.name == name
        assert member.summary


@pytest.mark.parametrize(
    ("feature_map", "ansatz", "entangler"), list(product(FEATURE_MAPS, ANSATZES, ENTANGLERS))
)
def test_every_combination_builds_a_model_with_exactly_its_parameters(
    feature_map, ansatz, entangler
):
    if entangler == "device" and ANSATZES[ansatz].trains_pairs:
        with pytest.raises(ValueError, match=f"'{ansatz}' trains its two-qubit gates"):
            ModelOptions(ansatz={"name": ansatz}, entangler=entangler)
        return
    if ANSATZES[ansatz].is_tree and entangler not in ("own", "none"):
        with pytest.raises(ValueError, match=f"'{ansatz}' couples the pairs of its tree"):
            ModelOptions(ansatz={"name": ansatz}, entangler=entangler)
        return
    for reupload in (False, True):
        options = ModelOptions(
            feature_map={"name": feature_map, "reupload": reupload},
            ansatz={"name": ansatz, "depth": 2},
            entangler=entangler,
        )
        size = num_qubits(options, FEATURES)
        model = build_model(options, FEATURES, 2, edges_of(entangler, size))
        encoded = FEATURE_MAPS[feature_map].num_encoded(FEATURES)
        assert model.num_qubits == size
        assert len(model.features) == encoded
        assert len(model.weights) == num_weights(options, FEATURES)
        assert set(model.circuit.parameters) == {*model.features, *model.weights}
        assert [p.name for p in model.features] == [f"x[{i}]" for i in range(encoded)]
        assert [p.name for p in model.weights] == [f"w[{i}]" for i in range(len(model.weights))]
        assert set(model.circuit.count_ops()) <= LOGICAL_GATES
        assert model.circuit.num_clbits == 0
        for observable in model.observables:
            assert observable.num_qubits == size
            assert np.isreal(observable.coeffs).all()


@pytest.mark.parametrize("feature_map", FEATURE_MAPS)
def test_every_angle_is_one_parameter_or_a_number(feature_map):
    """Engines rely on it: what is not linear in the features was done by ``encode``."""
    model = build_model(ModelOptions(feature_map={"name": feature_map}), FEATURES, 2)
    known = {*model.features, *model.weights}
    for instruction in model.circuit.data:
        angles = {a for a in instruction.operation.params if not isinstance(a, float)}
        assert angles <= known


@pytest.mark.parametrize("feature_map", FEATURE_MAPS)
@pytest.mark.parametrize("features", [2, 3, 4])
def test_every_feature_changes_the_state(feature_map, features):
    options = ModelOptions(feature_map={"name": feature_map})
    row = np.linspace(0.4, 1.1, features)
    rows = np.vstack([row, row + 0.5 * np.eye(features)])
    lay = FEATURE_MAPS[feature_map]
    model = build_model(options, features, 2)
    states = []
    for encoded in encode(options, rows):
        values = dict(zip(model.features, encoded, strict=True))
        values |= dict.fromkeys(model.weights, 0.3)
        states.append(Statevector(model.circuit.assign_parameters(values)).data)
    overlaps = np.abs(np.array(states[1:]) @ np.conj(states[0]))
    assert (overlaps < 1 - 1e-3).all(), lay.name


@pytest.mark.parametrize("entangler", ENTANGLERS)
def test_pairs_join_two_different_qubits_of_the_circuit(entangler):
    for size, layer in product(range(1, 8), range(9)):
        pairs = entangler_pairs(entangler, size, layer, edges_of(entangler, size))
        assert len(set(pairs)) == len(pairs)
        for control, target in pairs:
            assert control != target
            assert 0 <= min(control, target) <= max(control, target) < size


@pytest.mark.parametrize("name", NAMED_OBSERVABLES)
def test_named_observables_are_hermitian_with_values_from_minus_one_to_one(name):
    for size in range(1, 6):
        matrix = parse_observable(name, size).to_matrix()
        np.testing.assert_allclose(matrix, matrix.conj().T, atol=1e-15)
        assert np.abs(np.linalg.eigvalsh(matrix)).max() <= 1 + 1e-12
