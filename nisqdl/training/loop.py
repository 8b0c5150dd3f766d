"""Training: an evaluator, data and options become weights and their history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from nisqdl.circuits.model import Model
from nisqdl.circuits.structure import Structure
from nisqdl.engines.contract import Array, Evaluator
from nisqdl.errors import InputError
from nisqdl.seeds import derive, generator
from nisqdl.training.given import origin_of, require_sound
from nisqdl.training.initialisation import INITIALISATIONS
from nisqdl.training.losses.contract import Labels
from nisqdl.training.optimizers import OPTIMIZERS, stepwise_names
from nisqdl.training.optimizers.contract import (
    Settings,
    State,
    StepwiseOptimizer,
    WholeOptimizer,
)
from nisqdl.training.options import TrainingOptions
from nisqdl.training.problem import Cuts, Problem, Trainee
from nisqdl.training.schedule import Phase, phases_of
from nisqdl.training.state import (
    Trained,
    TrainingState,
    after_step,
    begun_anew,
    checked,
    finished,
    first_state,
    offered,
    patient,
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
    cuts: Cuts | None = None,
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
        structure: The model's, for initialisations and schedules that depend on it.
        start: First weights (W,) instead of those that the initialisation draws. Layers that a
            schedule adds later begin at angle 0 all the same.
        circuit, draws: See :class:`~nisqdl.training.problem.Trainee`.
        cuts: The circuit with fewer layers, where the schedule begins with fewer.

    Raises:
        InputError: The data do not fit together or the model; the initialisation does not suit
            the structure, or needs one; nor does the schedule, or it has more phases than steps;
            the state to resume is another training's, or its optimizer cannot be resumed.
        NisqdlError: A loss or a gradient is not finite; the sentence names the step.
    """
    require_sound(features, labels, num_weights, options)
    optimizer = OPTIMIZERS.find(options.optimizer, "training.optimizer")
    if resume is not None and isinstance(optimizer, WholeOptimizer):
        raise InputError(
            f"A training with {optimizer.name} cannot be resumed in mid-run. Train it from the "
            f"start, or set `training.optimizer` to {stepwise_names()}."
        )
    phases: tuple[Phase, ...] = (Phase(),)
    if num_weights:
        phases = phases_of(options.schedule, options.growth, structure, options.steps, num_weights)
    problem = Problem(
        Trainee(evaluator, circuit, draws), cuts, phases, features, labels, num_weights, options,
        seed,
    )  # fmt: skip
    origin = origin_of(features, labels, num_weights, options, seed, start)
    if resume is not None and resume.origin != origin:
        raise InputError(
            "The state to resume belongs to a training with other options, another seed or "
            "other data. Resume it with those it was begun with, or train from the start."
        )
    weights = _drawn(num_weights, options, seed, structure) if start is None else start
    if phases[0].active is not None:
        weights = np.where(phases[0].active, weights, 0.0)
    chance = derive(seed, "optimizer")
    if num_weights == 0:
        state = first_state(origin, State(0, weights), problem.watched)
    elif isinstance(optimizer, StepwiseOptimizer):
        state = resume or first_state(
            origin,
            optimizer.start(
                weights,
                problem.objective(0, weights),
                options.settings_at(0, chance),
            ),
            problem.watched,
        )
        state = _go_stepwise(state, optimizer, problem, chance, progress)
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
    problem: Problem,
    chance: int,
    progress: Report | None,
) -> TrainingState:
    while not finished(state, problem.options, problem.phase(state.step).may_stop):
        held, phase = state.search.weights, problem.phase(state.step)
        settings = problem.options.settings_at(state.step, chance)
        search, loss = optimizer.step(state.search, problem.objective(state.step, held), settings)
        search = problem.kept(search, state.step, held)
        state = after_step(state, search, loss, problem.watched, problem.options)
        following = problem.phase(state.step)
        if following.layers != phase.layers:
            state = begun_anew(state, problem.watched)
        elif following.may_stop and not phase.may_stop:
            state = patient(state)
        if progress is not None:
            state = problem.counted(state)
            progress(Progress(state.step, settings.steps, loss, state))
    return state


def _go_whole(
    state: TrainingState,
    optimizer: WholeOptimizer,
    problem: Problem,
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

    start = state.search.weights
    optimizer.minimise(start, problem.objective(0, start), settings, watch)
    return checked(current, problem.watched)


def _drawn(count: int, options: TrainingOptions, seed: int, structure: Structure | None) -> Array:
    initialisation = INITIALISATIONS.find(options.initialisation, "training.initialisation")
    return initialisation.draw(count, generator(seed, "weights"), structure)
