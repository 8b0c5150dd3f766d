"""Pauli paths against closed forms, and against integration over all angles by quadrature.

C is a trigonometric polynomial in every angle, so that the means of C² and (∂C)² over uniform
angles are exact sums over a grid: 2 d + 1 points for degree d. Values on the grid come from the
state-vector engine, or from the exact engine under noise.
"""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Parameter, ParameterVector
from qiskit.quantum_info import SparseObservable, SparsePauliOp

import nisqdl
from nisqdl.circuits.model import Model
from nisqdl.engines.exact import ExactEngine
from nisqdl.engines.exact.lowering import CircuitNoise
from nisqdl.engines.pauli_paths.initialisation import Gaussian, SmallAngle, Uniform
from nisqdl.engines.pauli_paths.lowering import lower, prepared
from nisqdl.engines.pauli_paths.observable import read_observable
from nisqdl.engines.pauli_paths.sampling import walk_moments
from nisqdl.engines.statevector import StatevectorEngine
from nisqdl.errors import InputError
from nisqdl.noise.channels import IDEAL, GateNoise, NoiseChannels, Readout, Relaxation

seeds = st.integers(0, 2**32 - 1)


# Oracle: integration over all angles.


def nodes(distribution, degree):
    """Points and weights that integrate trigonometric polynomials (nearly) exactly."""
    if isinstance(distribution, Uniform) and degree == int(degree):
        count = int(2 * degree + 1)
        return (np.arange(count) + 0.3) * 2 * np.pi / count, np.full(count, 1 / count)
    if isinstance(distribution, Uniform):
        x, w = np.polynomial.legendre.leggauss(24)
        return np.pi * (x + 1), w / 2
    if isinstance(distribution, SmallAngle):
        x, w = np.polynomial.legendre.leggauss(8)
        return distribution.half_width * x, w / 2
    x, w = np.polynomial.hermite_e.hermegauss(12)
    return distribution.deviation * x, w / w.sum()


def integrated(circuit, observable, noise=IDEAL, distribution=None, degree=1):
    """(E[C²], E[(∂C)²], E[C])."""
    weights = tuple(circuit.parameters)
    x, w = nodes(distribution or Uniform(), degree)
    points = np.array(list(itertools.product(x, repeat=len(weights)))).reshape(-1, len(weights))
    share = np.prod(list(itertools.product(w, repeat=len(weights))), axis=1)
    model = Model(circuit, (), weights, (SparsePauliOp(observable),))
    if noise is IDEAL:
        evaluator = StatevectorEngine().prepare(model, IDEAL)
        values, slopes = evaluator.gradients_over_weights(np.zeros(0), points)
        values, slopes = values[:, 0], slopes[:, 0]
    else:
        evaluator = ExactEngine().prepare(model, noise)
        found = [
            evaluator.values_and_gradient(np.zeros((1, 0)), point, np.ones_like) for point in points
        ]
        values = np.array([value[0, 0] for value, _ in found])
        slopes = np.array([slope for _, slope in found])
    return share @ values**2, share @ slopes**2, share @ values


def assert_exact(circuit, observable, noise=IDEAL, distribution=None, degree=1):
    found = nisqdl.gradient_variance(
        circuit,
        observable,
        noise_model=None if noise is IDEAL else noise,
        initialisation=distribution,
    )
    second, gradient, mean = integrated(circuit, observable, noise, distribution, degree)
    assert found.method == "exact chain"
    assert found.second_moment == pytest.approx(second, abs=1e-10)
    np.testing.assert_allclose(found.gradient, gradient, atol=1e-10)
    assert found.mean == pytest.approx(mean, abs=1e-10)
    assert found.second_moment_stderr == 0
    assert not found.gradient_stderr.any()


# Circuits.

FIXED = ["h", "s", "sdg", "x", "y", "z", "sx", "cx", "cz", "cy", "ecr", "swap", "iswap", "dcx"]
TURNING = ["rx", "ry", "rz", "p", "rxx", "ryy", "rzz", "rzx"]


def random_circuit(
    rng, num_qubits, num_parameters, num_gates, fixed=FIXED, turning=TURNING, name="t"
):
    circuit = QuantumCircuit(num_qubits)
    theta = ParameterVector(name, num_parameters)
    names = [*rng.choice(fixed, num_gates - num_parameters), *rng.choice(turning, num_parameters)]
    free = iter(theta)
    for name in rng.permutation(names).tolist():
        method = getattr(circuit, name)
        pair = rng.permutation(num_qubits)[:2].tolist()
        if name in turning:
            angle = rng.choice([-1, 1]) * next(free) + rng.integers(-3, 4) * np.pi / 2
            method(angle, *pair[: 2 if len(name) == 3 else 1])
        elif name in ("cx", "cz", "cy", "ecr", "swap", "iswap", "dcx"):
            method(*pair)
        else:
            method(pair[0])
    return circuit


def random_observable(rng, num_qubits, terms):
    labels = ["".join(rng.choice(list("IXYZ"), num_qubits)) for _ in range(terms)]
    return SparsePauliOp(labels, rng.normal(size=terms))


def random_noise(rng, circuit):
    index = {qubit: i for i, qubit in enumerate(circuit.qubits)}
    gates = {}
    for instruction in circuit.data:
        qubits = tuple(index[qubit] for qubit in instruction.qubits)
        relax = tuple(
            Relaxation(rng.uniform(30, 500), t1, t1 * rng.uniform(0.3, 2.0))
            for t1 in rng.uniform(2e3, 2e4, len(qubits))
        )
        gates[instruction.operation.name, qubits] = GateNoise(rng.uniform(0, 0.05), relax)
    readout = {q: Readout(*rng.uniform(0, 0.2, 2)) for q in range(circuit.num_qubits)}
    return NoiseChannels("random", gates, {}, readout)


def layered(num_qubits, layers, entangler="cz", rotations=("ry", "rz")):
    theta = iter(ParameterVector("t", num_qubits * layers * len(rotations)))
    circuit = QuantumCircuit(num_qubits)
    for _ in range(layers):
        for qubit in range(num_qubits):
            for rotation in rotations:
                getattr(circuit, rotation)(next(theta), qubit)
        for qubit in range(num_qubits - 1):
            if entangler:
                getattr(circuit, entangler)(qubit, qubit + 1)
    return circuit


def mcclean(num_qubits, layers, rng, first=None):
    theta = iter(ParameterVector("t", num_qubits * layers))
    circuit = QuantumCircuit(num_qubits)
    circuit.ry(np.pi / 4, range(num_qubits))
    for layer in range(layers):
        for qubit in range(num_qubits):
            axis = rng.choice(["rx", "ry", "rz"])
            if first and layer == qubit == 0:
                axis = first
            getattr(circuit, axis)(next(theta), qubit)
        for qubit in range(num_qubits - 1):
            circuit.cz(qubit, qubit + 1)
    return circuit


def zz(num_qubits):
    return "I" * (num_qubits - 2) + "ZZ"


def walked(circuit, observable, walks, seed, distribution=None):
    products = read_observable(observable, circuit.num_qubits)
    noise = CircuitNoise(lambda gate, qubits: (), {})
    lowered = lower(circuit, products, noise, distribution or Uniform(), repeats=True)
    return walk_moments(prepared(lowered, False), walks, seed, threads=1)


# The exact chain against integration.


@settings(max_examples=40, deadline=None)
@given(seed=seeds)
def test_chain_is_the_integral(seed) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 5))
    circuit = random_circuit(rng, n, int(rng.integers(1, 7)), 16)
    assert_exact(circuit, random_observable(rng, n, int(rng.integers(1, 5))))


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_chain_with_fixed_gates_that_are_not_clifford(seed) -> None:
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, 3, 4, 14, fixed=[*FIXED, "t", "tdg", "t"])
    circuit.u(0.3, 0.2, 0.1, 1)
    circuit.rzz(0.7, 0, 2)
    circuit.csx(1, 2)
    assert_exact(circuit, random_observable(rng, 3, 3))


@settings(max_examples=10, deadline=None)
@given(seed=seeds, gaussian=st.booleans())
def test_chain_with_small_angles(seed, gaussian) -> None:
    """Sums of strings stay correlated and rotations no longer average them out."""
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, 3, 3, 10)
    distribution = Gaussian(0.4) if gaussian else SmallAngle(0.8)
    assert_exact(circuit, random_observable(rng, 3, 4), distribution=distribution)


@settings(max_examples=8, deadline=None)
@given(seed=seeds)
def test_chain_under_noise_that_is_not_unital(seed) -> None:
    rng = np.random.default_rng(seed)
    circuit = random_circuit(rng, 3, 4, 12)
    assert_exact(circuit, random_observable(rng, 3, 2), random_noise(rng, circuit))


@pytest.mark.parametrize("name", ["crx", "cry", "crz", "cp"])
def test_controlled_rotations_turn_two_angles_together(name) -> None:
    circuit = QuantumCircuit(3)
    a, b, c = (Parameter(x) for x in "abc")
    circuit.ry(a, 0)
    circuit.h([1, 2])
    getattr(circuit, name)(b, 2, 0)
    circuit.h(2)
    getattr(circuit, name)(c, 0, 1)
    assert_exact(circuit, SparsePauliOp(["XYZ", "ZII"], [1.0, 0.5]), degree=0.5)


def test_angles_that_are_multiples_sums_and_halves() -> None:
    a, b, c = (Parameter(x) for x in "abc")
    circuit = QuantumCircuit(2)
    circuit.ry(2 * a + 0.4, 0)
    circuit.cx(0, 1)
    circuit.rx(0.5 * b, 1)
    circuit.cx(1, 0)
    circuit.ry(c - np.pi, 0)
    assert_exact(circuit, "ZZ", degree=2.5)
    merged = QuantumCircuit(1)
    merged.ry(a + 2 * b, 0)
    assert_exact(merged, "Z", degree=4)


def test_isa_circuit_has_the_logical_circuits_moments() -> None:
    """Transpiled with routing and another layout; on a wide device only what is used counts."""
    logical = layered(4, 2, "cx")
    observable = SparsePauliOp(["ZIIZ", "XXII"], [1.0, 0.3])
    expected = nisqdl.gradient_variance(logical, observable)
    isa = transpile(
        logical, coupling_map=[[i, i + 1] for i in range(19)], basis_gates=["rz", "sx", "x", "cz"],
        initial_layout=[11, 7, 9, 8], optimization_level=1, seed_transpiler=1,
    )  # fmt: skip
    found = nisqdl.gradient_variance(isa, observable.apply_layout(isa.layout))
    assert found.parameters == expected.parameters
    assert found.second_moment == pytest.approx(expected.second_moment, abs=1e-12)
    np.testing.assert_allclose(found.gradient, expected.gradient, atol=1e-12)


# Walks against the exact chain.


@settings(max_examples=12, deadline=None)
@given(seed=seeds)
def test_walks_agree_with_the_chain(seed) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 6))
    circuit = layered(n, 2, str(rng.choice(["cz", "cx", "ecr"])), ("rx", "rz", "ry"))
    circuit.compose(random_circuit(rng, n, 6, 14, name="u"), inplace=True)
    observable = random_observable(rng, n, 3)
    exact = nisqdl.gradient_variance(circuit, observable)
    found = walked(circuit, observable, 32768, seed)
    slack = 1e-12 + 6 * found.second_stderr
    assert abs(found.second - exact.second_moment) < slack
    resolved = ~found.unresolved[:-1]
    assert (np.abs(found.gradient - exact.gradient) < 1e-12 + 6.5 * found.gradient_stderr)[
        resolved
    ].all()
    # Where no walk contributed, the bound holds.
    assert (exact.gradient <= found.gradient_stderr + 1e-12)[~resolved].all()


@pytest.mark.parametrize("distribution", [Gaussian(0.5), SmallAngle(1.0)])
def test_walks_with_small_angles(distribution) -> None:
    circuit = layered(5, 4)
    exact = nisqdl.gradient_variance(circuit, "ZIZII", initialisation=distribution)
    found = walked(circuit, "ZIZII", 65536, 3, distribution)
    assert abs(found.second - exact.second_moment) < 5 * found.second_stderr
    assert (np.abs(found.gradient - exact.gradient) < 1e-12 + 5 * found.gradient_stderr).all()
    felt = exact.gradient > 0
    assert np.median(found.gradient_stderr[felt] / exact.gradient[felt]) < 0.1


def test_standard_errors_cover() -> None:
    """95 % intervals hold the exact value 90 to 99 % of the time, over 60 independent runs."""
    circuit = layered(6, 5)
    exact = nisqdl.gradient_variance(circuit, "IIIIZZ")
    hits, count = 0, 0
    for seed in range(60):
        found = walked(circuit, "IIIIZZ", 8192, seed)
        z = (found.second - exact.second_moment) / found.second_stderr
        deviations = np.abs(found.gradient - exact.gradient)[::7]
        inside = deviations <= 2.04 * found.gradient_stderr[::7]  # t with 31 degrees of freedom
        hits += int(abs(z) <= 2.04) + int(inside.sum())
        count += 1 + len(inside)
    assert 0.90 < hits / count < 0.99


def test_numbers_do_not_depend_on_the_threads() -> None:
    circuit = layered(12, 3)
    one, two = (
        nisqdl.gradient_variance(circuit, "Z" * 12, walks=4096, seed=5, threads=threads)
        for threads in (1, 2)
    )
    np.testing.assert_array_equal(one.gradient, two.gradient)
    other = nisqdl.gradient_variance(circuit, "Z" * 12, walks=4096, seed=6)
    assert (one.gradient != other.gradient).any()


# Closed forms (shared physics notes, "Barren plateaus").


@pytest.mark.parametrize(("n", "layers"), [(2, 40), (4, 80), (6, 120)])
def test_mcclean_limit(n, layers) -> None:
    """Var ∂C → N / (3 (N² − 1)), the mean over the first gate's axis."""
    rng, size = np.random.default_rng(n), 2**n
    found = [
        nisqdl.gradient_variance(mcclean(n, layers, rng, first), zz(n)).gradient[0]
        for first in ("rx", "ry", "rz")
    ]
    assert np.mean(found) == pytest.approx(size / (3 * (size**2 - 1)), rel=2e-3)


@pytest.mark.parametrize(("layers", "value", "circuits"), [(5, 0.068386, 60), (10, 0.045211, 30)])
def test_mcclean_eight_qubits_at_finite_depth(layers, value, circuits) -> None:
    rng = np.random.default_rng(layers)
    found = [
        nisqdl.gradient_variance(mcclean(8, layers, rng), zz(8)).gradient[0]
        for _ in range(circuits)
    ]
    stderr = np.std(found, ddof=1) / np.sqrt(circuits)
    assert abs(np.mean(found) - value) < 4 * stderr
    assert stderr < 0.3 * value


@pytest.mark.slow
def test_mcclean_eight_qubits_deep() -> None:
    rng = np.random.default_rng(1)
    found = [nisqdl.gradient_variance(mcclean(8, 50, rng), zz(8)).gradient[0] for _ in range(30)]
    assert abs(np.mean(found) - 0.0031133) < 4 * np.std(found, ddof=1) / np.sqrt(30)


@pytest.mark.parametrize("n", [3, 6, 50, 100])
def test_cerezo_product_circuits(n) -> None:
    """Global cost 1 − |0⟩⟨0|: (1/8)(3/8)^(n−1) after RX, (1/16)(5/16)^(n−1) after RX, RY."""
    projector = SparseObservable.from_label("0" * n)
    cost = SparseObservable.identity(n) - projector
    one = nisqdl.gradient_variance(layered(n, 1, None, ("rx",)), cost, walks=2**16)
    two = nisqdl.gradient_variance(layered(n, 1, None, ("rx", "ry")), cost, walks=2**16)
    for found, expected in (
        (one, (3 / 8) ** (n - 1) / 8),
        (two, (5 / 16) ** (n - 1) / 16),
    ):
        assert abs(found.gradient[0] - expected) < 5 * found.gradient_stderr[0] + 1e-9 * expected
        assert found.gradient_stderr[0] < 0.02 * expected
    alone = nisqdl.gradient_variance(layered(n, 1, None, ("rx",)), projector, walks=2**16)
    assert alone.second_moment == pytest.approx((3 / 8) ** n, rel=1e-6, abs=0)
    assert alone.mean == pytest.approx(0.5**n, rel=1e-9, abs=0)


@pytest.mark.parametrize("n", [4, 40])
def test_cerezo_local_cost(n) -> None:
    """1 − mean of |0⟩⟨0| on each qubit: 1 / (8 n²)."""
    strings = [("Z", [q], -0.5 / n) for q in range(n)]
    cost = SparsePauliOp.from_sparse_list([("", [], 0.5), *strings], n)
    found = nisqdl.gradient_variance(layered(n, 1, None, ("rx",)), cost, walks=2**17)
    expected = 1 / (8 * n**2)
    assert abs(found.gradient[0] - expected) <= 5 * found.gradient_stderr[0] + 1e-12
    assert found.gradient_stderr[0] < 0.1 * expected
    assert found.second_moment - found.mean**2 == pytest.approx(1 / (8 * n), rel=1e-9)


@pytest.mark.parametrize("n", [2, 4])
def test_efficient_su2_deep(n) -> None:
    """First RY: N / (2 (N² − 1))."""
    found = nisqdl.gradient_variance(layered(n, 40, "cx"), "I" * (n - 1) + "Z")
    size = 2**n
    assert found.gradient[0] == pytest.approx(size / (2 * (size**2 - 1)), rel=1e-3)


def test_dynamical_lie_algebra_of_products_and_of_everything() -> None:
    product = layered(2, 40, None, ("ry", "rz"))
    assert nisqdl.gradient_variance(product, "IZ").second_moment == pytest.approx(1 / 3, rel=1e-6)
    assert nisqdl.gradient_variance(product, "ZZ").second_moment == pytest.approx(1 / 9, rel=1e-6)
    everything = nisqdl.gradient_variance(layered(4, 60), "IIIZ").second_moment
    assert everything == pytest.approx(1 / (2**4 + 1), rel=1e-4)


@pytest.mark.parametrize(("n", "label"), [(4, "ZIZZ"), (12, "ZZZIIIZIIIIZ")])
def test_local_depolarizing_of_product_circuits(n, label) -> None:
    """(1 − p)^(2 w (L + 1)) for weight w, one channel at the start and after each layer."""
    layers, p, weight = 3, 0.04, label.count("Z")
    circuit = QuantumCircuit(n)
    theta = iter(ParameterVector("t", n * layers))
    circuit.id(range(n))
    for _ in range(layers):
        for qubit in range(n):
            circuit.ry(next(theta), qubit)
        circuit.id(range(n))
    gates = {("id", (q,)): GateNoise(p) for q in range(n)}
    gates |= {("ry", (q,)): GateNoise() for q in range(n)}
    noisy = nisqdl.gradient_variance(circuit, label, noise_model=NoiseChannels("local", gates))
    ideal = nisqdl.gradient_variance(circuit, label)
    factor = (1 - p) ** (2 * weight * (layers + 1))
    np.testing.assert_allclose(noisy.gradient, factor * ideal.gradient, rtol=1e-9)
    assert noisy.second_moment == pytest.approx(factor * ideal.second_moment, rel=1e-9)


def test_sum_of_local_strings_is_the_sum_of_their_moments() -> None:
    """Uncorrelated strings, whose values differ from place to place."""
    n = 14
    circuit = layered(n, 5)
    strings = [("Z", [q], 1.0) for q in range(n)]
    found = nisqdl.gradient_variance(
        circuit, SparsePauliOp.from_sparse_list(strings, n), walks=2**17
    )
    single = [
        nisqdl.gradient_variance(circuit, SparsePauliOp.from_sparse_list([s], n), walks=2**17)
        for s in strings
    ]
    total = sum(one.second_moment for one in single)
    error = np.sqrt(sum(one.second_moment_stderr**2 for one in [found, *single]))
    assert abs(found.second_moment - total) < 5 * error
    gradient = sum(one.gradient for one in single)
    errors = np.sqrt(sum(one.gradient_stderr**2 for one in [found, *single]))
    assert (np.abs(found.gradient - gradient) < 6 * errors + 1e-12).all()


# Rare events.


@pytest.mark.parametrize(
    ("n", "layers", "error"), [(16, 40, 0.06), (40, 100, 0.12), (60, 120, 0.25)]
)
def test_deep_wide_circuits_reach_the_two_design(n, layers, error) -> None:
    """E[C²] = 1 / (2^n + 1), to 1e-18; a global observable, which has no shallow way home."""
    found = nisqdl.gradient_variance(layered(n, layers), "Z" * n, walks=2**16)
    expected = 1 / (2**n + 1)
    assert abs(found.second_moment - expected) < 5 * found.second_moment_stderr
    assert found.second_moment_stderr < error * expected
    first = 2**n / (2 * (4**n - 1))  # as for EfficientSU2
    assert abs(found.gradient[0] - first) < 5 * found.gradient_stderr[0]
    assert not found.unresolved.any()


def test_what_cannot_be_felt_is_exactly_zero() -> None:
    found = nisqdl.gradient_variance(layered(30, 5), "I" * 29 + "Z", walks=2048)
    felt = np.array([int(name[2:-1]) // 2 % 30 for name in found.parameters]) < 6
    assert found.method == "exact chain"  # the causal cone is small
    assert (found.gradient[~felt] == 0).all()
    assert not found.unresolved.any()


def test_what_no_walk_saw_is_bounded() -> None:
    circuit, observable = layered(16, 9), "I" * 8 + "Z" + "I" * 7
    with pytest.warns(UserWarning, match="upper bounds"):
        few = nisqdl.gradient_variance(circuit, observable, walks=2048)
    assert few.unresolved.any()
    assert (few.gradient[few.unresolved] == 0).all()
    assert (few.gradient_stderr[few.unresolved] > 0).all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        many = nisqdl.gradient_variance(circuit, observable, walks=2**19)
    inside = (many.gradient <= few.gradient_stderr)[few.unresolved]
    assert inside.mean() > 0.9


# Noise.


def test_what_twirling_neglects_is_small_at_device_noise() -> None:
    """Relaxation of a device (0.1 to 1 µs of 100 µs): 1 % of every gradient above 1e-4."""
    circuit = layered(4, 3)
    rng = np.random.default_rng(2)
    gates = {}
    for instruction in circuit.data:
        qubits = tuple(circuit.find_bit(q).index for q in instruction.qubits)
        time = 70.0 * len(qubits)
        relax = tuple(Relaxation(time, 120e3, 90e3) for _ in qubits)
        gates[instruction.operation.name, qubits] = GateNoise(rng.uniform(1e-4, 5e-3), relax)
    noise = NoiseChannels("device", gates, {}, {q: Readout(0.01, 0.03) for q in range(4)})
    exact = nisqdl.gradient_variance(circuit, "IIZZ", noise_model=noise)
    twirled = nisqdl.gradient_variance(circuit, "IIZZ", noise_model=noise, twirl=True)
    assert (exact.method, twirled.method) == ("exact chain", "exact chain, noise twirled")
    assert 1e-4 < twirled.neglected < 0.01
    large = exact.gradient > 1e-4
    np.testing.assert_allclose(twirled.gradient[large], exact.gradient[large], rtol=0.01)
    assert twirled.second_moment == pytest.approx(exact.second_moment, rel=0.01)


def test_aer_noise_model_and_its_readout() -> None:
    from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

    circuit = layered(8, 2)
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.05, 2), ["cz"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.01, 1), ["ry", "rz"])
    model.add_all_qubit_readout_error(ReadoutError([[0.98, 0.02], [0.05, 0.95]]))
    found = nisqdl.gradient_variance(circuit, "IIIZZIII", noise_model=model)
    assert found.method == "exact chain"
    weights = tuple(circuit.parameters)
    observable = SparsePauliOp("IIIZZIII")
    estimator = nisqdl.ExactEstimator(model)
    values = np.random.default_rng(0).uniform(0, 2 * np.pi, (500, len(weights)))
    samples = estimator.run([(circuit, observable, values)]).result()[0].data.evs
    stderr = np.std(samples**2, ddof=1) / np.sqrt(len(samples))
    assert abs(np.mean(samples**2) - found.second_moment) < 5 * stderr
    assert abs(np.mean(samples) - found.mean) < 5 * np.std(samples) / np.sqrt(len(samples))


# Refusals.


def test_refusals_are_sentences() -> None:
    a = Parameter("a")
    shared = QuantumCircuit(2)
    shared.rx(a, 0)
    shared.cx(0, 1)
    shared.rx(a, 1)
    with pytest.raises(InputError, match="'a' is in several rotations"):
        nisqdl.gradient_variance(shared, "ZZ")
    square = QuantumCircuit(1)
    square.rx(a**2, 0)
    with pytest.raises(InputError, match="affine"):
        nisqdl.gradient_variance(square, "Z")
    wide = layered(10, 1)
    with pytest.raises(InputError, match="10 qubits"):
        nisqdl.gradient_variance(wide, "ZZ")
    with pytest.raises(InputError, match="'b' is not one of its"):
        nisqdl.gradient_variance(wide, "Z" * 10, parameters=["b"])
    mean = SparsePauliOp.from_sparse_list([("Z", [q], 0.1) for q in range(10)], 10)
    with pytest.raises(InputError, match="stay correlated"):
        nisqdl.gradient_variance(wide, mean, initialisation=Gaussian(0.1))
    reset = NoiseChannels(
        "slow",
        {("cz", (q, q + 1)): GateNoise(0.0, (Relaxation(1e5, 1e5, 1e5),) * 2) for q in range(9)}
        | {(name, (q,)): GateNoise() for name in ("ry", "rz") for q in range(10)},
    )
    with pytest.raises(InputError, match="twirl=True"):
        nisqdl.gradient_variance(wide, "Z" * 10, noise_model=reset)
    assert nisqdl.gradient_variance(
        wide, "Z" * 10, noise_model=reset, twirl=True
    ).method == "guided walks, noise twirled"  # fmt: skip


def test_chosen_parameters_are_in_the_order_given() -> None:
    circuit = layered(3, 2)
    everything = nisqdl.gradient_variance(circuit, "IZZ")
    chosen = [circuit.parameters[5], "t[0]"]
    found = nisqdl.gradient_variance(circuit, "IZZ", parameters=chosen)
    assert found.parameters == (circuit.parameters[5].name, "t[0]")
    place = {name: row for row, name in enumerate(everything.parameters)}
    expected = everything.gradient[[place[name] for name in found.parameters]]
    np.testing.assert_array_equal(found.gradient, expected)
