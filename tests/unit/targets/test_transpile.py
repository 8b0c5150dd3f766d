"""ISA models against the logical ones: values, gates, delays, cost, bytes."""

from __future__ import annotations

import base64
import dataclasses
import json
import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Parameter, ParameterVector
from qiskit.quantum_info import SparsePauliOp, Statevector

from nisqdl.circuits.model import Model
from nisqdl.errors import CapacityError, InputError
from nisqdl.targets.cost import circuit_cost, gate_table
from nisqdl.targets.device import Device
from nisqdl.targets.faults import faults
from nisqdl.targets.isa import IsaModel
from nisqdl.targets.layout import good_graph, region_edges, regions, varied_regions
from nisqdl.targets.relocation import relocations
from nisqdl.targets.serial import isa_from_bytes, isa_to_bytes
from nisqdl.targets.snapshots import find_device
from nisqdl.targets.target import restricted_target
from nisqdl.targets.transpile import scheduled, transpile_model

DEVICES = ["torino", "kingston", "boston", "sherbrooke", "brussels", "miami", "manila"]
PAIRS = {
    "none": lambda n: [],
    "linear": lambda n: [(i, i + 1) for i in range(n - 1)],
    "circular": lambda n: [(n - 1, 0)] * (n > 2) + [(i, i + 1) for i in range(n - 1)],
    "full": lambda n: [(i, j) for i in range(n) for j in range(i + 1, n)],
    "star": lambda n: [(0, i) for i in range(1, n)],
}


def _model(n: int, depth: int, pairs: list[tuple[int, int]], seed: int) -> Model:
    rng = np.random.default_rng(seed)
    features, weights = ParameterVector("x", n), ParameterVector("w", n * (depth + 1))
    circuit = QuantumCircuit(n, global_phase=0.3)
    for qubit in range(n):
        circuit.rx(features[qubit] * (qubit + 1), qubit)
    for layer in range(depth + 1):
        for qubit in range(n):
            circuit.ry(weights[n * layer + qubit], qubit)
        if layer < depth:
            circuit.barrier()
            for first, second in pairs:
                circuit.cx(first, second)
    if n > 1:
        circuit.swap(0, n - 1)
    labels = ["".join(rng.choice(list("IXYZ"), n)) for _ in range(4)]
    observables = (
        SparsePauliOp.from_list([(label, rng.normal()) for label in labels]),
        SparsePauliOp("I" * (n - 1) + "Z"),
    )
    return Model(circuit, tuple(features), tuple(weights), observables)


def _values(model: Model | IsaModel, features: np.ndarray, weights: np.ndarray) -> np.ndarray:
    binding = dict(zip((*model.features, *model.weights), (*features, *weights), strict=True))
    circuit = QuantumCircuit(model.circuit.num_qubits)
    for step in model.circuit.data:
        if step.operation.name not in ("delay", "barrier"):
            circuit.append(step)
    present = {p: value for p, value in binding.items() if p in circuit.parameters}
    state = Statevector(circuit.assign_parameters(present))
    return np.array([state.expectation_value(op).real for op in model.observables])


def _assert_same_values(model: Model, isa: IsaModel, seed: int) -> None:
    rng = np.random.default_rng(seed)
    assert isa.features == model.features
    assert isa.weights == model.weights
    for _ in range(3):
        features = rng.normal(size=len(model.features))
        weights = rng.normal(size=len(model.weights)) * 3
        assert _values(isa, features, weights) == pytest.approx(
            _values(model, features, weights), abs=1e-9
        )


def _assert_usable(isa: IsaModel, device: Device) -> None:
    assert len(isa.physical_qubits) == len(set(isa.physical_qubits)) == isa.num_qubits
    assert all(op.num_qubits == isa.num_qubits for op in isa.observables)
    broken, table = faults(device), gate_table(device)
    target = restricted_target(device, isa.physical_qubits)
    for step in isa.circuit.data:
        qubits = tuple(isa.circuit.find_bit(qubit).index for qubit in step.qubits)
        physical = tuple(isa.physical_qubits[qubit] for qubit in qubits)
        assert target.instruction_supported(step.operation.name, qubits)
        if step.operation.name != "delay":
            assert (step.operation.name, physical) in table
            assert broken.allow(step.operation.name, physical)


@settings(max_examples=30, deadline=None)
@given(
    name=st.sampled_from(DEVICES),
    n=st.integers(1, 5),
    depth=st.integers(0, 2),
    shape=st.sampled_from(sorted(PAIRS)),
    schedule=st.booleans(),
    seed=st.integers(0, 2**40),
)
def test_the_isa_model_has_the_logical_models_values(
    name: str, n: int, depth: int, shape: str, schedule: bool, seed: int
) -> None:
    device = find_device(name)
    model = _model(n, depth, PAIRS[shape](n), seed)
    isa = transpile_model(model, device, schedule=schedule, seed=seed, candidates=2)
    _assert_same_values(model, isa, seed)
    _assert_usable(isa, device)
    assert isa.device == f"{device.name}@{device.date[:10]}"


def test_all_pauli_strings_together_fix_the_state() -> None:
    model = _model(4, 2, PAIRS["full"](4), 5)
    strings = ("".join("IXYZ"[(i >> 2 * q) & 3] for q in range(4)) for i in range(256))
    model = dataclasses.replace(model, observables=tuple(map(SparsePauliOp, strings)))
    isa = transpile_model(model, find_device("boston"), schedule=False, seed=3)
    _assert_same_values(model, isa, 1)


@pytest.mark.parametrize("name", ["torino", "sherbrooke", "miami"])
def test_idle_qubits_are_dropped_and_measured_ones_kept(name: str) -> None:
    weight = Parameter("w")
    circuit = QuantumCircuit(4)
    circuit.ry(weight, 1)
    circuit.cx(1, 2)
    for label, count in (("IIZI", 2), ("ZIZI", 3), ("IIII", 2)):
        model = Model(circuit, (), (weight,), (SparsePauliOp(label),))
        isa = transpile_model(model, find_device(name), schedule=True, seed=0)
        assert isa.num_qubits == count
        _assert_same_values(model, isa, 1)
    empty = Model(QuantumCircuit(2), (), (weight,), (SparsePauliOp("II", 0.5),))
    isa = transpile_model(empty, find_device(name), schedule=True, seed=0)
    assert isa.num_qubits == 1
    _assert_same_values(empty, isa, 1)


@pytest.mark.parametrize("name", DEVICES)
def test_a_model_on_a_regions_own_edges_stays_where_it_was_put(name: str) -> None:
    device = find_device(name)
    for region in varied_regions(device, 5, 3):
        pairs = region_edges(device, region)
        model = _model(5, 3, pairs, 2)
        model = dataclasses.replace(model, circuit=_without_swap(model.circuit))
        isa = transpile_model(model, device, schedule=False, seed=1, region=region)
        assert isa.physical_qubits == region
        assert circuit_cost(isa, device).two_qubit_gates == 3 * len(pairs)
        assert [op.to_list() for op in isa.observables] == [
            op.to_list() for op in model.observables
        ]
        _assert_same_values(model, isa, 3)


def _without_swap(circuit: QuantumCircuit) -> QuantumCircuit:
    result = circuit.copy_empty_like()
    for step in circuit.data:
        if step.operation.name != "swap":
            result.append(step)
    return result


def test_what_does_not_fit_is_refused() -> None:
    manila = find_device("manila")
    with pytest.raises(CapacityError, match="needs 6 qubits, but manila has 5"):
        transpile_model(_model(6, 1, [], 0), manila, schedule=False, seed=0)
    with pytest.raises(CapacityError, match="kyoto has at most 1 in one piece"):
        transpile_model(_model(2, 1, [], 0), find_device("fake_kyoto"), schedule=False, seed=0)
    with pytest.raises(InputError, match="region must have 3 qubits as the model, but has 2"):
        transpile_model(_model(3, 1, [], 0), manila, schedule=False, seed=0, region=(0, 1))
    with pytest.raises(InputError, match="connected region"):
        transpile_model(_model(2, 1, [(0, 1)], 0), manila, schedule=False, seed=0, region=(0, 4))
    measured = _model(2, 1, [], 0)
    measured.circuit.measure_all()
    with pytest.raises(InputError, match="no measurements but those that its gates wait for"):
        transpile_model(measured, manila, schedule=False, seed=0)


@settings(max_examples=25, deadline=None)
@given(name=st.sampled_from(DEVICES[:-1]), n=st.integers(1, 12))
def test_regions_are_connected_distinct_without_faults_and_ranked(name: str, n: int) -> None:
    device = find_device(name)
    graph, found = good_graph(device), regions(device, n, 50)
    assert found == regions(device, n, 50)
    assert len({frozenset(region) for region in found}) == len(found) == 50
    for region in found:
        assert len(set(region)) == n
        assert not set(region) & set(faults(device).qubits)
        reached = {0}
        for _ in range(n):
            reached |= {j for e in region_edges(device, region) for j in e if set(e) & reached}
        assert reached == set(range(n))
        assert all(region[j] in graph.edges[region[i]] for i, j in region_edges(device, region))


@pytest.mark.parametrize("name", DEVICES)
def test_the_best_small_region_is_the_best_of_all(name: str) -> None:
    """Oracle: every connected set of three qubits, its two best edges, its readout."""
    device = find_device(name)
    graph = good_graph(device)
    scores = {}
    for middle, near in graph.edges.items():
        for first in near:
            for second in near:
                if first < second:
                    region = frozenset((first, middle, second))
                    score = near[first] + near[second] + sum(graph.readout[q] for q in region)
                    scores[region] = max(score, scores.get(region, -math.inf))
    best = max(scores, key=lambda region: scores[region])
    assert frozenset(regions(device, 3, 1)[0]) == best


@pytest.mark.parametrize("name", ["torino", "sherbrooke", "miami"])
def test_relocations_are_of_the_same_shape_and_the_best(name: str) -> None:
    """Oracle: all lines of three qubits, by the fidelity of 5 and 1 gates and one readout."""
    device = find_device(name)
    graph = good_graph(device)
    line = next(r for r in regions(device, 3, 50) if region_edges(device, r) == [(0, 1), (1, 2)])
    found = relocations(device, line, {(0, 1): 5, (1, 2): 1}, {2}, 10)
    every = {
        (a, b, c): 5 * near[a] + near[c] + graph.readout[c]
        for b, near in graph.edges.items()
        for a in near
        for c in near
        if a != c and a not in graph.edges[c]
    }
    assert max(every.values()) == pytest.approx(found[0][0])
    for score, region in found:
        assert region_edges(device, region) == [(0, 1), (1, 2)]
        assert every[region] == pytest.approx(score)


@pytest.mark.parametrize("name", ["torino", "sherbrooke"])
def test_delays_are_those_of_qiskits_alap(name: str) -> None:
    device = find_device(name)
    model = _model(4, 2, PAIRS["circular"](4), 1)
    plain = transpile_model(model, device, schedule=False, seed=1)
    ours = scheduled(plain, device)
    target = restricted_target(device, plain.physical_qubits)
    theirs = transpile(
        plain.circuit,
        target=target,
        scheduling_method="alap",
        optimization_level=0,
        initial_layout=list(range(plain.num_qubits)),
    )
    assert ours.circuit.parameters == plain.circuit.parameters
    ours_ns, theirs_ns = _inner_delays(ours.circuit, 1.0), _inner_delays(theirs, device.dt_ns)
    for mine, other in zip(ours_ns, theirs_ns, strict=True):
        # Qiskit rounds to multiples of dt.
        assert mine == pytest.approx(other, abs=2 * device.dt_ns)
    assert sum(map(sum, ours_ns)) > 0
    assert circuit_cost(ours, device).duration_ns == pytest.approx(
        circuit_cost(plain, device).duration_ns
    )


def _inner_delays(circuit: QuantumCircuit, unit_ns: float) -> list[list[float]]:
    """Delays in ns on each qubit, in order, without those before its first gate."""
    found: list[list[float]] = [[] for _ in circuit.qubits]
    started = [False] * circuit.num_qubits
    for step in circuit.data:
        for qubit in step.qubits:
            index = circuit.find_bit(qubit).index
            if step.operation.name != "delay":
                started[index] = True
            elif started[index] and step.operation.duration:
                found[index].append(step.operation.duration * unit_ns)
    return found


def test_scheduling_and_cost_refuse_other_circuits() -> None:
    manila = find_device("manila")
    circuit = QuantumCircuit(2)
    circuit.h(0)
    isa = IsaModel(circuit, (), (), (), (0, 1), "manila@2024-05-27")
    with pytest.raises(InputError, match=r"'h' on \[0\]\. Transpile it"):
        scheduled(isa, manila)
    with pytest.raises(InputError, match=r"'h' on \[0\]\. Transpile it"):
        circuit_cost(isa, manila)


def test_cost_of_a_circuit_counted_by_hand() -> None:
    manila = find_device("manila")
    circuit = QuantumCircuit(3)
    circuit.sx(0)
    circuit.rz(0.3, 1)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    circuit.x(0)
    isa = IsaModel(circuit, (), (), (SparsePauliOp("IZZ"),), (3, 2, 1), "manila@2024-05-27")
    table = gate_table(manila)
    sx, first, second, x = (
        table[key] for key in [("sx", (3,)), ("cx", (3, 2)), ("cx", (2, 1)), ("x", (3,))]
    )
    cost = circuit_cost(isa, manila)
    assert (cost.qubits, cost.depth, cost.gates) == (3, 3, 5)
    assert (cost.two_qubit_gates, cost.two_qubit_depth) == (2, 2)
    assert cost.duration_ns == pytest.approx(
        sx.duration_ns + first.duration_ns + second.duration_ns
    )
    assert cost.expected_fidelity == pytest.approx(
        (1 - sx.error) * (1 - first.error) * (1 - second.error) * (1 - x.error)
    )
    readout = [1 - (manila.qubits[q].p1_given_0 + manila.qubits[q].p0_given_1) / 2 for q in (3, 2)]
    assert cost.readout_fidelity == pytest.approx(math.prod(readout))


@pytest.mark.parametrize("schedule", [False, True])
@pytest.mark.parametrize("n", [1, 2, 4])
def test_bytes_give_the_same_model_back(n: int, schedule: bool) -> None:
    isa = transpile_model(
        _model(n, 2, PAIRS["full"](n), 7),
        find_device("sherbrooke"),
        schedule=schedule,
        seed=7,
    )
    again = isa_from_bytes(isa_to_bytes(isa))
    assert again.circuit == isa.circuit
    for field in ("features", "weights", "physical_qubits", "device", "observables"):
        assert getattr(again, field) == getattr(isa, field)
    assert isa_to_bytes(again) == isa_to_bytes(isa)
    if n > 2:
        waits = [step.operation for step in again.circuit.data if step.operation.name == "delay"]
        assert bool(waits) == schedule
        assert {wait.unit for wait in waits} <= {"ns"}
    by_name = {parameter.name: parameter for parameter in again.circuit.parameters}
    for parameter in (*again.features, *again.weights):
        assert by_name.get(parameter.name, parameter) == parameter


def test_parameters_that_are_gone_from_the_circuit_survive() -> None:
    weights, lone = ParameterVector("w", 4), Parameter("lone")
    circuit = QuantumCircuit(2)
    circuit.ry(weights[2], 0)
    circuit.cx(0, 1)
    circuit.rz(weights[0], 1)  # no observable sees it, so it may go; the others never were there
    model = Model(circuit, (lone,), tuple(weights), (SparsePauliOp("ZZ"), SparsePauliOp("ZI")))
    isa = transpile_model(model, find_device("boston"), schedule=True, seed=0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = isa_from_bytes(isa_to_bytes(isa))
    assert again.features == (lone,)
    assert again.weights == tuple(weights)
    _assert_same_values(model, again, 0)


def test_damaged_bytes_are_refused_in_a_sentence() -> None:
    isa = transpile_model(_model(2, 1, [(0, 1)], 0), find_device("manila"), schedule=False, seed=0)
    content = isa_to_bytes(isa)
    for length in range(0, len(content), 41):
        with pytest.raises(InputError, match="damaged or cut off"):
            isa_from_bytes(content[:length])
    for key in json.loads(content):
        document = json.loads(content)
        del document[key]
        with pytest.raises(InputError, match=r"damaged or cut off|must have the version"):
            isa_from_bytes(json.dumps(document).encode())
        for wrong in (None, 3, "x", [1], {}):
            document[key] = wrong
            if key == "device" and isinstance(wrong, str):
                continue
            with pytest.raises(InputError):
                isa_from_bytes(json.dumps(document).encode())
    document = json.loads(content)
    circuit = bytearray(base64.b64decode(document["qpy"]))
    circuit[60] ^= 1
    document["qpy"] = base64.b64encode(bytes(circuit)).decode()
    with pytest.raises(InputError, match="checksum"):
        isa_from_bytes(json.dumps(document).encode(), "run/isa.json")
    for other in (b"[]", b"\xff\xff", b"null"):
        with pytest.raises(InputError):
            isa_from_bytes(other)
