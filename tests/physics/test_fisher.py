"""Fisher information: closed forms, differences of Qiskit's states and of Aer's probabilities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from qiskit.circuit import ParameterVector, QuantumCircuit
from qiskit.quantum_info import DensityMatrix, Statevector
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error, thermal_relaxation_error

import nisqdl
from nisqdl.circuits.model import Model
from nisqdl.engines.statevector.ensemble import StateEnsemble
from nisqdl.engines.statevector.geometry import quantum_fisher
from nisqdl.errors import CapacityError, InputError

seeds = st.integers(0, 2**32 - 1)
BASIS = ["rx", "ry", "rz", "cx", "rzz", "h"]


def random_circuit(rng, num_qubits, gates=16, pairs=("cx", "rzz")):
    """Shared parameters, products and sines of them, in one- and two-qubit rotations."""
    x, w = ParameterVector("x", 2), ParameterVector("w", 4)
    circuit = QuantumCircuit(num_qubits)

    def angle():
        a, b = w[int(rng.integers(4))], x[int(rng.integers(2))]
        options = [a, a * b, 2 * a - w[1].sin(), b, float(rng.uniform(-9, 9))]
        return options[int(rng.integers(len(options)))]

    for number in range(gates):
        names = ["rx", "ry", "rz", "h", *(pairs if num_qubits > 1 else ())]
        name = names[int(rng.integers(len(names)))] if number else "ry"
        on = rng.permutation(num_qubits)[: 2 if name in pairs else 1].tolist()
        angles = [] if name in ("h", "cx") else [angle()]
        getattr(circuit, name)(*angles, *on)
    return circuit, x, w


def five_points(function, point, step=1e-3):
    """Derivatives by each entry of the point, along the first axis; the error is of order step⁴."""

    def slope(direction):
        near, far = (
            function(point + k * step * direction) - function(point - k * step * direction)
            for k in (1, 2)
        )
        return (8 * near - far) / (12 * step)

    return np.array([slope(direction) for direction in np.eye(len(point))])


def values_of(circuit, numbers):
    return [numbers[parameter] for parameter in circuit.parameters]


@settings(max_examples=30, deadline=None)
@given(seed=seeds, num_qubits=st.integers(1, 4))
def test_quantum_information_is_that_of_differences_of_states(seed, num_qubits):
    rng = np.random.default_rng(seed)
    circuit, x, w = random_circuit(rng, num_qubits, pairs=("cx", "rzz", "crx"))
    features, weights = rng.uniform(-3, 3, (2, 2)), rng.uniform(-9, 9, 4)
    model = Model(circuit, tuple(x), tuple(w), ())
    found = quantum_fisher(StateEnsemble.of(model), features, weights)
    for sample, information in zip(features, found, strict=True):

        def state(at, sample=sample):
            numbers = dict(zip([*x, *w], [*sample, *at], strict=True))
            return Statevector(circuit.assign_parameters(values_of(circuit, numbers))).data

        slopes, here = five_points(state, weights), state(weights)
        along = slopes.conj() @ here
        metric = (slopes.conj() @ slopes.T - np.outer(along, along.conj())).real
        np.testing.assert_allclose(information, 4 * metric, atol=1e-7)


def test_quantum_information_of_a_product_and_of_a_phase():
    """RY on each qubit: the unit matrix. RZ after H on all of a GHZ state's qubits: n²."""
    w = ParameterVector("w", 5)
    circuit = QuantumCircuit(5)
    for qubit in range(5):
        circuit.ry(w[qubit], qubit)
    circuit.measure_all()
    rows = np.random.default_rng(1).uniform(-9, 9, (2, 3, 5))
    found = nisqdl.quantum_fisher_information(circuit, rows)
    np.testing.assert_allclose(found, np.broadcast_to(np.eye(5), (2, 3, 5, 5)), atol=1e-12)

    ghz = QuantumCircuit(4)
    ghz.h(0)
    for qubit in range(3):
        ghz.cx(qubit, qubit + 1)
    for qubit in range(4):
        ghz.rz(w[0], qubit)
    assert nisqdl.quantum_fisher_information(ghz, [0.3]) == pytest.approx(16.0)


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_some_parameters_are_a_part_of_all(seed):
    rng = np.random.default_rng(seed)
    circuit, _, w = random_circuit(rng, 3)
    own = list(circuit.parameters)
    point = rng.uniform(-3, 3, len(own))
    wanted = [p for p in own if p in set(w)][::-1]
    places = [own.index(p) for p in wanted]
    for information in (nisqdl.quantum_fisher_information, nisqdl.fisher_information):
        part = information(circuit, point, parameters=[wanted[0].name, *wanted[1:]])
        whole = information(circuit, point)
        np.testing.assert_allclose(part, whole[np.ix_(places, places)], atol=1e-10)


def noise_model():
    model = NoiseModel(basis_gates=BASIS)
    relaxed = thermal_relaxation_error(50e3, 60e3, 400)
    model.add_all_qubit_quantum_error(
        depolarizing_error(0.04, 2).compose(relaxed.expand(relaxed)), ["cx", "rzz"]
    )
    model.add_all_qubit_quantum_error(depolarizing_error(0.01, 1), ["rx", "ry", "h"])
    model.add_all_qubit_readout_error(ReadoutError([[0.97, 0.03], [0.08, 0.92]]))
    return model


@settings(max_examples=10, deadline=None)
@given(seed=seeds, num_qubits=st.integers(1, 3), partly=st.booleans())
def test_information_of_outcomes_is_that_of_aers_probabilities(seed, num_qubits, partly):
    rng = np.random.default_rng(seed)
    circuit, _, _ = random_circuit(rng, num_qubits, gates=10)
    own = circuit.num_parameters
    point = rng.uniform(-3, 3, own)
    model = noise_model()
    simulator = AerSimulator(method="density_matrix", noise_model=model)
    read = sorted(rng.permutation(num_qubits)[: 1 if partly else num_qubits].tolist())

    def probabilities(at):
        bound = circuit.assign_parameters(at)
        bound.save_density_matrix()
        data = simulator.run(bound, shots=1).result().data()
        state = DensityMatrix(data["density_matrix"].data)
        table = state.probabilities(read).reshape((2,) * len(read))
        for axis in range(len(read)):
            confusion = np.array([[0.97, 0.03], [0.08, 0.92]])
            table = np.moveaxis(np.tensordot(confusion.T, table, axes=(1, axis)), 0, axis)
        return table.reshape(-1)

    p, slopes = probabilities(point), five_points(probabilities, point, 1e-2)
    measured = QuantumCircuit(num_qubits, len(read))
    measured.compose(circuit, inplace=True)
    measured.measure(read, range(len(read)))
    found = nisqdl.fisher_information(measured if partly else circuit, point, model)
    np.testing.assert_allclose(found, (slopes / p) @ slopes.T, atol=1e-4 * max(1, found.max()))


@settings(max_examples=20, deadline=None)
@given(seed=seeds)
def test_no_measurement_tells_more_than_the_state_nor_misreading_more_than_reading(seed):
    rng = np.random.default_rng(seed)
    circuit, _, _ = random_circuit(rng, 3)
    point = rng.uniform(-3, 3, circuit.num_parameters)
    smallest = Statevector(circuit.assign_parameters(point)).probabilities().min()
    assume(smallest > 1e-7)  # rounding of p is felt as 1/p
    quantum = nisqdl.quantum_fisher_information(circuit, point)
    ideal = nisqdl.fisher_information(circuit, point)
    misread = NoiseModel()
    misread.add_all_qubit_readout_error(ReadoutError([[0.97, 0.03], [0.08, 0.92]]))
    noisy = nisqdl.fisher_information(circuit, point, misread)
    for more in (quantum - ideal, ideal - noisy):
        assert np.linalg.eigvalsh(more).min() > -1e-8 * max(1.0, quantum.max())


def test_one_qubit_under_symmetric_noise():
    """RX(θ), contrast c: p = (1 ± c cos θ)/2 has the information c² sin²θ / (1 − c² cos²θ)."""
    w = ParameterVector("w", 1)
    circuit = QuantumCircuit(1)
    circuit.rx(w[0], 0)
    model = NoiseModel(basis_gates=["rx"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.2, 1), "rx")
    angles = np.linspace(0.1, 3, 7)
    c = 0.8
    expected = (c * np.sin(angles)) ** 2 / (1 - (c * np.cos(angles)) ** 2)
    found = nisqdl.fisher_information(circuit, angles[:, np.newaxis], model)
    np.testing.assert_allclose(found[:, 0, 0], expected, atol=1e-12)
    ideal = nisqdl.fisher_information(circuit, angles[:, np.newaxis])
    np.testing.assert_allclose(ideal[:, 0, 0], 1.0, atol=1e-10)


def test_wrong_input_is_answered_in_a_sentence():
    w = ParameterVector("weight", 2)
    circuit = QuantumCircuit(14)
    circuit.ry(w[0], 0)
    circuit.ry(w[1], 1)
    with pytest.raises(InputError, match=r"no parameter named 'wieght\[0\]'.*'weight\[0\]'"):
        nisqdl.quantum_fisher_information(circuit, [0.1, 0.2], parameters=["wieght[0]"])
    with pytest.raises(InputError, match="named twice"):
        nisqdl.fisher_information(circuit, [0.1, 0.2], parameters=[w[0], w[0]])
    everywhere = circuit.copy()
    everywhere.h(range(14))
    with pytest.raises(CapacityError, match=r"2\^14.*measure fewer qubits"):
        nisqdl.fisher_information(everywhere, [0.1, 0.2])
    assert nisqdl.fisher_information(circuit, [0.1, 0.2]) == pytest.approx(np.eye(2))
    with pytest.raises(CapacityError, match="memory_gib"):
        nisqdl.quantum_fisher_information(circuit, [0.1, 0.2], memory_gib=1e-9)
    circuit.reset(0)
    with pytest.raises(InputError, match="reset"):
        nisqdl.quantum_fisher_information(circuit, [0.1, 0.2])
    ensemble = StateEnsemble.of(Model(QuantumCircuit(1), (), (), ()))
    with pytest.raises(InputError, match=r"shapes \(samples, 0\)"):
        quantum_fisher(ensemble, np.zeros((1, 2)), np.zeros(0))
