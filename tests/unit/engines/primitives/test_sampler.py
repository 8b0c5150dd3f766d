"""The sampler against Qiskit's reference: registers, shapes, and the distribution of outcomes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import ClassicalRegister, Clbit, ParameterVector, QuantumRegister
from qiskit.primitives import StatevectorSampler
from qiskit.quantum_info import Statevector
from qiskit.transpiler import CouplingMap

from nisqdl import ExactSampler
from nisqdl.errors import InputError
from nisqdl.noise.channels import GateNoise, NoiseChannels, Readout

seeds = st.integers(0, 2**32 - 1)


def measured_circuit(rng, parameters, flips_only=False):
    """Random registers; some bits never measured, some qubits measured twice."""
    sizes = rng.integers(1, 10, size=int(rng.integers(1, 4))).tolist()
    registers = [ClassicalRegister(size, f"r{i}") for i, size in enumerate(sizes)]
    circuit = QuantumCircuit(QuantumRegister(2, "left"), QuantumRegister(2, "right"), *registers)
    for qubit, parameter in enumerate(parameters):
        if flips_only:
            circuit.rx(np.pi * parameter, qubit)
        else:
            circuit.ry(parameter * (1 + qubit), qubit)
    circuit.cx(0, 3)
    circuit.cx(2, 1)
    circuit.barrier()
    for _ in range(int(rng.integers(1, 7))):
        circuit.measure(int(rng.integers(4)), int(rng.integers(circuit.num_clbits)))
    return circuit


@settings(deadline=None, max_examples=40)
@given(seed=seeds, shape=st.sampled_from([(), (1,), (3,), (2, 3), (2, 1, 2), (0,)]))
def test_registers_are_those_of_qiskits_reference(seed, shape):
    """Angles are multiples of π, so every outcome is certain and all shots must be equal."""
    rng = np.random.default_rng(seed)
    circuit = measured_circuit(rng, ParameterVector("v", 4), flips_only=True)
    rows = rng.integers(0, 2, size=(*shape, 4))
    pubs = [(circuit, rows), (circuit, rows, 3)]
    results = [s.run(pubs, shots=5).result() for s in (ExactSampler(), StatevectorSampler())]
    for found, reference in zip(*results, strict=True):
        assert list(found.data) == list(reference.data)
        assert found.data.shape == reference.data.shape
        assert found.metadata["shots"] == reference.metadata["shots"]
        for name in reference.data:
            assert found.data[name].num_bits == reference.data[name].num_bits
            np.testing.assert_array_equal(found.data[name].array, reference.data[name].array)


@settings(deadline=None, max_examples=10)
@given(seed=seeds)
def test_outcomes_follow_the_state(seed):
    """Total variation over sixteen outcomes at 40 000 shots stays below 0.03 (1e-9 a case)."""
    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(4)
    for _ in range(3):
        for qubit in range(4):
            circuit.u(*rng.uniform(-3, 3, 3), qubit)
        circuit.cx(0, 1)
        circuit.cz(1, 2)
        circuit.cx(3, 2)
    exact = Statevector(circuit).probabilities()
    circuit.measure_all()
    wide = transpile(
        circuit, coupling_map=CouplingMap.from_line(40), basis_gates=["rz", "sx", "cz"],
        initial_layout=[20, 25, 23, 22], optimization_level=1, seed_transpiler=1,
    )  # fmt: skip
    for tried in (circuit, wide):
        outcomes = ExactSampler(seed=seed).run([tried], shots=40_000).result()[0].data.meas
        counts = outcomes.get_int_counts()
        found = np.array([counts.get(i, 0) for i in range(16)]) / 40_000
        assert np.abs(found - exact).sum() / 2 < 0.03


def test_noise_and_readout_act_on_outcomes():
    """X with depolarizing p, then asymmetric confusion: P(1) = (1 − b)(1 − p/2) + a p/2."""
    noise = NoiseChannels("toy", {("x", (0,)): GateNoise(0.2)}, {}, {0: Readout(0.05, 0.2)})
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    counts = ExactSampler(noise, seed=1).run([circuit], shots=100_000).result()[0].data.c
    expected = 0.8 * 0.9 + 0.05 * 0.1
    found = counts.get_counts()["1"] / 100_000
    assert abs(found - expected) < 5 * np.sqrt(expected * (1 - expected) / 100_000)


def test_a_qubit_measured_twice_is_read_twice():
    """One outcome, two independent readout errors (seeds differ in 5 standard deviations)."""
    noise = NoiseChannels(readout={0: Readout(0.1, 0.3)})
    circuit = QuantumCircuit(1, 2)
    circuit.h(0)
    circuit.measure(0, 0)
    circuit.measure(0, 1)
    shots = 50_000
    counts = ExactSampler(noise, seed=2).run([circuit], shots=shots).result()[0].data.c
    expected = {"00": 0.5 * (0.81 + 0.09), "11": 0.5 * (0.01 + 0.49), "01": 0.15, "10": 0.15}
    for key, p in expected.items():
        assert abs(counts.get_counts()[key] / shots - p) < 5 * np.sqrt(p * (1 - p) / shots)


def test_every_evaluation_has_its_own_numbers_and_the_seed_repeats_them():
    circuit = QuantumCircuit(1)
    circuit.h(0)
    circuit.measure_all()

    def calls(seed):
        sampler = ExactSampler(seed=seed, shots=200)
        return [
            pub.data.meas.array for _ in range(2) for pub in sampler.run([circuit] * 2).result()
        ]

    first, again = calls(4), calls(4)
    np.testing.assert_array_equal(first, again)
    assert len({array.tobytes() for array in [*first, *calls(5)]}) == 8


def test_shots_are_those_of_the_pub_then_the_run_then_the_sampler():
    circuit = QuantumCircuit(1)
    circuit.measure_all()
    sampler = ExactSampler(shots=7)
    assert sampler.default_shots == 7
    result = sampler.run([(circuit, [], 3), circuit], shots=5).result()
    assert [pub.data.meas.num_shots for pub in result] == [3, 5]
    assert sampler.run([circuit]).result()[0].data.meas.num_shots == 7
    assert result.metadata == {"version": 2}


def test_a_circuit_without_registers_gives_nothing_and_warns():
    with pytest.warns(UserWarning, match="no classical registers"):
        result = ExactSampler().run([QuantumCircuit(1)]).result()
    assert len(list(result[0].data)) == 0


def test_loose_and_shared_bits():
    """A bit of two registers is in both; a bit of none is in none."""
    bits = [Clbit(), Clbit(), Clbit()]
    circuit = QuantumCircuit(QuantumRegister(2), bits)
    circuit.add_register(ClassicalRegister(bits=bits[:2], name="a"))
    circuit.add_register(ClassicalRegister(bits=[bits[1]], name="b"))
    circuit.x(1)
    circuit.measure(1, 1)
    circuit.measure(0, 2)
    data = ExactSampler().run([circuit], shots=2).result()[0].data
    assert data.a.get_counts() == {"10": 2}
    assert data.b.get_counts() == {"1": 2}


def lay_middle(circuit):
    circuit.measure(0, 0)
    circuit.x(0)


def lay_flow(circuit):
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(1)


def lay_reset(circuit):
    circuit.measure(0, 0)
    circuit.reset(0)


def lay_wait(circuit):
    circuit.measure(0, 0)
    circuit.delay(10, 0)
    circuit.measure(0, 1)


@pytest.mark.parametrize("lay", [lay_middle, lay_flow, lay_reset, lay_wait])
def test_what_follows_a_measurement_is_refused(lay):
    circuit = QuantumCircuit(2, 2)
    lay(circuit)
    with pytest.raises(InputError, match=r"end|control flow"):
        ExactSampler().run([circuit]).result()


def test_delays_and_barriers_may_follow_a_measurement():
    circuit = QuantumCircuit(2, 2)
    circuit.x(1)
    circuit.measure(1, 1)
    circuit.barrier()
    circuit.delay(100, 1)
    circuit.measure(0, 0)
    idle = NoiseChannels(idle={1: (10.0, 10.0)})
    assert ExactSampler(idle).run([circuit], shots=9).result()[0].data.c.get_counts() == {"10": 9}


def test_wrong_shots_are_refused():
    with pytest.raises(InputError, match="`shots` must be an integer of at least 1, but is 0"):
        ExactSampler(shots=0)
    circuit = QuantumCircuit(1)
    circuit.measure_all()
    with pytest.raises(InputError, match="but is -2"):
        ExactSampler().run([circuit], shots=-2)


def test_idle_qubits_of_a_wide_device_cost_nothing():
    """All 133 qubits are measured, two are used; the others read 1 by their readout error only."""
    circuit = QuantumCircuit(133)
    circuit.x(7)
    circuit.cx(7, 8)
    circuit.measure_all()
    noise = NoiseChannels(readout={100: Readout(1.0, 0.0), 8: Readout(0.0, 1.0)})
    for chosen in (None, noise):
        data = ExactSampler(chosen).run([circuit], shots=3).result()[0].data.meas
        ones = {7, 8} if chosen is None else {7, 100}
        assert data.get_int_counts() == {sum(1 << qubit for qubit in ones): 3}
    nothing = QuantumCircuit(133)
    nothing.measure_all()
    data = ExactSampler(noise).run([(nothing, np.empty((2, 0)))], shots=3).result()[0].data.meas
    assert data.shape == (2,)
    assert data.get_int_counts() == {1 << 100: 6}
