"""Aer's noise models on the exact engine, against Aer's density matrix and Qiskit's channels."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Parameter
from qiskit.circuit.library import SXGate
from qiskit.quantum_info import PTM, Pauli, SparsePauliOp, random_quantum_channel
from qiskit_aer import AerSimulator
from qiskit_aer.noise import (
    LocalNoisePass,
    NoiseModel,
    PauliLindbladError,
    QuantumError,
    ReadoutError,
    amplitude_damping_error,
    coherent_unitary_error,
    depolarizing_error,
    pauli_error,
    phase_amplitude_damping_error,
    reset_error,
    thermal_relaxation_error,
)

from nisqdl import ExactEstimator, ExactSampler
from nisqdl.engines.exact.aer_errors import error_channels
from nisqdl.errors import InputError

seeds = st.integers(0, 2**32 - 1)


def one_qubit_error(rng):
    kind = rng.integers(8)
    p = rng.uniform(0, 0.3)
    if kind == 0:
        return depolarizing_error(p, 1)
    if kind == 1:
        return thermal_relaxation_error(50.0, rng.uniform(5, 99), rng.uniform(1, 30), 0.2)
    if kind == 2:
        return amplitude_damping_error(p)
    if kind == 3:
        return pauli_error([("X", p), ("Y", p / 2), ("I", 1 - 1.5 * p)])
    if kind == 4:
        return reset_error(p, 0.1)
    if kind == 5:
        return QuantumError(random_quantum_channel(2, seed=rng))
    if kind == 6:
        return phase_amplitude_damping_error(p, 0.2)
    c, s = np.cos(p), np.sin(p)
    return coherent_unitary_error(np.array([[c, -1j * s], [-1j * s, c]]))


def two_qubit_error(rng):
    kind = rng.integers(6)
    p = rng.uniform(0, 0.3)
    if kind == 0:
        return depolarizing_error(p, 2)
    if kind == 1:
        return depolarizing_error(p, 2).compose(one_qubit_error(rng).expand(one_qubit_error(rng)))
    if kind == 2:
        return one_qubit_error(rng).tensor(one_qubit_error(rng))
    if kind == 3:
        return pauli_error([("XY", p), ("ZI", p), ("IZ", 0.1), ("II", 0.9 - 2 * p)])
    if kind == 4:
        return QuantumError(random_quantum_channel(4, seed=rng))
    return PauliLindbladError(["XX", "IZ", "YI"], [p, p / 2, 0.01])


@settings(deadline=None, max_examples=30)
@given(seed=seeds)
def test_errors_become_their_transfer_matrices(seed):
    rng = np.random.default_rng(seed)
    for error in (one_qubit_error(rng), two_qubit_error(rng)):
        found = np.eye(4**error.num_qubits)
        for channel in error_channels(error, "gate"):
            matrix = channel.matrix
            if error.num_qubits == 2 and channel.qubits == (0,):
                matrix = np.kron(np.eye(4), matrix)
            elif error.num_qubits == 2 and channel.qubits == (1,):
                matrix = np.kron(matrix, np.eye(4))
            found = matrix @ found
        expected = np.real(PTM(error.to_quantumchannel()).data)
        np.testing.assert_allclose(found, expected, atol=1e-12)


def test_device_errors_are_taken_apart():
    """Depolarizing, then relaxation of each qubit: three cheap channels instead of a dense one."""
    relaxed = [thermal_relaxation_error(100.0, t2, 0.5, 0.1) for t2 in (60.0, 150.0)]
    error = depolarizing_error(0.02, 2).compose(relaxed[0].expand(relaxed[1]))
    assert [channel.qubits for channel in error_channels(error, "cz")] == [(0, 1), (0,), (1,)]


def random_noise_model(rng):
    model = NoiseModel(basis_gates=["rz", "sx", "x", "cx", "cz", "id"])
    model.add_all_qubit_quantum_error(one_qubit_error(rng), ["sx", "x"])
    model.add_all_qubit_quantum_error(two_qubit_error(rng), ["cx", "cz"])
    model.add_quantum_error(one_qubit_error(rng), ["x", "rz"], [1], warnings=False)
    model.add_quantum_error(two_qubit_error(rng), ["cx"], [2, 0], warnings=False)
    model.add_all_qubit_quantum_error(one_qubit_error(rng), ["reset", "delay", "my_sx"])
    return model


def random_circuit(rng):
    circuit = QuantumCircuit(3)
    for _ in range(14):
        a, b = rng.permutation(3)[:2].tolist()
        kind = rng.integers(8)
        if kind == 0:
            circuit.sx(a)
        elif kind == 1:
            circuit.x(a)
        elif kind == 2:
            circuit.rz(rng.uniform(-3, 3), a)
        elif kind == 3:
            circuit.cx(a, b)
        elif kind == 4:
            circuit.cz(a, b)
        elif kind == 5:
            circuit.append(SXGate(label="my_sx"), [a])
        elif kind == 6:
            circuit.delay(20, a, unit="ns")
        else:
            circuit.reset(a)
    return circuit


def aer_value(circuit, observable, model):
    """The value by Aer's density matrix (without readout error, which Aer leaves out)."""
    measured = circuit.copy()
    measured.save_expectation_value(observable, range(circuit.num_qubits))
    simulator = AerSimulator(method="density_matrix", noise_model=model)
    return simulator.run(measured, shots=1).result().data()["expectation_value"]


@settings(deadline=None, max_examples=25)
@given(seed=seeds)
def test_values_are_those_of_aers_density_matrix(seed):
    rng = np.random.default_rng(seed)
    model, circuit = random_noise_model(rng), random_circuit(rng)
    observable = SparsePauliOp(["ZZZ", "XIY", "IZI", "YXZ", "III"], rng.normal(size=5))
    estimator = ExactEstimator(model, require_isa=False)
    value = estimator.run([(circuit, observable)]).result()[0].data.evs
    assert value == pytest.approx(aer_value(circuit, observable, model), abs=1e-8)


@settings(deadline=None, max_examples=10)
@given(seed=seeds)
def test_outcomes_have_aers_distribution(seed):
    """Exact probabilities by Aer with readout errors and errors before measurements.

    The readout error makes independent flips, so probabilities are known from the density matrix;
    total variation over eight outcomes at 20 000 shots stays below 0.03 (1e-9 a case).
    """
    rng = np.random.default_rng(seed)
    model, circuit = random_noise_model(rng), random_circuit(rng)
    before = one_qubit_error(rng)
    model.add_all_qubit_quantum_error(before, "measure")
    confusion = np.array([[0.9, 0.1], [0.25, 0.75]])
    model.add_readout_error(ReadoutError(confusion), [1])
    noisy = circuit.copy()
    for qubit in range(3):
        noisy.append(before.to_instruction(), [qubit])
    noisy.save_density_matrix()
    simulator = AerSimulator(method="density_matrix", noise_model=model)
    state = simulator.run(noisy, shots=1).result().data()["density_matrix"]
    exact = np.real(np.diag(state.data)).reshape(2, 2, 2)
    exact = np.einsum("abc,bd->adc", exact, confusion).reshape(-1)
    circuit.measure_all()
    sampler = ExactSampler(model, shots=20_000, seed=seed, require_isa=False)
    counts = sampler.run([circuit]).result()[0].data.meas.get_int_counts()
    found = np.array([counts.get(outcome, 0) for outcome in range(8)]) / 20_000
    assert np.abs(found - exact).sum() / 2 < 0.03


def test_readout_error_is_in_the_values_which_aer_leaves_out():
    model = NoiseModel()
    model.add_all_qubit_readout_error(ReadoutError([[0.95, 0.05], [0.2, 0.8]]))
    model.add_readout_error(ReadoutError([[0.9, 0.1], [0.1, 0.9]]), [1])
    circuit = QuantumCircuit(2)
    circuit.x(0)
    pubs = [(circuit, "IZ"), (circuit, "ZI"), (circuit, "ZZ")]
    read = [r.data.evs for r in ExactEstimator(model).run(pubs).result()]
    np.testing.assert_allclose(read, [-0.6, 0.8, -0.48], atol=1e-12)
    left_out = [r.data.evs for r in ExactEstimator(model, readout=False).run(pubs).result()]
    np.testing.assert_allclose(left_out, [-1, 1, -1], atol=1e-12)


def test_noise_passes_lay_relaxation_on_delays():
    """What ``NoiseModel.from_backend`` makes of delays, here with its own pass."""

    def relaxation(delay, qubits):
        return thermal_relaxation_error(100.0, 80.0 + qubits[0], delay.duration)

    model = NoiseModel(basis_gates=["x", "sx", "rz"])
    model._custom_noise_passes.append(LocalNoisePass(relaxation, op_types=type(_delay())))
    circuit = QuantumCircuit(2)
    circuit.sx(1)
    circuit.x(0)
    circuit.delay(30, 0)
    circuit.delay(45, 1)
    for label in ("IZ", "YI", "XI"):
        value = ExactEstimator(model).run([(circuit, label)]).result()[0].data.evs
        assert value == pytest.approx(aer_value(circuit, Pauli(label), model), abs=1e-8)
    model._custom_noise_passes.append(LocalNoisePass(relaxation, method="replace"))
    with pytest.raises(InputError, match="LocalNoisePass"):
        ExactEstimator(model)


def _delay():
    circuit = QuantumCircuit(1)
    circuit.delay(1, 0)
    return circuit.data[0].operation


def test_the_noise_model_is_read_once():
    model = NoiseModel(basis_gates=["x"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), "x")
    estimator = ExactEstimator(model)
    model.add_all_qubit_quantum_error(depolarizing_error(0.5, 1), "x", warnings=False)
    circuit = QuantumCircuit(1)
    circuit.x(0)
    assert estimator.run([(circuit, "Z")]).result()[0].data.evs == pytest.approx(-0.9)


def edge_model():
    model = NoiseModel(basis_gates=["rz", "sx", "cx"])
    for qubit in (0, 1, 2):
        model.add_quantum_error(depolarizing_error(0.01, 1), "sx", [qubit])
    model.add_quantum_error(depolarizing_error(0.02, 2), "cx", [0, 1])
    return model


@pytest.mark.parametrize(
    ("lay", "words"),
    [
        (lambda c: c.h(0), "gate h on qubit 0 .* not among .* basis gates"),
        (lambda c: c.cx(1, 0), "gate cx on qubits 1, 0 .* direction"),
        (lambda c: c.cx(1, 2), "gate cx on qubits 1, 2 .* other qubits only"),
        (lambda c: c.sx(3), "gate sx on qubit 3 .* other qubits only"),
        (lambda c: c.append(SXGate(label="mine"), [0]), "label 'mine'"),
    ],
)
def test_circuits_whose_noise_would_be_inert_are_refused(lay, words):
    circuit = QuantumCircuit(4)
    circuit.sx(0)
    circuit.rz(0.3, 0)
    circuit.cx(0, 1)
    assert ExactEstimator(edge_model()).run([(circuit, "ZZZZ")]).result()
    lay(circuit)
    with pytest.raises(InputError, match=words):
        ExactEstimator(edge_model()).run([(circuit, "ZZZZ")]).result()
    with pytest.raises(InputError, match=words):
        ExactSampler(edge_model()).run([circuit.measure_all(inplace=False)]).result()
    free = ExactEstimator(edge_model(), require_isa=False).run([(circuit, "ZZZZ")]).result()
    assert free[0].data.evs == pytest.approx(
        aer_value(circuit, Pauli("ZZZZ"), edge_model()), abs=1e-8
    )


def test_what_cannot_be_taken_is_refused_in_a_sentence():
    pair = NoiseModel()
    pair.add_readout_error(ReadoutError(np.full((4, 4), 0.25)), [0, 1])
    with pytest.raises(InputError, match="readout error on 2 qubits together"):
        ExactEstimator(pair)
    with pytest.raises(InputError, match="`noise_model` must be"):
        ExactEstimator("calibrated")
    before = NoiseModel()
    before.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), "measure")
    with pytest.raises(InputError, match="quantum errors on measurements"):
        ExactEstimator(before).run([(QuantumCircuit(1), "Z")]).result()
    assert ExactEstimator(before, readout=False).run([(QuantumCircuit(1), "Z")]).result()
    twice = QuantumCircuit(1, 2)
    twice.measure([0, 0], [0, 1])
    with pytest.raises(InputError, match="measures a qubit more than once"):
        ExactSampler(before).run([twice]).result()
    three = NoiseModel(basis_gates=["ccx"])
    three.add_all_qubit_quantum_error(depolarizing_error(0.1, 3), "ccx")
    circuit = QuantumCircuit(3)
    circuit.ccx(0, 1, 2)
    with pytest.raises(InputError, match="error on 3 qubits for 'ccx'"):
        ExactEstimator(three).run([(circuit, "ZZZ")]).result()


def test_a_backends_noise_model_on_its_laid_out_circuit():
    """FakeManila with everything on: gates, relaxation during delays, readout; symbolic rz."""
    from qiskit_ibm_runtime.fake_provider import FakeManilaV2

    backend = FakeManilaV2()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = NoiseModel.from_backend(backend)
    angle = Parameter("a")
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx(0, 2)
    circuit.rz(angle, 2)
    circuit.ry(angle / 2, 1)
    circuit.cx(1, 2)
    isa = transpile(
        circuit, backend, initial_layout=[3, 1, 2], scheduling_method="alap", seed_transpiler=3
    )
    observable = SparsePauliOp(["ZZZ", "XXI", "IYZ"], [1, 0.5, -0.3]).apply_layout(isa.layout)
    rows = np.array([[0.3], [1.1], [-2.0]])
    found = ExactEstimator(model, readout=False).run([(isa, observable, rows)]).result()[0].data
    for row, value in zip(rows, found.evs, strict=True):
        bound = isa.assign_parameters(row)
        assert value == pytest.approx(aer_value(bound, observable, model), abs=1e-8)
    assert any(instruction.operation.name == "delay" for instruction in isa.data)
