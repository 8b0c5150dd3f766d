"""Clients of Qiskit's interfaces use our primitives unchanged; the tools' traps are shut."""

import warnings

import numpy as np
import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import ParameterVector
from qiskit.circuit.library import real_amplitudes, zz_feature_map
from qiskit.primitives import (
    BaseEstimatorV2,
    BaseSamplerV2,
    StatevectorEstimator,
    StatevectorSampler,
)
from qiskit.quantum_info import SparsePauliOp
from qiskit.transpiler import CouplingMap
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error
from qiskit_aer.primitives import EstimatorV2 as AerEstimator
from qiskit_machine_learning.algorithms import VQC, NeuralNetworkClassifier
from qiskit_machine_learning.gradients import ParamShiftEstimatorGradient
from qiskit_machine_learning.neural_networks import EstimatorQNN, SamplerQNN
from qiskit_machine_learning.optimizers import COBYLA, L_BFGS_B

import nisqdl


def qnn_parts(num_qubits=3):
    features = zz_feature_map(num_qubits, reps=1)
    ansatz = real_amplitudes(num_qubits, reps=1)
    circuit = QuantumCircuit(num_qubits)
    circuit.compose(features, inplace=True)
    circuit.compose(ansatz, inplace=True)
    return circuit, features.parameters, ansatz.parameters


def device():
    """A line of seven qubits, its noise model, and the target that circuits are laid out for."""
    model = NoiseModel(basis_gates=["rz", "sx", "x", "cz"])
    edges = [(q, q + 1) for q in range(6)] + [(q + 1, q) for q in range(6)]
    for qubit in range(7):
        model.add_quantum_error(depolarizing_error(0.002 * (qubit + 1), 1), ["sx", "x"], [qubit])
        confusion = ReadoutError([[0.98, 0.02], [0.01 * qubit, 1 - 0.01 * qubit]])
        model.add_readout_error(confusion, [qubit])
    for edge in edges:
        model.add_quantum_error(depolarizing_error(0.01 * (edge[0] + 1), 2), "cz", list(edge))
    return model, edges


def laid_out(circuit, edges, layout):
    return transpile(
        circuit,
        coupling_map=CouplingMap(edges),
        basis_gates=["rz", "sx", "x", "cz"],
        initial_layout=layout,
        optimization_level=1,
        seed_transpiler=5,
    )


def test_they_are_qiskits_primitives_and_load_lazily():
    import subprocess
    import sys

    assert isinstance(nisqdl.ExactEstimator(), BaseEstimatorV2)
    assert isinstance(nisqdl.ExactSampler(), BaseSamplerV2)
    script = "import nisqdl, sys; sys.exit('qiskit' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
    with pytest.raises(AttributeError, match="no attribute 'ExactEngineer'"):
        _ = nisqdl.ExactEngineer
    assert {"ExactEstimator", "ExactGradient", "ExactSampler", "DeviceNoise"} <= set(dir(nisqdl))


@pytest.mark.parametrize("laid", [False, True], ids=["plain", "laid_out"])
def test_estimator_qnn_forward_and_backward(laid):
    """Values, and gradients by inputs and weights, as the reference with parameter shift."""
    circuit, inputs, weights = qnn_parts()
    observables = [SparsePauliOp("ZZZ"), SparsePauliOp(["XIY", "IZI"], [0.5, -1])]
    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(5, 3)), rng.normal(size=len(weights))

    def qnn(circuit, observables, estimator, gradient):
        return EstimatorQNN(
            circuit=circuit, observables=observables, input_params=inputs, weight_params=weights,
            estimator=estimator, gradient=gradient, input_gradients=True, default_precision=0,
        )  # fmt: skip

    plain = StatevectorEstimator()
    expected = qnn(circuit, observables, plain, ParamShiftEstimatorGradient(plain))
    ours = nisqdl.ExactEstimator()
    if laid:
        circuit = laid_out(circuit, device()[1], [5, 3, 4])
        observables = [one.apply_layout(circuit.layout) for one in observables]
    found = qnn(circuit, observables, ours, nisqdl.ExactGradient(ours))
    np.testing.assert_allclose(found.forward(x, w), expected.forward(x, w), atol=1e-9)
    for ours_by, reference_by in zip(found.backward(x, w), expected.backward(x, w), strict=True):
        np.testing.assert_allclose(ours_by, reference_by, atol=1e-9)


def test_estimator_qnn_under_noise_by_parameter_shift():
    """Our gradient equals the parameter shift of our values, noise and readout error included.

    The shift moves rz angles only, so it is exact under this noise.
    """
    model, edges = device()
    circuit, inputs, weights = qnn_parts()
    isa = laid_out(circuit, edges, [5, 3, 4])
    observable = SparsePauliOp(["ZZZ", "IXI"]).apply_layout(isa.layout)
    estimator = nisqdl.ExactEstimator(model)
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=(3, 3)), rng.normal(size=len(weights))
    both = [
        EstimatorQNN(
            circuit=isa, observables=[observable], input_params=inputs, weight_params=weights,
            estimator=estimator, gradient=gradient, default_precision=0,
        )
        for gradient in (nisqdl.ExactGradient(estimator), ParamShiftEstimatorGradient(estimator))
    ]  # fmt: skip
    found, expected = (qnn.backward(x, w)[1] for qnn in both)
    np.testing.assert_allclose(found, expected, atol=1e-10)
    assert np.abs(found).max() > 0.05


def test_a_classifier_learns_under_noise_and_is_stored(tmp_path):
    """Moons-like data that a line does not part; the noisy QNN reaches 90 %."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, size=(40, 2))
    y = np.where(x[:, 0] * x[:, 1] > 0, 1, -1)
    inputs, weights = ParameterVector("x", 2), ParameterVector("w", 9)
    circuit = QuantumCircuit(2)
    for layer in range(3):
        for qubit in range(2):
            circuit.ry(weights[3 * layer + qubit] + np.pi * inputs[qubit], qubit)
        circuit.cz(0, 1)
        circuit.rx(weights[3 * layer + 2], 0)
    model, edges = device()
    isa = laid_out(circuit, edges, [2, 3])
    estimator = nisqdl.ExactEstimator(model)
    qnn = EstimatorQNN(
        circuit=isa, observables=SparsePauliOp("IZ").apply_layout(isa.layout),
        input_params=list(inputs), weight_params=list(weights), estimator=estimator,
        gradient=nisqdl.ExactGradient(estimator), default_precision=0,
    )  # fmt: skip
    classifier = NeuralNetworkClassifier(
        qnn, optimizer=L_BFGS_B(maxiter=60), initial_point=rng.normal(size=9)
    )
    classifier.fit(x, y)
    assert classifier.score(x, y) >= 0.9

    classifier.to_dill(str(tmp_path / "model"))  # estimator, gradient and lowered programs with it
    restored = NeuralNetworkClassifier.from_dill(str(tmp_path / "model"))
    np.testing.assert_array_equal(restored.predict(x), classifier.predict(x))


def test_vqc_fits():
    rng = np.random.default_rng(4)
    x = np.concatenate([rng.normal(0.3, 0.2, (10, 2)), rng.normal(1.3, 0.2, (10, 2))])
    y = np.repeat([0, 1], 10)
    features = QuantumCircuit(2)
    inputs = ParameterVector("x", 2)
    for qubit in range(2):
        features.ry(inputs[qubit], qubit)
    classifier = VQC(
        num_qubits=2, feature_map=features, ansatz=real_amplitudes(2, reps=1),
        optimizer=COBYLA(maxiter=60), sampler=nisqdl.ExactSampler(shots=500, seed=1),
        initial_point=np.full(4, 0.5),
    )  # fmt: skip
    classifier.fit(x, y)
    assert classifier.score(x, y) >= 0.9


def test_sampler_qnn_forward_and_backward():
    """Probabilities and their parameter-shift gradients within 5 standard deviations."""
    circuit, inputs, weights = qnn_parts(2)
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(2, 2)), rng.normal(size=len(weights))
    shots = 20_000
    found, expected = (
        SamplerQNN(circuit=circuit, sampler=s, input_params=inputs, weight_params=weights)
        for s in (
            nisqdl.ExactSampler(shots=shots, seed=1),
            StatevectorSampler(default_shots=shots, seed=1),
        )
    )
    bound = 5 * np.sqrt(2 * 0.25 / shots)
    np.testing.assert_allclose(found.forward(x, w), expected.forward(x, w), atol=bound)
    np.testing.assert_allclose(found.backward(x, w)[1], expected.backward(x, w)[1], atol=bound)


@pytest.mark.parametrize("noisy", [False, True])
def test_torch_connector(noisy):
    """Where torch is: its derivatives by weights and inputs are slopes of the network's values."""
    torch = pytest.importorskip("torch")
    from qiskit_machine_learning.connectors import TorchConnector

    circuit, inputs, weights = qnn_parts(2)
    noise = None
    if noisy:
        names = sorted({i.operation.name for i in circuit.decompose().data})
        noise = NoiseModel(basis_gates=names)
        noise.add_all_qubit_quantum_error(depolarizing_error(0.05, 2), ["cx", "cz"])
        noise.add_all_qubit_readout_error(ReadoutError([[0.97, 0.03], [0.08, 0.92]]))
    estimator = nisqdl.ExactEstimator(noise, require_isa=False)
    qnn = EstimatorQNN(
        circuit=circuit, input_params=inputs, weight_params=weights, estimator=estimator,
        gradient=nisqdl.ExactGradient(estimator), input_gradients=True, default_precision=0,
    )  # fmt: skip
    x, w = np.linspace(-0.4, 0.7, 6).reshape(3, 2), np.linspace(0.1, 0.9, len(weights))
    layer = TorchConnector(qnn, initial_weights=w)
    given = torch.tensor(x, requires_grad=True)
    layer(given).sum().backward()

    def slope(dx, dw):
        up, down = (
            qnn.forward(x + 1e-5 * dx, w + 1e-5 * dw),
            qnn.forward(x - 1e-5 * dx, w - 1e-5 * dw),
        )
        return (up - down).sum() / 2e-5

    by_inputs = [slope(step.reshape(x.shape), 0 * w) for step in np.eye(x.size)]
    by_weights = [slope(0 * x, step) for step in np.eye(len(w))]
    np.testing.assert_allclose(given.grad.numpy().ravel(), by_inputs, atol=1e-6)
    np.testing.assert_allclose(layer.weight.grad.numpy(), by_weights, atol=1e-5)  # in float32


# Traps: what the plain tools do, and what ours do instead.


def test_trap_observables_left_out_measure_idle_qubits():
    """EstimatorQNN measures physical qubits 0 to n − 1 of a laid-out circuit; ours says so."""
    circuit, inputs, weights = qnn_parts()
    isa = laid_out(circuit, device()[1], [5, 3, 4])
    x, w = np.full((1, 3), 0.4), np.full(len(weights), 0.7)
    arguments = {"input_params": inputs, "weight_params": weights, "default_precision": 0}
    estimator = nisqdl.ExactEstimator()
    left_out = EstimatorQNN(circuit=isa, estimator=estimator, **arguments)
    with pytest.warns(UserWarning, match=r"observable is on qubits 0, 1, 2.*apply_layout"):
        assert left_out.forward(x, w) == pytest.approx(1)
    right = SparsePauliOp("ZZZ").apply_layout(isa.layout)
    logical = EstimatorQNN(circuit=circuit, estimator=StatevectorEstimator(), **arguments)
    given = EstimatorQNN(circuit=isa, observables=right, estimator=estimator, **arguments)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        np.testing.assert_allclose(given.forward(x, w), logical.forward(x, w), atol=1e-9)


def bell():
    circuit = QuantumCircuit(2)
    circuit.sx(0)
    circuit.rz(np.pi / 2, 0)
    circuit.sx(1)
    circuit.rz(np.pi / 2, 1)
    circuit.sx(1)
    circuit.cz(0, 1)
    circuit.sx(1)
    return circuit


def test_trap_aers_estimator_forgets_readout_error():
    """Sampling by Aer, with readout error, gives our value and not its estimator's."""
    model, _ = device()
    for qubit in (0, 1):
        model.add_readout_error(ReadoutError([[0.95, 0.05], [0.12, 0.88]]), [qubit], warnings=False)
    circuit, observable = bell(), SparsePauliOp("ZZ")
    options = {"backend_options": {"method": "density_matrix", "noise_model": model}}
    forgotten = AerEstimator(options=options).run([(circuit, observable)]).result()[0].data.evs
    ours = nisqdl.ExactEstimator(model).run([(circuit, observable)]).result()[0].data.evs
    bare = nisqdl.ExactEstimator(model, readout=False).run([(circuit, observable)]).result()
    assert bare[0].data.evs == pytest.approx(float(forgotten), abs=1e-8)
    assert abs(ours - forgotten) > 0.05 * abs(forgotten)
    counts = (
        AerSimulator(noise_model=model, seed_simulator=1)
        .run(circuit.measure_all(inplace=False), shots=100_000)
        .result()
        .get_counts()
    )
    sampled = sum((-1) ** key.count("1") * value for key, value in counts.items()) / 100_000
    assert abs(sampled - ours) < 5 / np.sqrt(100_000)


def test_trap_precision_is_not_gaussian_noise():
    """Aer adds a Gaussian: values beyond 1, constant errors, the same offset for every pub."""
    circuit = QuantumCircuit(1)
    circuit.rx(0.1, 0)
    pubs = [(circuit, "Z")] * 40
    options = {"backend_options": {"method": "density_matrix"}, "run_options": {"seed": 3}}
    theirs = AerEstimator(options=options).run(pubs, precision=0.2).result()
    ours = nisqdl.ExactEstimator(seed=3).run(pubs, precision=0.2).result()
    assert all(pub.data.stds == 0.2 for pub in theirs)
    values = np.array([float(pub.data.evs) for pub in ours])
    assert np.abs(values).max() <= 1
    assert len(set(values.tolist())) > 1
    assert all(abs(round(v) - v) < 1e-9 for v in (values + 1) / 2 * 25)
    errors = np.array([float(pub.data.stds) for pub in ours])
    np.testing.assert_allclose(errors, np.sqrt((1 - values**2) / 24), atol=1e-12)


def test_trap_idle_qubits_and_width_do_not_matter():
    """Aer #2442: an observable in a wide circuit. Ours is the value of the compact circuit."""
    model, _ = device()
    rng = np.random.default_rng(5)
    wide, compact = QuantumCircuit(7), QuantumCircuit(2)
    narrow = NoiseModel(basis_gates=["rz", "sx", "cz"])
    for place, qubit in enumerate((3, 4)):
        narrow.add_quantum_error(depolarizing_error(0.002 * (qubit + 1), 1), "sx", [place])
    narrow.add_quantum_error(depolarizing_error(0.04, 2), "cz", [0, 1])
    for circuit, (a, b) in ((wide, (3, 4)), (compact, (0, 1))):
        state = np.random.default_rng(6)
        for _ in range(4):
            for qubit in (a, b):
                circuit.rz(state.normal(), qubit)
                circuit.sx(qubit)
            circuit.cz(a, b)
    terms = [("XY", [0, 1], rng.normal()), ("Z", [0], 1.0)]
    moved = [(label, [q + 3 for q in qubits], c) for label, qubits, c in terms]
    wide_value = nisqdl.ExactEstimator(model, readout=False).run(
        [(wide, SparsePauliOp.from_sparse_list(moved, 7))]
    )
    measured = compact.copy()
    measured.save_expectation_value(SparsePauliOp.from_sparse_list(terms, 2), [0, 1])
    simulator = AerSimulator(method="density_matrix", noise_model=narrow)
    expected = simulator.run(measured).result().data()["expectation_value"]
    assert wide_value.result()[0].data.evs == pytest.approx(expected, abs=1e-8)
