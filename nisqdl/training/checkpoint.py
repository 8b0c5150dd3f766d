"""Trained weights and training states as bytes: JSON text with every float exact."""

from __future__ import annotations

import json
from typing import Annotated, Literal, TypeVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from nisqdl.engines.contract import Array
from nisqdl.errors import InputError
from nisqdl.store.record import content_hash
from nisqdl.training.optimizers.contract import State
from nisqdl.training.state import Check, Trained, TrainingState

_Finite = Annotated[float, Field(allow_inf_nan=False)]
_Count = Annotated[int, Field(ge=0)]
_Floats = tuple[_Finite, ...]
_Checks = tuple[tuple[_Count, _Finite], ...]


def trained_to_bytes(trained: Trained) -> bytes:
    """A training's result as UTF-8 JSON; the same result gives the same bytes."""
    return _to_bytes(
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
    text = _from_bytes(_TrainedText, content, where)
    return Trained(
        weights=np.array(text.weights, dtype=np.float64),
        history=text.history,
        checks=tuple(Check(step, loss) for step, loss in text.checks),
        steps=text.steps,
        stopped_early=text.stopped_early,
        evaluations=text.evaluations,
        best_step=text.best_step,
        batch_size=text.batch_size,
    )


def state_to_bytes(state: TrainingState) -> bytes:
    """A state in mid-run as UTF-8 JSON; the same state gives the same bytes."""
    return _to_bytes(
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
    text = _from_bytes(_StateText, content, where)
    if len(text.history) != text.step or len(text.weights) != len(text.best_weights):
        raise _damaged(where, "its parts do not have the same length")
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


class _Text(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _TrainedText(_Text):
    format: Literal["nisqdl trained weights 1"]
    weights: _Floats
    history: _Floats
    checks: _Checks
    steps: _Count
    stopped_early: bool
    evaluations: _Count
    best_step: _Count
    batch_size: _Count


class _StateText(_Text):
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


_SomeText = TypeVar("_SomeText", bound=_Text)


def _to_bytes(text: _Text) -> bytes:
    # json writes a float as repr does: the shortest text that reads back as the same float.
    content = text.model_dump(mode="json")
    content["checksum"] = content_hash(content)
    return json.dumps(content, separators=(",", ":"), allow_nan=False).encode()


def _from_bytes(kind: type[_SomeText], content: bytes, where: str) -> _SomeText:
    try:
        fields = json.loads(content)
        if isinstance(fields, dict) and fields.pop("checksum", None) != content_hash(fields):
            raise _damaged(where, "its checksum does not match")
        return kind.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the content"
        raise _damaged(where, f"{field}: {first['msg']}") from error
    except (ValueError, RecursionError) as error:  # JSON and UTF-8 errors are ValueErrors
        raise _damaged(where, f"it is not JSON text ({error})") from error


def _damaged(where: str, what: str) -> InputError:
    return InputError(
        f"The {where} cannot be read: {what}. The content is damaged or was written by another "
        "version; delete it and train again."
    )


def _floats(array: Array) -> tuple[float, ...]:
    return tuple(array.tolist())


def _pairs(checks: tuple[Check, ...]) -> tuple[tuple[int, float], ...]:
    return tuple((check.step, check.loss) for check in checks)
