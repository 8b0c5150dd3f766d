"""Expressibility and entangling capability: physics.md "Expressibility", and closed forms."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import DensityMatrix, Statevector, partial_trace, random_statevector

from nisqdl.circuits.build import build_model, encode
from nisqdl.circuits.model import Model
from nisqdl.circuits.options import ModelOptions
from nisqdl.engines.entanglement import (
    entangling_capability,
    exact_entangling_capability,
    meyer_wallach,
)
from nisqdl.engines.expressibility import divergence_from_haar, expressibility, log_haar_masses
from nisqdl.engines.statevector.ensemble import StateEnsemble
from nisqdl.errors import CapacityError, InputError

NUMBERS = range(1, 20)
PUBLISHED = [
    0.2999, 0.2860, 0.2396, 0.1343, 0.0602, 0.0061, 0.0977, 0.0858, 0.6773, 0.2286,
    0.1312, 0.1984, 0.0516, 0.0144, 0.1892, 0.2602, 0.1359, 0.2340, 0.0809,
]  # fmt: skip
"""Sim et al. 2019, figure 3, as digitised: KL divergence at four qubits and one layer."""


def sim(number: int, depth: int = 1, qubits: int = 4) -> Model:
    options = ModelOptions(ansatz={"name": f"sim_{number}", "depth": depth})
    return build_model(options, qubits, None)


@pytest.mark.parametrize("number", NUMBERS)
def test_expressibility_is_the_published_one(number):
    """Tolerance max(.02, 15 %), on the mean of six runs: a run has a standard deviation to .03."""
    runs = [expressibility(sim(number), seed) for seed in range(6)]
    mean = np.mean([run.divergence for run in runs])
    assert mean == pytest.approx(PUBLISHED[number - 1], abs=0.02, rel=0.15)
    # The standard error of one run is what runs scatter by, as far as six can tell.
    scatter = np.std([run.divergence for run in runs], ddof=1)
    assert 0.3 < scatter / np.mean([run.stderr for run in runs]) < 2.5


def test_haar_states_show_the_floor_and_nothing_more():
    """A Haar sampler reads .0040 ± .0008 at four qubits, 75 bins and 5000 pairs."""
    rng = np.random.default_rng(1)
    runs = []
    for _ in range(8):
        parts = rng.normal(size=(2, 2, 5000, 16))
        a, b = parts[:, 0] + 1j * parts[:, 1]
        a, b = (one / np.linalg.norm(one, axis=1, keepdims=True) for one in (a, b))
        fidelities = np.abs(np.einsum("ri,ri->r", a.conj(), b)) ** 2
        runs.append(divergence_from_haar(fidelities, 4, 75, rng))
    floor, sd = runs[0].haar_floor, runs[0].haar_floor_sd
    assert floor == pytest.approx(0.0040, abs=0.0008)
    assert sd == pytest.approx(0.0008, abs=0.0003)
    assert abs(np.mean([run.divergence for run in runs]) - floor) < 5 * sd / np.sqrt(8)


@pytest.mark.parametrize("qubits", [1, 2, 4, 8, 14])
def test_haar_masses_sum_to_one_and_are_the_integral_of_the_density(qubits):
    masses = np.exp(log_haar_masses(qubits, 75))
    assert masses.sum() == pytest.approx(1.0, abs=1e-12)
    size = 2**qubits
    nodes, weights = np.polynomial.legendre.leggauss(200)
    lower = (nodes + 1) / 2 / 75
    density = (size - 1) * (1 - lower) ** (size - 2)
    assert masses[0] == pytest.approx((weights * density).sum() / 2 / 75, rel=1e-9)
    assert np.isfinite(log_haar_masses(qubits, 75)).all()


def test_one_qubit_by_ry_has_the_divergence_of_its_arcsine_law():
    """F = cos²(δ/2) with δ uniform: P(F < f) = (2/π) asin √f; Haar on one qubit is uniform."""
    circuit, weight = QuantumCircuit(1), ParameterVector("w", 1)
    circuit.ry(weight[0], 0)
    model = Model(circuit, (), tuple(weight), ())
    edges = 2 / np.pi * np.arcsin(np.sqrt(np.arange(31) / 30))
    shares = np.diff(edges)
    exact = (shares * np.log(shares * 30)).sum()
    found = expressibility(model, 0, pairs=200_000, bins=30)
    assert abs(found.divergence - exact) < 5 * found.stderr + 30 / 200_000
    assert found.stderr < 0.01


def test_the_19_circuits_to_five_layers_take_less_than_a_minute():
    started = time.perf_counter()
    for number in NUMBERS:
        previous = None
        for depth in range(1, 6):
            found = expressibility(sim(number, depth), 0)
            assert 0 <= found.divergence < 1
            assert found.pairs == 5000
            previous = found.divergence if previous is None else previous
        # More layers never take a circuit further from Haar, up to the scatter.
        assert found.divergence < previous + 5 * found.stderr
    assert time.perf_counter() - started < 60


def test_exact_entangling_capabilities():
    assert exact_entangling_capability(sim(9)).mean == pytest.approx(1.0, abs=1e-12)
    assert exact_entangling_capability(sim(10)).mean == pytest.approx(3 / 8, abs=1e-12)
    assert exact_entangling_capability(sim(1)).mean == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(("qubits", "depth"), [(2, 3), (3, 2), (4, 1)])
def test_the_exact_mean_is_that_of_samples(number, qubits, depth):
    model = sim(number, depth, qubits)
    exact = exact_entangling_capability(model)
    sampled = entangling_capability(model, seed=2, samples=4000)
    assert abs(sampled.mean - exact.mean) < 5 * sampled.stderr + 1e-10
    assert exact.stderr == 0 == exact.samples


def test_haar_states_have_14_of_17_at_four_qubits():
    model = sim(6, depth=3)
    assert exact_entangling_capability(model).mean == pytest.approx(14 / 17, abs=5e-3)
    rng = np.random.default_rng(0)
    vectors = [bloch_vectors(random_statevector(16, rng)) for _ in range(400)]
    values = meyer_wallach(np.array(vectors))
    assert abs(values.mean() - 14 / 17) < 5 * values.std() / 20


def bloch_vectors(state: Statevector) -> np.ndarray:
    """From reduced density matrices, by Qiskit."""
    size = state.num_qubits
    rows = []
    for qubit in range(size):
        rho = partial_trace(DensityMatrix(state), [q for q in range(size) if q != qubit]).data
        rows.append([2 * rho[1, 0].real, 2 * rho[1, 0].imag, (rho[0, 0] - rho[1, 1]).real])
    return np.array(rows)


def test_meyer_wallach_of_known_states():
    ghz = Statevector.from_label("000") + Statevector.from_label("111")
    w = sum((Statevector.from_label(x) for x in ("010", "100")), Statevector.from_label("001"))
    known = [(ghz / np.sqrt(2), 1.0), (w / np.sqrt(3), 8 / 9), (Statevector.from_label("+0r"), 0.0)]
    for state, value in known:
        assert meyer_wallach(bloch_vectors(state)[np.newaxis])[0] == pytest.approx(value)


@settings(max_examples=30, deadline=None)
@given(
    gates=st.lists(
        st.tuples(
            st.sampled_from(["rx", "ry", "rz", "crx", "crz", "cx", "cz", "h", "s", "x", "rzz"]),
            st.permutations(range(3)),
        ),
        min_size=1,
        max_size=14,
    ),
    seed=st.integers(0, 99),
)
def test_states_of_random_circuits_are_qiskits(gates, seed):
    """Whatever frame the engine keeps, overlaps and Bloch vectors are the circuit's own."""
    trained = {"rx", "ry", "rz", "crx", "crz", "rzz"}
    weights = ParameterVector("w", len(gates))
    circuit = QuantumCircuit(3)
    used = []
    for gate, qubits in gates:
        angles = [weights[len(used)]] if gate in trained else []
        used += angles
        width = 2 if gate in ("crx", "crz", "cx", "cz", "rzz") else 1
        getattr(circuit, gate)(*angles, *qubits[:width])
    model = Model(circuit, (), tuple(used), ())
    rows = np.random.default_rng(seed).uniform(0, 2 * np.pi, (2, 5, len(used)))
    states = [
        [Statevector(circuit.assign_parameters(dict(zip(used, row, strict=True)))) for row in part]
        for part in rows
    ]
    ensemble = StateEnsemble.of(model)
    expected = [abs(a.inner(b)) ** 2 for a, b in zip(*states, strict=True)]
    np.testing.assert_allclose(ensemble.fidelities(np.empty(0), *rows), expected, atol=1e-12)
    vectors = ensemble.bloch_vectors(np.empty(0), rows[0])
    np.testing.assert_allclose(vectors, [bloch_vectors(s) for s in states[0]], atol=1e-12)


def test_features_and_seeds_are_arguments():
    options = ModelOptions(feature_map={"name": "zz"}, ansatz={"depth": 2})
    model = build_model(options, 3, None)
    at = {"features": encode(options, np.array([[0.3, 1.2, 2.0]]))[0]}
    one, again = (expressibility(model, 5, pairs=500, **at) for _ in range(2))
    assert one.divergence == again.divergence
    assert one.divergence != expressibility(model, 6, pairs=500, **at).divergence
    threads = expressibility(model, 5, pairs=500, threads=2, **at)
    assert threads.divergence == one.divergence
    exact = exact_entangling_capability(model, **at)
    sampled = entangling_capability(model, 5, samples=4000, **at)
    assert abs(exact.mean - sampled.mean) < 5 * sampled.stderr
    assert abs(exact.mean - exact_entangling_capability(model).mean) > 1e-3


def test_what_cannot_be_done_is_said():
    with pytest.raises(InputError, match="at least 1 pair and 2 bins, but was given 0 and 75"):
        expressibility(sim(1), 0, pairs=0)
    with pytest.raises(InputError, match="at least 2, but is 1"):
        entangling_capability(sim(1), 0, samples=1)
    with pytest.raises(CapacityError, match="at most for 5 qubits, but the model has 6"):
        exact_entangling_capability(sim(1, qubits=6))
    circuit, weight = QuantumCircuit(2), ParameterVector("w", 2)
    circuit.ry(weight[0], 0)
    circuit.ry(weight[0], 1)
    with pytest.raises(InputError, match=r"w\[0\] turns several"):
        exact_entangling_capability(Model(circuit, (), tuple(weight), ()))
    circuit = QuantumCircuit(1)
    circuit.ry(2 * weight[1], 0)
    with pytest.raises(InputError, match="'ry' has the angle 2"):
        exact_entangling_capability(Model(circuit, (), tuple(weight), ()))
    ensemble = StateEnsemble.of(sim(1))
    with pytest.raises(InputError, match="4 features and 8 weights, but was given 4 and 7"):
        ensemble.bloch_vectors(np.zeros(4), np.zeros((2, 7)))
