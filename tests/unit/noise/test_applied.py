"""Recipes applied to devices: scale, channels, compact indices, and Qiskit Aer as the oracle."""

from __future__ import annotations

import math
import time
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.circuit import Measure, Parameter
from qiskit.circuit.library import CZGate, IGate, RZGate, SXGate, XGate
from qiskit.quantum_info import SuperOp
from qiskit.transpiler import InstructionProperties, QubitProperties, Target
from qiskit_aer.noise import NoiseModel

from nisqdl.errors import InputError
from nisqdl.noise.aer import aer_noise_model
from nisqdl.noise.applied import channels_for
from nisqdl.noise.calibrated import relaxation_fidelity
from nisqdl.noise.channels import GateNoise, NoiseChannels
from nisqdl.noise.recipe import find_recipe
from nisqdl.targets.device import Device, GateCalibration, QubitCalibration

OPERATIONS = {
    "id": IGate(),
    "sx": SXGate(),
    "x": XGate(),
    "cz": CZGate(),
    "rz": RZGate(Parameter("angle")),
}


def device(
    qubits: list[QubitCalibration], gates: list[GateCalibration], name: str = "testbed"
) -> Device:
    return Device(
        name=name,
        date="2025-02-26T00:00:00+00:00",
        processor="Heron r1",
        basis_gates=("cz", "id", "rz", "sx", "x"),
        qubits=tuple(qubits),
        gates=tuple(gates),
        coordinates=tuple((float(i), 0.0) for i in range(len(qubits))),
        dt_ns=1.0,
        source="Invented.",
    )


def line(num_qubits: int, rng: np.random.Generator, symmetric: bool = False) -> Device:
    """A random line of qubits, with the awkward values that real calibrations have."""
    qubits = []
    for _ in range(num_qubits):
        t1 = rng.uniform(20, 300)
        first, second = rng.uniform(0, 0.1, size=2)
        qubits.append(
            QubitCalibration(
                t1, t1 * rng.uniform(0.2, 2.5), first, first if symmetric else second, 1e3
            )
        )

    def error(size: float) -> float | None:
        awkward: list[float | None] = [None, 0.0, size / 1e4, 0.97]
        return awkward[rng.integers(4)] if rng.random() < 0.3 else size * rng.uniform(0.3, 3)

    gates = []
    for qubit in range(num_qubits):
        gates.append(GateCalibration("rz", (qubit,), 0.0, 0.0))
        for name in ("id", "sx", "x"):
            gates.append(GateCalibration(name, (qubit,), error(3e-4), 32.0))
        gates.append(GateCalibration("reset", (qubit,), None, 1000.0))
    for left in range(num_qubits - 1):
        for pair in ((left, left + 1), (left + 1, left)):
            gates.append(GateCalibration("cz", pair, error(5e-3), rng.choice([68.0, 500.0])))
    return device(qubits, gates)


def aers_own(source: Device, physical: tuple[int, ...]) -> NoiseModel:
    """``NoiseModel.from_backend`` for the sub-device of some qubits."""
    compact = {q: i for i, q in enumerate(physical)}
    target = Target(
        num_qubits=len(physical),
        qubit_properties=[
            QubitProperties(t1=source.qubits[q].t1_us * 1e-6, t2=source.qubits[q].t2_us * 1e-6)
            for q in physical
        ],
    )
    for name, operation in OPERATIONS.items():
        entries = {
            tuple(compact[q] for q in gate.qubits): InstructionProperties(
                duration=gate.duration_ns * 1e-9, error=gate.error
            )
            for gate in source.gates
            if gate.name == name and set(gate.qubits) <= set(physical)
        }
        if entries:
            target.add_instruction(operation, entries)
    target.add_instruction(
        Measure(),
        {
            (i,): InstructionProperties(error=source.qubits[q].p1_given_0)
            for i, q in enumerate(physical)
        },
    )
    return NoiseModel.from_backend(
        SimpleNamespace(
            version=2, target=target, operation_names=list(target.operation_names), dt=1e-9
        )
    )


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_calibrated_noise_equals_aers_own_device_model(seed: int) -> None:
    rng = np.random.default_rng(seed)
    source = line(5, rng, symmetric=True)
    physical = tuple(rng.permutation(5)[:3].tolist())
    ours = aer_noise_model(channels_for(find_recipe("calibrated"), source, physical))
    theirs = aers_own(source, physical)
    assert ours._local_quantum_errors.keys() == theirs._local_quantum_errors.keys()
    for name, entries in theirs._local_quantum_errors.items():
        assert ours._local_quantum_errors[name].keys() == entries.keys()
        for qubits, error in entries.items():
            mine = ours._local_quantum_errors[name][qubits]
            np.testing.assert_allclose(SuperOp(mine).data, SuperOp(error).data, atol=1e-10)
    assert ours._local_readout_errors == theirs._local_readout_errors


def infidelity(noise: GateNoise, num_qubits: int) -> float:
    fidelity = relaxation_fidelity(noise.relaxation) if noise.relaxation else 1.0
    dimension = 2**num_qubits
    return 1 - fidelity + noise.depolarizing * (dimension * fidelity - 1) / dimension


@pytest.mark.parametrize("scale", [0.01, 0.1, 0.5, 1.0, 2.0, 4.0, 10.0])
def test_infidelity_is_linear_in_the_scale(scale: float) -> None:
    qubits = [QubitCalibration(185.0, 141.0, 0.015, 0.03, 1e3)] * 2
    errors = {("sx", (0,)): 2.7e-4, ("x", (1,)): 1e-9, ("cz", (0, 1)): 4.2e-3}
    gates = [
        GateCalibration(name, on, error, 32.0 if len(on) == 1 else 68.0)
        for (name, on), error in errors.items()
    ]
    source = device(qubits, gates)
    at = channels_for(find_recipe("calibrated"), source, (0, 1), scale)
    one = channels_for(find_recipe("calibrated"), source, (0, 1))
    for key in errors:
        expected = scale * infidelity(one.gates[key], len(key[1]))
        assert infidelity(at.gates[key], len(key[1])) == pytest.approx(expected, rel=5e-3)
        if errors[key] > 1e-6:
            assert expected == pytest.approx(scale * errors[key], rel=1e-9)
    assert at.readout[0].p1_given_0 == pytest.approx(scale * 0.015)
    assert at.readout[0].p0_given_1 == pytest.approx(scale * 0.03)


def test_relaxation_beyond_the_reported_error_leaves_no_depolarizing() -> None:
    source = device(
        [QubitCalibration(10.0, 5.0, 0, 0, 1e3)], [GateCalibration("x", (0,), 1e-5, 60)]
    )
    noise = channels_for(find_recipe("calibrated"), source, (0,)).gates[("x", (0,))]
    assert noise.depolarizing == 0
    assert 1 - relaxation_fidelity(noise.relaxation) > 1e-5


def test_gates_are_compact_broken_ones_are_left_out_and_rz_is_virtual() -> None:
    good = QubitCalibration(100.0, 90.0, 0.01, 0.02, 1e3)
    gates = [
        *(GateCalibration("sx", (q,), 1e-3 * (q + 1), 32.0) for q in range(4)),
        *(GateCalibration("rz", (q,), 0.0, 0.0) for q in range(4)),
        GateCalibration("ecr", (1, 3), 0.01, 500.0),
        GateCalibration("ecr", (3, 2), 1.0, 500.0),
        GateCalibration("ecr", (0, 1), 0.01, 500.0),
        GateCalibration("measure", (1,), 0.01, 1000.0),
    ]
    found = channels_for(find_recipe("calibrated"), device([good] * 4, gates), (3, 1, 2))
    assert set(found.gates) == {("sx", (0,)), ("sx", (1,)), ("sx", (2,)), ("ecr", (1, 0))}
    assert infidelity(found.gates[("sx", (0,))], 1) == pytest.approx(4e-3)
    assert set(found.readout) == {0, 1, 2}
    assert not found.idle


def test_channels_are_switched_one_by_one() -> None:
    source = line(3, np.random.default_rng(5))

    def applied(*channels: str) -> NoiseChannels:
        return channels_for(find_recipe("calibrated"), source, (0, 1, 2), 1.0, channels)

    full = channels_for(find_recipe("calibrated"), source, (0, 1, 2))
    one = applied("one_qubit")
    assert {k: n for k, n in one.gates.items() if n != GateNoise()} == {
        k: n for k, n in full.gates.items() if len(k[1]) == 1 and n != GateNoise()
    }
    assert one.gates[("cz", (0, 1))] == GateNoise(), "noiseless, but known: the circuit stays ISA"
    assert not one.readout
    assert not applied("readout").gates
    assert applied("readout").readout == full.readout
    assert set(applied("idle").idle) == {0, 1, 2}
    t1, t2 = applied("idle").idle[0]
    assert t1 == pytest.approx(1e3 * source.qubits[0].t1_us)
    assert t2 <= 2 * t1
    assert applied().is_ideal


@pytest.mark.parametrize("name", ["ideal", "calibrated", "depolarizing", "thermal"])
def test_scale_zero_is_ideal(name: str) -> None:
    source = line(3, np.random.default_rng(6))
    assert channels_for(find_recipe(name), source, (0, 1), 0.0).is_ideal
    assert channels_for(find_recipe(name), source, (0, 1)).is_ideal == (name == "ideal")


def test_given_numbers_are_used_and_scaled() -> None:
    source = line(3, np.random.default_rng(7))
    recipe = find_recipe("depolarizing")
    found = channels_for(recipe, source, (2, 1), 2.0)
    assert found.name == "depolarizing ×2"
    assert found.gates[("sx", (0,))] == GateNoise(2 * recipe.one_qubit_p)
    assert found.gates[("cz", (1, 0))] == GateNoise(2 * recipe.two_qubit_p)
    assert found.readout[1].p1_given_0 == 2 * recipe.readout_p1_given_0
    strong = channels_for(recipe, source, (2, 1), 1e6)
    assert strong.gates[("sx", (0,))].depolarizing == 1.0
    assert strong.readout[0].p0_given_1 == 0.5
    thermal = find_recipe("thermal")
    relaxed = channels_for(thermal, source, (0, 1), 4.0, ("two_qubit", "idle"))
    assert relaxed.gates[("sx", (0,))] == GateNoise()
    (first, second) = relaxed.gates[("cz", (0, 1))].relaxation
    assert first == second
    assert (first.time_ns, first.t1_ns) == (thermal.two_qubit_ns, 1e3 * thermal.t1_us / 4)
    assert relaxed.idle[0] == (1e3 * thermal.t1_us / 4, 1e3 * thermal.t2_us / 4)


def test_wrong_input_is_answered_with_a_sentence() -> None:
    recipe = find_recipe("calibrated")
    incomplete = device([QubitCalibration(None, 90.0, None, 0.1, 1e3)], [])
    for scale in (-1.0, math.nan, math.inf):
        with pytest.raises(InputError, match="finite number of at least 0"):
            channels_for(recipe, incomplete, (0,), scale)
    with pytest.raises(InputError, match=r"testbed reports no T1 for qubit 0 on 2025-02-26"):
        channels_for(recipe, incomplete, (0,))
    with pytest.raises(InputError, match=r"testbed reports no readout error for qubit 0"):
        channels_for(recipe, incomplete, (0,), 1.0, ("readout",))
    with pytest.raises(InputError, match="qubits 0 to 0, but noise for qubit 1"):
        channels_for(recipe, incomplete, (1,))
    with pytest.raises(InputError, match="repeats one"):
        channels_for(recipe, incomplete, (0, 0))


def test_building_takes_milliseconds() -> None:
    source = line(133, np.random.default_rng(8))
    recipe = find_recipe("calibrated")
    times = []
    for _ in range(5):
        start = time.perf_counter()
        channels_for(recipe, source, (10, 11, 12, 13, 14))
        times.append(time.perf_counter() - start)
    assert min(times) < 0.01
