"""What every engine must do, checked against slow references that use no engine.

The reference evolves Qiskit's ``DensityMatrix`` gate by gate and writes each noise channel as the
superoperator of its definition, and each confusion as a 2 × 2 matrix on outcome probabilities.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter, ParameterVector
from qiskit.quantum_info import DensityMatrix, SparsePauliOp, Statevector, SuperOp

from nisqdl.circuits.model import Model
from nisqdl.engines import ENGINES, find_engine
from nisqdl.engines.contract import Engine
from nisqdl.errors import CapacityError, InputError
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import IDEAL, GateNoise, NoiseChannels, Readout, Relaxation
from nisqdl.noise.recipe import find_recipe
from nisqdl.targets.isa import IsaModel
from nisqdl.targets.snapshots import find_device

HERE = [entry.name for entry in ENGINES.values() if entry.here]
engines = pytest.mark.parametrize("name", HERE)
NOISY = [name for name in HERE if ENGINES[name].takes_gate_noise]
noisy_engines = pytest.mark.parametrize("name", NOISY)
seeds = st.integers(0, 2**32 - 1)
NUM_FEATURES, NUM_WEIGHTS, BATCH = 2, 4, 3


@cache
def engine(name: str) -> Engine:
    return find_engine(name)


# ---------------------------------------------------------------- random cases


def random_isa(rng: np.random.Generator, num_qubits: int, delays: bool = False) -> IsaModel:
    """A random ISA circuit: shared weights, affine and non-linear angles, one pair gate."""
    x, w = ParameterVector("x", NUM_FEATURES), ParameterVector("w", NUM_WEIGHTS)

    def angle() -> object:
        choices: list[object] = [
            float(rng.normal()),
            w[rng.integers(NUM_WEIGHTS)],
            x[rng.integers(NUM_FEATURES)],
            float(rng.normal()) * w[rng.integers(NUM_WEIGHTS)] + np.pi,
            2 * x[0] - w[rng.integers(NUM_WEIGHTS)] / 3,
            x[0] * w[rng.integers(NUM_WEIGHTS)],
            2 * (np.pi - x[0]) * (np.pi - x[1]),
        ]
        return choices[rng.integers(len(choices))]

    circuit = QuantumCircuit(num_qubits)
    for qubit in range(num_qubits):
        for turn in (float(rng.normal()), angle(), angle()):
            circuit.rz(turn, qubit)
            circuit.sx(qubit)
    pair_gate = rng.choice(["cz", "ecr", "cx"])
    fractional = rng.random() < 0.4
    kinds = ["rz", "sx", "x", "pair", "rz", "sx", "pair"] + ["rx", "rzz"] * fractional
    for _ in range(rng.integers(10, 30)):
        kind = rng.choice(kinds + ["delay"] * delays)
        pair = rng.permutation(num_qubits)[:2].tolist()
        if kind == "rz":
            circuit.rz(angle(), pair[0])
        elif kind == "rx":
            circuit.rx(angle(), pair[0])
        elif kind == "delay":
            circuit.delay(float(rng.integers(20, 400)), pair[0], unit="ns")
        elif kind in ("sx", "x"):
            getattr(circuit, kind)(pair[0])
        elif num_qubits > 1 and kind == "rzz":
            circuit.rzz(angle(), *pair)
        elif num_qubits > 1:
            getattr(circuit, pair_gate)(*pair)
    observables = tuple(
        SparsePauliOp(
            ["".join(rng.choice(list("IXYZ"), size=num_qubits)) for _ in range(terms)],
            rng.normal(size=terms),
        )
        for terms in (1, 3)
    )
    return IsaModel(
        circuit, tuple(x), tuple(w), observables, tuple(range(num_qubits)), "random@2025-01-01"
    )


def random_noise(rng: np.random.Generator, model: IsaModel, strength: float = 1.0) -> NoiseChannels:
    """Random channels for the gates that the circuit has; some gates are noiseless."""

    def relaxation() -> Relaxation:
        t1 = 10.0 ** rng.uniform(3, 5) / strength
        return Relaxation(rng.uniform(10, 600), t1, t1 * rng.uniform(0.1, 2.0))

    gates = {}
    for instruction in model.circuit.data:
        name = instruction.operation.name
        qubits = tuple(model.circuit.find_bit(q).index for q in instruction.qubits)
        if name not in ("rz", "delay"):
            depolarizing = min(1.0, strength * rng.uniform(0, 0.05)) * rng.integers(2)
            relaxed = tuple(relaxation() for _ in qubits) if rng.integers(2) else ()
            gates[(name, qubits)] = GateNoise(depolarizing, relaxed)
    everywhere = range(model.num_qubits)
    idle = {q: (one := relaxation(), (one.t1_ns, one.t2_ns))[1] for q in everywhere}
    readout = {q: Readout(*rng.uniform(0, 0.3, size=2)) for q in everywhere if rng.random() < 0.7}
    return NoiseChannels("random", gates, idle, readout)


def random_point(rng: np.random.Generator, batch: int = BATCH) -> tuple[np.ndarray, np.ndarray]:
    return rng.uniform(-3, 3, size=(batch, NUM_FEATURES)), rng.uniform(-3, 3, size=NUM_WEIGHTS)


# ---------------------------------------------------------------- the reference


def reference(
    model: Model | IsaModel, noise: NoiseChannels, features: np.ndarray, weights: np.ndarray
) -> np.ndarray:
    """Values (B, O) by definition, one gate after the other."""
    names = (*model.features, *model.weights)
    rows = []
    for sample in features:
        numbers = dict(zip(names, [*sample, *weights], strict=True))
        used = {p: v for p, v in numbers.items() if p in model.circuit.parameters}
        state = noisy_state(model.circuit.assign_parameters(used), noise)
        rows.append([read(state, observable, noise) for observable in model.observables])
    return np.array(rows)


def noisy_state(circuit: QuantumCircuit, noise: NoiseChannels) -> DensityMatrix:
    state = DensityMatrix.from_int(0, 2**circuit.num_qubits)
    for instruction in circuit.data:
        operation = instruction.operation
        qubits = tuple(circuit.find_bit(q).index for q in instruction.qubits)
        if operation.name == "delay":
            if qubits[0] in noise.idle:
                relaxation = Relaxation(operation.duration, *noise.idle[qubits[0]])
                state = state.evolve(relaxed(relaxation), qubits)
            continue
        state = state.evolve(operation, qubits)
        after = noise.gates.get((operation.name, qubits), GateNoise())
        state = state.evolve(depolarized(after.depolarizing, len(qubits)), qubits)
        for qubit, relaxation in zip(qubits, after.relaxation, strict=False):
            state = state.evolve(relaxed(relaxation), [qubit])
    return state


def depolarized(p: float, num_qubits: int) -> SuperOp:
    dimension = 2**num_qubits
    identity = np.eye(dimension).reshape(-1)
    mixing = np.outer(identity, identity) / dimension
    return SuperOp((1 - p) * np.eye(dimension**2) + p * mixing)


def relaxed(one: Relaxation) -> SuperOp:
    decay_1, decay_2 = np.exp(-one.time_ns / one.t1_ns), np.exp(-one.time_ns / one.t2_ns)
    columns = np.diag([1, decay_2, decay_2, decay_1]).astype(complex)
    columns[0, 3] = 1 - decay_1
    return SuperOp(columns)


def read(state: DensityMatrix, observable: SparsePauliOp, noise: NoiseChannels) -> float:
    """The mean of the outcomes' parity, term by term, with confusion of each measured qubit."""
    total = 0.0
    for label, coefficient in observable.label_iter():
        factors = dict(enumerate(reversed(label)))
        turned = QuantumCircuit(len(label))
        for qubit, factor in factors.items():
            if factor == "Y":
                turned.sdg(qubit)
            if factor in "XY":
                turned.h(qubit)
        weights = np.ones(1)
        for qubit, factor in factors.items():
            confusion = noise.readout.get(qubit, Readout(0.0, 0.0))
            a, b = confusion.p1_given_0, confusion.p0_given_1
            means = np.array([1.0, 1.0] if factor == "I" else [1 - 2 * a, 2 * b - 1])
            weights = np.kron(means, weights)
        total += coefficient.real * float(weights @ state.evolve(turned).probabilities())
    return total


# ---------------------------------------------------------------- values


@noisy_engines
@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_values_under_noise(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_isa(rng, int(rng.integers(1, 5)), delays=True)
    noise = random_noise(rng, model)
    features, weights = random_point(rng)
    found = engine(name).prepare(model, noise).values(features, weights)
    assert found.shape == (BATCH, 2)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, reference(model, noise, features, weights), atol=1e-8)


@noisy_engines
@settings(max_examples=6, deadline=None)
@given(seed=seeds, strength=st.sampled_from([30.0, 1e3, 1e6]))
def test_values_under_strong_noise(name: str, seed: int, strength: float) -> None:
    rng = np.random.default_rng(seed)
    model = random_isa(rng, 3, delays=True)
    noise = random_noise(rng, model, strength)
    features, weights = random_point(rng)
    found = engine(name).prepare(model, noise).values(features, weights)
    np.testing.assert_allclose(found, reference(model, noise, features, weights), atol=1e-8)


@engines
@settings(max_examples=8, deadline=None)
@given(seed=seeds)
def test_ideal_values_of_logical_models(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    x, w = ParameterVector("x", NUM_FEATURES), ParameterVector("w", NUM_WEIGHTS)
    circuit = QuantumCircuit(3)
    circuit.h([0, 2])
    for qubit in range(3):
        circuit.u(*rng.normal(size=3), qubit)
    circuit.ry(x[0], 0)
    circuit.p(2 * (np.pi - x[0]) * (np.pi - x[1]), 1)
    circuit.swap(0, 1)
    circuit.rxx(w[0], 0, 2)
    circuit.crx(w[1] + x[1], 1, 2)
    circuit.cp(w[0], 0, 1)
    circuit.ry(w[2], 1)
    circuit.rz(w[2] * w[3], 2)
    circuit.cy(2, 0)
    circuit.global_phase = w[0]
    labels = ("ZXY", "IIZ", "XII", "IYX")
    observables = tuple(SparsePauliOp(["III", label], [0.5, -1.5]) for label in labels)
    model = Model(circuit, tuple(x), tuple(w), observables)
    features, weights = random_point(rng)
    found = engine(name).prepare(model, IDEAL).values(features, weights)
    assert np.std(found) > 1e-3
    for sample, row in zip(features, found, strict=True):
        numbers = dict(zip([*x, *w], [*sample, *weights], strict=True))
        state = Statevector(circuit.assign_parameters(numbers))
        expected = [state.expectation_value(o).real for o in observables]
        np.testing.assert_allclose(row, expected, atol=1e-10)


@noisy_engines
@pytest.mark.parametrize("device", ["fake_torino", "fake_sherbrooke", "fake_manila"])
def test_values_under_calibrated_noise(name: str, device: str) -> None:
    """A chain on a real calibration, at three scales; idle time included."""
    source = find_device(device)
    pair = next(g for g in source.gates if len(g.qubits) == 2 and g.name in source.basis_gates)
    x, w = ParameterVector("x", 2), ParameterVector("w", 4)
    circuit = QuantumCircuit(2)
    for layer in range(2):
        for qubit in range(2):
            circuit.rz(x[qubit] + layer, qubit)
            circuit.sx(qubit)
            circuit.rz(w[2 * layer + qubit], qubit)
            circuit.sx(qubit)
        circuit.delay(150.0, 1, unit="ns")
        circuit.append(native(pair.name), [0, 1])
    observables = tuple(SparsePauliOp(label) for label in ("ZZ", "XY", "IZ"))
    model = IsaModel(circuit, tuple(x), tuple(w), observables, pair.qubits, source.name)
    features, weights = random_point(np.random.default_rng(1))
    recipe = find_recipe("calibrated_idle")
    for scale in (0.3, 1.0, 8.0):
        noise = channels_for(recipe, source, pair.qubits, scale)
        found = engine(name).prepare(model, noise).values(features, weights)
        np.testing.assert_allclose(found, reference(model, noise, features, weights), atol=1e-8)


def native(gate: str) -> object:
    from qiskit.circuit.library import get_standard_gate_name_mapping

    return get_standard_gate_name_mapping()[gate]


@settings(max_examples=5, deadline=None)
@given(seed=seeds)
def test_engines_agree_with_each_other(seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_isa(rng, 5, delays=True)
    noise = random_noise(rng, model)
    features, weights = random_point(rng)
    pull = random_pull(rng)
    found = [
        engine(name).prepare(model, noise).values_and_gradient(features, weights, pull)
        for name in NOISY
    ]
    for values, gradient in found[1:]:
        np.testing.assert_allclose(values, found[0][0], atol=1e-8)
        np.testing.assert_allclose(gradient, found[0][1], atol=1e-7)


# ---------------------------------------------------------------- gradients


def random_pull(rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    """∂/∂values of the loss Σ c sin(values)."""
    factors = rng.normal(size=(BATCH, 2))
    return lambda values: factors * np.cos(values)


@pytest.mark.parametrize(
    ("name", "strength"),
    [(name, 0.0) for name in HERE] + [(name, s) for name in NOISY for s in (1.0, 1e4)],
)
@settings(max_examples=5, deadline=None)
@given(seed=seeds)
def test_gradients_against_central_differences(name: str, strength: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    model = random_isa(rng, int(rng.integers(1, 4)))
    noise = random_noise(rng, model, strength) if strength else IDEAL
    features, weights = random_point(rng)
    evaluator = engine(name).prepare(model, noise)
    factors = rng.normal(size=(BATCH, 2))
    values, gradient = evaluator.values_and_gradient(
        features, weights, lambda found: factors * np.cos(found)
    )
    np.testing.assert_allclose(values, evaluator.values(features, weights), atol=1e-12)
    assert gradient.shape == weights.shape
    step = 1e-5
    for k in range(NUM_WEIGHTS):
        shift = step * np.eye(NUM_WEIGHTS)[k]
        ends = [evaluator.values(features, weights + sign * shift) for sign in (1, -1)]
        slope = np.sum(factors * (np.sin(ends[0]) - np.sin(ends[1]))) / (2 * step)
        assert gradient[k] == pytest.approx(slope, abs=2e-7)


@engines
def test_untrained_and_vanished_parameters(name: str) -> None:
    """A weight that is not in the circuit has gradient 0; neither features nor weights is fine."""
    w = ParameterVector("w", 2)
    circuit = QuantumCircuit(1)
    circuit.rx(w[1], 0)
    model = Model(circuit, (), tuple(w), (SparsePauliOp("Z"),))
    evaluator = engine(name).prepare(model, IDEAL)
    values, gradient = evaluator.values_and_gradient(
        np.zeros((2, 0)), np.array([5.0, 0.3]), np.ones_like
    )
    np.testing.assert_allclose(values, np.full((2, 1), np.cos(0.3)), atol=1e-12)
    np.testing.assert_allclose(gradient, [0.0, -2 * np.sin(0.3)], atol=1e-12)
    bare = Model(QuantumCircuit(1), (), (), (SparsePauliOp("Z"),))
    values, gradient = (
        engine(name)
        .prepare(bare, IDEAL)
        .values_and_gradient(np.zeros((2, 0)), np.zeros(0), np.ones_like)
    )
    np.testing.assert_allclose(values, np.ones((2, 1)), atol=1e-12)
    assert gradient.shape == (0,)


@engines
@pytest.mark.parametrize(("batch", "outputs"), [(1, 1), (5, 1), (2, 3)])
def test_shapes(name: str, batch: int, outputs: int) -> None:
    rng = np.random.default_rng(2)
    x, w = ParameterVector("x", 2), ParameterVector("w", 4)
    circuit = QuantumCircuit(2)
    circuit.rx(x[0], 0)
    circuit.ry(w[0], 1)
    circuit.cx(0, 1)
    observables = tuple(SparsePauliOp(label) for label in ("ZI", "XX", "IZ")[:outputs])
    evaluator = engine(name).prepare(Model(circuit, tuple(x), tuple(w), observables), IDEAL)
    features, weights = random_point(rng, batch)
    values, gradient = evaluator.values_and_gradient(features, weights, np.ones_like)
    assert values.shape == evaluator.values(features, weights).shape == (batch, outputs)
    assert gradient.shape == (4,)
    assert evaluator.estimates(features, weights, 10, rng).shape == (batch, outputs)


# ---------------------------------------------------------------- shots and readout


@noisy_engines
def test_estimates_scatter_as_outcomes_do(name: str) -> None:
    """Within five standard errors everywhere, and neither wider nor narrower than outcomes are."""
    rng = np.random.default_rng(11)
    model = random_isa(np.random.default_rng(4), 3)
    labels = ("ZZI", "IXY", "IIZ", "XXX")
    observables = tuple(SparsePauliOp(label) for label in labels)
    model = IsaModel(
        model.circuit, model.features, model.weights, observables, (0, 1, 2), "random@2025-01-01"
    )
    noise = random_noise(np.random.default_rng(5), model)
    assert noise.readout
    features, weights = random_point(rng, 60)
    evaluator = engine(name).prepare(model, noise)
    shots = 2000
    exact = evaluator.values(features, weights)
    found = evaluator.estimates(features, weights, shots, rng)
    deviations = (found - exact) / np.sqrt((1 - exact**2) / shots)
    assert np.abs(deviations).max() < 5
    # 60 samples: the mean square of each observable has a standard deviation of 0.18.
    assert np.all(np.mean(deviations**2, axis=0) > 0.2)
    assert np.all(np.mean(deviations**2, axis=0) < 1.9)


@engines
def test_sums_are_estimated_from_the_outcomes_of_each_group(name: str) -> None:
    rng = np.random.default_rng(3)
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.cx(0, 1)
    sums = (SparsePauliOp(["ZZ", "XX", "II"], [1.0, 0.5, 2.0]), SparsePauliOp(["IZ", "ZI"], [1, 1]))
    evaluator = engine(name).prepare(Model(circuit, (), (), sums), IDEAL)
    found = evaluator.estimates(np.zeros((8, 0)), np.zeros(0), 400, rng)
    np.testing.assert_allclose(found[:, 0], 3.5, atol=1e-12)
    # ZI and IZ are measured together: in a Bell state their sum is 0 or ±2, with variance 4.
    assert np.abs(found[:, 1]).max() < 5 * np.sqrt(4 / 400)
    assert np.std(found[:, 1]) > 0.02


@engines
def test_estimates_repeat_with_the_seed_and_differ_without(name: str) -> None:
    x, w = ParameterVector("x", 2), ParameterVector("w", 4)
    circuit = QuantumCircuit(2)
    circuit.rx(x[0], 0)
    circuit.ry(w[0], 1)
    model = Model(circuit, tuple(x), tuple(w), (SparsePauliOp("ZZ"), SparsePauliOp("IX")))
    evaluator = engine(name).prepare(model, IDEAL)
    features, weights = np.full((20, 2), 1.1), np.full(4, 0.7)

    def sampled(rng: np.random.Generator) -> np.ndarray:
        return evaluator.estimates(features, weights, 500, rng)

    rng = np.random.default_rng(9)
    first, second = sampled(rng), sampled(rng)
    np.testing.assert_array_equal(first, sampled(np.random.default_rng(9)))
    assert not np.array_equal(first, second)
    assert len(np.unique(first[:, 0])) > 5, "equal samples must not share their outcomes"


@engines
@pytest.mark.parametrize("shots", [0, -5])
def test_no_shots_are_refused(name: str, shots: int) -> None:
    model = Model(QuantumCircuit(1), (), (), (SparsePauliOp("Z"),))
    evaluator = engine(name).prepare(model, IDEAL)
    with pytest.raises(InputError, match="shots"):
        evaluator.estimates(np.zeros((1, 0)), np.zeros(0), shots, np.random.default_rng(0))


@noisy_engines
def test_readout_acts_on_expectation_values(name: str) -> None:
    """A Bell pair's ZZ on manila: about 0.88 as read, 0.99 as it is (Aer's estimator says 0.99)."""
    source = find_device("fake_manila")
    circuit = QuantumCircuit(2)
    circuit.rz(np.pi / 2, 0)
    circuit.sx(0)
    circuit.rz(np.pi / 2, 0)
    circuit.cx(0, 1)
    model = IsaModel(circuit, (), (), (SparsePauliOp("ZZ"),), (0, 1), "manila")
    recipe = find_recipe("calibrated")

    def zz(*channels: str) -> tuple[float, float]:
        noise = channels_for(recipe, source, (0, 1), 1.0, channels)
        evaluator = engine(name).prepare(model, noise)
        none = np.zeros((1, 0)), np.zeros(0)
        sampled = evaluator.estimates(*none, 20000, np.random.default_rng(1))
        return float(evaluator.values(*none)[0, 0]), float(sampled[0, 0])

    exact, sampled = zz("one_qubit", "two_qubit", "readout")
    assert exact == pytest.approx(0.88, abs=0.015)
    assert sampled == pytest.approx(exact, abs=5 * np.sqrt((1 - exact**2) / 20000))
    assert zz("one_qubit", "two_qubit")[0] == pytest.approx(0.988, abs=0.004)
    assert zz("readout")[0] == pytest.approx(exact, abs=0.02)


# ---------------------------------------------------------------- refusals


@noisy_engines
def test_circuits_that_are_not_isa_are_refused(name: str) -> None:
    """Their noise would be inert: the gates have names that no error belongs to."""
    noise = NoiseChannels("calibrated", {("sx", (0,)): GateNoise(0.01)})
    circuit = QuantumCircuit(1)
    circuit.ry(Parameter("t"), 0)
    model = Model(circuit, (), tuple(circuit.parameters), (SparsePauliOp("Z"),))
    with pytest.raises(InputError, match=r"ry.*calibrated"):
        engine(name).prepare(model, noise)


@engines
def test_parameters_without_a_role_are_refused(name: str) -> None:
    circuit = QuantumCircuit(1)
    circuit.rx(Parameter("stray"), 0)
    with pytest.raises(InputError, match="stray"):
        engine(name).prepare(Model(circuit, (), (), (SparsePauliOp("Z"),)), IDEAL)


@noisy_engines
def test_what_does_not_fit_is_refused_in_one_sentence(name: str) -> None:
    circuit = QuantumCircuit(40)
    circuit.sx(range(40))
    circuit.cz(range(39), range(1, 40))
    noise = NoiseChannels(
        "strong",
        {("sx", (q,)): GateNoise(0.01) for q in range(40)}
        | {("cz", (q, q + 1)): GateNoise(0.01) for q in range(39)},
    )
    model = Model(circuit, (), (), (SparsePauliOp("Z" * 40),))
    with pytest.raises(CapacityError, match="40 qubits") as caught:
        engine(name).prepare(model, noise)
    assert "\n" not in str(caught.value)


def test_engines_are_named_and_a_wrong_name_gets_the_nearest() -> None:
    for name in HERE:
        assert engine(name).name == name
    with pytest.raises(
        InputError, match=r"no engine named 'exakt' \(a\.yaml: engine\)\. .*'exact'"
    ):
        find_engine("exakt", "a.yaml: engine")
