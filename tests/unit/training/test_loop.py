"""Training as a whole, on an evaluator whose values are known in closed form."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.circuit import Parameter, QuantumCircuit
from qiskit.quantum_info import SparsePauliOp

from nisqdl.circuits.model import Model
from nisqdl.engines.contract import Array, Pull
from nisqdl.errors import InputError, NisqdlError
from nisqdl.training.checkpoint import (
    state_from_bytes,
    state_to_bytes,
    trained_from_bytes,
    trained_to_bytes,
)
from nisqdl.training.loop import Progress, train
from nisqdl.training.losses import LOSSES
from nisqdl.training.objective import loss_and_pull
from nisqdl.training.optimizers import OPTIMIZERS
from nisqdl.training.optimizers.contract import StepwiseOptimizer
from nisqdl.training.options import TrainingOptions
from nisqdl.training.state import SMALLEST_GAIN, Trained, TrainingState

STEPWISE = [name for name, member in OPTIMIZERS.items() if isinstance(member, StepwiseOptimizer)]
WHOLE = [name for name in OPTIMIZERS if name not in STEPWISE]


class Product:
    """Qubits RY(x_o + w_o)|0⟩ measured in Z: E_o = Π over its features f of cos(x_f + w_(o,f))."""

    def __init__(self, outputs: int, features: int) -> None:
        self.shape = (outputs, features)
        self.num_weights = outputs * features
        self.rows: list[Array] = []
        self.calls = 0

    def values(self, features: Array, weights: Array) -> Array:
        self.calls += 1
        return self._cosines(features, weights).prod(axis=2)

    def values_and_gradient(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array]:
        self.calls += 1
        self.rows.append(features)
        cosines = self._cosines(features, weights)
        values = cosines.prod(axis=2)
        angles = features[:, None, :] + weights.reshape(self.shape)
        slopes = np.empty_like(cosines)
        for f in range(self.shape[1]):
            others = np.delete(cosines, f, axis=2).prod(axis=2)
            slopes[:, :, f] = -np.sin(angles[:, :, f]) * others
        return values, np.einsum("bo,bof->of", pull(values), slopes).ravel()

    def estimates(
        self, features: Array, weights: Array, shots: int, rng: np.random.Generator
    ) -> Array:
        raise AssertionError("training asks for exact values")

    def _cosines(self, features: Array, weights: Array) -> Array:
        return np.cos(features[:, None, :] + weights.reshape(self.shape))


def two_classes(count: int = 40) -> tuple[Array, Any]:
    """Angles around 0 are class 0, around π class 1; the model is right at weights 0."""
    rng = np.random.default_rng(1)
    labels = np.arange(count) % 2
    return (np.pi * labels + rng.normal(0, 0.4, count))[:, None], labels


def turned() -> Model:
    """The circuit of ``Product(1, 1)``, whose states natural gradients measure."""
    circuit, x, w = QuantumCircuit(1), Parameter("x"), Parameter("w")
    circuit.ry(x + w, 0)
    return Model(circuit, (x,), (w,), (SparsePauliOp("Z"),))


TURNED = turned()


def run(options: TrainingOptions, seed: int = 7, **more: Any) -> Trained:
    features, labels = two_classes()
    return train(Product(1, 1), features, labels, 1, options, seed, circuit=TURNED, **more)


def same(left: Trained, right: Trained) -> bool:
    return trained_to_bytes(left) == trained_to_bytes(right)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("loss", ["cross_entropy", "squared", "hinge"])
def test_every_optimizer_learns_the_known_answer(optimizer: str, loss: str) -> None:
    options = TrainingOptions(
        optimizer=optimizer, learning_rate=0.3, loss=loss, steps=120, batch=16
    )
    trained = run(options)
    features, labels = two_classes()
    value, _ = loss_and_pull(LOSSES[loss], labels)
    grid = np.linspace(0, 2 * np.pi, 721)[:, None]
    on_grid = [value(Product(1, 1).values(features, weights)) for weights in grid]
    found = value(Product(1, 1).values(features, trained.weights))
    assert found < min(on_grid) + 0.02 * (max(on_grid) - min(on_grid))
    assert len(trained.history) == trained.steps <= 120
    assert trained.batch_size == (14 if OPTIMIZERS[optimizer].uses_batches else 40)


@pytest.mark.parametrize("outputs", [2, 3])
def test_several_observables_learn_several_classes(outputs: int) -> None:
    rng = np.random.default_rng(5)
    labels = np.arange(30) % outputs
    features = np.full((30, outputs), np.pi / 2) + rng.normal(0, 0.2, (30, outputs))
    features[np.arange(30), labels] -= np.pi / 2
    evaluator = Product(outputs, outputs)
    trained = train(
        evaluator, features, labels, evaluator.num_weights, TrainingOptions(steps=150), 3
    )
    found = evaluator.values(features, trained.weights).argmax(axis=1)
    assert (found == labels).mean() > 0.9


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_seed_decides_everything(optimizer: str) -> None:
    options = TrainingOptions(optimizer=optimizer, steps=25, batch=8, validation=0.2)
    assert same(run(options, 1), run(options, 1))
    assert not same(run(options, 1), run(options, 2))


@pytest.mark.parametrize("optimizer", STEPWISE)
@settings(deadline=None, max_examples=8)
@given(
    seed=st.integers(0, 2**40),
    batch=st.sampled_from([None, 7, 16]),
    validation=st.sampled_from([0.0, 0.25]),
    patience=st.sampled_from([None, 2]),
)
def test_resumed_at_any_step_it_ends_with_the_same_bits(
    optimizer: str, seed: int, batch: int | None, validation: float, patience: int | None
) -> None:
    options = TrainingOptions(
        optimizer=optimizer, steps=14, batch=batch, validation=validation, patience=patience,
        check_every=3,
    )  # fmt: skip
    saved: list[bytes] = []

    def save(progress: Progress) -> None:
        assert progress.state is not None
        saved.append(state_to_bytes(progress.state))

    whole = run(options, seed)
    assert same(whole, run(options, seed, progress=save))
    assert len(saved) == whole.steps
    # Metrics take their time: a third of the steps will do there.
    for content in saved[:: 4 if OPTIMIZERS[optimizer].uses_geometry else 1]:
        assert same(whole, run(options, seed, resume=state_from_bytes(content)))


def test_a_resumed_training_does_not_repeat_what_was_done() -> None:
    features, labels = two_classes()
    states: list[TrainingState | None] = []
    options = TrainingOptions(steps=20)
    train(Product(1, 1), features, labels, 1, options, 0, lambda told: states.append(told.state))
    again = Product(1, 1)
    train(again, features, labels, 1, options, 0, resume=states[14])
    assert again.calls == 5 + 1  # five steps and the last check


def test_a_state_of_another_training_is_refused() -> None:
    states: list[TrainingState | None] = []
    run(TrainingOptions(steps=3), progress=lambda told: states.append(told.state))
    for options, seed in ((TrainingOptions(steps=4), 7), (TrainingOptions(steps=3), 8)):
        with pytest.raises(InputError, match="other options, another seed or other data"):
            run(options, seed, resume=states[0])
    with pytest.raises(InputError, match="cobyla cannot be resumed"):
        run(TrainingOptions(optimizer="cobyla"), resume=states[0])


@pytest.mark.parametrize("optimizer", WHOLE)
def test_scipys_optimizers_tell_their_steps_without_a_state(optimizer: str) -> None:
    told: list[Progress] = []
    trained = run(TrainingOptions(optimizer=optimizer, steps=12), progress=told.append)
    assert [progress.step for progress in told] == list(range(1, trained.steps + 1))
    assert [progress.loss for progress in told] == list(trained.history)
    assert all(progress.state is None for progress in told)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_evaluations_are_the_evaluators_calls(optimizer: str) -> None:
    features, labels = two_classes()
    evaluator = Product(1, 1)
    options = TrainingOptions(optimizer=optimizer, steps=30)
    trained = train(evaluator, features, labels, 1, options, 0, lambda _: None, circuit=TURNED)
    assert trained.evaluations == evaluator.calls


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("validation", [0.0, 0.3])
def test_the_best_checked_weights_are_returned(optimizer: str, validation: float) -> None:
    options = TrainingOptions(
        optimizer=optimizer, learning_rate=1.5, steps=40, batch=4, validation=validation
    )
    trained = run(options)
    lowest = min(check.loss for check in trained.checks)
    assert trained.checks[0].step == 0
    assert trained.checks[-1].step == trained.steps
    if validation:
        best = next(check for check in trained.checks if check.loss == lowest)
        assert trained.best_step == best.step
        return
    features, labels = two_classes()
    values = Product(1, 1).values(features, trained.weights)[:, 0]
    truth = (1 + (1 - 2 * labels) * values) / 2
    assert -np.log(truth).mean() <= lowest + 1e-9


def test_held_out_samples_are_never_trained_on() -> None:
    features, labels = two_classes()
    evaluator = Product(1, 1)
    options = TrainingOptions(steps=30, batch=8, validation=0.25)
    train(evaluator, features, labels, 1, options, 0)
    shown = {float(row) for rows in evaluator.rows for row in rows[:, 0]}
    assert len(shown) == 30
    assert shown < set(features[:, 0].tolist())


def test_each_epoch_shows_every_sample_once() -> None:
    features, labels = two_classes()
    evaluator = Product(1, 1)
    train(evaluator, features, labels, 1, TrainingOptions(steps=9, batch=16), 0)
    for epoch in range(3):
        shown = np.concatenate(evaluator.rows[3 * epoch : 3 * epoch + 3])[:, 0]
        assert sorted(shown.tolist()) == sorted(features[:, 0].tolist())


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_patience_ends_a_training_that_has_converged(optimizer: str) -> None:
    options = TrainingOptions(
        optimizer=optimizer, steps=2000, batch=None, patience=3, check_every=5, learning_rate=0.1
    )
    trained = run(options)
    assert trained.stopped_early
    assert trained.steps < 2000
    if optimizer in STEPWISE:
        losses = [check.loss for check in trained.checks]
        # The three last checks brought nothing that counts, and before them something did.
        assert min(losses[-3:]) >= min(losses[:-3]) - 2 * SMALLEST_GAIN
        assert len(losses) > 4


def test_without_patience_all_steps_are_taken() -> None:
    trained = run(TrainingOptions(steps=60, batch=None))
    assert trained.steps == 60
    assert not trained.stopped_early


def test_a_model_without_weights_is_only_checked() -> None:
    features, labels = two_classes()

    class Fixed(Product):
        def _cosines(self, features: Array, weights: Array) -> Array:
            return np.cos(features[:, None, :])

    for optimizer in OPTIMIZERS:
        options = TrainingOptions(optimizer=optimizer)
        trained = train(Fixed(1, 1), features, labels, 0, options, 0)
        assert trained.weights.shape == (0,)
        assert (trained.steps, trained.evaluations, trained.stopped_early) == (0, 1, False)


class BreaksAt(Product):
    """Answers with something that is not finite at its n-th gradient."""

    def __init__(self, call: int, values: float, gradient: float) -> None:
        super().__init__(1, 1)
        self.broken = (call, values, gradient)

    def values_and_gradient(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array]:
        values, gradient = super().values_and_gradient(features, weights, pull)
        call, bad_value, bad_gradient = self.broken
        if len(self.rows) == call + 1:
            return values + bad_value, gradient + bad_gradient
        return values, gradient


@pytest.mark.parametrize(
    ("values", "gradient"), [(np.nan, 0.0), (np.inf, 0.0), (0.0, np.nan), (0.0, -np.inf)]
)
def test_what_is_not_finite_ends_training_in_a_sentence(values: float, gradient: float) -> None:
    features, labels = two_classes()
    with pytest.raises(NisqdlError, match=r"step 5: .* not finite.*training.learning_rate"):
        train(BreaksAt(5, values, gradient), features, labels, 1, TrainingOptions(), 0)


@pytest.mark.parametrize(
    ("features", "labels", "says"),
    [
        (np.zeros(3), np.zeros(3, int), r"\(N, F\)"),
        (np.zeros((3, 1)), np.zeros(2, int), r"\(3, 1\) and \(2,\)"),
        (np.zeros((0, 1)), np.zeros(0, int), "at least one sample"),
        (np.array([[0.0], [np.nan]]), np.array([0, 1]), "sample 1"),
        (np.zeros((2, 1)), np.array([-1, 1]), "integers from 0"),
        (np.zeros((2, 1)), np.array([0.0, 1.0]), "integers from 0"),
        (np.zeros((2, 1)), np.array([0, 2]), "3 classes"),
    ],
)
def test_unsound_data_are_refused(features: Array, labels: Any, says: str) -> None:
    with pytest.raises(InputError, match=says):
        train(Product(1, 1), features, labels, 1, TrainingOptions(), 0)


def test_the_loop_costs_little_besides_the_evaluator() -> None:
    """Bound 0.5 ms: five times the aim of 0.1 ms, for machines that are slow or busy."""

    class Instant:
        def values(self, features: Array, weights: Array) -> Array:
            return np.zeros((len(features), 1))

        def values_and_gradient(
            self, features: Array, weights: Array, pull: Pull
        ) -> tuple[Array, Array]:
            values = np.zeros((len(features), 1))
            pull(values)
            return values, np.ones(36)

        def estimates(
            self, features: Array, weights: Array, shots: int, rng: np.random.Generator
        ) -> Array:
            raise AssertionError("training asks for exact values")

    features, labels = np.zeros((200, 4)), np.arange(200) % 2
    options = TrainingOptions(steps=500)
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        train(Instant(), features, labels, 36, options, 0)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) / 500 < 5e-4


def test_bytes_keep_every_float_exactly() -> None:
    trained = run(TrainingOptions(steps=11, batch=8))
    back = trained_from_bytes(trained_to_bytes(trained))
    assert back.weights.tobytes() == trained.weights.tobytes()
    assert back.history == trained.history
    assert back.checks == trained.checks
    assert same(back, trained)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_damaged_bytes_are_refused_in_a_sentence(data: st.DataObject) -> None:
    content = bytearray(trained_to_bytes(GOOD))
    place = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        damaged = bytes(content[:place])
    else:
        content[place] = data.draw(st.sampled_from([*b'0123456789-{}[]",x', 0, 255]))
        damaged = bytes(content)
    try:
        read = trained_from_bytes(damaged, "artifact 12")
    except InputError:
        return
    assert len(damaged) == len(content)  # another last digit can mean the same float
    assert same(read, GOOD)


@pytest.mark.parametrize(
    "content", [b"", b"null", b"[]", b"{}", b"[" * 100_000, b"\xff\xfe", b'{"checksum": 1e999}']
)
def test_other_content_is_refused_in_a_sentence(content: bytes) -> None:
    for read in (trained_from_bytes, state_from_bytes):
        with pytest.raises(InputError, match=r"artifact 12 cannot be read.*train again"):
            read(content, "artifact 12")


def test_a_state_is_not_a_result() -> None:
    with pytest.raises(InputError, match="format"):
        state_from_bytes(trained_to_bytes(GOOD))


GOOD = run(TrainingOptions(steps=4))
