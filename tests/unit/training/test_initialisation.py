"""First weights: their distributions, and blocks that really are the identity."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import Operator

from nisqdl.circuits.ansatzes import ANSATZES
from nisqdl.circuits.build import build_model
from nisqdl.circuits.layers import LaidPart
from nisqdl.circuits.options import ModelOptions
from nisqdl.circuits.structure import Structure, structure_of
from nisqdl.errors import InputError
from nisqdl.training.initialisation import INITIALISATIONS, gaussian_variance
from nisqdl.training.loop import train
from nisqdl.training.options import TrainingOptions


def built(qubits: int = 3, **options):
    known = ModelOptions(**options)
    model = build_model(known, qubits, None)
    return model, structure_of(known, model)


def first_weights(name: str, model, structure, seed: int = 0):
    return INITIALISATIONS[name].draw(len(model.weights), np.random.default_rng(seed), structure)


def distance_from_identity(model, weights) -> float:
    """1 − |Tr U| / N of the ansatz: with features 0 the angle map does nothing.

    Fixed rotations with which a circuit prepares its state are taken away.
    """
    values = dict.fromkeys(model.features, 0.0) | dict(zip(model.weights, weights, strict=True))
    fixed = [i for i in model.circuit.data if i.operation.params == [np.pi / 4]]
    unprepared = model.circuit.copy_empty_like()
    for instruction in fixed:
        unprepared.append(instruction.operation.inverse(), instruction.qubits)
    matrix = Operator(unprepared.compose(model.circuit).assign_parameters(values)).data
    return 1.0 - abs(np.trace(matrix)) / len(matrix)


@pytest.mark.parametrize("name", INITIALISATIONS)
def test_every_initialisation_draws_for_a_model_and_from_the_generator_alone(name):
    model, structure = built(ansatz={"name": "real_amplitudes", "depth": 4, "gate": "cz"})
    weights = first_weights(name, model, structure, 3)
    assert weights.shape == (len(model.weights),)
    np.testing.assert_array_equal(weights, first_weights(name, model, structure, 3))
    assert (weights != first_weights(name, model, structure, 4)).any()


@pytest.mark.parametrize(
    ("depth", "observables", "variance"),
    [
        (1, ["Z0"], 1 / 12),
        (8, ["Z0"], 1 / 40),
        (8, ["Z0Z1"], 1 / 80),
        (8, ["mean_z"], 1 / 40),
        (8, ["Z0", "Z0X1Y2"], 1 / 120),
    ],
)
def test_gaussian_has_the_variance_of_theorem_4_1(depth, observables, variance):
    _, structure = built(4, ansatz={"depth": depth}, observables=observables)
    assert gaussian_variance(structure) == pytest.approx(variance, rel=1e-12)
    big = Structure((*structure.layers, (LaidPart("rx", ((0,),) * 20_000, 0),)), 1, False)
    weights = INITIALISATIONS["gaussian"].draw(big.num_weights, np.random.default_rng(5), big)
    # Five standard errors of a sample variance: a right distribution fails once in 1e6.
    expected = 1 / (4 * (depth + 3))
    assert weights.var() == pytest.approx(expected, rel=5 * np.sqrt(2 / len(weights)))
    assert abs(weights.mean()) < 5 * np.sqrt(expected / len(weights))


WITHOUT_FIXED_GATES = [f"sim_{k}" for k in (1, 3, 4, 5, 6, 7, 8, 13, 14, 16, 17, 18, 19)]


@pytest.mark.parametrize(
    ("name", "gate", "entangler"),
    [
        *product(["real_amplitudes", "efficient_su2", "two_local"], ["cz"], ["linear", "full"]),
        ("real_amplitudes", "cx", "star"),
        ("real_amplitudes", "cx", "none"),
        ("strongly_entangling", "cz", "circular"),
        ("sim_10", "cz", "own"),
        *((name, "cx", "own") for name in WITHOUT_FIXED_GATES),
    ],
)
@pytest.mark.parametrize("depth", [2, 4, 6, 10])
def test_identity_blocks_start_as_the_identity(name, gate, entangler, depth):
    model, structure = built(
        3, ansatz={"name": name, "gate": gate, "depth": depth}, entangler=entangler
    )
    weights = first_weights("identity_blocks", model, structure)
    assert distance_from_identity(model, weights) < 1e-12
    assert np.count_nonzero(weights) >= 2 * 3  # at least a layer of rotations, and what undoes it


@settings(max_examples=40, deadline=None)
@given(
    rotations=st.lists(st.sampled_from(["rx", "ry", "rz"]), min_size=1, max_size=3),
    entangler=st.sampled_from(["linear", "circular", "full", "pairwise", "star", "none"]),
    qubits=st.integers(1, 4),
    half=st.integers(1, 4),
)
def test_identity_blocks_of_any_rotations_with_cz(rotations, entangler, qubits, half):
    ansatz = {"name": "two_local", "rotations": rotations, "gate": "cz", "depth": 2 * half}
    model, structure = built(qubits, ansatz=ansatz, entangler=entangler)
    weights = first_weights("identity_blocks", model, structure)
    assert distance_from_identity(model, weights) < 1e-12


def test_every_block_is_the_identity_by_itself():
    """Cut after four layers, where the next layer's rotations still undo the first's."""
    ansatz = {"name": "real_amplitudes", "gate": "cz", "depth": 8}
    model, structure = built(3, ansatz=ansatz)
    weights = first_weights("identity_blocks", model, structure)
    first = np.where(np.arange(len(weights)) < 12, weights, 0.0)
    first[12:15] = -weights[:3]  # what of the shared rotations belongs to the first block
    short, _ = built(3, ansatz={**ansatz, "depth": 4})
    assert distance_from_identity(short, first[:15]) < 1e-12


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"ansatz": {"depth": 3}}, "depth must be even .* but is 3"),
        ({"ansatz": {"depth": 2}}, "gates that undo each other.*layers 1 to 2 do not.*gate` to cz"),
        (
            {"ansatz": {"depth": 4, "gate": "cz"}, "feature_map": {"reupload": True}},
            "no features between them",
        ),
        ({"ansatz": {"name": "sim_9", "depth": 4}}, "do not in the order"),
        (
            {"ansatz": {"name": "strongly_entangling", "gate": "cz", "depth": 4}},
            "an entangler that is the same in each layer",
        ),
    ],
)
def test_identity_blocks_refuse_what_cannot_be_the_identity(options, says):
    model, structure = built(4, **options)
    with pytest.raises(InputError, match=says):
        first_weights("identity_blocks", model, structure)


def test_every_ansatz_is_taken_or_refused_in_a_sentence():
    taken = []
    for name in ANSATZES:
        depth = 2 if ANSATZES[name].is_tree else 4  # three qubits are halved twice
        model, structure = built(3, ansatz={"name": name, "depth": depth})
        try:
            weights = first_weights("identity_blocks", model, structure)
        except InputError:
            continue
        assert distance_from_identity(model, weights) < 1e-12
        taken.append(name)
    assert set(taken) >= {"random_axes", "sim_10", *WITHOUT_FIXED_GATES}
    assert {"real_amplitudes", "efficient_su2", "two_local", "layered"} <= set(taken)  # CX ladders


@pytest.mark.parametrize(
    ("qubits", "depth", "entangler"),
    [(2, 2, "linear"), (3, 4, "linear"), (4, 8, "linear"), (5, 8, "linear"), (5, 16, "linear"),
     (3, 4, "full"), (4, 4, "star"), (6, 16, "reverse_linear")],
)  # fmt: skip
def test_blocks_of_a_cx_ladder_are_as_long_as_it_takes_to_undo_itself(qubits, depth, entangler):
    model, structure = built(
        qubits, ansatz={"name": "efficient_su2", "depth": depth}, entangler=entangler
    )
    weights = first_weights("identity_blocks", model, structure)
    assert distance_from_identity(model, weights) < 1e-12
    assert np.count_nonzero(weights) >= 2 * qubits


@pytest.mark.parametrize("name", ["gaussian", "identity_blocks"])
def test_what_depends_on_the_model_says_so_without_one(name):
    with pytest.raises(InputError, match=f"{name!r} depends on the model's layers"):
        INITIALISATIONS[name].draw(4, np.random.default_rng(0))
    _, structure = built(3)
    with pytest.raises(ValueError, match="has 6 weights, but 4 are drawn"):
        INITIALISATIONS[name].draw(4, np.random.default_rng(0), structure)


class Flat:
    """Values that do not depend on the weights: training stays where it starts."""

    def values(self, features, weights):
        return np.zeros((len(features), 1))

    def values_and_gradient(self, features, weights, pull):
        return self.values(features, weights), np.zeros(len(weights))


def test_training_starts_there():
    ansatz = {"name": "real_amplitudes", "gate": "cz", "depth": 4}
    model, structure = built(3, ansatz=ansatz)
    options = TrainingOptions(initialisation="identity_blocks", steps=1)
    data = np.zeros((4, 3)), np.array([0, 1, 0, 1])
    trained = train(Flat(), *data, len(model.weights), options, seed=1, structure=structure)
    assert np.count_nonzero(trained.weights) > 0
    assert distance_from_identity(model, trained.weights) < 1e-12
    with pytest.raises(InputError, match="pass `structure`"):
        train(Flat(), *data, len(model.weights), options, seed=1)
