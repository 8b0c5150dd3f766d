"""The gradient against central differences and Qiskit Machine Learning's parameter shift."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.circuit import ParameterVector
from qiskit.primitives import StatevectorEstimator
from qiskit.quantum_info import SparsePauliOp
from qiskit_machine_learning.gradients import ParamShiftEstimatorGradient

from nisqdl import ExactEstimator, ExactGradient
from nisqdl.errors import InputError
from nisqdl.noise.channels import GateNoise, NoiseChannels, Readout

seeds = st.integers(0, 2**32 - 1)

NOISE = NoiseChannels(
    "toy",
    {("ry", (q,)): GateNoise(0.03) for q in range(3)} | {("cx", (0, 1)): GateNoise(0.05)},
    {},
    {0: Readout(0.02, 0.1), 1: Readout(0.1, 0.0)},
)


def circuits(parameters):
    """Shared parameters, expressions that are not affine, and a second, different circuit."""
    a, b, c = parameters
    first = QuantumCircuit(3)
    first.ry(a * b, 0)
    first.ry(c.sin() + a**2, 1)
    first.cx(0, 1)
    first.rz(2 * c, 1)
    first.ry(a / 2, 1)
    second = QuantumCircuit(3)
    second.ry(b, 0)
    second.ry(b, 2)
    return first, second


@pytest.mark.parametrize("noise", [None, NOISE], ids=["ideal", "noisy"])
@settings(deadline=None, max_examples=8)
@given(seed=seeds)
def test_gradients_are_central_differences(noise, seed):
    rng = np.random.default_rng(seed)
    parameters = ParameterVector("v", 3)
    first, second = circuits(parameters)
    observables = [SparsePauliOp(["IZZ", "IXY"], rng.normal(size=2)), SparsePauliOp("ZIX")]
    asked = [first, second, first, first]
    chosen = [observables[i] for i in (0, 1, 1, 0)]
    rows = [rng.normal(size=circuit.num_parameters) for circuit in asked]
    wanted = [[parameters[2], parameters[0]], None, None, [parameters[1]]]
    estimator = ExactEstimator(noise, require_isa=False)
    result = ExactGradient(estimator).run(asked, chosen, rows, parameters=wanted).result()

    step = 1e-5
    for circuit, observable, row, own, found, told in zip(
        asked, chosen, rows, wanted, result.gradients, result.metadata, strict=True
    ):
        names = list(circuit.parameters)
        own = names if own is None else own
        assert list(told["parameters"]) == list(own)
        shifted = np.concatenate([np.eye(len(names)), -np.eye(len(names))]) * step + row
        values = estimator.run([(circuit, observable, shifted)]).result()[0].data.evs
        slopes = (values[: len(names)] - values[len(names) :]) / (2 * step)
        np.testing.assert_allclose(found, slopes[[names.index(p) for p in own]], atol=1e-8)


def test_gradients_are_those_of_the_parameter_shift():
    a, b = ParameterVector("v", 2)
    circuit = QuantumCircuit(2)
    circuit.ry(a, 0)
    circuit.rx(2 * b + a, 1)
    circuit.cx(0, 1)
    circuit.rzz(a, 0, 1)
    observables = [SparsePauliOp(["ZX", "IY"], [1, 0.5]), SparsePauliOp("ZZ")]
    given_rows = [[0.3, -0.4], [1.0, 2.0]]
    shift = ParamShiftEstimatorGradient(StatevectorEstimator())
    expected = shift.run([circuit] * 2, observables, given_rows).result().gradients
    found = ExactGradient().run([circuit] * 2, observables, given_rows).result().gradients
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_it_is_exact_where_the_estimator_draws_shots():
    a = ParameterVector("v", 1)
    circuit = QuantumCircuit(1)
    circuit.ry(a[0], 0)
    gradient = ExactGradient(ExactEstimator(shots=10, seed=1))
    found = gradient.run([circuit], [SparsePauliOp("Z")], [[0.7]]).result().gradients[0]
    np.testing.assert_allclose(found, [-np.sin(0.7)], atol=1e-12)


def test_wrong_estimators_and_options_are_refused():
    with pytest.raises(InputError, match=r"must be a nisqdl\.ExactEstimator, but is Statevector"):
        ExactGradient(StatevectorEstimator())
    circuit = QuantumCircuit(1)
    circuit.ry(ParameterVector("v", 1)[0], 0)
    arguments = ([circuit], [SparsePauliOp("Z")], [[0.7]])
    with pytest.raises(InputError, match="no option 'seed'"):
        ExactGradient().run(*arguments, seed=3).result()
    with pytest.raises(InputError, match="ExactGradient is exact, but the option `shots` is 100"):
        ExactGradient().run(*arguments, shots=100).result()
    assert ExactGradient().run(*arguments, precision=0).result().options.precision == 0


def test_without_qiskit_machine_learning_it_says_what_to_install(monkeypatch):
    monkeypatch.delitem(sys.modules, "nisqdl.engines.primitives.gradient")
    monkeypatch.setitem(sys.modules, "qiskit_machine_learning.gradients", None)
    import nisqdl

    with pytest.raises(InputError, match=r"nisqdl\[qml\]"):
        _ = nisqdl.ExactGradient
