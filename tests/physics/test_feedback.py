"""Measurements in mid-circuit: against the deferred form, and against Aer branch by branch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator

from nisqdl import ExactEstimator, gradient_variance
from nisqdl.circuits.build import build_model
from nisqdl.circuits.control_flow import awaited
from nisqdl.circuits.model import Model
from nisqdl.circuits.options import ModelOptions
from nisqdl.engines import find_engine
from nisqdl.engines.exact import ExactEngine
from nisqdl.engines.exact.feedback import plan
from nisqdl.errors import InputError
from nisqdl.noise.aer import aer_noise_model
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import IDEAL, GateNoise, NoiseChannels, Readout, Relaxation
from nisqdl.noise.readout import with_readout
from nisqdl.noise.recipe import find_recipe
from nisqdl.studies.gradient_variance import GradientVarianceOptions
from nisqdl.studies.noise_accuracy import NoiseAccuracyOptions
from nisqdl.targets.cost import circuit_cost
from nisqdl.targets.serial import isa_from_bytes, isa_to_bytes
from nisqdl.targets.snapshots import find_device
from nisqdl.targets.transpile import transpile_model

QUBITS = 3


def aer_by_branches(circuit: QuantumCircuit, noise: NoiseChannels, op: SparsePauliOp) -> float:
    """⟨op⟩ as read: every true outcome and every wrong reading is a branch of its own.

    Aer runs what lies between two measurements on a density matrix, with its own noise model. A
    branch is an unnormalised matrix and the bits as they were read.
    """
    simulator = AerSimulator(method="density_matrix", noise_model=aer_noise_model(noise))
    size = 2**circuit.num_qubits
    start = np.zeros((size, size), dtype=complex)
    start[0, 0] = 1.0
    branches: list[tuple[np.ndarray, dict[object, int]]] = [(start, {})]
    between: list[object] = []
    for instruction in [*circuit.data, None]:
        if instruction is not None and instruction.operation.name != "measure":
            between.append(instruction)
            continue
        branches = _run_between(simulator, circuit, between, branches)
        between = []
        if instruction is not None:
            qubit = circuit.find_bit(instruction.qubits[0]).index
            confusion = noise.readout.get(qubit, Readout(0.0, 0.0))
            branches = _measured(branches, qubit, instruction.clbits[0], confusion)
    matrix = with_readout(op, noise.readout).to_matrix()
    return float(sum(np.trace(matrix @ state) for state, _ in branches).real)


def _run_between(
    simulator: AerSimulator,
    circuit: QuantumCircuit,
    between: Sequence[object],
    branches: list[tuple[np.ndarray, dict[object, int]]],
) -> list[tuple[np.ndarray, dict[object, int]]]:
    circuits = []
    for state, bits in branches:
        part = QuantumCircuit(circuit.num_qubits)
        part.set_density_matrix(state / np.trace(state))
        for instruction in between:
            places = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
            if instruction.operation.name != "if_else":
                part.append(instruction.operation, places)
                continue
            bit, value = awaited(instruction)
            block = instruction.operation.blocks[0 if bits[bit] == value else -1]
            if bits[bit] == value or len(instruction.operation.blocks) > 1:
                for inner in block.data:
                    at = [places[block.find_bit(qubit).index] for qubit in inner.qubits]
                    part.append(inner.operation, at)
        part.save_density_matrix()
        circuits.append(part)
    result = simulator.run(circuits, shots=1).result()
    return [
        (np.trace(state) * np.asarray(result.data(number)["density_matrix"]), bits)
        for number, (state, bits) in enumerate(branches)
    ]


def _measured(
    branches: list[tuple[np.ndarray, dict[object, int]]], qubit: int, bit: object, wrong: Readout
) -> list[tuple[np.ndarray, dict[object, int]]]:
    found = []
    for state, bits in branches:
        ones = (np.arange(len(state)) >> qubit) & 1
        for true in (0, 1):
            kept = np.where(ones == true, 1.0, 0.0)
            projected = kept[:, None] * state * kept[None, :]
            for read in (0, 1):
                flip = wrong.p0_given_1 if true else wrong.p1_given_0
                weight = flip if read != true else 1 - flip
                if weight * np.trace(projected).real > 1e-14:
                    found.append((weight * projected, {**bits, bit: read}))
    return found


def random_noise(rng: np.random.Generator) -> NoiseChannels:
    def relaxation() -> Relaxation:
        t1 = rng.uniform(2e3, 2e4)
        return Relaxation(rng.uniform(10, 400), t1, rng.uniform(0.2, 1.9) * t1)

    gates: dict[tuple[str, tuple[int, ...]], GateNoise] = {}
    for qubit in range(QUBITS):
        for name in ("sx", "x", "rx"):
            gates[name, (qubit,)] = GateNoise(rng.uniform(0, 0.1), (relaxation(),))
        for other in range(QUBITS):
            if other != qubit:
                both = (relaxation(), relaxation())
                gates["cz", (qubit, other)] = GateNoise(rng.uniform(0, 0.2), both)
    return NoiseChannels(
        "random",
        gates,
        {qubit: (rng.uniform(2e3, 2e4), rng.uniform(1e3, 2e3)) for qubit in range(QUBITS)},
        {q: Readout(rng.uniform(0, 0.3), rng.uniform(0, 0.3)) for q in range(QUBITS)},
    )


def random_circuit(rng: np.random.Generator, measurements: int, length: int) -> QuantumCircuit:
    """Gates, delays, resets, measurements and gates that wait, in any order, qubits used again."""
    circuit = QuantumCircuit(QUBITS, 2)
    angles = iter(ParameterVector("w", 4 * length + 8))

    def lay_gates(count: int, on: Sequence[int]) -> None:
        for _ in range(count):
            qubit = int(rng.choice(on))
            kind = rng.integers(0, 6 if len(on) > 1 else 3)
            if kind == 0:
                circuit.rx(next(angles), qubit)
            elif kind == 1:
                circuit.rz(next(angles), qubit)
            elif kind == 2:
                circuit.sx(qubit)
            elif kind == 3:
                circuit.cz(qubit, (qubit + 1) % QUBITS)
            elif kind == 4:
                circuit.delay(float(rng.uniform(0, 900)), qubit, unit="ns")
            else:
                circuit.reset(qubit)

    written: list[int] = []
    everywhere = range(QUBITS)
    lay_gates(length, everywhere)
    for _ in range(measurements):
        written.append(int(rng.integers(0, 2)))
        circuit.measure(int(rng.integers(0, QUBITS)), written[-1])
        lay_gates(int(rng.integers(0, 3)), everywhere)
        for number in range(int(rng.integers(1, 3))):
            waiting = int(rng.integers(0, QUBITS))
            bit = written[-1] if number == 0 else int(rng.choice(written))
            condition = (circuit.clbits[bit], int(rng.integers(0, 2)))
            with circuit.if_test(condition) as otherwise:
                lay_gates(2, [waiting])
            if rng.integers(0, 2):
                with otherwise:
                    lay_gates(1, [waiting])
        lay_gates(int(rng.integers(0, 3)), everywhere)
    return circuit


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2**32 - 1), st.integers(1, 3))
def test_values_are_aer_s_over_all_branches(seed: int, measurements: int) -> None:
    rng = np.random.default_rng(seed)
    circuit, noise = random_circuit(rng, measurements, 6), random_noise(rng)
    label = "".join(rng.choice(list("IXYZ"), QUBITS))
    op = SparsePauliOp.from_list([(label, 0.7), ("IIZ", -0.4)])
    weights = tuple(circuit.parameters)
    model = Model(circuit, (), weights, (op,))
    at = rng.uniform(-np.pi, np.pi, len(weights))
    value = ExactEngine().prepare(model, noise).values(np.zeros((1, 0)), at)[0, 0]
    bound = circuit.assign_parameters(dict(zip(weights, at, strict=True)))
    assert value == pytest.approx(aer_by_branches(bound, noise, op), abs=1e-8)


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 2**32 - 1))
def test_gradient_is_that_of_finite_differences(seed: int) -> None:
    rng = np.random.default_rng(seed)
    circuit, noise = random_circuit(rng, 2, 5), random_noise(rng)
    weights = tuple(circuit.parameters)
    model = Model(circuit, (), weights, (SparsePauliOp("ZZZ"), SparsePauliOp("IXI")))
    evaluator = ExactEngine().prepare(model, noise)
    at, none = rng.uniform(-np.pi, np.pi, len(weights)), np.zeros((1, 0))
    pulls = rng.normal(size=(1, 2))
    _, gradient = evaluator.values_and_gradient(none, at, lambda values: pulls)
    step = 1e-5
    for number in range(len(weights)):
        moved = np.eye(len(weights))[number] * step
        up, down = evaluator.values(none, at + moved), evaluator.values(none, at - moved)
        slope = float((pulls * (up - down)).sum() / (2 * step))
        assert gradient[number] == pytest.approx(slope, abs=1e-8)


def test_aer_samples_of_the_circuit_itself_agree() -> None:
    """Aer's own control flow and readout errors, by shots: within five standard errors."""
    rng = np.random.default_rng(5)
    noise, shots = random_noise(rng), 10_000
    for _ in range(2):
        circuit = random_circuit(rng, 2, 5)
        weights = tuple(circuit.parameters)
        at = rng.uniform(-np.pi, np.pi, len(weights))
        model = Model(circuit, (), weights, (SparsePauliOp("ZZI"),))
        exact = ExactEngine().prepare(model, noise).values(np.zeros((1, 0)), at)[0, 0]
        bound = circuit.assign_parameters(dict(zip(weights, at, strict=True)))
        bound.measure_all()
        simulator = AerSimulator(noise_model=aer_noise_model(noise), seed_simulator=1)
        counts: Mapping[str, int] = simulator.run(bound, shots=shots).result().get_counts()
        mean = sum(n * (-1) ** (key[0] + key[1]).count("1") for key, n in counts.items()) / shots
        assert mean == pytest.approx(exact, abs=5 * np.sqrt((1 - exact**2) / shots) + 1e-12)


POOLINGS = ("controlled", "zx", "measured")


def qcnn(pooling: str, qubits: int, depth: int, **options: object) -> Model:
    ansatz = {"name": "qcnn", "depth": depth, "pooling": pooling, "convolution": "so4", **options}
    return build_model(ModelOptions.model_validate({"ansatz": ansatz}), qubits, 2)


@settings(deadline=None, max_examples=20)
@given(
    st.integers(4, 7),
    st.integers(1, 2),
    st.sampled_from(POOLINGS),
    st.sampled_from(["inner", "first", "halves"]),
    st.booleans(),
    st.integers(0, 2**32 - 1),
)
def test_dynamic_pooling_is_the_deferred_one_without_noise(
    qubits: int, depth: int, pooling: str, tree: str, shared: bool, seed: int
) -> None:
    deferred = qcnn(pooling, qubits, depth, tree=tree, shared=shared)
    dynamic = qcnn(f"{pooling}_dynamic", qubits, depth, tree=tree, shared=shared)
    assert dynamic.circuit.num_nonlocal_gates() < deferred.circuit.num_nonlocal_gates()
    rng = np.random.default_rng(seed)
    rows = rng.uniform(-1.5, 1.5, (3, qubits))
    weights = rng.uniform(-np.pi, np.pi, len(deferred.weights))
    plain = find_engine("statevector").prepare(deferred, IDEAL)
    waiting = find_engine("exact").prepare(dynamic, IDEAL)
    wanted = plain.values_and_gradient(rows, weights, lambda values: values)
    found = waiting.values_and_gradient(rows, weights, lambda values: values)
    for one, other in zip(found, wanted, strict=True):
        assert one == pytest.approx(other, abs=1e-12)


def test_a_transpiled_dynamic_network_is_aer_s_on_the_device() -> None:
    device = find_device("torino")
    model = qcnn("measured_dynamic", 4, 2)
    isa = transpile_model(model, device, schedule=True, seed=1, shaped=True)
    isa = isa_from_bytes(isa_to_bytes(isa))
    rng = np.random.default_rng(2)
    row, weights = rng.uniform(-1, 1, (1, 4)), rng.uniform(-3, 3, len(model.weights))
    ideal = find_engine("exact").prepare(model, IDEAL).values(row, weights)
    placed = find_engine("exact").prepare(isa, IDEAL).values(row, weights)
    assert placed == pytest.approx(ideal, abs=1e-12)
    noise = channels_for(find_recipe("calibrated_idle"), device, isa.physical_qubits)
    value = find_engine("exact").prepare(isa, noise).values(row, weights)[0, 0]
    parameters = dict(zip((*isa.features, *isa.weights), (*row[0], *weights), strict=True))
    known = {p: v for p, v in parameters.items() if p in isa.circuit.parameters}
    bound = isa.circuit.assign_parameters(known)
    assert value == pytest.approx(aer_by_branches(bound, noise, isa.observables[0]), abs=1e-8)
    assert value != pytest.approx(ideal[0, 0], abs=1e-3)


def test_a_dynamic_network_costs_time_instead_of_gates() -> None:
    device = find_device("torino")
    costs = {}
    for pooling in ("measured", "measured_dynamic"):
        isa = transpile_model(qcnn(pooling, 4, 1), device, schedule=False, seed=1, shaped=True)
        costs[pooling] = circuit_cost(isa, device), isa
    deferred, dynamic = costs["measured"][0], costs["measured_dynamic"][0]
    assert dynamic.two_qubit_gates < deferred.two_qubit_gates
    # Two qubits are measured side by side, for as long as the calibration says.
    isa = costs["measured_dynamic"][1]
    readout = {
        device.qubits[isa.physical_qubits[isa.circuit.find_bit(one.qubits[0]).index]].readout_ns
        for one in isa.circuit.data
        if one.operation.name == "measure"
    }
    assert dynamic.duration_ns > min(readout)
    assert deferred.duration_ns < min(readout) + dynamic.duration_ns
    # Without idle noise the wait costs nothing; with it, it does.
    assert dynamic.readout_fidelity < deferred.readout_fidelity


def test_a_scheduled_wait_is_the_measurement_s() -> None:
    device = find_device("torino")
    circuit = QuantumCircuit(2, 1)
    circuit.sx([0, 1])
    circuit.cz(0, 1)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(1)
    circuit.sx(1)
    model = Model(circuit, (), (), (SparsePauliOp("ZI"),))
    isa = transpile_model(model, device, schedule=True, seed=1, region=(5, 6))
    other = {q: device.qubits[p].readout_ns for q, p in enumerate(isa.physical_qubits)}
    waits = {
        isa.circuit.find_bit(one.qubits[0]).index: one.operation.duration
        for one in isa.circuit.data
        if one.operation.name == "delay"
    }
    measured = next(
        isa.circuit.find_bit(one.qubits[0]).index
        for one in isa.circuit.data
        if one.operation.name == "measure"
    )
    waiting = 1 - measured
    # sx after the CZ on either qubit shortens the wait by no more than itself.
    assert waits[waiting] == pytest.approx(other[measured], abs=100)


def test_one_spare_qubit_serves_outcomes_that_are_waited_for_in_turn() -> None:
    circuit = QuantumCircuit(3, 3)
    circuit.h(range(3))
    for qubit in range(3):
        circuit.measure(qubit, qubit)
    for qubit in range(3):
        with circuit.if_test((circuit.clbits[qubit], 1)):
            circuit.x((qubit + 1) % 3)
        circuit.h(qubit)
    # The third need not be read before nobody waits for the first any more.
    assert plan(circuit, observed=[0, 1, 2]).spares == 2
    late = QuantumCircuit(3, 3)
    for qubit in range(3):
        late.h(range(3))
        late.measure(qubit, qubit)
        with late.if_test((late.clbits[qubit], 1)):
            late.x((qubit + 1) % 3)
    assert plan(late, observed=[0, 1, 2]).spares == 1
    alone = QuantumCircuit(2, 1)
    alone.h(0)
    alone.measure(0, 0)
    with alone.if_test((alone.clbits[0], 1)):
        alone.x(1)
    assert plan(alone, observed=[1]).spares == 0  # the measured qubit holds its outcome itself


def test_what_is_not_taken_is_refused_in_a_sentence() -> None:
    circuit = QuantumCircuit(3, 2)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.cz(1, 2)
    model = Model(circuit, (), (), (SparsePauliOp("IIZ"),))
    with pytest.raises(InputError, match="on two qubits waits for an outcome"):
        ExactEngine().prepare(model, IDEAL)
    early = QuantumCircuit(2, 1)
    with early.if_test((early.clbits[0], 1)):
        early.x(0)
    with pytest.raises(InputError, match="no measurement before it has written"):
        ExactEngine().prepare(Model(early, (), (), (SparsePauliOp("IZ"),)), IDEAL)
    several = QuantumCircuit(2, 2)
    several.measure([0, 1], [0, 1])
    with several.if_test((several.cregs[0], 3)):
        several.x(0)
    with pytest.raises(InputError, match="must wait for one bit"):
        ExactEngine().prepare(Model(several, (), (), (SparsePauliOp("IZ"),)), IDEAL)
    loop = QuantumCircuit(1)
    with loop.for_loop(range(2)):
        loop.x(0)
    with pytest.raises(InputError, match="Remove other control flow"):
        ExactEngine().prepare(Model(loop, (), (), (SparsePauliOp("Z"),)), IDEAL)
    dynamic = qcnn("zx_dynamic", 4, 1)
    for engine in ("statevector", "aer"):
        with pytest.raises(InputError):
            find_engine(engine).prepare(dynamic, IDEAL)


def test_the_estimator_takes_such_circuits_under_aer_s_noise_models() -> None:
    rng = np.random.default_rng(8)
    circuit, noise = random_circuit(rng, 2, 6), random_noise(rng)
    op = SparsePauliOp("ZIZ")
    at = rng.uniform(-np.pi, np.pi, circuit.num_parameters)
    estimator = ExactEstimator(aer_noise_model(noise))
    value = estimator.run([(circuit, op, at)]).result()[0].data.evs
    bound = circuit.assign_parameters(at)
    assert float(value) == pytest.approx(aer_by_branches(bound, noise, op), abs=1e-8)


def test_files_say_which_pooling_measures_nothing_where_none_can() -> None:
    model = {"ansatz": {"name": "qcnn", "pooling": "zx_dynamic"}}
    data = {"name": "iris", "features": 4, "classes": [0, 1], "train": 40, "test": 40}
    file = {"dataset": data, "target": "fake_manila", "model": model}
    for engine, reason in (("runtime", "primitive: sampler"), ("aer", "takes gates only")):
        with pytest.raises(ValidationError, match=f"{reason}.*choose 'zx'"):
            NoiseAccuracyOptions.model_validate({**file, "engine": engine})
    NoiseAccuracyOptions.model_validate(file)
    with pytest.raises(ValidationError, match="choose 'zx'"):
        GradientVarianceOptions.model_validate({"model": model})
    with pytest.raises(InputError, match="Pauli paths take gates only"):
        gradient_variance(qcnn("zx_dynamic", 4, 1).circuit, SparsePauliOp("ZIII"))
