"""Trained weights and training states as bytes: JSON text with every float exact."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from nisqdl.engines.contract import Array
from nisqdl.store.sealed import SealedText, damaged, sealed, unsealed
from nisqdl.training.optimizers.contract import State
from nisqdl.training.state import Check, Trained, TrainingState

_REMEDY = "train again"
_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=0)]
_Floats = tuple[_Finite, ...]
_Checks = tuple[tuple[_Count, _Finite], ...]


def trained_to_bytes(trained: Trained) -> bytes:
    """A training's result as UTF-8 JSON; the same result gives the same bytes."""
    return sealed(
        _TrainedText(
            format="nisqdl trained weights 1",
            weights=_floats(trained.weights),
            history=trained.history,
            checks=_pairs(trained.checks),
            steps=trained.steps,
            stopped_early=trained.stopped_early,
            evaluations=trained.evaluations,
            best_step=trained.best_step,
            batch_size=trained.batch_size,
            qpu_seconds=trained.qpu_seconds,
        )
    )


def trained_from_bytes(content: bytes, where: str = "trained weights") -> Trained:
    """The result that :func:`trained_to_bytes` wrote.

    Args:
        content: The bytes.
        where: What or which file they are, for the error's sentence.

    Raises:
        InputError: They are damaged or something else.
    """
    text = unsealed(_TrainedText, content, where, _REMEDY)
    return Trained(
        weights=np.array(text.weights, dtype=np.float64),
        history=text.history,
        checks=tuple(Check(step, loss) for step, loss in text.checks),
        steps=text.steps,
        stopped_early=text.stopped_early,
        evaluations=text.evaluations,
        best_step=text.best_step,
        batch_size=text.batch_size,
        qpu_seconds=text.qpu_seconds,
    )


def is_trained(content: bytes) -> bool:
    """Whether it is what :func:`trained_to_bytes` wrote, rather than a state in mid-run."""
    return b'"format":"nisqdl trained weights' in content[:200]


def state_to_bytes(state: TrainingState) -> bytes:
    """A state in mid-run as UTF-8 JSON; the same state gives the same bytes."""
    return sealed(
        _StateText(
            format="nisqdl training state 1",
            origin=state.origin,
            step=state.search.step,
            weights=_floats(state.search.weights),
            memory=tuple(_floats(part) for part in state.search.memory),
            history=state.history,
            checks=_pairs(state.checks),
            best_weights=_floats(state.best_weights),
            best_loss=state.best_loss,
            best_step=state.best_step,
            mark=state.mark,
            stale=state.stale,
            evaluations=state.evaluations,
        )
    )


def state_from_bytes(content: bytes, where: str = "training state") -> TrainingState:
    """The state that :func:`state_to_bytes` wrote.

    Args:
        content: The bytes.
        where: What or which file they are, for the error's sentence.

    Raises:
        InputError: They are damaged or something else.
    """
    text = unsealed(_StateText, content, where, _REMEDY)
    if len(text.history) != text.step or len(text.weights) != len(text.best_weights):
        raise damaged(where, "its parts do not have the same length", _REMEDY)
    memory = tuple(np.array(part, dtype=np.float64) for part in text.memory)
    return TrainingState(
        origin=text.origin,
        search=State(text.step, np.array(text.weights, dtype=np.float64), memory),
        history=text.history,
        checks=tuple(Check(step, loss) for step, loss in text.checks),
        best_weights=np.array(text.best_weights, dtype=np.float64),
        best_loss=text.best_loss,
        best_step=text.best_step,
        mark=text.mark,
        stale=text.stale,
        evaluations=text.evaluations,
    )


def _is_none(value: object) -> bool:
    return value is None


class _TrainedText(SealedText):
    format: Literal["nisqdl trained weights 1"]
    weights: _Floats
    history: _Floats
    checks: _Checks
    steps: _Count
    stopped_early: bool
    evaluations: _Count
    best_step: _Count
    batch_size: _Count
    qpu_seconds: _Finite | None = Field(default=None, exclude_if=_is_none)


class _StateText(SealedText):
    format: Literal["nisqdl training state 1"]
    origin: str
    step: _Count
    weights: _Floats
    memory: tuple[_Floats, ...]
    history: _Floats
    checks: Annotated[_Checks, Field(min_length=1)]
    best_weights: _Floats
    best_loss: _Finite
    best_step: _Count
    mark: _Finite
    stale: _Count
    evaluations: _Count


def _floats(array: Array) -> tuple[float, ...]:
    return tuple(array.tolist())


def _pairs(checks: tuple[Check, ...]) -> tuple[tuple[int, float], ...]:
    return tuple((check.step, check.loss) for check in checks)
