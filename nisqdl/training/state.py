"""Where a training stands between two steps, and what it leaves in the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeAlias

from nisqdl.engines.contract import Array
from nisqdl.training.optimizers.contract import State
from nisqdl.training.options import TrainingOptions

SMALLEST_GAIN = 1e-4
"""A fall of the watched loss by less than this does not count as one when patience is measured."""


@dataclass(frozen=True)
class Check:
    """The watched loss after so many steps: of the held-out samples, else of the whole set."""

    step: int
    loss: float


@dataclass(frozen=True, eq=False)
class TrainingState:
    """Everything that training needs to go on as if it had not been interrupted.

    Attributes:
        origin: Content hash of the options, the seed and the data that it belongs to.
        search: The optimizer's own state.
        history: The loss that each step saw (of its batch), one for each step done.
        checks: The watched loss, in order of steps.
        best_weights: Weights (W,) of the lowest watched loss so far.
        best_loss: That loss.
        best_step: The number of steps after which it was seen.
        mark: The watched loss from which patience measures the next improvement.
        stale: Checks since that improvement.
        evaluations: Calls of the evaluator, checks included.
    """

    origin: str
    search: State
    history: tuple[float, ...]
    checks: tuple[Check, ...]
    best_weights: Array
    best_loss: float
    best_step: int
    mark: float
    stale: int
    evaluations: int

    @property
    def step(self) -> int:
        """Steps done."""
        return self.search.step


@dataclass(frozen=True, eq=False)
class Trained:
    """The result of a training.

    Attributes:
        weights: Shape (W,), those of the lowest watched loss among the checks (the last are
            often worse: steps on batches are noisy).
        history: The loss that each step saw, length ``steps``. Adam's is that of its batch
            before the update, SPSA's the mean of its two values.
        checks: The watched loss: of the held-out samples where there are any, else of the whole
            training set.
        steps: Steps done.
        stopped_early: Whether patience or the optimizer's own convergence ended it before
            ``options.steps``.
        evaluations: Calls of the evaluator, checks included.
        best_step: The number of steps after which ``weights`` were seen.
        batch_size: Samples in the largest batch that was really used.
        qpu_seconds: Time on the device that its measurements took, as far as the service counted
            it; ``None`` where no device trained.
    """

    weights: Array
    history: tuple[float, ...]
    checks: tuple[Check, ...]
    steps: int
    stopped_early: bool
    evaluations: int
    best_step: int
    batch_size: int
    qpu_seconds: float | None = None


WatchedLoss: TypeAlias = Callable[[Array, int], float]
"""Takes weights (W,) and the number of steps done; evaluates the watched loss."""


def first_state(origin: str, search: State, watched: WatchedLoss) -> TrainingState:
    """The state before the first step, with the watched loss of the first weights."""
    loss = watched(search.weights, 0)
    return TrainingState(
        origin=origin,
        search=search,
        history=(),
        checks=(Check(0, loss),),
        best_weights=search.weights,
        best_loss=loss,
        best_step=0,
        mark=loss,
        stale=0,
        evaluations=0,
    )


def after_step(
    state: TrainingState,
    search: State,
    loss: float,
    watched: WatchedLoss,
    options: TrainingOptions,
) -> TrainingState:
    """The state after a step that saw ``loss``, checked where a check is due."""
    state = replace(state, search=search, history=(*state.history, loss))
    if search.step % options.check_every and search.step != options.steps:
        return state
    return checked(state, watched)


def checked(state: TrainingState, watched: WatchedLoss) -> TrainingState:
    """The state with its weights' watched loss, unless this step has been checked already."""
    if state.checks[-1].step == state.step:
        return state
    loss = watched(state.search.weights, state.step)
    state = offered(replace(state, checks=(*state.checks, Check(state.step, loss))), loss)
    if state.best_loss < state.mark - SMALLEST_GAIN:
        return replace(state, mark=state.best_loss, stale=0)
    return replace(state, stale=state.stale + 1)


def offered(state: TrainingState, loss: float) -> TrainingState:
    """The state that keeps its present weights as the best if their watched loss is lower."""
    if not loss < state.best_loss:
        return state
    return replace(state, best_weights=state.search.weights, best_loss=loss, best_step=state.step)


def begun_anew(state: TrainingState, watched: WatchedLoss) -> TrainingState:
    """The state where another circuit begins: what the one before reached does not count."""
    if state.checks[-1].step != state.step:
        check = Check(state.step, watched(state.search.weights, state.step))
        state = replace(state, checks=(*state.checks, check))
    weights, loss = state.search.weights, state.checks[-1].loss
    state = replace(state, best_weights=weights, best_loss=loss, best_step=state.step)
    return patient(state)


def patient(state: TrainingState) -> TrainingState:
    """The state from which patience is measured anew."""
    return replace(state, mark=state.best_loss, stale=0)


def finished(state: TrainingState, options: TrainingOptions, may_stop: bool = True) -> bool:
    """Whether all steps are done, or patience is at its end where it may be."""
    if state.step >= options.steps:
        return True
    return may_stop and options.patience is not None and state.stale >= options.patience
