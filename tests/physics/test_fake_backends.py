"""The exact engine under the calibration of every fake backend of IBM's client, against Aer.

Aer reads each calibration itself (``NoiseModel.from_backend`` on a sub-device of three qubits,
since whole devices take it seconds) and runs the density matrix; readout confusion, which Aer's
expectation values leave out and its targets symmetrise, is applied by hand. Aer rounds its
channels, so nothing is asked of the agreement below 1e-8.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from qiskit.circuit import ParameterVector, QuantumCircuit
from qiskit.circuit.library import get_standard_gate_name_mapping
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel

from nisqdl import ExactEstimator
from nisqdl.engines.exact import ExactEngine
from nisqdl.errors import CapacityError
from nisqdl.noise.applied import channels_for
from nisqdl.noise.recipe import find_recipe
from nisqdl.targets.fakes import fake_device, fake_names
from nisqdl.targets.isa import IsaModel
from nisqdl.targets.layout import regions
from nisqdl.targets.target import restricted_target

QUBITS, GATES = 3, 24
WITHOUT_PAIRS = {"fake_kyoto"}
"""Every two-qubit error of its report is 1.0."""

PAULIS = {
    "I": np.eye(2, dtype=complex),
    "X": np.array([[0, 1], [1, 0]], dtype=complex),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1.0 + 0j, -1.0]),
}

pytestmark = pytest.mark.slow


def random_isa_model(device, target, physical, rng):
    """Native gates in the directions that the device has, delays, and a reset; angles of data,
    of weights, and not affine in either."""
    num_qubits, known = target.num_qubits, get_standard_gate_name_mapping()
    x, w = ParameterVector("x", 2), ParameterVector("w", 3)
    angles = [x[0], w[0], x[1] * w[1], 2 * (np.pi - x[0]) * (np.pi - x[1]), w[2] + w[0].sin(), 0.7]
    sites = [
        (name, qubits)
        for name in target.operation_names
        if name not in ("measure", "reset", "delay")
        for qubits in target[name]
    ]
    pairs = [site for site in sites if len(site[1]) == 2] or sites
    circuit = QuantumCircuit(num_qubits)
    for position in range(GATES):
        pool = pairs if position % 3 == 2 else sites
        name, qubits = pool[int(rng.integers(len(pool)))]
        gate = known[name]
        chosen = [angles[int(rng.integers(len(angles)))] for _ in gate.params]
        circuit.append(gate.base_class(*chosen), qubits)
        if position == GATES // 2:
            circuit.delay(500, int(rng.integers(num_qubits)), unit="ns")
            circuit.reset(int(rng.integers(num_qubits)))
    labels = ["".join(rng.choice(list("IXYZ"), num_qubits)) for _ in range(4)]
    sums = (SparsePauliOp("Z" * num_qubits), SparsePauliOp(labels, rng.normal(size=4)))
    return IsaModel(circuit, tuple(x), tuple(w), sums, physical, device.name)


def aers_own(device, target):
    """What Aer makes of the calibration."""
    return NoiseModel.from_backend(
        SimpleNamespace(
            version=2,
            target=target,
            operation_names=list(target.operation_names),
            dt=None if device.dt_ns is None else device.dt_ns * 1e-9,
        )
    )


def density_matrices(circuits, noise_model):
    simulator = AerSimulator(method="density_matrix", noise_model=noise_model)
    copies = [circuit.copy() for circuit in circuits]
    for circuit in copies:
        circuit.save_density_matrix()
    result = simulator.run(copies, shots=1).result()
    return [result.data(i)["density_matrix"].data for i in range(len(copies))]


def as_read(observable, confusion):
    """The observable's matrix with each factor seen through (P(1|0), P(0|1)) of its qubit."""
    total = 0
    for label, coefficient in observable.to_list():
        product = np.eye(1)
        for letter, (a, b) in zip(reversed(label), confusion, strict=True):
            factor = PAULIS[letter]
            if letter != "I":
                factor = (1 - a - b) * factor + (b - a) * PAULIS["I"]
            product = np.kron(factor, product)
        total = total + coefficient.real * product
    return total


@pytest.mark.parametrize("name", fake_names())
def test_values_under_the_calibration_are_aers(name):
    device = fake_device(name)
    size = min(QUBITS, device.num_qubits)
    if name in WITHOUT_PAIRS:
        with pytest.raises(CapacityError, match=r"faulty gates and qubits .* at most 1 in one"):
            regions(device, size, 1)
        size = 1
    (physical,) = regions(device, size, 1)
    rng = np.random.default_rng(fake_names().index(name))
    fractional = bool({"rx", "rzz"} & set(device.basis_gates))
    target = restricted_target(device, physical, fractional=fractional)
    model = random_isa_model(device, target, physical, rng)
    features, weights = rng.uniform(-2, 2, (2, 2)), rng.uniform(-2, 2, 3)
    numbers = [
        dict(zip((*model.features, *model.weights), (*sample, *weights), strict=True))
        for sample in features
    ]
    bound = [
        model.circuit.assign_parameters({p: each[p] for p in model.circuit.parameters})
        for each in numbers
    ]
    noise_model = aers_own(device, target)
    states = density_matrices(bound, noise_model)

    def expected(confusion):
        matrices = [as_read(observable, confusion) for observable in model.observables]
        return [[np.trace(state @ m).real for m in matrices] for state in states]

    noise = channels_for(find_recipe("calibrated_idle"), device, physical)
    found = ExactEngine().prepare(model, noise).values(features, weights)
    reported = [(device.qubits[q].p1_given_0, device.qubits[q].p0_given_1) for q in physical]
    np.testing.assert_allclose(found, expected(reported), atol=1e-8)

    estimator = ExactEstimator(noise_model, readout=False)
    order = list(model.circuit.parameters)
    rows = np.array([[each[p] for p in order] for each in numbers])
    pub = (model.circuit, [[o] for o in model.observables], rows)
    (result,) = estimator.run([pub]).result()
    np.testing.assert_allclose(result.data.evs.T, expected([(0, 0)] * size), atol=1e-8)
    # The noise is felt: what is compared is not the ideal circuit.
    ideal = density_matrices(bound, None)
    assert max(np.abs(a - b).max() for a, b in zip(states, ideal, strict=True)) > 1e-4
