"""The Aer rendering of channels that closed forms describe."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, SuperOp
from qiskit_aer import AerSimulator

from nisqdl.errors import InputError
from nisqdl.noise.aer import aer_noise_model, gate_error
from nisqdl.noise.channels import GateNoise, NoiseChannels, Readout, Relaxation


def relaxation(time: float, t1: float, t2: float) -> SuperOp:
    decay_1, decay_2 = np.exp(-time / t1), np.exp(-time / t2)
    columns = np.diag([1, decay_2, decay_2, decay_1]).astype(complex)
    columns[0, 3] = 1 - decay_1
    return SuperOp(columns)


@pytest.mark.parametrize("t2", [300.0, 1000.0, 1700.0, 2000.0])
def test_relaxation_acts_on_the_gates_qubits_in_order(t2: float) -> None:
    noise = GateNoise(0.1, (Relaxation(50.0, 1000.0, t2), Relaxation(50.0, np.inf, 400.0)))
    identity = np.eye(4).reshape(-1)
    depolarizing = SuperOp(0.9 * np.eye(16) + 0.1 / 4 * np.outer(identity, identity))
    after = relaxation(50.0, np.inf, 400.0) ^ relaxation(50.0, 1000.0, t2)
    found = gate_error(noise, 2)
    np.testing.assert_allclose(SuperOp(found).data, depolarizing.compose(after).data, atol=1e-12)


def test_noiseless_gates_have_no_error() -> None:
    assert gate_error(GateNoise(), 2) is None
    assert gate_error(GateNoise(0.0, (Relaxation(0.0, 1e3, 1e3),)), 1) is None


@pytest.mark.parametrize(("duration", "unit", "time_ns"), [(400, "ns", 400), (1.3, "us", 1300)])
def test_idle_noise_lasts_as_long_as_each_delay(duration: float, unit: str, time_ns: float) -> None:
    circuit = QuantumCircuit(2)
    circuit.sx(0)
    circuit.x(1)
    circuit.delay(duration, 0, unit=unit)
    circuit.delay(2 * duration, 1, unit=unit)
    model = aer_noise_model(NoiseChannels("idle", idle={0: (900.0, 1500.0), 1: (2000.0, 700.0)}))
    plain = QuantumCircuit(2)
    plain.sx(0)
    plain.x(1)
    expected = DensityMatrix(plain).evolve(relaxation(time_ns, 900.0, 1500.0), [0])
    expected = expected.evolve(relaxation(2 * time_ns, 2000.0, 700.0), [1])
    circuit.save_density_matrix()
    simulator = AerSimulator(method="density_matrix", noise_model=model)
    found = simulator.run(circuit).result().data(0)["density_matrix"]
    np.testing.assert_allclose(found.data, expected.data, atol=1e-12)


def test_a_delay_in_device_cycles_is_refused() -> None:
    circuit = QuantumCircuit(1)
    circuit.delay(100, 0, unit="dt")
    model = aer_noise_model(NoiseChannels("idle", idle={0: (900.0, 1500.0)}))
    with pytest.raises(InputError, match="has 100 dt"):
        AerSimulator(method="density_matrix", noise_model=model).run(circuit).result()


def test_readout_is_asymmetric() -> None:
    circuit = QuantumCircuit(2)
    circuit.x(1)
    circuit.measure_all()
    channels = NoiseChannels("r", readout={0: Readout(0.2, 0.0), 1: Readout(0.0, 0.4)})
    simulator = AerSimulator(noise_model=aer_noise_model(channels))
    counts = simulator.run(circuit, shots=40000, seed_simulator=1).result().get_counts()
    expected = {"10": 0.48, "11": 0.12, "00": 0.32, "01": 0.08}
    for outcome, p in expected.items():
        # Five standard deviations: false alarm below 1e-5 for the four together.
        assert abs(counts[outcome] / 40000 - p) < 5 * np.sqrt(p * (1 - p) / 40000)
