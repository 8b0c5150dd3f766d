"""The device twin: λ̂ finds the noise that was put in, as often as its interval says."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nisqdl.circuits.build import build_model
from nisqdl.circuits.options import ModelOptions
from nisqdl.engines import find_engine
from nisqdl.engines.contract import Array
from nisqdl.engines.twin import SCALES, Model, noise_curve, shared_shots, twin
from nisqdl.errors import InputError
from nisqdl.noise.recipe import find_recipe
from nisqdl.noise_scale import fit_scale
from nisqdl.targets.device import Device
from nisqdl.targets.snapshots import find_device
from nisqdl.targets.transpile import transpile_model

CIRCUITS, SHOTS, DRAWS = 60, 1000, 300


@cache
def model(classes: int) -> Model:
    """A trained-looking classifier of four qubits on torino, at random features and weights."""
    options = ModelOptions.model_validate({"ansatz": {"name": "real_amplitudes", "depth": 4}})
    logical = build_model(options, 4, classes, None)
    isa = transpile_model(logical, find_device("torino"), schedule=False, seed=1)
    rng = np.random.default_rng(classes)
    features = rng.uniform(0, np.pi, (CIRCUITS, 4))
    weights = rng.uniform(-np.pi, np.pi, len(isa.weights))
    return Model(find_engine("exact"), isa, find_recipe("calibrated"), None, features, weights)


@cache
def curve(classes: int) -> Array:
    return noise_curve(model(classes), find_device("torino"))


def drawn(
    classes: int, device: Device, scale: float, seed: int, draws: int = 1
) -> list[tuple[Array, Array]]:
    """What a device with exactly this noise measures: values and standard errors, several times."""
    one = model(classes)
    evaluator = one.engine.prepare(one.isa, one.noise(device, scale))
    rng = np.random.default_rng(seed)
    features = np.tile(one.features, (draws, 1))
    values, errors = evaluator.estimates_with_errors(features, one.weights, SHOTS, rng)  # type: ignore[attr-defined]
    return list(zip(np.split(values, draws), np.split(errors, draws), strict=True))


@pytest.mark.parametrize(("classes", "true"), [(2, 0.3), (2, 5.0), (3, 1.0), (3, 2.2)])
def test_the_interval_holds_the_true_scale_as_often_as_it_says(classes: int, true: float) -> None:
    """300 draws: at 95 % coverage, fewer than 91 % would be a chance of one in a thousand."""
    covered, misfits, errors, arms = 0, 0, [], []
    for measured, stderr in drawn(classes, find_device("torino"), true, 7, DRAWS):
        fit = fit_scale(measured, stderr, np.array(SCALES), curve(classes))
        covered += fit.low <= true and (fit.high is None or true <= fit.high)
        misfits += fit.excess_shown
        errors.append(fit.scale - true)
        arms.append((fit.high or np.inf) - fit.scale)
    assert covered >= 0.91 * DRAWS
    # Wide intervals would cover, too: they are as wide as the scatter asks.
    assert np.median(arms) < 1.3 * 1.96 * np.std(errors)
    assert abs(np.mean(errors)) < 4 * np.std(errors) / np.sqrt(DRAWS)
    # Nothing is missed here, so misfit is seen as rarely as chance allows (2.5 %, p = 0.001).
    assert misfits <= 18


@settings(max_examples=25, deadline=None)
@given(true=st.floats(0.0, 7.9), seed=st.integers(0, 2**20))
def test_between_the_computed_scales_values_are_interpolated_exactly(
    true: float, seed: int
) -> None:
    """Exact values at any λ, with errors of any one size, give this λ back."""
    one = model(2)
    values = one.values(one.noise(find_device("torino"), true))
    fit = fit_scale(values, np.full(values.shape, 0.01), np.array(SCALES), curve(2))
    assert fit.scale == pytest.approx(true, abs=1e-4)
    assert fit.excess == pytest.approx(0, abs=1e-4)


def test_a_noisier_qubit_is_found_and_the_misfit_is_shown() -> None:
    torino = find_device("torino")
    for index, qubit in enumerate(model(3).isa.physical_qubits):
        calibrated = torino.qubits[qubit]
        assert calibrated.p1_given_0 is not None
        bad = replace(calibrated, p1_given_0=calibrated.p1_given_0 + 0.2)
        qubits = [*torino.qubits[:qubit], bad, *torino.qubits[qubit + 1 :]]
        ((measured, stderr),) = drawn(3, replace(torino, qubits=tuple(qubits)), 1.0, index)
        found = twin(model(3), measured, stderr, torino, torino)
        assert (found.suspects[0].qubit, found.suspects[0].part) == (qubit, "reads 1 for 0")
        assert found.suspects[0].extra > 0
        assert found.suspects[0].gain > 50
        assert found.fit is not None
        assert found.fit.excess_shown


def test_drift_is_what_predictions_move_by() -> None:
    """A calibration of twice all errors moves predictions as λ = 2 does."""
    torino = find_device("torino")
    one = model(2)
    ((measured, stderr),) = drawn(2, torino, 1.0, 5)
    assert twin(one, measured, stderr, torino, torino).drift == 0
    other = find_device("kingston")
    qubits = list(torino.qubits)
    for qubit in one.isa.physical_qubits:
        qubits[qubit] = other.qubits[qubit]
    moved = replace(torino, qubits=tuple(qubits))
    found = twin(one, measured, stderr, moved, torino)
    expected = one.values(one.noise(moved, 1.0)) - one.values(one.noise(torino, 1.0))
    assert found.drift == pytest.approx(np.sqrt((expected**2).mean()))
    assert found.drift > 1e-3


def test_values_that_do_not_depend_on_noise_do_not_bound_it() -> None:
    flat = np.zeros((len(SCALES), 20, 1))
    rng = np.random.default_rng(0)
    fit = fit_scale(rng.normal(0, 0.1, (20, 1)), np.full((20, 1), 0.1), np.array(SCALES), flat)
    assert fit.low == 0
    assert fit.high is None


def test_what_cannot_be_weighed_is_refused() -> None:
    values = np.zeros((5, 1))
    scales, flat = np.array(SCALES), np.zeros((len(SCALES), 5, 1))
    with pytest.raises(InputError, match="all are 0"):
        fit_scale(values, values, scales, flat)
    with pytest.raises(InputError, match="5 of 5 are not"):
        fit_scale(values + np.nan, values + 0.1, scales, flat)


def test_circuits_without_values_do_not_count() -> None:
    torino = find_device("torino")
    ((measured, stderr),) = drawn(2, torino, 1.0, 3)
    broken = measured.copy()
    broken[5] = np.nan
    found = twin(model(2), broken, stderr, torino, torino)
    assert found.fit is not None
    assert found.fit.freedom == measured.size - 2
    assert found.predicted.shape == measured.shape
    assert twin(model(2), measured, 0 * stderr, torino, torino).fit is None


def test_a_device_without_noise_has_a_twin_too() -> None:
    torino = find_device("torino")
    ((measured, stderr),) = drawn(2, torino, 0.0, 11)
    found = twin(model(2), measured, stderr, torino, torino)
    assert found.fit is not None
    assert found.fit.low == 0
    assert found.fit.scale < 0.3
    assert found.suspects


@pytest.mark.parametrize("classes", [2, 3])
def test_errors_of_strings_that_share_shots_are_those_of_their_outcomes(classes: int) -> None:
    """Errors from sampled outcomes, over errors from each string's own variance."""
    one, torino = model(classes), find_device("torino")
    noise = one.noise(torino, 1.0)
    found = shared_shots(one, noise)
    ((_, sampled),) = drawn(classes, torino, 1.0, 4)
    apart = np.zeros_like(sampled)
    for column, operator in enumerate(one.isa.observables):
        for string in operator:
            mean = replace(one, isa=replace(one.isa, observables=(string,))).values(noise)[:, 0]
            apart[:, column] += np.abs(string.coeffs[0]) ** 2 - mean**2
    apart = np.sqrt(apart / SHOTS)
    np.testing.assert_allclose(found, sampled / apart, rtol=0.12)
    if classes == 2:
        assert np.abs(found - 1).max() > 0.1  # the mean of Z over four qubits that agree
