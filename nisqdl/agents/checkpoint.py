"""Learning states and learned agents as bytes: JSON text with every number exact."""

from __future__ import annotations

import base64
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from nisqdl.agents.curve import Curve
from nisqdl.agents.learn import Learned
from nisqdl.agents.learner import LearningState
from nisqdl.store.sealed import SealedText, damaged, sealed, unsealed

_REMEDY = "learn again"
_Count = Annotated[int, Field(ge=0)]


def state_to_bytes(state: LearningState) -> bytes:
    """A state in mid-learning as UTF-8 JSON; the same state gives the same bytes."""
    arrays = {name: _packed(values) for name, values in state.arrays.items()}
    return sealed(
        _StateText(
            format="nisqdl learning state 1",
            origin=state.origin,
            updates=state.updates,
            arrays=arrays,
            facts=dict(state.facts),
        )
    )


def state_from_bytes(content: bytes, where: str = "learning state") -> LearningState:
    """The state that :func:`state_to_bytes` wrote.

    Args:
        content: The bytes.
        where: What or which file they are, for the error's sentence.

    Raises:
        InputError: They are damaged or something else.
    """
    text = unsealed(_StateText, content, where, _REMEDY)
    arrays = {name: _unpacked(packed, where) for name, packed in text.arrays.items()}
    return LearningState(text.origin, text.updates, arrays, text.facts)


def learned_to_bytes(learned: Learned) -> bytes:
    """A learned agent as UTF-8 JSON; the same agent gives the same bytes."""
    return sealed(
        _LearnedText(
            format="nisqdl learned agent 1",
            agent=learned.agent,
            parameters={role: _packed(values) for role, values in learned.parameters.items()},
            returns=learned.curve.returns,
            at_steps=learned.curve.environment_steps,
            at_circuits=learned.curve.circuit_evaluations,
            updates=learned.updates,
            environment_steps=learned.environment_steps,
            circuit_evaluations=learned.circuit_evaluations,
        )
    )


def learned_from_bytes(content: bytes, where: str = "learned agent") -> Learned:
    """The agent that :func:`learned_to_bytes` wrote.

    Args:
        content: The bytes.
        where: What or which file they are, for the error's sentence.

    Raises:
        InputError: They are damaged or something else.
    """
    text = unsealed(_LearnedText, content, where, _REMEDY)
    return Learned(
        text.agent,
        {role: _unpacked(packed, where) for role, packed in text.parameters.items()},
        Curve(text.returns, text.at_steps, text.at_circuits),
        text.updates,
        text.environment_steps,
        text.circuit_evaluations,
    )


class _Packed(SealedText):
    """An array: its type, shape, and little-endian bytes in base 64."""

    type: Literal["<f8", "<f4", "<i8", "|b1"]
    shape: tuple[_Count, ...]
    content: str


class _StateText(SealedText):
    format: Literal["nisqdl learning state 1"]
    origin: str
    updates: _Count
    arrays: dict[str, _Packed]
    facts: dict[str, Any]


class _LearnedText(SealedText):
    format: Literal["nisqdl learned agent 1"]
    agent: str
    parameters: dict[str, _Packed]
    returns: tuple[float, ...]
    at_steps: tuple[_Count, ...]
    at_circuits: tuple[_Count, ...]
    updates: _Count
    environment_steps: _Count
    circuit_evaluations: _Count


def _packed(values: NDArray[Any]) -> _Packed:
    little = values.astype(values.dtype.newbyteorder("<"), copy=False)
    return _Packed.model_validate(
        {
            "type": little.dtype.str,
            "shape": values.shape,
            "content": base64.b64encode(little.tobytes()).decode(),
        }
    )


def _unpacked(packed: _Packed, where: str) -> NDArray[Any]:
    try:
        content = base64.b64decode(packed.content, validate=True)
        values = np.frombuffer(content, dtype=packed.type).reshape(packed.shape)
    except ValueError as error:
        raise damaged(where, f"an array does not have its shape ({error})", _REMEDY) from error
    return values.astype(values.dtype.newbyteorder("="))
