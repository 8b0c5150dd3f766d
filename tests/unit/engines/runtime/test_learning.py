"""Learning noise for PEC and PEA: counts against the client's programs, values against exact."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from nisqdl.engines.runtime.adapter import pub_of
from nisqdl.engines.runtime.estimate import (
    calibration_executions,
    estimate,
    request_executions,
)
from nisqdl.engines.runtime.learned import LayerModel, LayerNoise
from nisqdl.engines.runtime.learning import detached, layers_of, learner, reference, with_noise
from nisqdl.engines.runtime.local import learn_locally, measure_locally
from nisqdl.engines.runtime.options import Execution, NoiseLearning, Pec, Twirling, Zne
from nisqdl.engines.runtime.request import (
    Request,
    learned_from_bytes,
    learned_to_bytes,
    request_from_bytes,
    request_to_bytes,
)
from nisqdl.noise.applied import channels_for
from nisqdl.studies.hardware import with_learned
from nisqdl.studies.named import recipe_named
from nisqdl.targets.isa import IsaModel
from nisqdl.targets.snapshots import find_device

TORINO = find_device("torino")
PLACE = (80, 92, 99, 98)
"""A chain of torino's whose gates are among its best."""
QUICK = NoiseLearning(depths=(0, 2, 8), num_randomizations=16, shots_per_randomization=64)


def request(execution: Execution, pairs: list[tuple[int, int]], qubits: int = 4) -> Request:
    """Rotated qubits, entangled along the pairs; two rows of one angle."""
    theta = Parameter("θ")
    circuit = QuantumCircuit(qubits)
    for qubit in range(qubits):
        circuit.sx(qubit)
        circuit.rz(theta, qubit)
        circuit.sx(qubit)
    for pair in pairs:
        circuit.cz(*pair)
        circuit.rz(0.3, pair[0])
    observables = (SparsePauliOp("I" * (qubits - 1) + "Z"), SparsePauliOp("Z" * qubits))
    isa = IsaModel(circuit, (theta,), (), observables, PLACE[:qubits], "torino@2025-02-26")
    return Request(isa, np.array([[0.4], [1.1]]), execution, "ibm_torino")


pairs_of_chain = st.lists(st.sampled_from([(0, 1), (1, 2), (2, 3)]), min_size=1, max_size=6)


@settings(max_examples=5, deadline=None)
@given(pairs_of_chain, st.lists(st.integers(0, 6), min_size=2, max_size=4, unique=True))
def test_learning_takes_the_executions_that_the_client_prepares(
    pairs: list[tuple[int, int]], depths: list[int]
) -> None:
    from qiskit_aer import AerSimulator
    from qiskit_ibm_runtime.executor_noise_learner.prepare import prepare

    from nisqdl.targets.target import restricted_target

    learning = NoiseLearning(depths=tuple(depths), num_randomizations=3, shots_per_randomization=5)
    asked = request(Execution(pec=Pec(), noise_learning=learning), pairs)
    here = replace(asked, isa=replace(asked.isa, physical_qubits=(0, 1, 2, 3)), learns=True)
    backend = AerSimulator(target=restricted_target(TORINO, PLACE))
    layers = layers_of(detached(here.execution), here, 4)
    program, _ = prepare(layers, learner(backend, here.execution).options, backend)
    counted = program.shots * sum(item.size() for item in program.items)
    assert request_executions(here) == counted
    assert estimate([replace(asked, learns=True)], TORINO).executions == counted


@settings(max_examples=5, deadline=None)
@given(
    pairs_of_chain,
    st.floats(0.0, 0.2),
    st.sampled_from([None, 0.0, 0.5]),
    st.floats(1.0, 20.0),
    st.integers(1, 3000),
)
def test_cancellation_takes_the_executions_that_the_client_prepares(
    pairs: list[tuple[int, int]], rate: float, gain: float | None, most: float, shots: int
) -> None:
    from qiskit_ibm_runtime.executor_estimator.prepare import prepare

    execution = Execution(pec=Pec(max_overhead=most, noise_gain=gain), shots=shots)
    asked = request(execution, pairs)
    layers = layers_of(detached(execution), asked, 133)
    model = tuple(LayerNoise(reference(layer), 4, (("X", (0,), rate),)) for layer in layers)
    model = tuple(
        replace(noise, qubits=len(layer.qubits)) for noise, layer in zip(model, layers, strict=True)
    )
    # γ by its definition: each occurrence of a layer multiplies it by exp(2 λ).
    learned = replace(asked, learned=LayerModel(model, 1.0))
    client = detached(execution)
    with_noise(client, learned, 133)
    program, _ = prepare([pub_of(learned, slice(None), 133)], client.options)
    full = detached(execution.model_copy(update={"pec": Pec(noise_gain=0.0)}))
    with_noise(full, learned, 133)
    whole, _ = prepare([pub_of(learned, slice(None), 133)], full.options)
    gamma = whole.passthrough_data["qiskit_mitigation"][0]["pec_gamma"]
    learned = replace(asked, learned=LayerModel(model, gamma))
    counted = program.shots * sum(item.size() for item in program.items)
    assert counted == request_executions(learned) + calibration_executions(execution)


@pytest.mark.slow
def test_cancelling_and_amplifying_learned_noise_find_the_exact_values() -> None:
    execution = Execution(pec=Pec(), shots=16384, noise_learning=QUICK)
    asked = request(execution, [(0, 1), (1, 2)] * 4, qubits=3)
    noise = channels_for(
        recipe_named("calibrated"), TORINO, asked.isa.physical_qubits, 3.0, ("two_qubit", "readout")
    )
    learned = learn_locally(replace(asked, learns=True), TORINO, noise, seed=3)
    assert learned_from_bytes(learned_to_bytes(learned)) == learned
    assert 1.1 < learned.model.gamma < 2
    asked = replace(asked, learned=learned.model)
    assert request_from_bytes(request_to_bytes(asked)).learned == learned.model
    exact = np.array(
        [
            [Statevector(circuit).expectation_value(op).real for op in asked.isa.observables]
            for circuit in map(asked.isa.circuit.assign_parameters, [[0.4], [1.1]])
        ]
    )
    plain = replace(asked, execution=Execution(shots=16384), learned=None)
    raw = measure_locally(plain, TORINO, noise, seed=1)
    cancelled = measure_locally(asked, TORINO, noise, seed=1)
    zne = Zne(amplifier="pea", noise_factors=(1.0, 2.0, 3.0), extrapolator=("exponential",))
    # Noise is injected at random: few random circuits would leave that chance in the values.
    many = Twirling(num_randomizations=512)
    pea = Execution(zne=zne, shots=65536, noise_learning=QUICK, twirling=many)
    amplified = measure_locally(replace(asked, execution=pea), TORINO, noise, seed=1)
    # The learned rates themselves are uncertain by some percent of the noise that they cancel.
    allowed = 5 * cancelled.stderr + 0.15 * np.abs(raw.values - exact)
    assert np.all(np.abs(cancelled.values - exact) < allowed)
    assert np.abs(cancelled.values - exact).max() < 0.7 * np.abs(raw.values - exact).max()
    worst = np.unravel_index(np.abs(raw.values - exact).argmax(), exact.shape)
    assert abs(amplified.values[worst] - exact[worst]) < 0.7 * abs(raw.values[worst] - exact[worst])


def test_a_circuit_without_two_qubit_gates_has_nothing_to_learn() -> None:
    execution = Execution(pec=Pec(), shots=200)
    asked = replace(request(execution, [], qubits=2), learns=True)
    noise = channels_for(recipe_named("calibrated"), TORINO, asked.isa.physical_qubits, 1.0, None)
    learned = learn_locally(asked, TORINO, noise, seed=0)
    assert learned.model == LayerModel((), 1.0)
    assert request_executions(asked) == 0
    plain = with_learned(replace(asked, learns=False), learned_to_bytes(learned))
    assert not plain.execution.learns_noise
    assert np.isfinite(measure_locally(plain, TORINO, noise, seed=0).values).all()


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        ({"pec": {}, "resilience_level": 2}, "cannot be combined with zero-noise extrapolation"),
        ({"noise_learning": {}}, "only for `pec` or `zne.amplifier: pea`"),
        ({"pec": {}, "noise_learning": {"depths": [3]}}, "two different numbers of layer pairs"),
    ],
)
def test_what_does_not_fit_is_refused(document: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Execution.model_validate(document)


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nisqdl.engines.runtime.options.find_spec", lambda name: None)
    with pytest.raises(ValidationError, match=r"nisqdl\[noise-learning\]"):
        Execution(pec=Pec())


def test_files_without_these_options_ask_the_same_as_before() -> None:
    assert not {"pec", "noise_learning"} & Execution().model_dump(mode="json").keys()
