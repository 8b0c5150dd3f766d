"""The exact engine against Aer's density matrix, state vectors, derivatives and invariances.

Aer's channels are built here from :mod:`qiskit_aer.noise`, apart from the package's own rendering.
Aer rounds its channels, so nothing is asked of the agreement below 1e-8.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.circuit import ParameterVector, QuantumCircuit
from qiskit.quantum_info import Operator, SparsePauliOp, Statevector
from qiskit_aer import AerSimulator
from qiskit_aer.noise import depolarizing_error, thermal_relaxation_error

from nisqdl.circuits.model import Model
from nisqdl.engines.exact import ExactEngine
from nisqdl.noise.channels import IDEAL, GateNoise, NoiseChannels, Readout, Relaxation

ONE_QUBIT = ("x", "sx", "id", "h", "t", "sdg", "ry", "rx", "rz", "u", "r", "sxdg")
TWO_QUBIT = ("cx", "cz", "ecr", "rzz", "rxx", "cry", "cp", "swap", "iswap", "crx", "rzx", "ch")
ANGLES = {"rx": 1, "ry": 1, "rz": 1, "r": 2, "u": 3, "rzz": 1, "rxx": 1, "cry": 1, "crx": 1}
ANGLES |= {"cp": 1, "rzx": 1}


def random_model(rng, num_qubits, num_gates, *, data="anywhere", resets=False):
    """A circuit with shared weights, features and products of them, and two Pauli sums."""
    x, w = ParameterVector("x", 3), ParameterVector("w", 4)
    circuit = QuantumCircuit(num_qubits)

    def angle(position):
        a, b = rng.integers(3, size=2)
        c, d = rng.integers(4, size=2)
        of_data = [x[a], 2 * (np.pi - x[a]) * (np.pi - x[b]), x[a] * w[c], x[a] ** 2 + w[d]]
        fixed = [float(rng.uniform(-3, 3)), w[c], 0.5 - 2 * w[c], w[c] * w[d], w[c] + w[d].sin()]
        early = data == "anywhere" or position < num_gates // 3
        pool = fixed + of_data if early and data != "none" else fixed
        return pool[rng.integers(len(pool))]

    for position in range(num_gates):
        if resets and rng.random() < 0.1:
            circuit.reset(int(rng.integers(num_qubits)))
        pair = num_qubits > 1 and rng.random() < 0.4
        name = str(rng.choice(TWO_QUBIT if pair else ONE_QUBIT))
        qubits = rng.permutation(num_qubits)[: 2 if pair else 1].tolist()
        angles = [angle(position) for _ in range(ANGLES.get(name, 0))]
        getattr(circuit, name)(*angles, *qubits)
    circuit.delay(400, int(rng.integers(num_qubits)), unit="ns")
    labels = ["".join(rng.choice(list("IXYZ"), num_qubits)) for _ in range(5)]
    sums = (
        SparsePauliOp(labels[:3], rng.normal(size=3)),
        SparsePauliOp([*labels[3:], "I" * num_qubits], rng.normal(size=3)),
    )
    return Model(circuit, tuple(x), tuple(w), sums)


def random_noise(rng, circuit, *, strength=1.0):
    """Noise on every gate of the circuit, in its own direction, idle noise and readout."""
    index = {qubit: i for i, qubit in enumerate(circuit.qubits)}

    def relaxation():
        t1 = rng.uniform(20e3, 200e3) / strength
        return Relaxation(rng.uniform(30, 500), t1, t1 * rng.uniform(0.2, 2.0))

    gates = {}
    for instruction in circuit.data:
        qubits = tuple(index[qubit] for qubit in instruction.qubits)
        name = instruction.operation.name
        if name not in ("delay", "reset", "barrier"):
            relax = tuple(relaxation() for _ in qubits) if rng.random() < 0.8 else ()
            depolarizing = min(1.0, rng.uniform(0, 0.03) * strength)
            gates[name, qubits] = GateNoise(depolarizing, relax)
    idle = dict.fromkeys(range(0, circuit.num_qubits, 2), (50e3 / strength, 70e3 / strength))
    readout = {q: Readout(*rng.uniform(0, 0.2, 2)) for q in range(circuit.num_qubits)}
    return NoiseChannels("random", gates, idle, readout)


def aer_values(model, noise, features, weights):
    """Every gate as its unitary, followed by Aer's own channels; readout confusion by hand."""
    simulator = AerSimulator(method="density_matrix")
    values = np.empty((len(features), len(model.observables)))
    for b, sample in enumerate(features):
        circuit = noisy_circuit(bound_circuit(model, sample, weights), noise)
        circuit.save_density_matrix()
        rho = simulator.run(circuit, shots=1).result().data(0)["density_matrix"].data
        for o, observable in enumerate(model.observables):
            terms = [c * np.trace(rho @ as_read(p, noise.readout)) for p, c in observable.to_list()]
            values[b, o] = sum(terms).real
    return values


def bound_circuit(model, sample, weights):
    binds = dict(zip((*model.features, *model.weights), (*sample, *weights), strict=True))
    return model.circuit.assign_parameters({p: binds[p] for p in model.circuit.parameters})


def noisy_circuit(circuit, noise):
    result = QuantumCircuit(circuit.num_qubits)
    for instruction in circuit.data:
        gate = instruction.operation
        qubits = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        if gate.name == "delay":
            if qubits[0] in noise.idle:
                idle = thermal_relaxation_error(*noise.idle[qubits[0]], gate.duration)
                result.append(idle.to_instruction(), qubits)
            continue
        if gate.name == "reset":
            result.reset(qubits)
            continue
        result.unitary(Operator(gate), qubits)
        after = noise.gates.get((gate.name, tuple(qubits)), GateNoise())
        error = depolarizing_error(after.depolarizing, len(qubits))
        for k, r in enumerate(after.relaxation):
            relaxed = thermal_relaxation_error(r.t1_ns, r.t2_ns, r.time_ns)
            error = error.compose(relaxed, [k])
        result.append(error.to_instruction(), qubits)
    return result


def as_read(label, readout):
    matrices = {
        "I": np.eye(2),
        "X": [[0, 1], [1, 0]],
        "Y": [[0, -1j], [1j, 0]],
        "Z": [[1, 0], [0, -1]],
    }
    product = np.eye(1)
    for qubit, pauli in enumerate(reversed(label)):
        factor = np.array(matrices[pauli], dtype=complex)
        if pauli != "I" and qubit in readout:
            a, b = readout[qubit].p1_given_0, readout[qubit].p0_given_1
            factor = (1 - a - b) * factor + (b - a) * np.eye(2)
        product = np.kron(factor, product)
    return product


def random_inputs(rng, model, samples):
    features = rng.uniform(-2, 2, (samples, len(model.features)))
    return features, rng.uniform(-3, 3, len(model.weights))


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    num_qubits=st.integers(1, 4),
    num_gates=st.integers(1, 20),
    data=st.sampled_from(["anywhere", "early", "none"]),
    strength=st.sampled_from([1.0, 30.0]),
    resets=st.booleans(),
)
def test_agrees_with_aer(seed, num_qubits, num_gates, data, strength, resets):
    rng = np.random.default_rng(seed)
    model = random_model(rng, num_qubits, num_gates, data=data, resets=resets)
    noise = random_noise(rng, model.circuit, strength=strength)
    features, weights = random_inputs(rng, model, 2)
    evaluator = ExactEngine().prepare(model, noise)
    expected = aer_values(model, noise, features, weights)
    np.testing.assert_allclose(evaluator.values(features, weights), expected, atol=1e-8)
    whole, _, _ = evaluator.jacobian(features, weights)
    np.testing.assert_allclose(whole, expected, atol=1e-8)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    num_qubits=st.integers(1, 6),
    num_gates=st.integers(1, 60),
    data=st.sampled_from(["anywhere", "early", "none"]),
)
def test_without_noise_it_is_the_state_vector(seed, num_qubits, num_gates, data):
    rng = np.random.default_rng(seed)
    model = random_model(rng, num_qubits, num_gates, data=data)
    features, weights = random_inputs(rng, model, 2)
    values = ExactEngine().prepare(model, IDEAL).values(features, weights)
    for b, sample in enumerate(features):
        circuit = bound_circuit(model, sample, weights)
        circuit.data = [i for i in circuit.data if i.operation.name != "delay"]
        state = Statevector(circuit)
        expected = [state.expectation_value(o).real for o in model.observables]
        np.testing.assert_allclose(values[b], expected, atol=1e-10)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    num_qubits=st.integers(1, 5),
    data=st.sampled_from(["anywhere", "early", "none"]),
    strength=st.sampled_from([1.0, 30.0]),
    samples=st.sampled_from([1, 2, 9]),
    memory_gib=st.sampled_from([1.0, 1e-6]),
)
def test_gradients_are_slopes(seed, num_qubits, data, strength, samples, memory_gib):
    rng = np.random.default_rng(seed)
    model = random_model(rng, num_qubits, 25, data=data, resets=strength > 1)
    noise = random_noise(rng, model.circuit, strength=strength)
    features, weights = random_inputs(rng, model, samples)
    evaluator = with_memory(ExactEngine().prepare(model, noise), memory_gib)
    values, d_weights, d_features = evaluator.jacobian(features, weights)

    step = 1e-5
    for j in range(len(weights)):
        shift = step * np.eye(len(weights))[j]
        up, down = (evaluator.values(features, weights + s) for s in (shift, -shift))
        np.testing.assert_allclose(d_weights[:, :, j], (up - down) / (2 * step), atol=3e-7)
    for j in range(features.shape[1]):
        shift = step * np.eye(features.shape[1])[j]
        up, down = (evaluator.values(features + s, weights) for s in (shift, -shift))
        np.testing.assert_allclose(d_features[:, :, j], (up - down) / (2 * step), atol=3e-7)

    target = rng.normal(size=values.shape)
    again, gradient = evaluator.values_and_gradient(features, weights, lambda v: 2 * (v - target))
    np.testing.assert_allclose(again, values, atol=1e-12)
    expected = np.einsum("bo,bow->w", 2 * (values - target), d_weights)
    np.testing.assert_allclose(gradient, expected, atol=1e-10)


def with_memory(evaluator, memory_gib):
    """The same evaluator with another budget: a tiny one forces checkpoints and chunks."""
    return type(evaluator)(evaluator.lowered, int(memory_gib * 2**30))


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    num_qubits=st.integers(1, 5),
    outputs=st.sampled_from([1, 3]),
    samples=st.sampled_from([4, 9]),
)
def test_two_compiled_calls_give_what_the_kernels_give_one_by_one(
    seed, num_qubits, outputs, samples
):
    """Encoding on single qubits, then weights; without memory the kernels are called one by one."""
    rng = np.random.default_rng(seed)
    x, w = ParameterVector("x", 2), ParameterVector("w", 5)
    circuit = QuantumCircuit(num_qubits)
    for qubit in range(num_qubits):
        circuit.ry([x[0], x[1], 2 * x[0] * x[1]][qubit % 3], qubit)
    for number in range(5):
        qubits = rng.permutation(num_qubits).tolist()
        circuit.rx(w[number] * w[0] if number == 2 else w[number], qubits[0])
        if num_qubits > 1:
            getattr(circuit, ["cx", "cz", "ecr"][number % 3])(*qubits[:2])
            circuit.rzz(w[number] - 0.3, *qubits[:2])
    labels = ["".join(rng.choice(list("XYZ"), num_qubits)) for _ in range(outputs)]
    model = Model(circuit, tuple(x), tuple(w), tuple(SparsePauliOp(label) for label in labels))
    evaluator = ExactEngine().prepare(model, random_noise(rng, circuit))
    apart = with_memory(evaluator, 1e-9)
    assert evaluator.step is not None
    assert apart.step is None
    features, weights = random_inputs(rng, model, samples)
    target = rng.normal(size=(samples, outputs))
    together, one_by_one = (
        each.values_and_gradient(features, weights, lambda v: 2 * (v - target))
        for each in (evaluator, apart)
    )
    for found, expected in zip(together, one_by_one, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-12)
    step = 1e-5 * np.eye(5)
    losses = [
        [((evaluator.values(features, weights + s * d) - target) ** 2).sum() for d in step]
        for s in (1, -1)
    ]
    slopes = np.subtract(*losses) / 2e-5
    np.testing.assert_allclose(together[1], slopes, atol=1e-6 * max(1.0, abs(slopes).max()))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**31), data=st.sampled_from(["anywhere", "early"]))
def test_parameter_shift(seed, data):
    """f(θ + π/2) − f(θ − π/2) = 2 f'(θ) for a rotation, whatever noise follows."""
    rng = np.random.default_rng(seed)
    w = ParameterVector("w", 6)
    x = ParameterVector("x", 1)
    circuit = QuantumCircuit(3)
    circuit.ry(x[0], 0)
    for k, name in enumerate(("rx", "ry", "rz", "rzz", "rxx", "ry")):
        qubits = rng.permutation(3)[: 2 if name in ("rzz", "rxx") else 1].tolist()
        getattr(circuit, name)(w[k], *qubits)
        circuit.cx(*rng.permutation(3)[:2].tolist())
        if data == "anywhere":
            circuit.rx(x[0], int(rng.integers(3)))
    model = Model(circuit, tuple(x), tuple(w), (SparsePauliOp(["ZXI", "IZZ"], [1.0, -0.7]),))
    evaluator = ExactEngine().prepare(model, random_noise(rng, circuit))
    features, weights = rng.uniform(-3, 3, (4, 1)), rng.uniform(-3, 3, 6)
    _, gradient = evaluator.values_and_gradient(features, weights, np.ones_like)
    for j in range(6):
        shift = np.pi / 2 * np.eye(6)[j]
        up, down = (evaluator.values(features, weights + s).sum() for s in (shift, -shift))
        assert gradient[j] == pytest.approx((up - down) / 2, abs=1e-10)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**31), num_qubits=st.integers(2, 7))
def test_batches_may_be_split(seed, num_qubits):
    rng = np.random.default_rng(seed)
    model = random_model(rng, num_qubits, 40)
    evaluator = ExactEngine().prepare(model, random_noise(rng, model.circuit))
    features, weights = random_inputs(rng, model, 11)
    together = evaluator.values(features, weights)
    apart = [evaluator.values(features[i : i + 3], weights) for i in range(0, 11, 3)]
    np.testing.assert_allclose(np.concatenate(apart), together, atol=1e-12)
    _, gradient = evaluator.values_and_gradient(features, weights, np.ones_like)
    parts = [
        evaluator.values_and_gradient(features[i : i + 4], weights, np.ones_like)[1]
        for i in range(0, 11, 4)
    ]
    np.testing.assert_allclose(np.sum(parts, axis=0), gradient, atol=1e-11)
    np.testing.assert_array_equal(evaluator.values(features, weights), together)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), strength=st.sampled_from([1.0, 30.0]))
def test_outcomes_are_a_distribution(seed, strength):
    rng = np.random.default_rng(seed)
    model = random_model(rng, 3, 25, resets=True)
    evaluator = ExactEngine().prepare(model, random_noise(rng, model.circuit, strength=strength))
    features, weights = random_inputs(rng, model, 4)
    angles = evaluator.lowered.angles.evaluate(features, weights)
    (states,) = evaluator.whole.states(angles)
    for group in evaluator.measurement.groups:
        probabilities = group.probabilities(states)
        assert probabilities.min() >= -1e-14
        np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_estimates_scatter_around_the_exact_values(seed):
    """Within 5 standard errors of the mean of 400 estimates (|z| > 5: 6e-7 a value)."""
    rng = np.random.default_rng(seed)
    model = random_model(rng, 3, 25)
    evaluator = ExactEngine().prepare(model, random_noise(rng, model.circuit))
    features, weights = random_inputs(rng, model, 2)
    exact = evaluator.values(features, weights)
    estimates = evaluator.estimates(np.repeat(features, 400, axis=0), weights, 64, rng)
    estimates = estimates.reshape(2, 400, 2)
    error = estimates.std(axis=1, ddof=1) / np.sqrt(400)
    assert (np.abs(estimates.mean(axis=1) - exact) <= 5 * error + 1e-12).all()


def test_estimates_have_the_variance_of_their_shots():
    """One Pauli: the variance is (1 − v²)/shots."""
    x, w = ParameterVector("x", 1), ParameterVector("w", 1)
    circuit = QuantumCircuit(1)
    circuit.rx(x[0] + w[0], 0)
    model = Model(circuit, tuple(x), tuple(w), (SparsePauliOp("Z"),))
    noise = NoiseChannels("readout", readout={0: Readout(0.1, 0.02)})
    evaluator = ExactEngine().prepare(model, noise)
    value = evaluator.values(np.array([[0.7]]), np.array([0.4]))[0, 0]
    assert value == pytest.approx(0.88 * np.cos(1.1) - 0.08, abs=1e-14)
    rng = np.random.default_rng(5)
    estimates = evaluator.estimates(np.full((20000, 1), 0.7), np.array([0.4]), 100, rng)
    assert estimates.var() == pytest.approx((1 - value**2) / 100, rel=0.05)


def test_full_depolarizing_and_reset_forget():
    """Nothing before a full depolarizing channel matters; no inverse is ever taken."""
    x, w = ParameterVector("x", 2), ParameterVector("w", 2)
    circuit = QuantumCircuit(2)
    circuit.ry(x[0] + w[0], 0)
    circuit.cx(0, 1)
    circuit.ry(w[1], 1)
    model = Model(circuit, tuple(x), tuple(w), (SparsePauliOp("ZI"),))
    gates = {
        ("ry", (0,)): GateNoise(), ("ry", (1,)): GateNoise(), ("cx", (0, 1)): GateNoise(1.0)
    }  # fmt: skip
    evaluator = ExactEngine().prepare(model, NoiseChannels("full", gates))
    features, weights = np.ones((3, 2)), np.array([0.3, 0.4])
    values, gradient = evaluator.values_and_gradient(features, weights, np.ones_like)
    np.testing.assert_allclose(values, 0.0, atol=1e-15)
    np.testing.assert_allclose(gradient, 0.0, atol=1e-15)

    circuit.reset(1)
    circuit.ry(w[1], 1)
    evaluator = ExactEngine().prepare(model, IDEAL)
    values, gradient = evaluator.values_and_gradient(features, weights, np.ones_like)
    np.testing.assert_allclose(values, np.cos(0.4), atol=1e-14)
    np.testing.assert_allclose(gradient, [0.0, -3 * np.sin(0.4)], atol=1e-14)
    assert evaluator.lowered.num_qubits == 1


@pytest.mark.parametrize("num_qubits", [2, 4])
def test_ghz_under_dephasing(num_qubits):
    """⟨X…X⟩ = (1 − 2p)^n: dephasing as pure T2 relaxation, e^(−t/T2) = 1 − 2p (physics.md)."""
    circuit = QuantumCircuit(num_qubits)
    circuit.h(0)
    for qubit in range(num_qubits - 1):
        circuit.cx(qubit, qubit + 1)
    for qubit in range(num_qubits):
        circuit.id(qubit)
    p = 0.07
    dephasing = Relaxation(-np.log(1 - 2 * p), np.inf, 1.0)
    gates = {("id", (qubit,)): GateNoise(0.0, (dephasing,)) for qubit in range(num_qubits)}
    gates |= {("cx", (qubit, qubit + 1)): GateNoise() for qubit in range(num_qubits - 1)}
    gates["h", (0,)] = GateNoise()
    model = Model(circuit, (), (), (SparsePauliOp("X" * num_qubits),))
    evaluator = ExactEngine().prepare(model, NoiseChannels("dephasing", gates))
    values = evaluator.values(np.empty((1, 0)), np.empty(0))
    assert values[0, 0] == pytest.approx((1 - 2 * p) ** num_qubits, abs=1e-14)
