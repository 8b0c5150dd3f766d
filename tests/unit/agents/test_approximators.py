"""Approximators: outputs against Qiskit and by hand, gradients against finite differences."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import Statevector

from nisqdl.agents import AGENTS
from nisqdl.agents.approximators import (
    ABLATIONS,
    Approximator,
    CircuitOptions,
    NetworkOptions,
    Shape,
    approximator,
    circuit_model,
    needs_evaluator,
)
from nisqdl.engines import find_engine
from nisqdl.environments.encoding import Encoding
from nisqdl.errors import InputError
from nisqdl.noise.channels import IDEAL

Array = np.ndarray[Any, np.dtype[np.float64]]
NO_CHANCE = np.random.default_rng(0)


def made(options: CircuitOptions | NetworkOptions, features: int, outputs: int) -> Approximator:
    shape = Shape(Encoding((-1.0,) * features, (1.0,) * features), outputs)
    evaluator = None
    if needs_evaluator(options):
        assert isinstance(options, CircuitOptions)
        evaluator = find_engine("statevector").prepare(circuit_model(options, shape), IDEAL)
    return approximator(options, shape, evaluator)


circuits = st.builds(
    CircuitOptions,
    layers=st.integers(1, 2),
    entangler=st.sampled_from(["none", "circular", "linear"]),
    gate=st.sampled_from(["cx", "cz"]),
    reupload=st.booleans(),
    encoding=st.sampled_from([("rx",), ("rx", "rz"), ("ry",)]),
    input_scaling=st.booleans(),
    squash=st.sampled_from(["none", "arctan", "tanh"]),
    observables=st.sampled_from(["product", "blocks", "strings"]),
    head=st.sampled_from(["weighted", "range", "offset", "linear"]),
    trained=st.booleans(),
    circuit=st.booleans(),
    qubits=st.sampled_from([None, 2]),
)
networks = st.builds(
    NetworkOptions,
    hidden=st.sampled_from([(), (3,), (4, 3)]),
    activation=st.sampled_from(["tanh", "relu"]),
)


@settings(max_examples=60, deadline=None)
@given(options=st.one_of(circuits, networks), seed=st.integers(0, 10**6))
def test_gradient_is_that_of_finite_differences(
    options: CircuitOptions | NetworkOptions, seed: int
) -> None:
    function = made(options, features=3, outputs=2)
    source = np.random.default_rng(seed)
    rows = source.uniform(-1, 1, (4, 3)).astype(np.float32)
    first = function.first_parameters(source)
    parameters = first + 0.3 * source.standard_normal(len(first))
    mixed = source.standard_normal((4, 2))

    def loss(at: Array) -> float:
        return float(np.sum(np.sin(function.outputs(rows, at, NO_CHANCE)) * mixed))

    outputs, gradient = function.outputs_and_gradient(
        rows, parameters, lambda values: np.cos(values) * mixed, NO_CHANCE
    )
    assert outputs == pytest.approx(function.outputs(rows, parameters, NO_CHANCE), abs=1e-10)
    step = 1e-5
    expected = np.array(
        [(loss(parameters + step * e) - loss(parameters - step * e)) / (2 * step)
         for e in np.eye(len(parameters))]
    )  # fmt: skip
    if isinstance(options, CircuitOptions) and not options.trained:
        assert not gradient[function.groups["weights"]].any()
        expected[function.groups["weights"]] = 0
    assert gradient == pytest.approx(expected, abs=1e-6)
    assert sorted(i for g in function.groups.values() for i in range(g.start, g.stop)) == list(
        range(function.num_parameters)
    )


def test_circuit_is_that_of_the_paper() -> None:
    """Jerbi et al. 2021: 4 qubits, 5 layers; the parity's value, times w and −w."""
    options = CircuitOptions()
    function = made(options, features=4, outputs=2)
    model = circuit_model(options, function.shape)
    assert (model.num_qubits, len(model.weights), len(model.features)) == (4, 72, 20)
    assert dict(model.circuit.count_ops()) == {"rx": 44, "ry": 24, "rz": 24, "cz": 20}
    source = np.random.default_rng(3)
    parameters = function.first_parameters(source)
    groups = function.groups
    assert (parameters[groups["input"]] == 1).all()
    assert parameters[groups["output"]].tolist() == [1, -1]
    parameters[groups["input"]] = source.uniform(0.5, 2, 20)
    row = source.uniform(-1, 1, (1, 4)).astype(np.float32)
    angles = np.tile(row[0].astype(float), 5) * parameters[groups["input"]]
    bound = model.circuit.assign_parameters(
        dict(zip(model.features, angles, strict=True))
        | dict(zip(model.weights, parameters[groups["weights"]], strict=True))
    )
    value = Statevector(bound).expectation_value(model.observables[0]).real
    assert function.outputs(row, parameters, NO_CHANCE)[0] == pytest.approx([value, -value])


def test_bits_are_encoded_as_basis_states() -> None:
    """Chen et al. 2020: RX(πb) and RZ(πb); nothing trained changes Z when there are no layers'
    rotations and gates to speak of."""
    options = CircuitOptions(
        layers=1, reupload=False, encoding=("rx", "rz"), reach=np.pi, input_scaling=False,
        observables="strings", head="offset", entangler="none",
    )  # fmt: skip
    shape = Shape(Encoding((0.0,) * 3, (1.0,) * 3, 0.0, np.pi), 3)
    evaluator = find_engine("statevector").prepare(circuit_model(options, shape), IDEAL)
    function = approximator(options, shape, evaluator)
    rows = np.array([[0, 0, 0], [1, 0, 1], [0, 1, 1]])
    zeros = np.zeros(function.num_parameters)
    assert function.outputs(rows, zeros, NO_CHANCE) == pytest.approx(1 - 2 * rows)


def test_weights_are_as_many_as_published() -> None:
    """Chen et al. 2020: 4 · 3 · 2 angles and 4 offsets are 28 parameters."""
    line = Encoding((0.0,) * 4, (1.0,) * 4, 0.0, np.pi)
    options = AGENTS["vq_dqn"].read_approximator("values", {})
    assert isinstance(options, CircuitOptions)
    shape = Shape(line, 4)
    evaluator = find_engine("statevector").prepare(circuit_model(options, shape), IDEAL)
    assert approximator(options, shape, evaluator).num_parameters == 28


def test_ablations_change_what_they_say() -> None:
    gates = {
        name: dict(
            circuit_model(
                CircuitOptions.model_validate(change), Shape(_LINE, 2)
            ).circuit.count_ops()
        )
        for name, change in ABLATIONS.items()
        if name != "no_circuit"
    }
    assert "cz" not in gates["no_entangler"]
    assert gates["random_circuit"]["cz"] == 20
    flat = made(CircuitOptions.model_validate(ABLATIONS["no_circuit"]), 4, 2)
    assert flat.circuits(10, gradient=True) == 0
    parameters = flat.first_parameters(np.random.default_rng(0))
    rows = np.random.default_rng(1).uniform(-1, 1, (2, 4)).astype(np.float32)
    one, two = (flat.outputs(part, parameters, NO_CHANCE) for part in (rows[:1], rows[1:]))
    middle = flat.outputs(rows.mean(axis=0, keepdims=True), parameters, NO_CHANCE)
    assert middle == pytest.approx((one + two) / 2, abs=1e-6)


_LINE = Encoding((-1.0,) * 4, (1.0,) * 4)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"qubits": 5}, "at most the number of features"),
        ({"entangler": "device"}, "must name its pairs"),
        ({"observables": "blocks", "outputs": 5}, "take 'strings'"),
        ({"observables": "strings", "outputs": 16}, "take more qubits"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], said: str) -> None:
    outputs = change.pop("outputs", 2)
    with pytest.raises(InputError, match=said):
        circuit_model(CircuitOptions.model_validate(change), Shape(_LINE, outputs))


def test_evaluator_must_be_there_where_it_is_needed_and_only_there() -> None:
    shape = Shape(_LINE, 2)
    with pytest.raises(InputError, match="needs an evaluator"):
        approximator(CircuitOptions(), shape)
    with pytest.raises(InputError, match="has no circuit"):
        approximator(NetworkOptions(), shape, shots=3)
