"""The estimator against Qiskit's reference, and its statistics."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import (
    AnnotatedOperation,
    InverseModifier,
    Parameter,
    ParameterVector,
    library,
)
from qiskit.circuit.library import UnitaryGate
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparseObservable, SparsePauliOp, random_clifford, random_unitary
from qiskit.transpiler import CouplingMap

from nisqdl import DeviceNoise, ExactEstimator
from nisqdl.circuits.model import Model
from nisqdl.engines.aer import AerEngine
from nisqdl.errors import CapacityError, InputError
from nisqdl.noise.channels import GateNoise, NoiseChannels, Readout

seeds = st.integers(0, 2**32 - 1)


def random_circuit(rng, num_qubits, parameters):
    """Parametrised gates with expressions, a global phase, barriers and an opaque unitary."""
    circuit = QuantumCircuit(num_qubits, global_phase=parameters[0])
    expressions = [*parameters, parameters[0] * parameters[-1], 2 * parameters[1] - 0.3,
                   parameters[0].sin(), 0.7]  # fmt: skip
    for _ in range(12):
        a, b = rng.permutation(num_qubits)[:2].tolist()
        angle = expressions[rng.integers(len(expressions))]
        kind = rng.integers(8)
        if kind == 0:
            circuit.h(a)
        elif kind == 1:
            circuit.rx(angle, a)
        elif kind == 2:
            circuit.rzz(angle, a, b)
        elif kind == 3:
            circuit.cx(a, b)
        elif kind == 4:
            circuit.u(angle, 0.2, parameters[1], a)
        elif kind == 5:
            circuit.cp(angle, a, b)
        elif kind == 6:
            circuit.barrier()
        else:
            circuit.append(UnitaryGate(random_unitary(4, seed=rng)), [a, b])
    for parameter in parameters:
        circuit.ry(parameter, rng.integers(num_qubits))
    return circuit


def random_observables(rng, num_qubits, shape):
    def one():
        labels = ["".join(rng.choice(list("IXYZ"), num_qubits)) for _ in range(3)]
        return SparsePauliOp(["I" * num_qubits, *labels], rng.normal(size=4))

    array = np.empty(shape, dtype=object)
    for place in np.ndindex(*shape):
        array[place] = one()
    return array.tolist() if shape else array[()]


SHAPES = [
    ((), ()),
    ((5,), ()),
    ((), (3,)),
    ((4,), (4,)),
    ((4, 1), (3,)),
    ((2, 1, 3), (2, 1)),
    ((1,), (1, 2)),
    ((0,), ()),
    ((12,), (12,)),
]


@settings(deadline=None, max_examples=40)
@given(seed=seeds, shapes=st.sampled_from(SHAPES))
def test_pubs_broadcast_as_qiskits_reference(seed, shapes):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(2, 5))
    parameters = ParameterVector("v", 2)[:] + [Parameter("a"), Parameter("β")]
    circuit = random_circuit(rng, n, parameters)
    rows = rng.normal(size=(*shapes[0], 4))
    observables = random_observables(rng, n, shapes[1])
    split = {tuple(parameters[:2]): rows[..., :2], tuple(parameters[2:]): rows[..., 2:]}
    pubs = [(circuit, observables, rows), (circuit, observables, split), (circuit, "Z" * n, rows)]
    for found, reference in zip(
        ExactEstimator().run(pubs).result(), StatevectorEstimator().run(pubs).result(), strict=True
    ):
        assert found.data.evs.shape == reference.data.evs.shape == found.data.shape
        np.testing.assert_allclose(found.data.evs, reference.data.evs, atol=1e-10)
        np.testing.assert_array_equal(found.data.stds, 0)


@settings(deadline=None, max_examples=15)
@given(seed=seeds)
def test_laid_out_circuits_on_a_wide_device(seed):
    """Logical values survive layout, routing and 127 idle qubits."""
    rng = np.random.default_rng(seed)
    parameters = ParameterVector("v", 3)
    circuit = random_circuit(rng, 4, parameters[:])
    isa = transpile(
        circuit, coupling_map=CouplingMap.from_line(131), basis_gates=["rz", "sx", "x", "cz"],
        initial_layout=(100 - 9 * rng.permutation(4) // 3).tolist(), seed_transpiler=seed % 1000,
        optimization_level=1,
    )  # fmt: skip
    observable = random_observables(rng, 4, ())
    rows = rng.normal(size=(3, 3))
    reference = StatevectorEstimator().run([(circuit, observable, rows)]).result()[0]
    found = ExactEstimator().run([(isa, observable.apply_layout(isa.layout), rows)]).result()[0]
    np.testing.assert_allclose(found.data.evs, reference.data.evs, atol=1e-9)


def noisy_channels():
    gates = {("ry", (q,)): GateNoise(0.02) for q in range(3)}
    gates |= {("cx", (q, q + 1)): GateNoise(0.05) for q in range(2)}
    return NoiseChannels("toy", gates, {}, {0: Readout(0.02, 0.1), 2: Readout(0.05, 0.01)})


def noisy_circuit():
    a, b, c = ParameterVector("v", 3)
    circuit = QuantumCircuit(3)
    circuit.ry(a, 0)
    circuit.ry(b, 1)
    circuit.ry(1.1, 2)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    circuit.ry(c * a, 2)
    return circuit, (a, b, c)


def test_channels_give_what_the_aer_engine_gives():
    circuit, parameters = noisy_circuit()
    observables = (SparsePauliOp(["ZZZ", "XIZ"], [1, 0.5]), SparsePauliOp("IYI"))
    rows = np.random.default_rng(3).normal(size=(4, 3))
    model = Model(circuit, parameters, (), observables)
    expected = AerEngine().prepare(model, noisy_channels()).values(rows, np.empty(0))
    pub = (circuit, [[o] for o in observables], rows)
    found = ExactEstimator(noisy_channels()).run([pub]).result()[0].data.evs
    np.testing.assert_allclose(found, expected.T, atol=1e-8)


def test_device_noise_is_on_physical_qubits():
    """A recipe on a device: more of it means less contrast, and λ = 0 is ideal."""
    circuit = QuantumCircuit(133)
    circuit.sx(10)
    circuit.sx(10)
    values = {
        scale: ExactEstimator(DeviceNoise("torino", scale=scale))
        .run([(circuit, SparseObservable.from_sparse_list([("Z", [10], 1.0)], 133))])
        .result()[0].data.evs
        for scale in (0.0, 1.0, 5.0)
    }  # fmt: skip
    assert values[0.0] == pytest.approx(-1, abs=1e-12)
    assert -1 < values[1.0] < values[5.0] < 0
    circuit.h(10)
    with pytest.raises(InputError, match=r"gate h on qubit 10 .* without noise"):
        ExactEstimator(DeviceNoise("torino")).run([(circuit, "Z" * 133)]).result()


@pytest.mark.parametrize("noise", [None, noisy_channels()], ids=["ideal", "noisy"])
def test_standard_errors_are_those_of_the_scatter(noise):
    """z = (estimate − exact)/std of 3000 runs has mean 0, variance 1 and normal tails.

    Terms that share outcomes are correlated, so a standard error that adds their variances fails.
    Bounds are at 5 standard deviations: of the mean 1/√3000, of the variance √(2/3000) (plus what
    1000 shots leave of Student's t), of the share beyond 1.96.
    """
    circuit, _ = noisy_circuit()
    observable = SparsePauliOp(["ZZI", "ZIZ", "IZZ", "XXI", "III"], [1, 1, -1, 0.7, 3])
    row = [0.4, 0.9, -0.5]
    exact = ExactEstimator(noise).run([(circuit, observable, row)]).result()[0].data.evs
    estimator = ExactEstimator(noise, shots=1000, seed=5)
    data = estimator.run([(circuit, observable, np.tile(row, (3000, 1)))]).result()[0].data
    z = (data.evs - exact) / data.stds
    assert abs(z.mean()) < 5 / np.sqrt(3000)
    assert abs(z.var() - 1) < 5 * np.sqrt(2 / 3000) + 0.01
    assert abs((np.abs(z) > 1.96).mean() - 0.05) < 5 * np.sqrt(0.05 * 0.95 / 3000)


@pytest.mark.parametrize(
    ("arguments", "precision", "shots"),
    [
        ({}, None, 0),
        ({}, 0.0, 0),
        ({}, 0.1, 100),
        ({}, 0.03, 1112),
        ({"shots": 1000}, None, 1000),
        ({"shots": 1000}, 0.5, 4),
        ({"shots": 1000}, 0, 0),
    ],
)
def test_precision_and_shots_mean_what_qiskit_means(arguments, precision, shots):
    circuit = QuantumCircuit(1)
    circuit.ry(1.0, 0)
    result = ExactEstimator(seed=1, **arguments).run([(circuit, "Z")], precision=precision).result()
    assert result[0].metadata["shots"] == shots
    outcomes = (result[0].data.evs + 1) / 2 * shots
    assert outcomes == pytest.approx(round(float(outcomes)), abs=1e-9)  # a count of outcomes
    assert (result[0].data.stds > 0) == (shots > 0)
    assert -1 <= result[0].data.evs <= 1
    assert result.metadata == {"version": 2}


def test_precision_of_a_pub_goes_before_that_of_the_run():
    circuit = QuantumCircuit(1)
    pubs = [(circuit, "X", [], 0.25), (circuit, "X"), (circuit, "Z", [], 0.0)]
    result = ExactEstimator(seed=1).run(pubs, precision=0.1).result()
    assert [pub.metadata["shots"] for pub in result] == [16, 100, 0]
    assert [pub.metadata["target_precision"] for pub in result] == [0.25, 0.1, 0.0]
    assert result[2].data.stds == 0


def test_every_evaluation_has_its_own_numbers_and_the_seed_repeats_them():
    circuit = QuantumCircuit(1)
    circuit.h(0)
    pubs = [(circuit, "Z"), (circuit, "Z"), (circuit, "Z", np.empty((3, 0)))]

    def calls(seed):
        estimator = ExactEstimator(shots=4096, seed=seed)
        return [
            np.concatenate([np.atleast_1d(pub.data.evs) for pub in estimator.run(pubs).result()])
            for _ in range(2)
        ]

    first, again, other = calls(7), calls(7), calls(8)
    np.testing.assert_array_equal(first, again)
    assert len(np.unique(np.concatenate([*first, *other]))) > 15  # twenty numbers, few ties
    unseeded = [calls(None)[0][0] for _ in range(4)]
    assert len(set(unseeded)) > 1
    assert len(set(calls(np.random.default_rng(3))[0])) > 1


def test_one_shot_has_no_standard_error():
    circuit = QuantumCircuit(1)
    data = ExactEstimator(shots=1, seed=0).run([(circuit, "X")]).result()[0].data
    assert abs(data.evs) == 1
    assert np.isnan(data.stds)
    identity = ExactEstimator(shots=1, seed=0).run([(circuit, {"I": 2.0})]).result()[0].data
    assert (identity.evs, identity.stds) == (2.0, 0.0)


def test_projectors_are_observables():
    """Qiskit's observables may have projectors; each is (I ± P)/2, read through the confusion."""
    circuit = QuantumCircuit(2)
    circuit.ry(0.8, 0)
    circuit.h(1)
    confused = NoiseChannels(readout={0: Readout(0.1, 0.3)})
    values = [
        r.data.evs
        for r in ExactEstimator(confused)
        .run([(circuit, "I0"), (circuit, "+1"), (circuit, "I-"), (circuit, "lI")])
        .result()
    ]
    p0 = np.cos(0.4) ** 2
    read0 = 0.9 * p0 + 0.3 * (1 - p0)
    x = 0.6 * np.sin(0.8) + 0.2
    np.testing.assert_allclose(values, [read0, 1 - read0, (1 - x) / 2, 0.5], atol=1e-12)


def operations():
    a, b = Parameter("a"), Parameter("b")
    block = QuantumCircuit(2)
    block.ry(a * b, 0)
    block.cx(0, 1)
    return {
        "initialize": lambda c: c.initialize([0.6, 0, 0, 0.8j], [0, 2]),
        "clifford": lambda c: c.append(random_clifford(3, seed=1), [0, 1, 2]),
        "permutation": lambda c: c.append(library.PermutationGate([2, 0, 1]), [0, 1, 2]),
        "annotated": lambda c: c.append(
            AnnotatedOperation(library.RXGate(0.4), InverseModifier()), [0]
        ),
        "mcx": lambda c: c.mcx([0, 1], 2),
        "mcp": lambda c: c.mcp(a, [0, 1], 2),
        "open control": lambda c: c.cx(0, 1, ctrl_state=0),
        "cu": lambda c: c.cu(a, b, a, 0.3, 0, 1),
        "xx_plus_yy": lambda c: c.append(library.XXPlusYYGate(a, b), [0, 1]),
        "pauli": lambda c: c.pauli("XYZ", [0, 2, 1]),
        "block": lambda c: c.append(block.to_gate(), [2, 0]),
        "instruction": lambda c: c.append(block.to_instruction(), [2, 0]),
        "unitary": lambda c: c.unitary(random_unitary(8, seed=2), [0, 1, 2]),
        "qft": lambda c: c.append(library.QFTGate(3), [0, 1, 2]),
        "global phase": lambda c: c.append(library.GlobalPhaseGate(a), []),
    }


@pytest.mark.parametrize("name", operations())
def test_operations_of_every_kind(name):
    """By state vectors, and by density matrices under a noise that touches none of these."""
    circuit = QuantumCircuit(3)
    for qubit in range(3):
        circuit.ry(0.3 + qubit, qubit)
    operations()[name](circuit)
    pub = (circuit, [["ZZZ", "IXY", "YIX"]], [0.4, 0.9][: circuit.num_parameters])
    expected = StatevectorEstimator(seed=1).run([pub]).result()[0].data.evs
    untouched = NoiseChannels(gates={("sx", (0,)): GateNoise(0.1)})
    for noise in (None, untouched):
        found = ExactEstimator(noise, require_isa=False).run([pub]).result()[0].data.evs
        np.testing.assert_allclose(found, expected, atol=1e-9)


def test_resets_without_noise_are_exact():
    """The reference draws what a reset leaves of an entangled partner; here it is the average."""
    circuit = QuantumCircuit(2)
    circuit.ry(0.6, 0)
    circuit.cx(0, 1)
    circuit.reset(0)
    pubs = [(circuit, "IZ"), (circuit, "ZI"), (circuit, "XI")]
    values = [r.data.evs for r in ExactEstimator().run(pubs).result()]
    np.testing.assert_allclose(values, [1, np.cos(0.6), 0], atol=1e-12)


def test_a_circuit_that_has_changed_is_another_circuit():
    estimator = ExactEstimator()
    circuit = QuantumCircuit(1)
    unitary = UnitaryGate(np.eye(2))
    circuit.append(unitary, [0])
    assert estimator.run([(circuit, "Z")]).result()[0].data.evs == pytest.approx(1)
    circuit.x(0)
    assert estimator.run([(circuit, "Z")]).result()[0].data.evs == pytest.approx(-1)
    circuit.data[1] = circuit.data[0]
    assert estimator.run([(circuit, "Z")]).result()[0].data.evs == pytest.approx(1)
    circuit.data[0] = circuit.data[0].replace(operation=UnitaryGate(np.array([[0, 1], [1, 0]])))
    assert estimator.run([(circuit, "Z")]).result()[0].data.evs == pytest.approx(-1)


def test_equal_circuits_are_lowered_once(monkeypatch):
    from nisqdl.engines.primitives import programs

    lowered = []
    original = programs.lower_under
    monkeypatch.setattr(
        programs, "lower_under", lambda *given: lowered.append(1) or original(*given)
    )
    estimator = ExactEstimator(noisy_channels())
    rows = np.random.default_rng(0).normal(size=(6, 3))
    rows[:, 1] = 0.3
    for _ in range(3):
        circuit, _ = noisy_circuit()
        estimator.run([(circuit.copy(), "ZZZ", rows), (circuit, "ZZZ", rows[:3])]).result()
    # New parameters of the same name are other parameters, so three circuits; and one row, in
    # which nothing varies, takes the program that is there.
    assert len(lowered) == 3
    estimator.run([(circuit, "ZZZ", rows[0])]).result()
    assert len(lowered) == 3


def test_programs_are_kept_within_bounds(monkeypatch):
    from nisqdl.engines.primitives import programs

    monkeypatch.setattr(programs, "MOST_PROGRAMS", 3)
    estimator = ExactEstimator()
    for angle in (0.1, 0.2, 0.3, 0.4, 0.5, 0.1):
        circuit = QuantumCircuit(1)
        circuit.ry(angle, 0)
        value = estimator.run([(circuit, "Z")]).result()[0].data.evs
        assert value == pytest.approx(np.cos(angle))
    assert len(estimator.programs._kept) == 3


def test_wrong_input_is_answered_in_a_sentence():
    circuit = QuantumCircuit(1, 1)
    for bad in (0, -1, 2.5, True, "many"):
        with pytest.raises(InputError, match="`shots` must be an integer of at least 1"):
            ExactEstimator(shots=bad)
    for bad in (-1, 0.5, True):
        with pytest.raises(InputError, match="`seed` must be"):
            ExactEstimator(seed=bad)
    with pytest.raises(InputError, match="`precision` must be a finite number"):
        ExactEstimator().run([(circuit, "Z")], precision=float("nan")).result()
    measured = circuit.copy()
    measured.measure(0, 0)
    with pytest.raises(InputError, match="no gate waits for the outcome"):
        ExactEstimator().run([(measured, "Z")]).result()
    flow = QuantumCircuit(1, 1)
    with flow.if_test((flow.clbits[0], 1)):
        flow.x(0)
    with pytest.raises(InputError, match="no measurement before it has written"):
        ExactEstimator().run([(flow, "Z")]).result()
    wide = QuantumCircuit(12)
    for qubit in range(12):
        wide.ry(0.3, qubit)
    for qubit in range(11):
        wide.cx(qubit, qubit + 1)
    noise = NoiseChannels(gates={("ry", (0,)): GateNoise(0.1)})
    with pytest.raises(CapacityError, match="GiB"):
        ExactEstimator(noise, memory_gib=0.1, require_isa=False).run([(wide, "Z" * 12)]).result()
    assert ExactEstimator().run([(circuit, "Z")]).result()[0].data.evs == pytest.approx(1)
