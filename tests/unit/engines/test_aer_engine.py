"""The Aer engine: what is its own beyond the engines' contract."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.quantum_info import SparsePauliOp

from nisqdl.circuits.model import Model
from nisqdl.engines.aer import AerEngine
from nisqdl.errors import CapacityError, InputError
from nisqdl.noise.channels import IDEAL, GateNoise, NoiseChannels, Readout

NONE = np.zeros((1, 0))


def model(circuit: QuantumCircuit) -> Model:
    label = "Z" * circuit.num_qubits
    return Model(circuit, (), tuple(circuit.parameters), (SparsePauliOp(label),))


def test_memory_is_stated_and_a_state_vector_serves_where_gates_are_noiseless() -> None:
    circuit = QuantumCircuit(10)
    circuit.x(range(10))
    noise = NoiseChannels("x", {("x", (q,)): GateNoise(0.01) for q in range(10)})
    small = AerEngine(memory_gib=0.004)
    with pytest.raises(CapacityError, match=r"10 qubits, whose density matrix .* at most 9 qubits"):
        small.prepare(model(circuit), noise)
    readout = NoiseChannels("readout", readout={3: Readout(0.1, 0.2)})
    for channels, expected in ((IDEAL, 1.0), (readout, 0.6)):
        found = small.prepare(model(circuit), channels).values(NONE, np.zeros(0))
        assert found[0, 0] == pytest.approx(expected)
    with pytest.raises(CapacityError, match=r"state vector .* at most 9 qubits. Use fewer"):
        AerEngine(memory_gib=2.0**-17).prepare(model(circuit), IDEAL)


def test_results_do_not_depend_on_threads() -> None:
    circuit = QuantumCircuit(3)
    circuit.sx(range(3))
    circuit.rz(Parameter("w"), 1)
    circuit.sx(1)
    noise = NoiseChannels("sx", {("sx", (q,)): GateNoise(0.1) for q in range(3)})
    one, two = (
        AerEngine(threads=threads).prepare(model(circuit), noise).values(NONE, np.array([0.4]))
        for threads in (1, 2)
    )
    np.testing.assert_allclose(one, two, atol=1e-14)


def test_operations_other_than_gates_are_refused() -> None:
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    with pytest.raises(InputError, match=r"holds the operation measure.*gates only"):
        AerEngine().prepare(model(circuit), IDEAL)


def test_parameters_outside_rotations_are_unrolled_only_where_gates_are_ideal() -> None:
    circuit = QuantumCircuit(1)
    circuit.u(Parameter("w"), 0.1, 0.2, 0)
    values, gradient = (
        AerEngine()
        .prepare(model(circuit), IDEAL)
        .values_and_gradient(NONE, np.array([0.4]), np.ones_like)
    )
    assert values[0, 0] == pytest.approx(np.cos(0.4))
    assert gradient[0] == pytest.approx(-np.sin(0.4))
    with pytest.raises(InputError, match="gate u has a parameter but is no plain rotation"):
        AerEngine().prepare(model(circuit), NoiseChannels("u", {("u", (0,)): GateNoise(0.1)}))
