"""Places of a circuit's own shape: convolutional networks cost fewer SWAPs, and stay the same."""

from __future__ import annotations

import math

import numpy as np
import pytest
from qiskit import QuantumCircuit, generate_preset_pass_manager

from nisqdl.circuits.build import build_model
from nisqdl.circuits.model import Model
from nisqdl.circuits.options import ModelOptions
from nisqdl.engines import find_engine
from nisqdl.noise.channels import IDEAL
from nisqdl.targets.cost import circuit_cost
from nisqdl.targets.device import Device
from nisqdl.targets.layout import good_graph
from nisqdl.targets.placement import connected, meetings, shaped_places
from nisqdl.targets.snapshots import find_device
from nisqdl.targets.target import restricted_target
from nisqdl.targets.transpile import transpile_model


def network(qubits: int, **ansatz: object) -> Model:
    depth = (qubits - 1).bit_length()
    given = {"name": "qcnn", "depth": depth, "convolution": "so4", **ansatz}
    return build_model(ModelOptions.model_validate({"ansatz": given}), qubits, 2)


def test_meetings_count_the_gates_that_a_pair_needs() -> None:
    circuit = QuantumCircuit(3)
    circuit.cx(1, 0)
    circuit.cz(0, 1)
    circuit.crz(0.3, 2, 1)
    circuit.h(2)
    assert meetings(circuit) == {(0, 1): 2, (1, 2): 2}


@pytest.mark.parametrize("device_name", ["fake_torino", "fake_berlin"])
def test_a_place_holds_each_qubit_once_and_all_ways_between(device_name: str) -> None:
    device = find_device(device_name)
    graph = good_graph(device)
    pairs = meetings(network(8, boundary="periodic").circuit)
    for place in shaped_places(device, 8, pairs, frozenset({5}), seed=3):
        assert len(set(place)) == len(place) >= 8
        assert set(place) <= set(connected(device, 8))
        reached, queue = {place[0]}, [place[0]]
        for qubit in queue:
            fresh = [near for near in graph.edges[qubit] if near in place and near not in reached]
            reached.update(fresh)
            queue.extend(fresh)
        assert set(place[:8]) <= reached


@pytest.mark.parametrize("qubits", [8, 16])
def test_the_inner_tree_needs_no_swap_on_a_square_lattice(qubits: int) -> None:
    """A CZ for each CX, two for each controlled rotation, and none more."""
    device, model = find_device("fake_berlin"), network(qubits)
    needed = sum(meetings(model.circuit).values())
    assert transpiled_gates(model, "fake_berlin") == needed
    plain = circuit_cost(transpile_model(model, device, schedule=False, seed=1), device)
    assert plain.two_qubit_gates > needed


def test_it_is_never_expected_to_be_worse_than_without() -> None:
    device = find_device("fake_torino")
    for ansatz in ({}, {"tree": "halves"}, {"boundary": "periodic"}):
        model = network(8, **ansatz)
        costs = [
            circuit_cost(
                transpile_model(model, device, schedule=False, seed=1, shaped=shaped), device
            )
            for shaped in (False, True)
        ]
        plain, shaped = (cost.expected_fidelity * cost.readout_fidelity for cost in costs)
        assert shaped >= plain


@pytest.mark.parametrize(
    ("device_name", "qubits", "boundary"),
    [
        ("fake_torino", 8, "open"),
        ("fake_torino", 8, "periodic"),
        ("fake_sherbrooke", 4, "open"),
    ],
)
def test_it_is_no_worse_than_qiskit_over_seeds(
    device_name: str, qubits: int, boundary: str
) -> None:
    """Qiskit's level 3 on the whole device, with seeds that the search does not use."""
    device, model = find_device(device_name), network(qubits, boundary=boundary)
    whole = connected(device, qubits)
    target = restricted_target(device, whole)
    theirs = []
    for seed in range(100, 105):
        passes = generate_preset_pass_manager(3, target=target, seed_transpiler=seed)
        theirs.append(two_qubit_cost(passes.run(model.circuit), device, whole))
    isa = transpile_model(model, device, schedule=False, seed=1, shaped=True)
    count, fidelity = two_qubit_cost(isa.circuit, device, isa.physical_qubits)
    counts, fidelities = zip(*theirs, strict=True)
    assert count <= np.median(counts) + 3  # a SWAP more may pay on better couplings …
    assert fidelity > 0.99 * np.median(fidelities)  # … and some fidelity for a better readout


def two_qubit_cost(
    circuit: QuantumCircuit, device: Device, place: tuple[int, ...]
) -> tuple[int, float]:
    """Two-qubit gates and the fidelity that the calibration gives all of them."""
    errors = {(one.name, one.qubits): one.error or 0.0 for one in device.gates}
    found = [
        1 - errors[g.operation.name, tuple(place[circuit.find_bit(q).index] for q in g.qubits)]
        for g in circuit.data
        if len(g.qubits) == 2
    ]
    return len(found), math.prod(found)


@pytest.mark.parametrize("device_name", ["fake_torino", "fake_berlin"])
def test_values_stay_those_of_the_logical_model(device_name: str) -> None:
    model = network(6, boundary="periodic", pooling="measured")
    isa = transpile_model(model, find_device(device_name), schedule=False, seed=1, shaped=True)
    rng = np.random.default_rng(2)
    rows, weights = rng.uniform(-1, 1, (4, 6)), rng.uniform(-3, 3, len(model.weights))
    engine = find_engine("statevector")
    np.testing.assert_allclose(
        engine.prepare(isa, IDEAL).values(rows, weights),
        engine.prepare(model, IDEAL).values(rows, weights),
        atol=1e-10,
    )


def transpiled_gates(model: Model, device_name: str) -> int:
    device = find_device(device_name)
    isa = transpile_model(model, device, schedule=False, seed=1, shaped=True)
    return int(circuit_cost(isa, device).two_qubit_gates)
