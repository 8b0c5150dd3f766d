"""Injected Pauli errors: their mean against Aer's density matrix, and their probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import SuperOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, pauli_error, thermal_relaxation_error

from nisqdl.circuits.build import build_model
from nisqdl.circuits.options import ModelOptions
from nisqdl.engines import find_engine
from nisqdl.engines.injection import Injection, twirled_relaxation
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import NoiseChannels, Readout, Relaxation
from nisqdl.noise.recipe import find_recipe
from nisqdl.targets.snapshots import find_device
from nisqdl.targets.transpile import transpile_model


def isa_of(depth: int = 2, schedule: bool = False):
    options = ModelOptions.model_validate(
        {"ansatz": {"name": "efficient_su2", "depth": depth}, "entangler": "linear"}
    )  # fmt: skip
    device = find_device("torino")
    return transpile_model(build_model(options, 3, 3), device, schedule=schedule, seed=1), device


@settings(max_examples=20, deadline=None)
@given(
    time=st.floats(1, 500), t1=st.floats(1e3, 1e5), ratio=st.floats(0.05, 2.0)
)  # fmt: skip
def test_twirled_relaxation_is_the_twirl_of_aers_channel(
    time: float, t1: float, ratio: float
) -> None:
    found = twirled_relaxation(Relaxation(time, t1, ratio * t1))
    # Twirling keeps the diagonal of the Pauli transfer matrix, from which the rates follow.
    channel = SuperOp(thermal_relaxation_error(t1, ratio * t1, time))
    letters = [np.eye(2), np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]),
               np.diag([1, -1])]  # fmt: skip
    kept = [
        np.trace(p @ (channel.data @ p.reshape(-1, order="F")).reshape(2, 2, order="F")).real / 2
        for p in letters
    ]
    _, x, y, z = kept
    expected = [(1 + x - y - z) / 4, (1 + y - x - z) / 4, (1 + z - x - y) / 4]
    np.testing.assert_allclose(found, expected, atol=1e-8)


def twirled_aer(noise: NoiseChannels) -> NoiseModel:
    """The same errors as Pauli channels in Aer, depolarizing and relaxation one after the other."""
    model = NoiseModel(basis_gates=sorted({name for name, _ in noise.gates} | {"rz"}))
    for (name, qubits), one in noise.gates.items():
        strings = [""]
        for _ in qubits:
            strings = [s + letter for s in strings for letter in "IXYZ"]
        share = one.depolarizing / len(strings)
        error = pauli_error([(s, share + (1 - one.depolarizing) * (not s.strip("I")))
                             for s in strings])  # fmt: skip
        relaxed = None
        for relaxation in one.relaxation:
            x, y, z = twirled_relaxation(relaxation)
            single = pauli_error([("I", 1 - x - y - z), ("X", x), ("Y", y), ("Z", z)])
            relaxed = single if relaxed is None else relaxed.expand(single)
        model.add_quantum_error(error if relaxed is None else error.compose(relaxed), name,
                                list(qubits), warnings=False)  # fmt: skip
    for qubit, one in noise.readout.items():
        a, b = one.p1_given_0, one.p0_given_1
        model.add_readout_error(ReadoutError([[1 - a, a], [b, 1 - b]]), [qubit], warnings=False)
    return model


@pytest.mark.parametrize("scale", [1.0, 10.0])
def test_the_mean_is_the_twirled_noise_of_aers_density_matrix(scale: float) -> None:
    isa, device = isa_of()
    noise = channels_for(find_recipe("calibrated"), device, isa.physical_qubits, scale)
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=3), rng.normal(size=len(isa.weights))
    draws = 20_000
    injection = Injection.of(isa, noise)
    found = injection.drawn(5).values(np.tile(x, (draws, 1)), w)

    values = {p: v for p, v in zip((*isa.features, *isa.weights), (*x, *w), strict=True)
              if p in isa.circuit.parameters}  # fmt: skip
    circuit = isa.circuit.assign_parameters(values)
    circuit.save_density_matrix()
    simulator = AerSimulator(method="density_matrix", noise_model=twirled_aer(noise))
    state = simulator.run(circuit).result().data()["density_matrix"]
    expected = []
    for observable in isa.observables:
        (place,) = np.flatnonzero(observable.paulis.z[0])
        a, b = noise.readout[int(place)].p1_given_0, noise.readout[int(place)].p0_given_1
        plain = state.expectation_value(observable).real
        expected.append((1 - a - b) * plain + (b - a))
    error = found.std(axis=0) / np.sqrt(draws)
    assert (error > 1e-5).all()
    # Five standard errors for six values: false alarm below 4e-6.
    assert (np.abs(found.mean(axis=0) - expected) < 5 * error + 1e-8).all()


def test_gradients_are_those_of_the_struck_circuits() -> None:
    isa, device = isa_of()
    noise = channels_for(find_recipe("calibrated"), device, isa.physical_qubits, 20.0)
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(6, 3)), rng.normal(size=len(isa.weights))
    struck = Injection.of(isa, noise).drawn(7)
    pulls = rng.normal(size=(6, 3))
    values, gradient = struck.values_and_gradient(x, w, lambda _: pulls)
    np.testing.assert_allclose(values, struck.values(x, w), atol=1e-12)
    for index in rng.integers(len(w), size=4):
        step = 1e-5 * np.eye(len(w))[index]
        ahead, behind = (struck.values(x, w + sign * step) for sign in (1, -1))
        assert gradient[index] == pytest.approx((pulls * (ahead - behind)).sum() / 2e-5, abs=1e-7)
    ideal = find_engine("statevector").prepare(isa, NoiseChannels(readout=noise.readout))
    assert np.abs(values - ideal.values(x, w)).max() > 0.1


def test_draws_depend_on_the_seed_alone_and_no_noise_strikes_nothing() -> None:
    isa, device = isa_of(depth=1, schedule=True)
    noise = channels_for(find_recipe("calibrated_idle"), device, isa.physical_qubits, 20.0)
    injection = Injection.of(isa, noise)
    assert any(site.relaxation and not site.depolarizing for site in injection.sites)  # delays
    x, w = np.zeros((8, 3)), np.ones(len(isa.weights))
    one, again, other = (injection.drawn(seed).values(x, w) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()
    assert np.unique(one.round(12), axis=0).shape[0] > 1  # each sample has errors of its own

    quiet = NoiseChannels(readout={0: Readout(0.1, 0.2)})
    still = Injection.of(isa, quiet)
    assert still.sites == ()
    exact = find_engine("exact").prepare(isa, quiet)
    np.testing.assert_allclose(still.drawn(0).values(x, w), exact.values(x, w), atol=1e-10)
