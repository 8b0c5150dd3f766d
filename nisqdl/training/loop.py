"""Training: an evaluator, data and options become weights and their history."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from nisqdl.circuits.model import Model
from nisqdl.circuits.structure import Structure
from nisqdl.engines.contract import Array, Evaluator, Pull
from nisqdl.errors import InputError
from nisqdl.seeds import derive, generator
from nisqdl.store.record import content_hash
from nisqdl.training.batches import Batches, hold_out, hold_out_rows
from nisqdl.training.geometry import CircuitGeometry
from nisqdl.training.initialisation import INITIALISATIONS
from nisqdl.training.losses import LOSSES
from nisqdl.training.losses.contract import Labels
from nisqdl.training.objective import LossOfValues, Objective, loss_and_pull, squares_and_pull
from nisqdl.training.optimizers import OPTIMIZERS, stepwise_names
from nisqdl.training.optimizers.contract import (
    LossFunction,
    Settings,
    State,
    StepwiseOptimizer,
    WholeOptimizer,
)
from nisqdl.training.options import TrainingOptions
from nisqdl.training.schedule import Mask, Restricted, mask_at
from nisqdl.training.state import (
    Trained,
    TrainingState,
    after_step,
    checked,
    finished,
    first_state,
    offered,
)


@dataclass(frozen=True)
class Progress:
    """What a training tells after each step.

    Attributes:
        step: Steps done.
        steps: Largest number of steps.
        loss: The loss that this step saw.
        state: What ``train`` takes to resume from here; None for an optimizer that cannot be
            resumed in mid-run (``WholeOptimizer``).
    """

    step: int
    steps: int
    loss: float
    state: TrainingState | None


Report: TypeAlias = Callable[[Progress], None]


def train(
    evaluator: Evaluator,
    features: Array,
    labels: Labels | Array,
    num_weights: int,
    options: TrainingOptions,
    seed: int,
    progress: Report | None = None,
    resume: TrainingState | None = None,
    structure: Structure | None = None,
    start: Array | None = None,
    circuit: Model | None = None,
    draws: Callable[[int], Evaluator] | None = None,
) -> Trained:
    """Train a model's weights; the same arguments give the same result, bit by bit.

    Integer labels are classes. Real ones are the targets of a regression: the model then has one
    value a sample, and the loss is the mean squared error.

    Args:
        evaluator: The model under the noise that it is trained with.
        features: Shape (N, F), finite.
        labels: Shape (N,), integers 0 … K − 1; K is 2 for one observable, else their number. Or
            real numbers, on the scale of the model's values.
        num_weights: W. Without weights the result is the first check.
        options: How; ``options.noise`` has been used by whoever made the evaluator.
        seed: Root of the seeds of first weights, batches, held-out samples and directions.
        progress: Called after each step.
        resume: A state of this very training, from which it goes on along the same path.
        structure: The model's, for initialisations that depend on it.
        start: First weights (W,) instead of those that the initialisation draws.
        circuit: The noise-free circuit, whose states some optimizers measure distance by; weights
            beyond its own belong to classical layers.
        draws: From a seed to the evaluator of a step, where chance has a part in it (injected
            errors); ``evaluator`` then judges. ``None`` trains by ``evaluator`` itself.

    Raises:
        InputError: The data do not fit together or the model; the initialisation does not suit
            the structure, or needs one; the state to resume is another
            training's, or its optimizer cannot be resumed.
        NisqdlError: A loss or a gradient is not finite; the sentence names the step.
    """
    _require_sound(features, labels, num_weights, options)
    optimizer = OPTIMIZERS.find(options.optimizer, "training.optimizer")
    if resume is not None and isinstance(optimizer, WholeOptimizer):
        raise InputError(
            f"A training with {optimizer.name} cannot be resumed in mid-run. Train it from the "
            f"start, or set `training.optimizer` to {stepwise_names()}."
        )
    geometry = None
    if optimizer.uses_geometry and circuit is not None:
        geometry = CircuitGeometry(circuit, num_weights)
    problem = _Problem(
        evaluator, features, labels, options, seed, optimizer.uses_batches, geometry, draws
    )
    origin = _origin(features, labels, num_weights, options, seed, start)
    if resume is not None and resume.origin != origin:
        raise InputError(
            "The state to resume belongs to a training with other options, another seed or "
            "other data. Resume it with those it was begun with, or train from the start."
        )
    weights = _first_weights(num_weights, options, seed, structure) if start is None else start
    schedule = _Schedule(options, structure)
    chance = derive(seed, "optimizer")
    if num_weights == 0:
        state = first_state(origin, State(0, weights), problem.watched)
    elif isinstance(optimizer, StepwiseOptimizer):
        state = resume or first_state(
            origin,
            optimizer.start(
                weights,
                schedule.of(problem.objective(0), 0, weights),
                options.settings_at(0, chance),
            ),
            problem.watched,
        )
        state = _go_stepwise(state, optimizer, problem, chance, progress, schedule)
    else:
        state = first_state(origin, State(0, weights), problem.watched)
        settings = options.settings_at(0, chance)
        state = _go_whole(state, optimizer, problem, settings, progress)
    return Trained(
        weights=state.best_weights,
        history=state.history,
        checks=state.checks,
        steps=state.step,
        stopped_early=num_weights > 0 and state.step < options.steps,
        evaluations=problem.counted(state).evaluations,
        best_step=state.best_step,
        batch_size=problem.batches.largest,
    )


def _go_stepwise(
    state: TrainingState,
    optimizer: StepwiseOptimizer,
    problem: _Problem,
    chance: int,
    progress: Report | None,
    schedule: _Schedule,
) -> TrainingState:
    while not finished(state, problem.options):
        held = state.search.weights
        objective = schedule.of(problem.objective(state.step), state.step, held)
        settings = problem.options.settings_at(state.step, chance)
        search, loss = optimizer.step(state.search, objective, settings)
        search = schedule.kept(search, state.step, held)
        state = after_step(state, search, loss, problem.watched, problem.options)
        if progress is not None:
            state = problem.counted(state)
            progress(Progress(state.step, settings.steps, loss, state))
    return state


def _go_whole(
    state: TrainingState,
    optimizer: WholeOptimizer,
    problem: _Problem,
    settings: Settings,
    progress: Report | None,
) -> TrainingState:
    current = state

    def watch(weights: Array, loss: float) -> bool:
        nonlocal current
        search = State(current.step + 1, weights)
        if problem.holds_out:
            current = after_step(current, search, loss, problem.watched, problem.options)
        else:  # the optimizer has seen the watched loss itself: no need to evaluate it again
            current = after_step(current, search, loss, lambda *_: loss, problem.options)
            current = offered(current, loss)
        if progress is not None:
            progress(Progress(current.step, settings.steps, loss, None))
        return finished(current, problem.options)

    optimizer.minimise(state.search.weights, problem.objective(0), settings, watch)
    return checked(current, problem.watched)


class _Problem:
    """The data as the steps see them, and a count of the evaluator's calls."""

    def __init__(
        self,
        evaluator: Evaluator,
        features: Array,
        labels: Labels | Array,
        options: TrainingOptions,
        seed: int,
        in_batches: bool,
        geometry: CircuitGeometry | None,
        draws: Callable[[int], Evaluator] | None,
    ) -> None:
        self.options = options
        self.holds_out = options.validation > 0
        self._loss = LOSSES.find(options.loss, "training.loss")
        self._evaluator = _CountedEvaluator(evaluator)
        self._geometry = geometry
        self._draws = draws
        self._chance = derive(seed, "injection")
        self._watched_data = (features, labels)
        if self.holds_out:
            if _are_classes(labels):
                kept, held = hold_out(labels.astype(np.int64), options.validation, seed)
            else:
                kept, held = hold_out_rows(len(labels), options.validation, seed)
            self._watched_data = (features[held], labels[held])
            features, labels = features[kept], labels[kept]
        self._features, self._labels = features, labels
        self._classes = _are_classes(labels)
        self.batches = Batches(len(labels), options.batch if in_batches else None, seed)
        self._whole = self._loss_of(labels)
        self._watched_loss, self._watched_pull = self._loss_of(self._watched_data[1])

    def objective(self, step: int) -> Objective:
        """The loss of the samples that this step (0, 1, …) sees."""
        evaluator = self._evaluator
        if self._draws is not None:
            evaluator = evaluator.instead(self._draws(derive(self._chance, step)))
        batch = self.batches.at(step)
        if batch is None:
            return Objective(evaluator, self._features, *self._whole, step, self._geometry)
        loss, pull = self._loss_of(self._labels[batch])
        return Objective(evaluator, self._features[batch], loss, pull, step, self._geometry)

    def _loss_of(self, labels: Labels | Array) -> tuple[LossOfValues, Pull]:
        if self._classes:
            return loss_and_pull(self._loss, np.asarray(labels, dtype=np.int64))
        return squares_and_pull(np.asarray(labels, dtype=np.float64))

    def watched(self, weights: Array, step: int) -> float:
        """The held-out samples' loss, else that of the whole set."""
        features = self._watched_data[0]
        return Objective(
            self._evaluator, features, self._watched_loss, self._watched_pull, step
        ).value(weights)

    def counted(self, state: TrainingState) -> TrainingState:
        """The state with the calls since the last count added."""
        return replace(state, evaluations=state.evaluations + self._evaluator.take_count())


class _Schedule:
    """Which weights each step turns."""

    def __init__(self, options: TrainingOptions, structure: Structure | None) -> None:
        self._options = options
        self._structure = structure

    def mask(self, step: int) -> Mask | None:
        return mask_at(self._options.schedule, self._structure, step, self._options.steps)

    def of(self, objective: LossFunction, step: int, held: Array) -> LossFunction:
        """The loss as a function of the weights that this step turns."""
        mask = self.mask(step)
        return objective if mask is None else Restricted(objective, mask, held)

    def kept(self, search: State, step: int, held: Array) -> State:
        """The search with the other weights where they were: momentum must not move them."""
        mask = self.mask(step)
        if mask is None:
            return search
        return replace(search, weights=np.where(mask, search.weights, held))


class _CountedEvaluator:
    """An evaluator that counts its calls, into a list that others may share."""

    def __init__(self, evaluator: Evaluator, calls: list[int] | None = None) -> None:
        self._evaluator = evaluator
        self._calls = [0] if calls is None else calls

    def instead(self, evaluator: Evaluator) -> _CountedEvaluator:
        """Another evaluator with the same count."""
        return _CountedEvaluator(evaluator, self._calls)

    def take_count(self) -> int:
        calls, self._calls[0] = self._calls[0], 0
        return calls

    def values(self, features: Array, weights: Array) -> Array:
        self._calls[0] += 1
        return self._evaluator.values(features, weights)

    def values_and_gradient(
        self, features: Array, weights: Array, pull: Pull
    ) -> tuple[Array, Array]:
        self._calls[0] += 1
        return self._evaluator.values_and_gradient(features, weights, pull)

    def estimates(
        self, features: Array, weights: Array, shots: int, rng: np.random.Generator
    ) -> Array:
        self._calls[0] += 1
        return self._evaluator.estimates(features, weights, shots, rng)


def _first_weights(
    count: int, options: TrainingOptions, seed: int, structure: Structure | None
) -> Array:
    initialisation = INITIALISATIONS.find(options.initialisation, "training.initialisation")
    weights = initialisation.draw(count, generator(seed, "weights"), structure)
    if count == 0 or (mask := mask_at(options.schedule, structure, 0, options.steps)) is None:
        return weights
    return np.where(mask, weights, 0.0)  # layers begin at angle 0 when their turn comes


def _origin(
    features: Array,
    labels: Labels | Array,
    num_weights: int,
    options: TrainingOptions,
    seed: int,
    start: Array | None,
) -> str:
    digest = hashlib.sha256()
    digest.update(np.ascontiguousarray(features, dtype=np.float64).tobytes())
    kind = np.int64 if _are_classes(labels) else np.float64
    digest.update(np.ascontiguousarray(labels, dtype=kind).tobytes())
    if start is not None:
        digest.update(np.ascontiguousarray(start, dtype=np.float64).tobytes())
    return content_hash(
        {
            "options": options.model_dump(mode="json"),
            "seed": seed,
            "weights": num_weights,
            "shape": list(features.shape),
            "data": digest.hexdigest(),
        }
    )


def _are_classes(labels: Labels | Array) -> bool:
    return bool(np.issubdtype(labels.dtype, np.integer))


def _require_sound(
    features: Array, labels: Labels | Array, num_weights: int, options: TrainingOptions
) -> None:
    if features.ndim != 2 or labels.ndim != 1 or len(features) != len(labels):
        raise InputError(
            "The training data must be features of shape (N, F) and labels of shape (N,), but "
            f"have the shapes {features.shape} and {labels.shape}."
        )
    if len(labels) == 0:
        raise InputError("The training data must have at least one sample, but have none.")
    if not np.isfinite(features).all():
        row = int(np.flatnonzero(~np.isfinite(features).all(axis=1))[0])
        raise InputError(
            f"The features must be finite, but those of sample {row} are not. Remove the sample "
            "or fill in its values."
        )
    if _are_classes(labels):
        if labels.min() < 0:
            raise InputError(
                f"The labels must be integers from 0 upwards, but the smallest is {labels.min()}. "
                "Number the classes 0, 1, …"
            )
    elif options.loss != "squared":
        raise InputError(
            "The labels must be integers from 0 upwards, or real numbers if `training.loss` is "
            f"squared (a regression), but are {labels.dtype} with the loss {options.loss}. Number "
            "the classes 0, 1, …"
        )
    elif not np.isfinite(labels).all():
        raise InputError("The targets must be finite, but some are not: remove such samples.")
    if num_weights < 0:
        raise InputError(f"`num_weights` must be at least 0, but is {num_weights}.")
