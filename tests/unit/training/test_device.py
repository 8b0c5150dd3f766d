"""Training on a device: the path of the local optimizers where values are exact, resumable at any
round, and within its budget."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nisqdl.circuits.build import build_model
from nisqdl.circuits.options import ModelOptions
from nisqdl.engines import find_engine
from nisqdl.engines.contract import Array, Evaluator
from nisqdl.errors import InputError, NisqdlError
from nisqdl.noise.applied import channels_for
from nisqdl.noise.recipe import find_recipe
from nisqdl.targets.snapshots import find_device
from nisqdl.targets.transpile import transpile_model
from nisqdl.training.device import METHODS
from nisqdl.training.device.rounds import (
    DeviceProblem,
    Round,
    asked_rows,
    begin,
    round_from_bytes,
    round_to_bytes,
    told,
    trained,
)
from nisqdl.training.loop import train
from nisqdl.training.options import DEVICE_OPTIMIZERS, TrainingOptions

QUBITS = 3


@cache
def evaluator(classes: int = 2, scale: float = 1.0) -> tuple[Evaluator, int]:
    """A classifier on torino under its noise, and its number of weights."""
    options = ModelOptions.model_validate({"ansatz": {"name": "real_amplitudes", "depth": 2}})
    model = build_model(options, QUBITS, classes, None)
    device = find_device("torino")
    isa = transpile_model(model, device, schedule=False, seed=2)
    noise = channels_for(find_recipe("calibrated"), device, isa.physical_qubits, scale)
    return find_engine("exact").prepare(isa, noise), len(model.weights)


def data(classes: int = 2, count: int = 24) -> tuple[Array, Any]:
    rng = np.random.default_rng(1)
    features = rng.uniform(0, np.pi, (count, QUBITS))
    return features, (features.sum(axis=1) // (0.51 * np.pi * QUBITS)).astype(int) % classes


def problem(optimizer: str, steps: int = 6, batch: int | None = 8, **device: Any) -> DeviceProblem:
    options = TrainingOptions.model_validate(
        {
            "optimizer": optimizer, "steps": steps, "batch": batch, "noise": "device",
            "device": device,
        }
    )  # fmt: skip
    features, labels = data()
    return DeviceProblem(features, labels, evaluator()[1], options, seed=5)


def answers(state: Round, asked: DeviceProblem, shots: bool = True) -> tuple[Array, Array]:
    """What a device gives for a round: values from its shots, or exact ones."""
    rows = asked_rows(state, asked)
    values, stderr = [], []
    for row in rows:  # each row has weights of its own
        features, weights = row[None, : -asked.num_weights], row[-asked.num_weights :]
        if shots:
            rng = np.random.default_rng([state.step, len(values)])
            found = evaluator()[0].estimates_with_errors(features, weights, state.shots, rng)  # type: ignore[attr-defined]
        else:
            found = evaluator()[0].values(features, weights), np.zeros((1, 1))
        values.append(found[0][0])
        stderr.append(found[1][0])
    return np.array(values), np.array(stderr)


@pytest.mark.parametrize("optimizer", DEVICE_OPTIMIZERS)
@pytest.mark.parametrize("batch", [None, 8])
def test_with_exact_values_the_path_is_that_of_training_here(
    optimizer: str, batch: int | None
) -> None:
    """All weights in the subset: Adam's gradient by shifts is then the whole exact gradient."""
    asked = problem(optimizer, batch=batch, subset=99)
    state = begin(asked, evaluator()[0])
    while state.step < asked.options.steps:
        state = told(state, asked, *answers(state, asked, shots=False))
    local = TrainingOptions(
        optimizer=optimizer, steps=6, batch=batch, noise="target", check_every=6
    )
    expected = train(evaluator()[0], asked.features, asked.labels, asked.num_weights, local, seed=5)
    assert state.history == pytest.approx(expected.history, abs=1e-9)


@pytest.mark.parametrize("optimizer", DEVICE_OPTIMIZERS)
def test_each_round_in_a_process_of_its_own_gives_the_same_path(optimizer: str) -> None:
    asked = problem(optimizer)
    straight = begin(asked, evaluator()[0])
    resumed = round_to_bytes(straight)
    while straight.step < asked.options.steps:
        straight = told(straight, asked, *answers(straight, asked))
        one = round_from_bytes(resumed)
        again = problem(optimizer)
        resumed = round_to_bytes(told(one, again, *answers(one, again)))
    assert resumed == round_to_bytes(straight)
    assert trained(straight, asked).weights.tolist() == straight.search.weights.tolist()


@pytest.mark.parametrize("optimizer", DEVICE_OPTIMIZERS)
def test_shots_train(optimizer: str) -> None:
    asked = problem(optimizer, steps=25, batch=None)
    state = begin(asked, evaluator()[0])
    first = state.search.weights
    while state.step < asked.options.steps:
        state = told(state, asked, *answers(state, asked))
    batch = asked.batch(0)
    before, after = (
        batch.loss(evaluator()[0].values(asked.features, w)) for w in (first, state.search.weights)
    )
    assert after < before - 0.1


def test_every_weight_has_its_turn() -> None:
    asked = problem("adam", subset=4)
    state = begin(asked, evaluator()[0])
    seen = np.zeros(asked.num_weights)
    for _ in range(-(-asked.num_weights // 4)):
        before = state.search.weights
        state = told(state, asked, *answers(state, asked))
        seen += state.search.weights != before
    assert (seen >= 1).all()


@settings(max_examples=40, deadline=None)
@given(
    optimizer=st.sampled_from(DEVICE_OPTIMIZERS),
    steps=st.integers(1, 12),
    spare=st.floats(1.0, 50.0),
    noise=st.floats(0.0, 1.0),
    seed=st.integers(0, 1000),
)
def test_the_budget_holds_whatever_comes_back(
    optimizer: str, steps: int, spare: float, noise: float, seed: int
) -> None:
    circuits = problem(optimizer, subset=2).circuits
    budget = int(circuits * 16 * steps * spare)
    asked = problem(
        optimizer, steps, subset=2, shots=100, least_shots=16, most_shots=2000, budget=budget
    )
    rng = np.random.default_rng(seed)
    state = begin(asked, evaluator()[0])
    while state.step < steps:
        assert 16 <= state.shots <= 2000
        count = len(asked_rows(state, asked))
        values = np.clip(rng.normal(0, 0.3, (count, 1)), -1, 1)
        state = told(state, asked, values, np.full((count, 1), noise / np.sqrt(state.shots)))
    assert state.executions <= budget
    assert len(state.shots_history) == steps


def test_shots_are_what_the_signal_asks_for() -> None:
    """Steady slopes of 0.1 and a variance of 4 a shot: 2 standard errors take 4·4/0.01 shots."""
    device = problem("adam", most_shots=100_000).device
    from nisqdl.training.device.rounds import _wanted

    begun = begin(problem("adam"), evaluator()[0])
    state = replace(begun, shots=1000, slope_square=0.01 + 4 / 1000, slope_variance=4.0)
    assert _wanted(state, device) == pytest.approx(1600, abs=1)
    lost = replace(state, slope_square=4 / 1000)
    assert _wanted(lost, device) == pytest.approx(4 * 4 / (0.1 * 0.004), abs=1)
    assert _wanted(replace(state, slope_square=0.0), device) == 100_000


def test_what_cannot_be_trained_is_refused() -> None:
    with pytest.raises(InputError, match=r"`training.device.budget` must be at least"):
        begin(problem("spsa", budget=100), evaluator()[0])
    asked = problem("spsa")
    state = begin(asked, evaluator()[0])
    values, stderr = answers(state, asked)
    values[3] = np.nan
    with pytest.raises(NisqdlError, match="1 of 16 values"):
        told(state, asked, values, stderr)
    content = round_to_bytes(state)
    for damaged in (content[:-20], content.replace(b"256", b"257"), b"[]", b""):
        with pytest.raises(InputError, match="cannot be read"):
            round_from_bytes(damaged)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"noise": "device", "optimizer": "cobyla"}, "spsa or adam"),
        ({"noise": "device", "validation": 0.2}, "would cost time on the device"),
        ({"noise": "device", "patience": 3}, "would cost time on the device"),
        ({"device": {"shots": 100}}, "only for `noise: device`"),
        ({"noise": "device", "device": {"shots": 5}}, "from `least_shots` to `most_shots`"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        TrainingOptions.model_validate(options)


def test_trainings_on_no_device_ask_the_same_as_before() -> None:
    assert "device" not in TrainingOptions().model_dump(mode="json")
    assert set(METHODS) == set(DEVICE_OPTIMIZERS)
