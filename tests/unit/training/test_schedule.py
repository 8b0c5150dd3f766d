"""Layer-wise training: which circuit and which weights each step sees, and that others stay."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from qiskit import QuantumCircuit
from qiskit.circuit.library import efficient_su2, real_amplitudes
from qiskit.quantum_info import Statevector

from nisqdl.circuits.ansatzes import ANSATZES
from nisqdl.circuits.build import build_model
from nisqdl.circuits.options import ModelOptions
from nisqdl.circuits.structure import Structure, structure_of
from nisqdl.engines.statevector import StatevectorEngine
from nisqdl.errors import InputError
from nisqdl.noise.channels import IDEAL
from nisqdl.training.checkpoint import state_from_bytes, state_to_bytes
from nisqdl.training.growth import Growth
from nisqdl.training.initialisation import INITIALISATIONS
from nisqdl.training.loop import Progress, train
from nisqdl.training.options import TrainingOptions
from nisqdl.training.problem import Trainee
from nisqdl.training.schedule import Phase, first_layer, phases_of

GROWTHS = st.builds(
    Growth,
    first=st.integers(1, 4),
    add=st.integers(1, 3),
    train=st.integers(1, 4),
    share=st.sampled_from([0.3, 0.5, 0.8, 1.0]),
    parts=st.integers(1, 3),
    sweeps=st.integers(1, 3),
)


def _options(depth: int, name: str = "efficient_su2", gate: str = "cz") -> ModelOptions:
    return ModelOptions.model_validate({"ansatz": {"name": name, "depth": depth, "gate": gate}})


def _built(depth: int):
    options = _options(depth)
    model = build_model(options, 3, 2)
    return model, structure_of(options, model)


def _trainee(depth: int) -> Trainee:
    model, _ = _built(depth)
    return Trainee(StatevectorEngine().prepare(model, IDEAL), model)


def _trained(depth: int, options: TrainingOptions, **more):
    model, structure = _built(depth)
    rng = np.random.default_rng(0)
    features, labels = rng.uniform(-1, 1, (12, 3)), rng.integers(0, 2, 12)
    return train(
        _trainee(depth).evaluator, features, labels, len(model.weights), options, 1,
        structure=structure, cuts=_trainee, circuit=model, **more,
    )  # fmt: skip


def _at(phases: tuple[Phase, ...], step: int) -> Phase:
    return [phase for phase in phases if phase.first_step <= step][-1]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 7), st.integers(1, 90), GROWTHS)
def test_phases_grow_the_circuit_and_then_train_all_of_it(
    depth: int, steps: int, growth: Growth
) -> None:
    _, structure = _built(depth)
    count = structure.num_weights
    turns = len(growth.turns(depth))
    growing = int(growth.share * steps)
    if growing < len(growth.depths(depth)) or steps - growing < turns:
        with pytest.raises(InputError, match=rf"`training.steps` must be .* but is {steps}"):
            phases_of("layerwise", growth, structure, steps, count)
        return
    phases = phases_of("layerwise", growth, structure, steps, count + 2)
    firsts = [phase.first_step for phase in phases]
    assert firsts[0] == 0
    assert firsts == sorted(set(firsts))
    assert firsts[-1] < steps
    depths = [phase.layers or depth for phase in phases]
    assert depths == sorted(depths)
    assert depths[-1] == depth
    grown = depths[: len(depths) - turns]
    assert all(b - a <= growth.add for a, b in pairwise(grown))
    assert grown[0] == min(depth, growth.first)
    for phase, layers in zip(phases, depths, strict=True):
        own = structure.cut(layers)
        assert phase.active is not None
        assert phase.active[count:].all()  # classical weights
        assert set(np.flatnonzero(phase.active[:count])) <= set(own)
        if phase.layers is not None:
            np.testing.assert_array_equal(phase.present, [*own, count, count + 1])
    np.testing.assert_array_equal(np.flatnonzero(phases[0].active[:count]), structure.cut(grown[0]))
    if growth.train >= growth.add:
        assert np.logical_or.reduce([phase.active for phase in phases]).all()


@settings(max_examples=25, deadline=None)
@given(
    st.integers(1, 4), st.integers(1, 5), st.integers(0, 1000),
    st.sampled_from(["real_amplitudes", "efficient_su2"]),
)  # fmt: skip
def test_a_cut_circuit_is_qiskit_s_circuit_of_that_depth(
    qubits: int, depth: int, seed: int, name: str
) -> None:
    options = _options(depth, name, "cx")
    whole = build_model(options, qubits, 2)
    structure = structure_of(options, whole)
    rng = np.random.default_rng(seed)
    weights, row = rng.uniform(0, 2 * np.pi, len(whole.weights)), rng.normal(size=qubits)
    build = {"real_amplitudes": real_amplitudes, "efficient_su2": efficient_su2}[name]
    for layers in range(1, depth + 1):
        own = weights[structure.cut(layers)]
        cut = build_model(_options(layers, name, "cx"), qubits, 2)
        bound = cut.circuit.assign_parameters(
            dict(zip((*cut.features, *cut.weights), (*row, *own), strict=True))
        )
        plain = QuantumCircuit(qubits)
        for qubit, angle in enumerate(row):
            plain.ry(angle, qubit)
        ansatz = build(qubits, reps=layers, entanglement="linear")
        plain.compose(ansatz.assign_parameters(own), inplace=True)
        np.testing.assert_allclose(Statevector(bound), Statevector(plain), atol=1e-12)


@pytest.mark.parametrize("name", [n for n, a in ANSATZES.items() if not a.is_tree])
def test_a_cut_circuit_is_the_beginning_of_the_whole_one(name: str) -> None:
    """Every ansatz: the same gates by the same weights, and then those of the layers to come."""

    def gates(depth: int) -> list[tuple[object, ...]]:
        model = build_model(ModelOptions.model_validate({"ansatz": {"name": name, "depth": depth}}),
                            4, 2)  # fmt: skip
        return [
            (i.operation.name, *(model.circuit.find_bit(q).index for q in i.qubits),
             *map(str, i.operation.params))
            for i in model.circuit.data
        ]  # fmt: skip

    whole = gates(4)
    options = ModelOptions.model_validate({"ansatz": {"name": name, "depth": 4}})
    structure = structure_of(options, build_model(options, 4, 2))
    for depth in (1, 2, 3):
        cut = gates(depth)
        assert whole[: len(cut)] == cut
        turned = {gate[-1] for gate in cut if str(gate[-1]).startswith("w[")}
        assert turned == {f"w[{place}]" for place in structure.cut(depth)}


@pytest.mark.parametrize("optimizer", ["adam", "spsa", "qng"])
def test_weights_that_have_no_turn_do_not_move(optimizer: str) -> None:
    model, structure = _built(4)
    options = TrainingOptions(
        optimizer=optimizer, steps=24, batch=None, schedule="layerwise", check_every=1
    )
    seen: list[np.ndarray] = []
    _trained(4, options, progress=lambda told: seen.append(told.state.search.weights))
    phases = phases_of("layerwise", options.growth, structure, 24, len(model.weights))
    assert len(seen) == 24
    for step, (before, after) in enumerate(pairwise(seen), start=1):
        phase = _at(phases, step)
        np.testing.assert_array_equal(before[~phase.active], after[~phase.active])
        assert (before[phase.active] != after[phase.active]).any()
        if phase.layers is not None:  # the layers to come are at angle 0
            absent = np.setdiff1d(np.arange(len(after)), phase.present)
            np.testing.assert_array_equal(after[absent], 0)


@settings(max_examples=10, deadline=None)
@given(st.integers(2, 4), st.sampled_from(["adam", "sgd"]), st.integers(1, 3), st.booleans())
def test_the_first_phase_is_a_training_of_the_shallow_circuit(
    depth: int, optimizer: str, first: int, batches: bool
) -> None:
    """Bit by bit: the same losses as a model of so many layers, trained by itself."""
    assume(first < depth)
    batch = 5 if batches else None
    options = TrainingOptions(
        steps=40, batch=batch, optimizer=optimizer, schedule="layerwise",
        growth=Growth(first=first), learning_rate=0.2,
    )  # fmt: skip
    grown = _trained(depth, options)
    model, structure = _built(depth)
    shallow, _ = _built(first)
    drawn = INITIALISATIONS["uniform"]
    steps = phases_of("layerwise", options.growth, structure, 40, len(model.weights))[1].first_step
    assert steps >= 5
    alone = _trained(
        first,
        options.model_copy(update={"schedule": "all", "growth": None, "steps": steps}),
        start=_first_of(drawn, len(model.weights))[structure.cut(first)],
    )
    assert grown.history[:steps] == alone.history
    assert len(shallow.weights) == len(structure.cut(first))


def _first_of(initialisation, count: int) -> np.ndarray:
    from nisqdl.seeds import generator

    return initialisation.draw(count, generator(1, "weights"))


@pytest.fixture(scope="module")
def whole_run():
    """A training with batches, and its state after every step as bytes."""
    options = TrainingOptions(steps=24, batch=4, schedule="layerwise", check_every=5)
    saved: list[bytes] = []

    def save(told: Progress) -> None:
        saved.append(state_to_bytes(told.state))

    return options, _trained(3, options, progress=save), saved


@settings(max_examples=24, deadline=None)
@given(step=st.integers(1, 24))
def test_it_resumes_in_any_phase_along_the_same_path(whole_run, step: int) -> None:
    options, whole, saved = whole_run
    again = _trained(3, options, resume=state_from_bytes(saved[step - 1]))
    np.testing.assert_array_equal(whole.weights, again.weights)
    assert whole.history == again.history
    assert whole.checks == again.checks
    assert whole.evaluations == again.evaluations


def test_what_a_shallow_circuit_reached_does_not_count(whole_run) -> None:
    options, whole, _ = whole_run
    _, structure = _built(3)
    phases = phases_of("layerwise", options.growth, structure, 24, structure.num_weights)
    grown = next(phase.first_step for phase in phases if phase.layers is None)
    assert whole.best_step >= grown
    steps = [check.step for check in whole.checks]
    assert steps == sorted(set(steps))
    assert set(steps) >= {phase.first_step for phase in phases if phase.layers} | {grown, 24}
    rng = np.random.default_rng(0)
    features, labels = rng.uniform(-1, 1, (12, 3)), rng.integers(0, 2, 12)
    best = min((c for c in whole.checks if c.step >= grown), key=lambda check: check.loss)
    assert best.step == whole.best_step
    values = _trainee(3).evaluator.values(features, whole.weights)[:, 0]
    chances = np.where(labels == 0, (1 + values) / 2, (1 - values) / 2)
    assert best.loss == pytest.approx(-np.log(chances).mean(), abs=1e-6)


def test_patience_waits_until_the_circuit_has_grown() -> None:
    options = TrainingOptions(
        steps=60, batch=None, schedule="layerwise", check_every=1, patience=1, learning_rate=1e-6
    )
    found = _trained(3, options)
    assert found.stopped_early  # no check shows an improvement by 1e-4
    assert found.steps == 31  # the circuit grows for 30; one check more ends it


def test_the_layerwise_start_has_one_random_layer() -> None:
    model, structure = _built(3)
    weights = INITIALISATIONS["layerwise"].draw(
        len(model.weights), np.random.default_rng(0), structure
    )
    np.testing.assert_array_equal(weights != 0, first_layer(structure))
    assert first_layer(structure).sum() == 12  # RY and RZ on three qubits, before CZ and after


def test_weights_that_stay_last_are_trained_with_every_layer() -> None:
    """As in data re-uploading, whose features enter once more at the end."""
    from nisqdl.circuits.layers import LaidPart

    layers = tuple((LaidPart("ry", ((0,), (1,)), 2 * layer),) for layer in range(4))
    structure = Structure(layers, 1, False, closing=2, closing_leads=False)
    np.testing.assert_array_equal(structure.cut(2), [0, 1, 2, 3, 6, 7])
    phases = phases_of("layerwise", Growth(), structure, 40, 8)
    np.testing.assert_array_equal(np.flatnonzero(phases[1].active), [2, 3, 6, 7])


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"adam, sgd, spsa, .* instead of cobyla"):
        TrainingOptions(optimizer="cobyla", schedule="layerwise")
    with pytest.raises(ValidationError, match="Did you mean 'layerwise'"):
        TrainingOptions(schedule="layerwize")
    with pytest.raises(ValidationError, match="`growth` is only for `schedule: layerwise`"):
        TrainingOptions(growth=Growth())
    with pytest.raises(InputError, match="depends on the model's layers"):
        phases_of("layerwise", None, None, 10, 4)
    model, structure = _built(5)
    with pytest.raises(InputError, match=r"`training.steps` must be at least 10 .* but is 9"):
        phases_of("layerwise", None, structure, 9, len(model.weights))
    with pytest.raises(InputError, match="pass `cuts`"):
        train(
            _trainee(2).evaluator, np.zeros((4, 3)), np.arange(4) % 2, 18,
            TrainingOptions(schedule="layerwise"), 0, structure=_built(2)[1],
        )  # fmt: skip
    tree = ModelOptions.model_validate({"ansatz": {"name": "qcnn", "depth": 2}, "entangler": "own"})
    shape = structure_of(tree, build_model(tree, 4, 2))
    with pytest.raises(InputError, match="each stage of this model's tree"):
        phases_of("layerwise", None, shape, 100, shape.num_weights)
    with pytest.raises(InputError, match="each stage of this model's tree"):
        INITIALISATIONS["layerwise"].draw(shape.num_weights, np.random.default_rng(0), shape)


def test_trainings_at_once_are_written_as_before() -> None:
    told = TrainingOptions().model_dump()
    assert "schedule" not in told
    assert "growth" not in told
    grown = TrainingOptions(schedule="layerwise").model_dump()
    assert grown["growth"]["first"] == 1
    assert TrainingOptions.model_validate(grown) == TrainingOptions(schedule="layerwise")
