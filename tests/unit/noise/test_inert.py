"""Circuits whose noise would be inert are refused."""

from __future__ import annotations

import pytest
from qiskit import QuantumCircuit

from nisqdl.errors import InputError
from nisqdl.noise.channels import GateNoise, NoiseChannels, Readout
from nisqdl.noise.inert import refuse_inert

NOISE = NoiseChannels(
    "test", {("sx", (0,)): GateNoise(), ("sx", (1,)): GateNoise(), ("cz", (1, 0)): GateNoise(0.01)}
)


def test_isa_circuits_pass() -> None:
    circuit = QuantumCircuit(2)
    circuit.sx([0, 1])
    circuit.rz(0.3, 0)
    circuit.barrier()
    circuit.delay(100, 0, unit="ns")
    circuit.cz(1, 0)
    refuse_inert(circuit, NOISE)


def test_other_gates_and_directions_are_refused() -> None:
    circuit = QuantumCircuit(2)
    circuit.h(1)
    with pytest.raises(InputError, match=r"gate h on qubit 1 has no entry in the noise 'test'.*cz"):
        refuse_inert(circuit, NOISE)
    circuit = QuantumCircuit(2)
    circuit.cz(0, 1)
    with pytest.raises(InputError, match=r"gate cz on qubits 0, 1 .*direction"):
        refuse_inert(circuit, NOISE)


def test_logical_circuits_pass_where_gates_are_noiseless() -> None:
    circuit = QuantumCircuit(2)
    circuit.h(1)
    refuse_inert(circuit, NoiseChannels())
    refuse_inert(circuit, NoiseChannels("readout", readout={0: Readout(0.1, 0.1)}))


def test_noise_of_more_qubits_than_the_circuit_has_is_refused() -> None:
    with pytest.raises(InputError, match="at least 2 qubits, but the circuit has 1"):
        refuse_inert(QuantumCircuit(1), NOISE)
