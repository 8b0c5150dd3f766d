"""Entanglers against Qiskit's n_local, and the others against their definition."""

from __future__ import annotations

import pytest
from qiskit.circuit.library import n_local

from nisqdl.circuits.entanglers import entangler_pairs
from nisqdl.errors import InputError

SHARED = ["linear", "reverse_linear", "circular", "full", "pairwise", "sca"]


@pytest.mark.parametrize("name", SHARED)
@pytest.mark.parametrize("num_qubits", range(2, 8))
def test_pairs_are_those_of_qiskit_layer_by_layer(name, num_qubits):
    layers = 9
    circuit = n_local(num_qubits, [], "cx", entanglement=name, reps=layers)
    reference = [
        tuple(circuit.find_bit(qubit).index for qubit in instruction.qubits)
        for instruction in circuit.data
    ]
    ours = [pair for layer in range(layers) for pair in entangler_pairs(name, num_qubits, layer)]
    assert ours == reference


def test_ranges_of_strongly_entangling_layers():
    # PennyLane's rule r = l mod (n − 1) + 1, written out for n = 4.
    expected = {
        0: ((0, 1), (1, 2), (2, 3), (3, 0)),
        1: ((0, 2), (1, 3), (2, 0), (3, 1)),
        2: ((0, 3), (1, 0), (2, 1), (3, 2)),
    }
    for layer in range(7):
        assert entangler_pairs("strided_ring", 4, layer) == expected[layer % 3]
    assert entangler_pairs("strided_ring", 2, 5) == ((0, 1), (1, 0))


def test_star_and_none():
    assert entangler_pairs("star", 4, 3) == ((0, 1), (0, 2), (0, 3))
    assert entangler_pairs("none", 4, 0) == ()


@pytest.mark.parametrize("name", [*SHARED, "star", "strided_ring", "none"])
def test_one_qubit_has_no_pairs(name):
    assert entangler_pairs(name, 1, 0) == ()


def test_device_takes_each_edge_once_as_first_given():
    edges = [(2, 1), (0, 1), (1, 2), (1, 0)]
    assert entangler_pairs("device", 3, 0, edges) == ((2, 1), (0, 1))


def test_wrong_edges_are_answered_in_a_sentence():
    with pytest.raises(InputError, match="takes the edges of a device, but there is no device"):
        entangler_pairs("device", 3, 0)
    with pytest.raises(InputError, match=r"from 0 to 2, but is \(1, 3\)"):
        entangler_pairs("device", 3, 0, [(0, 1), (1, 3)])
    with pytest.raises(InputError, match=r"is \(1, 1\)"):
        entangler_pairs("device", 3, 0, [(1, 1)])
    with pytest.raises(InputError, match="must be 'device' where edges are given, but is 'full'"):
        entangler_pairs("full", 3, 0, [(0, 1)])
    with pytest.raises(InputError, match="Did you mean 'linear'"):
        entangler_pairs("linera", 3, 0)
