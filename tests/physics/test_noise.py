"""Closed forms of noise: average fidelities, twirls, GHZ states, readout, extrapolation.

Derived by hand; the heading "Noise and mitigation (exact)" of the project's oracles lists them.
"""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import PTM, SparsePauliOp, average_gate_fidelity

from nisqdl.circuits.model import Model
from nisqdl.engines import ENGINES, find_engine
from nisqdl.noise.aer import gate_error
from nisqdl.noise.calibrated import depolarizing_for, relaxation_fidelity
from nisqdl.noise.channels import GateNoise, NoiseChannels, Readout, Relaxation
from nisqdl.noise.readout import confused_probabilities

HERE = [entry for entry in ENGINES.values() if entry.here]
engines = pytest.mark.parametrize("name", [entry.name for entry in HERE])
noisy_engines = pytest.mark.parametrize(
    "name", [entry.name for entry in HERE if entry.takes_gate_noise]
)


def value(name: str, circuit: QuantumCircuit, label: str, noise: NoiseChannels) -> float:
    model = Model(circuit, (), (), (SparsePauliOp(label),))
    found = find_engine(name).prepare(model, noise).values(np.zeros((1, 0)), np.zeros(0))
    return float(found[0, 0])


@pytest.mark.parametrize(("t1", "t2"), [(100e3, 60e3), (100e3, 170e3), (np.inf, 50e3)])
def test_average_fidelity_of_thermal_relaxation(t1: float, t2: float) -> None:
    relaxation = (Relaxation(700.0, t1, t2),)
    expected = 0.5 + np.exp(-700 / t1) / 6 + np.exp(-700 / t2) / 3
    assert relaxation_fidelity(relaxation) == pytest.approx(expected, abs=1e-15)
    error = gate_error(GateNoise(0.0, relaxation), 1)
    assert average_gate_fidelity(error) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("num_qubits", [1, 2])
@pytest.mark.parametrize("p", [1e-4, 0.03, 0.7])
def test_depolarizing_fidelity_and_pauli_rate(num_qubits: int, p: float) -> None:
    dimension = 2**num_qubits
    error = gate_error(GateNoise(p), num_qubits)
    fidelity = 1 - p * (dimension - 1) / dimension
    assert average_gate_fidelity(error) == pytest.approx(fidelity, abs=1e-12)
    assert depolarizing_for(1 - fidelity, 1.0, num_qubits) == pytest.approx(p)
    rate = p * (4**num_qubits - 1) / 4**num_qubits
    # The trace of the Pauli transfer matrix is 4^n times the probability of no Pauli error.
    no_error = np.trace(PTM(error).data).real / 4**num_qubits
    assert 1 - no_error == pytest.approx(rate, abs=1e-12)


@pytest.mark.parametrize("num_qubits", [1, 2])
def test_depolarizing_and_relaxation_together_have_the_reported_infidelity(
    num_qubits: int,
) -> None:
    relaxation = (Relaxation(300.0, 90e3, 120e3), Relaxation(300.0, 200e3, 40e3))[:num_qubits]
    p = depolarizing_for(0.02, relaxation_fidelity(relaxation), num_qubits)
    error = gate_error(GateNoise(p, relaxation), num_qubits)
    assert 1 - average_gate_fidelity(error) == pytest.approx(0.02, abs=1e-12)


@pytest.mark.parametrize("damping", [0.01, 0.2, 0.9])
def test_pauli_twirl_of_amplitude_damping(damping: float) -> None:
    t1 = -100.0 / np.log(1 - damping)
    error = gate_error(GateNoise(0.0, (Relaxation(100.0, t1, 2 * t1),)), 1)
    # The twirl keeps the diagonal of the transfer matrix; Paulis anticommute with two of three.
    _, x, y, z = np.diag(PTM(error).data).real
    rates = (1 + x - y - z) / 4, (1 - x + y - z) / 4, (1 - x - y + z) / 4
    expected = damping / 4, damping / 4, (2 - damping - 2 * np.sqrt(1 - damping)) / 4
    np.testing.assert_allclose(rates, expected, atol=1e-12)


@noisy_engines
@pytest.mark.parametrize("p", [0.01, 0.2])
def test_ghz_state_under_dephasing(name: str, p: float) -> None:
    circuit = QuantumCircuit(4)
    circuit.h(0)
    circuit.cx([0, 1, 2], [1, 2, 3])
    for qubit in range(4):
        circuit.delay(100.0, qubit, unit="ns")
    t2 = -100.0 / np.log(1 - 2 * p)
    noise = NoiseChannels("dephasing", idle=dict.fromkeys(range(4), (np.inf, t2)))
    assert value(name, circuit, "XXXX", noise) == pytest.approx((1 - 2 * p) ** 4, abs=1e-12)
    assert value(name, circuit, "ZZII", noise) == pytest.approx(1.0, abs=1e-12)


@engines
def test_readout_of_one_qubit(name: str) -> None:
    angle, a, b = 0.7, 0.03, 0.12
    circuit = QuantumCircuit(1)
    circuit.rx(angle, 0)
    noise = NoiseChannels("readout", readout={0: Readout(a, b)})
    expected = (1 - a - b) * np.cos(angle) + (b - a)
    assert value(name, circuit, "Z", noise) == pytest.approx(expected, abs=1e-12)


def test_inverting_the_confusion_matrix_is_exact_in_expectation() -> None:
    rng = np.random.default_rng(3)
    true = rng.dirichlet(np.ones(8))
    readout = {q: Readout(*rng.uniform(0, 0.3, size=2)) for q in range(3)}
    matrix = confused_probabilities(np.eye(8), readout).T
    read = confused_probabilities(true, readout)
    np.testing.assert_allclose(np.linalg.solve(matrix, read), true, atol=1e-12)


@noisy_engines
def test_zero_noise_extrapolation_of_folded_gates(name: str) -> None:
    """Four CX at p = 0.03 and an ideal value of 0.764842; folded 1, 3 and 5 times."""
    ideal, p = 0.764842, 0.03
    noise = NoiseChannels("folded", {("cx", (0, 1)): GateNoise(p), ("rx", (0,)): GateNoise()})

    def folded(times: int) -> float:
        circuit = QuantumCircuit(2)
        circuit.rx(np.arccos(ideal), 0)
        for _ in range(4 * times):
            circuit.cx(0, 1)
        return value(name, circuit, "IZ", noise)

    one, three, five = folded(1), folded(3), folded(5)
    x = (1 - p) ** 4
    assert one == pytest.approx(ideal * x, abs=1e-12)
    assert one == pytest.approx(0.677109, abs=1e-6)
    linear = 1.5 * one - 0.5 * three
    assert linear == pytest.approx(0.750324, abs=1e-6)
    richardson = (15 * one - 10 * three + 3 * five) / 8
    assert richardson == pytest.approx(0.762199, abs=1e-6)
    assert one**1.5 / three**0.5 == pytest.approx(ideal, abs=1e-12)
