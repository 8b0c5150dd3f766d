"""Threads: work is shared out whole, where it pays, and numbers do not depend on it."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest
from qiskit.circuit import ParameterVector, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from nisqdl.circuits.model import Model
from nisqdl.engines.exact import ExactEngine
from nisqdl.engines.kernels import threads
from nisqdl.engines.statevector import StatevectorEngine
from nisqdl.noise.channels import IDEAL, GateNoise, NoiseChannels, Readout
from nisqdl.runner.pool import _environment


@pytest.fixture
def eager(monkeypatch):
    """Any work is worth a thread."""
    monkeypatch.setattr(threads, "GRAIN", 1)


def test_every_item_is_done_once_in_as_many_threads_as_pay(monkeypatch):
    monkeypatch.setattr(threads, "GRAIN", 100)
    for count, most, cost, expected in (
        (10, 4, 1000, 4), (3, 4, 1000, 3), (10, 4, 25, 2), (10, 4, 5, 1), (0, 4, 9, 1),
        (5, 1, 9e9, 1),
    ):  # fmt: skip
        done, lock = [], threading.Lock()

        def work(first, stop, done=done, lock=lock):
            with lock:
                done.append((first, stop))

        threads.share_out(count, most, cost, work)
        assert len(done) == expected
        assert sorted(i for first, stop in done for i in range(first, stop)) == list(range(count))


def test_an_error_in_a_thread_is_raised(eager):
    def work(first, stop):
        if first:
            raise ValueError("of the second half")

    with pytest.raises(ValueError, match="second half"):
        threads.share_out(2, 2, 1e9, work)


def test_as_many_as_cores_and_one_in_the_runners_workers(monkeypatch):
    monkeypatch.delenv("NUMBA_NUM_THREADS", raising=False)
    assert threads.usable_threads() == len(os.sched_getaffinity(0))
    assert threads.usable_threads(3) == 3
    monkeypatch.setenv("NUMBA_NUM_THREADS", _environment()["NUMBA_NUM_THREADS"])
    assert threads.usable_threads() == 1


def reuploading(num_qubits, layers, outputs):
    x, w = ParameterVector("x", 2), ParameterVector("w", layers * num_qubits)
    circuit = QuantumCircuit(num_qubits)
    for layer in range(layers):
        for qubit in range(num_qubits):
            circuit.ry(x[qubit % 2], qubit)
            circuit.rx(w[layer * num_qubits + qubit], qubit)
        for qubit in range(num_qubits - 1):
            circuit.cx(qubit, qubit + 1)
    labels = ["Z" * num_qubits, "X" + "I" * (num_qubits - 2) + "Y"][:outputs]
    return Model(circuit, tuple(x), tuple(w), tuple(SparsePauliOp(label) for label in labels))


def noise_of(model):
    gates = {
        (i.operation.name, tuple(model.circuit.find_bit(q).index for q in i.qubits)): GateNoise(
            0.01
        )
        for i in model.circuit.data
    }
    return NoiseChannels("strong", gates, {}, {0: Readout(0.03, 0.05)})


@pytest.mark.parametrize("num_qubits", [3, 7])
@pytest.mark.parametrize("outputs", [1, 2])
@pytest.mark.parametrize("memory_gib", [1.0, 2e-3])
def test_the_exact_engine_gives_the_same_numbers(eager, num_qubits, outputs, memory_gib):
    model = reuploading(num_qubits, 2, outputs)
    rng = np.random.default_rng(5)
    features, weights = rng.normal(size=(19, 2)), rng.normal(size=len(model.weights))
    target = rng.normal(size=(19, outputs))
    found = []
    for count in (1, 2, 5):
        prepared = ExactEngine(threads=count).prepare(model, noise_of(model))
        one = type(prepared)(prepared.lowered, int(memory_gib * 2**30), count)
        found.append(
            [
                one.values(features, weights),
                *one.values_and_gradient(features, weights, lambda v: 2 * (v - target)),
                *one.jacobian(features, weights),
            ]
        )
    for others in found[1:]:
        for single, several in zip(found[0], others, strict=True):
            np.testing.assert_array_equal(single, several)


@pytest.mark.parametrize("num_qubits", [3, 11])
def test_the_statevector_engine_gives_the_same_numbers(eager, num_qubits):
    model = reuploading(num_qubits, 2, 2)
    rng = np.random.default_rng(5)
    features, weights = rng.normal(size=(19, 2)), rng.normal(size=(40, len(model.weights)))
    found = []
    for count in (1, 2, 5):
        one = StatevectorEngine(threads=count).prepare(model, IDEAL)
        found.append(
            [
                *one.values_and_gradient(features, weights[0], np.ones_like),
                *one.gradients_over_weights(features[0], weights),
            ]
        )
    for others in found[1:]:
        for single, several in zip(found[0], others, strict=True):
            np.testing.assert_array_equal(single, several)
