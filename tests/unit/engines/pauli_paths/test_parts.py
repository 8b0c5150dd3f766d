"""The parts of the Pauli-path engine, each against a plain computation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.quantum_info import Operator, SparseObservable, SparsePauliOp

from nisqdl.engines.exact import ptm
from nisqdl.engines.pauli_paths.guide import letter_permutation, linear_bits
from nisqdl.engines.pauli_paths.initialisation import Gaussian, SmallAngle, Uniform
from nisqdl.engines.pauli_paths.maps import LocalMap, Turn
from nisqdl.engines.pauli_paths.observable import (
    as_read,
    constant,
    dense,
    read_observable,
    square_sum,
    support,
)
from nisqdl.errors import InputError
from nisqdl.noise.channels import Readout
from nisqdl.noise.readout import with_readout

CLIFFORDS = ["h", "s", "sx", "y", "cx", "cz", "cy", "ecr", "swap", "iswap", "dcx"]


@pytest.mark.parametrize(
    ("distribution", "draw"),
    [
        (Uniform(), lambda rng, size: rng.uniform(0, 2 * np.pi, size)),
        (Gaussian(0.7), lambda rng, size: rng.normal(0, 0.7, size)),
        (SmallAngle(1.3), lambda rng, size: rng.uniform(-1.3, 1.3, size)),
    ],
)
def test_characteristic_functions(distribution, draw) -> None:
    angles = draw(np.random.default_rng(0), 10**6)
    for frequency in (0.0, 0.5, 1.0, 2.0, -1.5):
        expected = np.exp(1j * frequency * angles).mean()
        assert abs(distribution.characteristic(frequency) - expected) < 4e-3


def test_distributions_refuse_what_is_not_positive() -> None:
    with pytest.raises(InputError, match="`deviation` must be a positive"):
        Gaussian(0.0)
    with pytest.raises(InputError, match="`half_width` must be a positive"):
        SmallAngle(float("nan"))


@pytest.mark.parametrize("paulis", [(1,), (2,), (3,), (3, 1), (2, 2), (0, 3)])
def test_blocks_are_means_of_products_of_matrices(paulis) -> None:
    """Against a sum over many angles, for pairs of every difference, and their derivatives."""
    turns = [Turn(paulis, 1.0, 0.3), Turn(paulis[::-1], 0.5, 0.0)]
    found = LocalMap.turned(turns, Gaussian(0.8).characteristic)
    x, w = np.polynomial.hermite_e.hermegauss(24)
    w = w / w.sum()

    def matrix(theta):
        total = np.eye(4 ** len(paulis))
        for turn in turns:
            product = np.ones((1, 1))
            for pauli in turn.paulis:
                product = np.kron(ptm.PAULIS[pauli], product)
            half = (turn.rate * theta + turn.offset) / 2
            unitary = np.cos(half) * np.eye(len(product)) - 1j * np.sin(half) * product
            total = ptm.unitary_ptm(unitary) @ total
        return total

    step = 1e-5
    values = [matrix(0.8 * t) for t in x]
    slopes = [(matrix(0.8 * t + step) - matrix(0.8 * t - step)) / (2 * step) for t in x]
    mean = np.einsum("t,tij,tkl->ikjl", w, values, values)
    mean_slope = np.einsum("t,tij,tkl->ikjl", w, slopes, slopes)
    size = 4 ** len(paulis)
    for difference in range(size):
        total, total_slope = np.zeros((size, size, size)), np.zeros((size, size, size))
        for block in found.blocks(difference):
            partner = block.cols ^ block.difference
            total[block.rows, block.cols, partner] = block.values
            total_slope[block.rows, block.cols, partner] = block.slopes
        for row in range(size):
            np.testing.assert_allclose(total[row], mean[row, row ^ difference], atol=1e-10)
            expected = mean_slope[row, row ^ difference]
            np.testing.assert_allclose(total_slope[row], expected, atol=1e-8)
    np.testing.assert_allclose(found.average, np.tensordot(w, values, 1), atol=1e-10)


@pytest.mark.parametrize("name", CLIFFORDS)
def test_cliffords_are_linear_maps_of_bits(name) -> None:
    matrix = ptm.unitary_ptm(Operator(get_standard_gate_name_mapping()[name]).data)
    permutation = letter_permutation(matrix)
    assert permutation is not None
    masks = linear_bits(permutation)
    assert masks is not None

    def bits(letter):
        return [letter in (1, 2), letter in (2, 3)]

    for letters in itertools.product(range(4), repeat=1 if len(matrix) == 4 else 2):
        before = [bit for letter in letters for bit in bits(letter)]
        target = int(permutation[sum(letter << 2 * k for k, letter in enumerate(letters))])
        after = [bit for k in range(len(letters)) for bit in bits(target >> 2 * k & 3)]
        for k, bit in enumerate(after):
            assert bit == sum(b for i, b in enumerate(before) if int(masks[k]) >> i & 1) % 2


def test_observables_of_every_kind() -> None:
    operator = SparsePauliOp(["XIZ", "IZI", "XIZ"], [0.5, -2.0, 0.25])
    products = read_observable(operator, 3)
    assert len(products) == 2
    assert support(products) == {0, 1, 2}
    vector = dense(products, range(3))
    assert vector[3 + 16 * 1] == 0.75
    assert vector[4 * 3] == -2.0
    assert square_sum(products) == pytest.approx((vector**2).sum())
    projector = read_observable(SparseObservable.from_label("0+1"), 3)
    assert constant(projector) == pytest.approx(1 / 8)
    expected = SparsePauliOp.from_operator(
        np.kron(np.kron([[1, 0], [0, 0]], np.full((2, 2), 0.5)), [[0, 0], [0, 1]])
    )
    np.testing.assert_allclose(
        dense(projector, range(3)), dense(read_observable(expected, 3), range(3)), atol=1e-12
    )
    wide = read_observable(SparseObservable.from_label("0" * 40), 40)
    assert len(wide) == 1
    assert constant(wide) == pytest.approx(2.0**-40)


def test_readout_is_that_of_the_other_engines() -> None:
    readout = {0: Readout(0.1, 0.02), 2: Readout(0.0, 0.3)}
    operator = SparsePauliOp(["XIZ", "IZZ"], [0.5, -2.0])
    expected = dense(read_observable(with_readout(operator, readout), 3), range(3))
    found = dense(as_read(read_observable(operator, 3), readout), range(3))
    np.testing.assert_allclose(found, expected, atol=1e-14)


def test_observables_that_are_refused() -> None:
    with pytest.raises(InputError, match="must be Hermitian"):
        read_observable(SparsePauliOp("Z", 1j), 1)
    with pytest.raises(InputError, match="`observable` must be a Pauli string"):
        read_observable("ZQ", 2)
