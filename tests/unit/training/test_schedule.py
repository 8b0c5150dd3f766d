"""Layer-wise training: which weights turn when, and that all others stay where they are."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from nisqdl.circuits.build import build_model
from nisqdl.circuits.options import ModelOptions
from nisqdl.circuits.structure import structure_of
from nisqdl.engines.statevector import StatevectorEngine
from nisqdl.errors import InputError
from nisqdl.noise.channels import IDEAL
from nisqdl.training.initialisation import INITIALISATIONS
from nisqdl.training.loop import train
from nisqdl.training.options import TrainingOptions
from nisqdl.training.schedule import first_layer, mask_at


def _built(depth: int):
    options = ModelOptions(ansatz={"name": "efficient_su2", "depth": depth, "gate": "cz"})
    model = build_model(options, 3, 2)
    return model, structure_of(options, model)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 6), st.integers(1, 60))
def test_every_weight_has_its_turn_and_layers_come_in_order(depth: int, steps: int) -> None:
    _, structure = _built(depth)
    masks = [mask_at("layerwise", structure, step, steps) for step in range(steps)]
    np.testing.assert_array_equal(masks[0], first_layer(structure))
    firsts = [int(np.flatnonzero(mask)[0]) for mask in masks]
    growing = firsts[: max(1, steps // 2)]
    assert growing == sorted(growing)
    if steps >= 4 * depth:
        assert np.logical_or.reduce(masks).all()
    assert mask_at("all", structure, 0, steps) is None


@pytest.mark.parametrize("optimizer", ["adam", "spsa"])
def test_weights_that_have_no_turn_do_not_move(optimizer: str) -> None:
    model, structure = _built(4)
    rng = np.random.default_rng(0)
    features, labels = rng.uniform(-1, 1, (12, 3)), rng.integers(0, 2, 12)
    options = TrainingOptions(
        optimizer=optimizer, steps=24, batch=None, schedule="layerwise", check_every=1
    )
    evaluator = StatevectorEngine().prepare(model, IDEAL)
    seen = []
    train(
        evaluator, features, labels, len(model.weights), options, 1,
        progress=lambda told: seen.append(told.state.search.weights), structure=structure,
    )  # fmt: skip
    assert len(seen) == 24
    start = np.zeros(len(model.weights))
    for step, (before, after) in enumerate(pairwise(seen), start=1):
        mask = mask_at("layerwise", structure, step, 24)
        np.testing.assert_array_equal(before[~mask], after[~mask])
        assert (before[mask] != after[mask]).any()
    # Layers that have not come yet are at angle 0.
    later = ~first_layer(structure)
    np.testing.assert_array_equal(seen[0][later], start[later])


def test_it_resumes_in_mid_training_along_the_same_path() -> None:
    model, structure = _built(3)
    rng = np.random.default_rng(0)
    features, labels = rng.uniform(-1, 1, (12, 3)), rng.integers(0, 2, 12)
    options = TrainingOptions(steps=20, batch=4, schedule="layerwise")
    evaluator = StatevectorEngine().prepare(model, IDEAL)
    states = []
    given_ = (evaluator, features, labels, len(model.weights), options, 1)
    whole = train(*given_, progress=lambda t: states.append(t.state), structure=structure)
    resumed = train(*given_, resume=states[7], structure=structure)
    np.testing.assert_array_equal(whole.weights, resumed.weights)


def test_the_layerwise_start_has_one_random_layer() -> None:
    model, structure = _built(3)
    weights = INITIALISATIONS["layerwise"].draw(
        len(model.weights), np.random.default_rng(0), structure
    )
    np.testing.assert_array_equal(weights != 0, first_layer(structure))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"adam, sgd, spsa, .* instead of cobyla"):
        TrainingOptions(optimizer="cobyla", schedule="layerwise")
    with pytest.raises(ValidationError, match="Did you mean 'layerwise'"):
        TrainingOptions(schedule="layerwize")
    with pytest.raises(InputError, match="depends on the model's layers"):
        mask_at("layerwise", None, 0, 10)
    assert "schedule" not in TrainingOptions().model_dump()
