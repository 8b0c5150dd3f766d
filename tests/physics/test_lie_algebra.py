"""Dynamical Lie algebras: known dimensions, and physics.md "Dynamical Lie algebra"."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp

from nisqdl.circuits.build import build_model
from nisqdl.circuits.model import Model
from nisqdl.circuits.options import ModelOptions
from nisqdl.engines.lie_algebra import circuit_algebra, lie_algebra
from nisqdl.engines.statevector import StatevectorEngine
from nisqdl.errors import CapacityError, InputError
from nisqdl.noise.channels import IDEAL


def algebra_of(qubits: int, name: str, depth: int, **more):
    options = ModelOptions(ansatz={"name": name, "depth": depth}, **more)
    return circuit_algebra(build_model(options, qubits, None))


def string(letters: str, qubits: int) -> SparsePauliOp:
    """On the first qubits."""
    return SparsePauliOp.from_sparse_list([(letters, range(len(letters)), 1.0)], qubits)


def zz(qubit: int) -> tuple[int, int, float]:
    return (0, 0b11 << qubit, 1.0)


def x(qubit: int) -> tuple[int, int, float]:
    return (1 << qubit, 0, 1.0)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_full_algebra(n):
    algebra = algebra_of(n, "efficient_su2", 3)
    assert algebra.dimension == 4**n - 1
    assert algebra.ideal_dimensions == (4**n - 1,)
    for letters in ("Z", "ZZ", "XY"):
        assert algebra.variance(string(letters, n)) == pytest.approx(1 / (2**n + 1), rel=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_product_of_single_qubits(n):
    algebra = algebra_of(n, "efficient_su2", 2, entangler="none")
    assert algebra.ideal_dimensions == (3,) * n
    for weight in range(1, n + 1):  # beyond Z₀ the observable is outside of the algebra
        found = algebra.variance(string("Z" * weight, n))
        assert found == pytest.approx(3.0**-weight, rel=1e-9)
    assert algebra.variance(string("X", n) + string("Z", n)) == pytest.approx(2 / 3, rel=1e-9)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_real_amplitudes_reach_the_orthogonal_group(n):
    """so(N); Z₀ lies in the traceless symmetric matrices, which SO(N) does not split: with their
    dimension N(N+1)/2 − 1, the variance is N (1 − 1/N) over it = 2/(N + 2)."""
    algebra = algebra_of(n, "real_amplitudes", 4)
    size = 2**n
    assert algebra.dimension == size * (size - 1) // 2
    assert algebra.variance(string("Z", n)) == pytest.approx(2 / (size + 2), rel=1e-9)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_transverse_field_ising_chain(n):
    """Separate generators of an open chain: so(2n), n(2n − 1); summed ones: n² (su(n) + u(1))."""
    couplings, fields = [zz(q) for q in range(n - 1)], [x(q) for q in range(n)]
    apart = lie_algebra([[one] for one in couplings + fields], n)
    assert apart.dimension == n * (2 * n - 1)
    assert lie_algebra([couplings, fields], n).dimension == n**2


def test_commuting_generators_have_no_ideals():
    algebra = lie_algebra([[zz(0)], [zz(1)], [zz(0), zz(1)]], 3)
    assert algebra.dimension == 2
    assert algebra.ideals == ()
    assert algebra.variance(string("ZZ", 3)) == pytest.approx(0.0, abs=1e-12)
    # One angle, RX: ⟨Z⟩ = cos θ.
    assert lie_algebra([[x(0)]], 1).variance(string("Z", 1)) == pytest.approx(0.5)


@pytest.mark.parametrize("number", range(1, 20))
def test_the_basis_of_every_sim_circuit_is_closed_and_its_ideals_are_ideals(number):
    algebra = algebra_of(3, f"sim_{number}", 1)
    basis = algebra.basis
    flat = basis.reshape(len(basis), -1)
    gram = flat.conj() @ flat.T
    np.testing.assert_allclose(gram, np.eye(len(basis)), atol=1e-10)
    for a in basis[::5]:
        for b in basis[::3]:
            c = (1j * (a @ b - b @ a)).ravel()
            np.testing.assert_allclose(flat.T @ (flat.conj() @ c), c, atol=1e-8)
    elements = [np.einsum("ka,aij->kij", ideal, basis) for ideal in algebra.ideals]
    for number_of, ideal in enumerate(elements):
        for other in elements[:number_of]:
            product = np.einsum("aij,bjk->abik", ideal, other)
            reverse = np.einsum("bij,ajk->abik", other, ideal)
            np.testing.assert_allclose(product, reverse, atol=1e-8)


@pytest.mark.parametrize(
    ("name", "options", "depth"),
    [
        ("efficient_su2", {}, 30),
        ("real_amplitudes", {}, 40),
        ("sim_1", {}, 20),
        ("sim_10", {}, 80),
        ("sim_14", {}, 20),
        ("two_local", {"entangler": "none"}, 20),
    ],
)
@pytest.mark.parametrize("observable", ["Z0", "X0Z1", "Z0Z1Z2"])
def test_deep_circuits_have_the_predicted_variance(name, options, depth, observable):
    """Within five standard errors of 6000 samples, inside and outside of the algebra."""
    known = ModelOptions(ansatz={"name": name, "depth": depth}, observables=[observable], **options)
    model = build_model(known, 3, None)
    predicted = circuit_algebra(model).variance(model.observables[0])
    weights = np.random.default_rng(7).uniform(0, 2 * np.pi, (6000, len(model.weights)))
    evaluator = StatevectorEngine().prepare(model, IDEAL)
    values = evaluator.values_over_weights(np.zeros(3), weights)[:, 0]
    squares = (values - values.mean()) ** 2
    assert abs(squares.mean() - predicted) < 5 * squares.std() / np.sqrt(6000) + 1e-9


def test_what_has_no_algebra_is_said():
    with pytest.raises(CapacityError, match=r"at most 5 qubits.*the model has 6 qubits"):
        algebra_of(6, "real_amplitudes", 1)
    circuit, weight = QuantumCircuit(1), ParameterVector("w", 1)
    circuit.rx(0.3, 0)
    circuit.ry(weight[0], 0)
    with pytest.raises(InputError, match=r"has a rotation by 0\.3"):
        circuit_algebra(Model(circuit, (), tuple(weight), ()))
    circuit = QuantumCircuit(1)
    circuit.rx(weight[0], 0)
    circuit.ry(weight[0], 0)
    with pytest.raises(InputError, match=r"w\[0\] turns gates that do not commute"):
        circuit_algebra(Model(circuit, (), tuple(weight), ()))
    empty = circuit_algebra(Model(QuantumCircuit(2), (), (), ()))
    assert empty.dimension == 0
    assert empty.variance(string("Z", 2)) == 0.0
