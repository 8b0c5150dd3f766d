"""Local mode against the exact engine: the client's own values, within their statistics."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from qiskit.circuit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from nisqdl.circuits.build import build_model
from nisqdl.circuits.options import ModelOptions
from nisqdl.engines import find_engine
from nisqdl.engines.runtime.local import MOST_QUBITS, measure_locally
from nisqdl.engines.runtime.options import DynamicalDecoupling, Execution, Twirling, Zne
from nisqdl.engines.runtime.request import Request, bound_rows
from nisqdl.errors import CapacityError, InputError
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import IDEAL, GateNoise
from nisqdl.noise.recipe import find_recipe
from nisqdl.targets.isa import IsaModel
from nisqdl.targets.snapshots import find_device
from nisqdl.targets.transpile import transpile_model

TORINO = find_device("torino")
SHOTS = 20_000
ROWS = 4


@pytest.fixture(scope="module")
def isa() -> IsaModel:
    options = ModelOptions.model_validate(
        {
            "ansatz": {"name": "real_amplitudes", "depth": 2},
            "entangler": "linear",
            "observables": ["Z0", "Z0Z1", "X2"],
        }
    )
    return transpile_model(build_model(options, 3, 3, None), TORINO, schedule=False, seed=3)


@pytest.fixture(scope="module")
def angles(isa: IsaModel) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    return (
        rng.uniform(0, np.pi, (ROWS, len(isa.features))),
        rng.uniform(-np.pi, np.pi, len(isa.weights)),
    )


def noise_of(isa: IsaModel, scale: float = 1.0, without: str = ""):
    recipe = find_recipe("calibrated")
    kept = tuple(channel for channel in recipe.channels if channel not in (without, "idle"))
    return channels_for(recipe, TORINO, isa.physical_qubits, scale, kept)


def measured(isa, angles, execution, noise, seed=1):
    request = Request(isa, bound_rows(*angles), execution, "torino")
    return measure_locally(request, TORINO, noise, seed)


def exact(isa, angles, noise) -> np.ndarray:
    return find_engine("exact").prepare(isa, noise).values(*angles)


def within(found, expected, sigmas=5.0) -> None:
    """Gaussian at these shots: 5 σ of one of a dozen values is a chance of 1e-5."""
    sigma = np.sqrt(1 / SHOTS)
    assert np.abs(found.values - expected).max() < sigmas * sigma


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
def test_without_mitigation_it_is_the_noisy_circuit(isa, angles, scale) -> None:
    noise = noise_of(isa, scale)
    found = measured(isa, angles, Execution(shots=SHOTS, resilience_level=0), noise)
    expected = exact(isa, angles, noise)
    within(found, expected)
    # And not the ideal one, from which it is told apart.
    assert np.abs(found.values - exact(isa, angles, IDEAL)).max() > 2 * np.sqrt(1 / SHOTS)
    assert found.stderr == pytest.approx(np.sqrt((1 - expected**2) / SHOTS), rel=0.1)
    assert (found.qpu_seconds, found.snapshot, found.jobs[0].id) == (None, None, "local")


def test_trex_takes_the_readout_error_away_and_nothing_else(isa, angles) -> None:
    found = measured(isa, angles, Execution(shots=SHOTS), noise_of(isa))
    # The ratio to the calibration's mean adds its own variance: less than doubles it.
    within(found, exact(isa, angles, noise_of(isa, without="readout")), sigmas=7.0)


def test_zne_lowers_the_gates_error(isa, angles) -> None:
    """At thrice the noise, on average over the circuits; TREX takes the readout's part away."""
    noise, ideal = noise_of(isa, 3.0), exact(isa, angles, IDEAL)
    twirled = Twirling(gates=True, num_randomizations=8)
    zne = Zne(extrapolator=("linear",))
    plain = measured(isa, angles, Execution(shots=SHOTS, twirling=twirled), noise)
    extrapolated = measured(isa, angles, Execution(shots=SHOTS, twirling=twirled, zne=zne), noise)
    errors = [np.sqrt(np.mean((f.values - ideal) ** 2)) for f in (plain, extrapolated)]
    assert errors[1] < 0.6 * errors[0]
    assert np.isfinite(extrapolated.stderr).all()


def test_the_same_seed_gives_the_same_values(isa, angles) -> None:
    execution = Execution(
        shots=500,
        resilience_level=2,
        twirling=Twirling(num_randomizations=3),
        dynamical_decoupling=DynamicalDecoupling(sequence="XY4"),
    )
    first, again, other = (
        measured(isa, angles, execution, noise_of(isa), seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.values, again.values)
    assert np.abs(first.values - other.values).max() > 0
    assert first.jobs[0].options["dynamical_decoupling"]["enable"] is True


def test_readout_alone_and_no_noise_at_all(isa, angles) -> None:
    execution = Execution(shots=SHOTS, resilience_level=0)
    recipe = find_recipe("calibrated")
    readout = channels_for(recipe, TORINO, isa.physical_qubits, 1.0, ("readout",))
    for noise in (readout, IDEAL):
        within(measured(isa, angles, execution, noise), exact(isa, angles, noise))


def test_trajectories_agree_with_the_density_matrix(isa, angles) -> None:
    request = Request(isa, bound_rows(*angles)[:1], Execution(shots=4000, resilience_level=0), "t")
    found = measure_locally(request, TORINO, noise_of(isa), 1, method="statevector")
    gap = found.values - exact(isa, (angles[0][:1], angles[1]), noise_of(isa))
    assert np.abs(gap).max() < 5 / np.sqrt(4000)


def test_unphysical_values_are_counted() -> None:
    """TREX divides −1 times a damping by that damping as measured: beyond −1 every second time."""
    circuit = QuantumCircuit(1)
    circuit.x(0)
    isa = IsaModel(circuit, (), (), (SparsePauliOp("Z"),) * 8, (5,), "torino")
    request = Request(isa, np.zeros((1, 0)), Execution(shots=1000), "torino")
    noise = channels_for(find_recipe("calibrated"), TORINO, (5,), 5.0)
    noise = dataclasses.replace(noise, gates=dict.fromkeys(noise.gates, GateNoise(1e-6)))
    counts = [measure_locally(request, TORINO, noise, seed).unphysical for seed in range(6)]
    assert any(counts)
    assert all(count in (0, 8) for count in counts)  # eight times the same value


def test_what_does_not_fit_is_refused(isa) -> None:
    wide = QuantumCircuit(MOST_QUBITS + 1)
    large = dataclasses.replace(isa, circuit=wide, physical_qubits=tuple(range(MOST_QUBITS + 1)))
    with pytest.raises(CapacityError, match="at most 20 qubits, but this one uses 21"):
        measure_locally(Request(large, np.zeros((1, 0)), Execution(), "t"), TORINO, IDEAL, 1)
    hadamard = QuantumCircuit(isa.num_qubits)
    hadamard.h(0)
    wrong = dataclasses.replace(isa, circuit=hadamard, features=(), weights=())
    request = Request(wrong, np.zeros((1, 0)), Execution(), "t")
    with pytest.raises(InputError, match="The gate h on qubit 0"):
        measure_locally(request, TORINO, noise_of(isa), 1)
