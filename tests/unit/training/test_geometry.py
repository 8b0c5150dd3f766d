"""Natural gradients against closed forms, and their metric against differences of states."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from qiskit.circuit import Parameter, ParameterVector, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from nisqdl.circuits.build import build_model
from nisqdl.circuits.model import Model
from nisqdl.circuits.options import ModelOptions
from nisqdl.circuits.structure import structure_of
from nisqdl.engines.contract import Array
from nisqdl.engines.statevector import StatevectorEngine
from nisqdl.errors import InputError
from nisqdl.noise.channels import IDEAL
from nisqdl.training.checkpoint import state_from_bytes, state_to_bytes
from nisqdl.training.geometry import CircuitGeometry, weight_layers
from nisqdl.training.loop import train
from nisqdl.training.objective import Objective
from nisqdl.training.optimizers import OPTIMIZERS
from nisqdl.training.optimizers.contract import Settings
from nisqdl.training.optimizers.natural_gradient import BY_LAYER, FULL
from nisqdl.training.optimizers.qn_spsa import QnSpsa
from nisqdl.training.options import TrainingOptions
from nisqdl.training.problem import Trainee
from nisqdl.training.restricted import Restricted

seeds = st.integers(0, 2**32 - 1)
NATURAL = [name for name, one in OPTIMIZERS.items() if one.uses_geometry]


def random_model(rng: np.random.Generator, qubits: int = 3, gates: int = 14) -> Model:
    """Shared weights, products with features, one- and two-qubit rotations."""
    x, w = ParameterVector("x", 2), ParameterVector("w", 4)
    circuit = QuantumCircuit(qubits)
    for number in range(gates):
        name = ["rx", "ry", "rz", "h", "cx", "rzz"][int(rng.integers(6))] if number else "ry"
        on = rng.permutation(qubits)[: 2 if name in ("cx", "rzz") else 1].tolist()
        angles = [w[int(rng.integers(4))], w[int(rng.integers(4))] * x[0], x[1] + w[0]]
        angle = [angles[int(rng.integers(3))]] if name not in ("h", "cx") else []
        getattr(circuit, name)(*angle, *on)
    return Model(circuit, tuple(x), tuple(w), (SparsePauliOp("ZII"),))


def state(model: Model, sample: Array, weights: Array) -> Array:
    given_ = dict(zip((*model.features, *model.weights), (*sample, *weights), strict=True))
    known = {p: value for p, value in given_.items() if p in model.circuit.parameters}
    return Statevector(model.circuit.assign_parameters(known)).data


def metric_by_differences(model: Model, features: Array, weights: Array) -> Array:
    """Re(⟨∂ᵢψ|∂ⱼψ⟩ − ⟨∂ᵢψ|ψ⟩⟨ψ|∂ⱼψ⟩) by fourth-order differences of Qiskit's states."""
    step, total = 1e-3, np.zeros((len(weights), len(weights)))
    for sample in features:
        here, slopes = state(model, sample, weights), []
        for one in np.eye(len(weights)) * step:
            at = [state(model, sample, weights + k * one) for k in (-2, -1, 1, 2)]
            slopes.append((at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * step))
        slopes = np.array(slopes)
        along = slopes.conj() @ here
        total += (slopes.conj() @ slopes.T - np.outer(along, along.conj())).real
    return total / len(features)


@settings(max_examples=12, deadline=None)
@given(seeds)
def test_metric_and_fidelities_are_means_over_the_samples_of_qiskits_states(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(rng)
    features, weights = rng.normal(size=(3, 2)), rng.normal(size=4)
    geometry = CircuitGeometry(model, 6)
    found = geometry.metric(features, np.concatenate([weights, [7.0, 8.0]]))
    expected = metric_by_differences(model, features, weights)
    np.testing.assert_allclose(found[:4, :4], expected, atol=1e-8)
    np.testing.assert_array_equal(found[4:], np.eye(6)[4:])

    others = rng.normal(size=(5, 6))
    here = np.tile(np.concatenate([weights, [0, 0]]), (5, 1))
    overlaps = [
        np.mean([
            abs(np.vdot(state(model, x, weights), state(model, x, other[:4]))) ** 2
            for x in features
        ])
        for other in others
    ]  # fmt: skip
    np.testing.assert_allclose(geometry.fidelities(features, here, others), overlaps, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(
    theta=st.floats(0.3, 2.8), phi=st.floats(0, 6), rate=st.floats(0.01, 0.5),
    damping=st.floats(1e-6, 0.1),
)  # fmt: skip
def test_on_one_qubit_steps_follow_the_closed_form(
    theta: float, phi: float, rate: float, damping: float
) -> None:
    """RZ(φ) RY(θ)|0⟩ measured in X: E = sin θ cos φ, g = diag(1, sin²θ)/4."""
    w = ParameterVector("w", 2)
    circuit = QuantumCircuit(1)
    circuit.ry(w[0], 0)
    circuit.rz(w[1], 0)
    model = Model(circuit, (), tuple(w), (SparsePauliOp("X"),))
    evaluator = StatevectorEngine().prepare(model, IDEAL)
    features = np.zeros((1, 0))
    objective = Objective(
        evaluator, features, lambda v: float(v[0, 0]), np.ones_like, 0, CircuitGeometry(model, 2)
    )
    for optimizer in (FULL, BY_LAYER):  # each gate is a layer: the metric is diagonal anyhow
        now = optimizer.start(np.array([theta, phi]), objective, Settings(rate, 5, 0))
        for share in (1.0, 0.5, 0.25):
            a, b = now.weights
            slope = np.array([np.cos(a) * np.cos(b), -np.sin(a) * np.sin(b)])
            expected = now.weights - rate * share * slope / (
                np.array([1, np.sin(a) ** 2]) / 4 + damping
            )
            now, loss = optimizer.step(now, objective, Settings(rate, 5, 0, share, damping))
            assert loss == pytest.approx(np.sin(a) * np.cos(b), abs=1e-12)
            np.testing.assert_allclose(now.weights, expected, atol=1e-9)


@dataclass
class Euclid:
    """A loss with a given metric, gradient and layers."""

    the_metric: Array
    gradient: Array
    blocks: Array

    def value(self, weights: Array) -> float:
        return 0.0

    def value_and_gradient(self, weights: Array) -> tuple[float, Array]:
        return 0.0, self.gradient

    def metric(self, weights: Array) -> Array:
        return self.the_metric

    def fidelities(self, first: Array, second: Array) -> Array:
        raise AssertionError("natural gradients ask for the metric")


@settings(max_examples=20, deadline=None)
@given(seeds)
def test_block_steps_solve_each_layer_by_itself(seed: int) -> None:
    rng = np.random.default_rng(seed)
    roots, blocks = rng.normal(size=(5, 5)), rng.integers(0, 3, 5)
    function = Euclid(roots @ roots.T, rng.normal(size=5), blocks)
    given_ = Settings(0.3, 1, 0, damping=0.02)
    now, _ = BY_LAYER.step(BY_LAYER.start(np.zeros(5), function, given_), function, given_)
    for block in range(3):
        own = np.flatnonzero(blocks == block)
        part = function.the_metric[np.ix_(own, own)] + 0.02 * np.eye(len(own))
        expected = -0.3 * np.linalg.inv(part) @ function.gradient[own]
        np.testing.assert_allclose(now.weights[own], expected, rtol=1e-8)
    whole, _ = FULL.step(FULL.start(np.zeros(5), function, given_), function, given_)
    expected = -0.3 * np.linalg.inv(function.the_metric + 0.02 * np.eye(5)) @ function.gradient
    np.testing.assert_allclose(whole.weights, expected, rtol=1e-8)


def test_layers_are_those_of_the_ansatz_and_shared_weights_join_them() -> None:
    options = ModelOptions.model_validate({"ansatz": {"name": "efficient_su2", "depth": 2}})
    model = build_model(options, 3, 2)
    rotations = weight_layers(model.circuit, model.weights)
    # RY and RZ of each qubit, by layers: three weights of each of four kinds, then entanglers.
    sizes = [np.count_nonzero(rotations == layer) for layer in np.unique(rotations)]
    assert sizes == [3] * (len(model.weights) // 3)
    assert (np.diff(rotations) >= 0).all()

    a, b = Parameter("a"), Parameter("b")
    circuit = QuantumCircuit(2)
    for angle in (a, b, a):
        circuit.rx(angle, 0)
    np.testing.assert_array_equal(weight_layers(circuit, (a, b)), [0, 1])
    circuit.ry(a + b, 1)
    np.testing.assert_array_equal(weight_layers(circuit, (a, b)), [0, 0])


def test_the_metric_is_block_diagonal_where_layers_are_apart() -> None:
    """Stokes et al. 2020, section 3: within a layer of commuting rotations blocks are exact."""
    rng = np.random.default_rng(3)
    options = ModelOptions.model_validate({"ansatz": {"name": "real_amplitudes", "depth": 1}})
    model = build_model(options, 3, 2)
    geometry = CircuitGeometry(model, len(model.weights))
    features, weights = rng.normal(size=(4, 3)), rng.normal(size=len(model.weights))
    metric = geometry.metric(features, weights)
    first = np.flatnonzero(geometry.blocks == 0)
    # RY after RY(x) on |0⟩: each qubit by itself.
    np.testing.assert_allclose(metric[np.ix_(first, first)], np.eye(len(first)) / 4, atol=1e-12)


@settings(max_examples=3, deadline=None)
@given(seeds)
def test_the_mean_of_qn_spsas_estimates_is_the_metric(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_model(rng)
    features, weights = rng.normal(size=(2, 2)), rng.normal(size=4)
    geometry = CircuitGeometry(model, 4)
    objective = Objective(
        StatevectorEngine().prepare(model, IDEAL), features, float, np.ones_like, 0, geometry
    )
    optimizer = QnSpsa(perturbation=0.01)
    start = optimizer.start(weights, objective, Settings(0.1, 1, 0))
    draws = np.array(
        [optimizer.metric_estimate(start, objective, Settings(0.1, 1, n)) for n in range(1200)]
    )
    expected = geometry.metric(features, weights)
    error = draws.std(axis=0) / np.sqrt(len(draws))
    # Five and a half standard errors for ten entries, and the bias of a finite perturbation.
    assert (np.abs(draws.mean(axis=0) - expected) < 5.5 * error + 2e-3).all()


def test_qn_spsa_keeps_the_mean_of_all_estimates_and_blocks_what_is_worse() -> None:
    rng = np.random.default_rng(1)
    model = random_model(rng)
    features, weights = rng.normal(size=(2, 2)), rng.normal(size=4)
    objective = Objective(
        StatevectorEngine().prepare(model, IDEAL), features, lambda v: float(v.sum()),
        np.ones_like, 0, CircuitGeometry(model, 4),
    )  # fmt: skip
    optimizer, given_ = QnSpsa(), Settings(20.0, 8, 5)  # absurd steps: most are blocked
    now, estimates, stayed = optimizer.start(weights, objective, given_), [np.eye(4) / 4], 0
    for _ in range(8):
        estimates.append(optimizer.metric_estimate(now, objective, given_))
        after, loss = optimizer.step(now, objective, given_)
        np.testing.assert_allclose(after.memory[0].reshape(4, 4), np.mean(estimates, axis=0))
        if (after.weights == now.weights).all():
            stayed += 1
        else:
            assert objective.value(after.weights) <= loss + abs(loss) + 1
        now = after
    assert stayed > 0
    assert objective.value(now.weights) <= objective.value(weights) + 0.2


def test_weights_that_are_not_turned_take_no_part_in_the_metric() -> None:
    rng = np.random.default_rng(2)
    roots = rng.normal(size=(4, 4))
    function = Euclid(roots @ roots.T, rng.normal(size=4), np.zeros(4, dtype=int))
    active = np.array([True, False, True, False])
    part = Restricted(function, active, np.zeros(4))
    now, _ = FULL.step(
        FULL.start(np.zeros(4), part, Settings(0.1, 1, 0)), part, Settings(0.1, 1, 0)
    )
    own = function.the_metric[np.ix_(active, active)] + 0.01 * np.eye(2)
    np.testing.assert_allclose(
        now.weights[active], -0.1 * np.linalg.inv(own) @ function.gradient[active]
    )
    np.testing.assert_array_equal(now.weights[~active], 0)


@pytest.mark.parametrize("name", NATURAL)
@pytest.mark.parametrize("schedule", ["all", "layerwise"])
def test_they_train_a_classifier_and_resume_bit_by_bit(name: str, schedule: str) -> None:
    options = ModelOptions.model_validate({"ansatz": {"name": "efficient_su2", "depth": 2}})
    model = build_model(options, 2, 2)
    rng = np.random.default_rng(0)
    labels = np.arange(30) % 2
    features = rng.normal(0, 0.3, (30, 2)) + labels[:, None]
    training = TrainingOptions(
        optimizer=name, steps=40, batch=10, rate="cosine", schedule=schedule, check_every=5
    )

    def _cut(depth: int) -> Trainee:
        layers = options.ansatz.model_copy(update={"depth": depth})
        fewer = build_model(options.model_copy(update={"ansatz": layers}), 2, 2)
        return Trainee(StatevectorEngine().prepare(fewer, IDEAL), fewer)

    saved: list[bytes] = []
    given_ = (StatevectorEngine().prepare(model, IDEAL), features, labels, len(model.weights))
    more = {"structure": structure_of(options, model), "circuit": model, "cuts": _cut}
    whole = train(
        *given_, training, 1, progress=lambda t: saved.append(state_to_bytes(t.state)), **more
    )
    again = train(*given_, training, 1, resume=state_from_bytes(saved[17]), **more)
    np.testing.assert_array_equal(whole.weights, again.weights)
    assert min(check.loss for check in whole.checks) < whole.checks[0].loss - 0.1


def test_without_the_circuit_there_is_no_metric() -> None:
    model = build_model(ModelOptions(), 2, 2)
    evaluator = StatevectorEngine().prepare(model, IDEAL)
    with pytest.raises(InputError, match="needs the circuit's states"):
        train(
            evaluator, np.zeros((4, 2)), np.arange(4) % 2, len(model.weights),
            TrainingOptions(optimizer="qng"), 0,
        )  # fmt: skip
    with pytest.raises(ValidationError, match="damping` is for the metric"):
        TrainingOptions(damping=0.1)
    assert TrainingOptions(optimizer="qng", damping=0.1).model_dump()["damping"] == 0.1
    assert "damping" not in TrainingOptions().model_dump()
