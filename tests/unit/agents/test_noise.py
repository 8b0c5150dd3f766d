"""Under a device's noise and with shots: gradients, learning and acting."""

from __future__ import annotations

import numpy as np
import pytest

from nisqdl.agents import AGENTS
from nisqdl.agents.acting import actor
from nisqdl.agents.approximators import CircuitOptions, Shape, approximator, circuit_model
from nisqdl.agents.approximators.quantum import Quantum
from nisqdl.agents.learn import learn
from nisqdl.agents.learner import Budget
from nisqdl.agents.measured import Measured, observations_met
from nisqdl.engines import find_engine
from nisqdl.engines.contract import Evaluator
from nisqdl.environments import ENVIRONMENTS
from nisqdl.environments.encoding import Encoding
from nisqdl.environments.policy import episode_tape, play
from nisqdl.errors import InputError
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import IDEAL
from nisqdl.noise.recipe import find_recipe
from nisqdl.targets.snapshots import find_device
from nisqdl.targets.transpile import transpile_model

OPTIONS = CircuitOptions(layers=1, observables="strings")
SHAPE = Shape(Encoding((-1.0,) * 2, (1.0,) * 2), 2)
NO_CHANCE = np.random.default_rng(0)


def on_torino(options: CircuitOptions, shape: Shape) -> Evaluator:
    device, recipe = find_device("fake_torino"), find_recipe("calibrated")
    isa = transpile_model(
        circuit_model(options, shape), device, schedule=recipe.needs_schedule, seed=1
    )
    noise = channels_for(recipe, device, isa.physical_qubits, 1.0, None)
    return find_engine("exact").prepare(isa, noise)


def test_gradient_under_noise_is_that_of_finite_differences() -> None:
    function = approximator(OPTIONS, SHAPE, on_torino(OPTIONS, SHAPE))
    ideal = approximator(
        OPTIONS, SHAPE, find_engine("statevector").prepare(circuit_model(OPTIONS, SHAPE), IDEAL)
    )
    source = np.random.default_rng(2)
    rows = source.uniform(-1, 1, (3, 2))
    parameters = function.first_parameters(source)
    mixed = source.normal(size=(3, 2))
    outputs, gradient = function.outputs_and_gradient(
        rows, parameters, lambda values: mixed, NO_CHANCE
    )
    for place in range(len(parameters)):
        shift = 1e-5 * np.eye(len(parameters))[place]
        rise = function.outputs(rows, parameters + shift, NO_CHANCE) - function.outputs(
            rows, parameters - shift, NO_CHANCE
        )
        assert gradient[place] == pytest.approx((rise * mixed).sum() / 2e-5, abs=1e-7)
    away = np.abs(outputs - ideal.outputs(rows, parameters, NO_CHANCE)).max()
    assert 0.005 < away < 0.2


def test_shots_give_the_gradient_in_the_mean() -> None:
    evaluator = on_torino(OPTIONS, SHAPE)
    exact = approximator(OPTIONS, SHAPE, evaluator)
    drawn = approximator(OPTIONS, SHAPE, evaluator, shots=200)
    source = np.random.default_rng(4)
    rows = source.uniform(-1, 1, (2, 2))
    parameters = exact.first_parameters(source)
    mixed = source.normal(size=(2, 2))
    _, expected = exact.outputs_and_gradient(rows, parameters, lambda v: mixed, NO_CHANCE)
    found = np.array(
        [
            drawn.outputs_and_gradient(rows, parameters, lambda v: mixed, source)[1]
            for _ in range(100)
        ]
    )
    error = found.std(axis=0, ddof=1) / 10
    assert (error > 0).all()
    # Five standard errors of each of the 18 means.
    assert (np.abs(found.mean(axis=0) - expected) < 5 * error).all()
    assert drawn.circuits(10, gradient=True) == 10 * (1 + 2 * (2 + 12))


def test_an_agent_learns_under_noise_and_with_shots_and_acts_without() -> None:
    agent, place = AGENTS["reinforce"], ENVIRONMENTS["cart_pole"]
    dynamics = place.rules(place.options())
    shape = agent.shapes(dynamics.sizes, place.encoding(place.options()))["policy"]
    options = CircuitOptions(layers=1)
    function = approximator(options, shape, on_torino(options, shape), shots=50)
    chosen = agent.read_options({"batch": 2})
    paths = [
        learn(agent, chosen, dynamics, {"policy": function}, Budget(episodes=4), seed)
        for seed in (0, 0, 1)
    ]
    first, again, other = (path.parameters["policy"] for path in paths)
    assert (first == again).all()
    assert (first != other).any()
    assert paths[0].circuit_evaluations == paths[0].environment_steps * (2 + 2 * (4 + 24))
    quiet = approximator(
        options, shape, find_engine("statevector").prepare(circuit_model(options, shape), IDEAL)
    )
    tape = episode_tape(dynamics, 5, 0)
    for manner in ("greedy", "sampled"):
        acts = [actor(quiet, first, manner, np.random.default_rng(0)) for _ in range(2)]  # type: ignore[arg-type]
        one, two = (play(dynamics, tape, act).returns for act in acts)
        assert (one == two).all()


def test_an_engine_without_derivatives_is_for_acting() -> None:
    evaluator = find_engine("aer").prepare(circuit_model(OPTIONS, SHAPE), IDEAL)
    function = approximator(OPTIONS, SHAPE, evaluator)
    exact = approximator(
        OPTIONS, SHAPE, find_engine("statevector").prepare(circuit_model(OPTIONS, SHAPE), IDEAL)
    )
    parameters = function.first_parameters(np.random.default_rng(0))
    rows = np.random.default_rng(1).uniform(-1, 1, (2, 2))
    outputs = function.outputs(rows, parameters, NO_CHANCE)
    assert outputs == pytest.approx(exact.outputs(rows, parameters, NO_CHANCE), abs=1e-8)
    with pytest.raises(InputError, match="engines exact or statevector"):
        function.outputs_and_gradient(rows, parameters, np.ones_like, NO_CHANCE)


def test_shots_are_refused_where_they_cannot_give_a_gradient() -> None:
    options = OPTIONS.model_copy(update={"encoding": ("rx", "rz")})
    evaluator = find_engine("statevector").prepare(circuit_model(options, SHAPE), IDEAL)
    with pytest.raises(InputError, match="must be a single gate"):
        approximator(options, SHAPE, evaluator, shots=10)
    with pytest.raises(InputError, match="at least 1"):
        approximator(OPTIONS, SHAPE, evaluator, shots=0)


def test_a_policy_that_was_measured_once_plays_as_the_circuit_does() -> None:
    """Cognitive radio has one observation a channel: four circuits, whatever the episodes."""
    agent, place = AGENTS["vq_dqn"], ENVIRONMENTS["cognitive_radio"]
    dynamics = place.rules(place.options())
    shape = agent.shapes(dynamics.sizes, place.encoding(place.options()))["values"]
    options = agent.read_approximator("values", {})
    assert isinstance(options, CircuitOptions)
    evaluator = on_torino(options, shape)
    function = approximator(options, shape, evaluator)
    assert isinstance(function, Quantum)
    parameters = np.random.default_rng(5).normal(size=function.num_parameters)
    rows = observations_met(dynamics, episode_tape(dynamics, 10, 0), np.random.default_rng(0))
    assert sorted(map(tuple, rows)) == sorted(map(tuple, np.eye(4)))
    measured = Measured(function, rows, evaluator.values(*function.inputs(rows, parameters)))
    tape = episode_tape(dynamics, 20, 100)
    one, two = (
        play(dynamics, tape, actor(each, parameters, "sampled", np.random.default_rng(7))).returns
        for each in (function, measured)
    )
    assert (one == two).all()
    with pytest.raises(InputError, match="measure it there, too"):
        measured.outputs(np.ones((1, 4)), parameters, NO_CHANCE)


def test_observations_after_an_episodes_end_are_measured_too() -> None:
    """Episodes are played in lock-step: a policy is asked in holes and at the goal as well."""
    agent, place = AGENTS["vq_dqn"], ENVIRONMENTS["frozen_lake"]
    dynamics = place.rules(place.options())
    shape = agent.shapes(dynamics.sizes, place.encoding(place.options()))["values"]
    options = agent.read_approximator("values", {})
    assert isinstance(options, CircuitOptions)
    evaluator = find_engine("statevector").prepare(circuit_model(options, shape), IDEAL)
    function = approximator(options, shape, evaluator)
    assert isinstance(function, Quantum)
    parameters = function.first_parameters(np.random.default_rng(0))
    many = episode_tape(dynamics, 1000, 0)
    rows = observations_met(dynamics, many, np.random.default_rng(0), 16)
    assert len(rows) == 16
    measured = Measured(function, rows, evaluator.values(*function.inputs(rows, parameters)))
    tape = episode_tape(dynamics, 50, 5000)
    one, two = (
        play(dynamics, tape, actor(each, parameters, "greedy", np.random.default_rng(7)))
        for each in (function, measured)
    )
    assert (one.lengths == two.lengths).all()
    with pytest.raises(InputError, match="more than 15 different observations"):
        observations_met(dynamics, many, np.random.default_rng(0), 15)
