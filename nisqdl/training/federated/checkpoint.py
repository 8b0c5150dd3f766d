"""Federated results as bytes: JSON text with every float exact."""

from __future__ import annotations

import json

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError

from nisqdl.errors import InputError
from nisqdl.training.federated.rounds import Federated

FORMAT = "nisqdl federated weights 1"


class _Text(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str
    weights: tuple[tuple[float, ...], ...]
    asked: tuple[tuple[int, ...], ...]
    returned: tuple[tuple[int, ...], ...]


def federated_to_bytes(results: tuple[Federated, ...]) -> bytes:
    """Results as UTF-8 JSON; the same results give the same bytes."""
    texts = [
        _Text(
            format=FORMAT,
            weights=tuple(tuple(row) for row in result.weights.tolist()),
            asked=result.asked,
            returned=result.returned,
        ).model_dump(mode="json")
        for result in results
    ]
    return json.dumps(texts, separators=(",", ":"), allow_nan=False).encode()


def federated_from_bytes(content: bytes) -> tuple[Federated, ...]:
    """The results that :func:`federated_to_bytes` wrote.

    Raises:
        InputError: They are damaged or something else.
    """
    try:
        texts = [_Text.model_validate(text) for text in json.loads(content)]
    except (ValueError, ValidationError, TypeError) as error:
        raise InputError(
            "The federated weights cannot be read: they are damaged or were written by another "
            "version; delete the run's artifacts and run it again."
        ) from error
    return tuple(Federated(np.array(text.weights), text.asked, text.returned) for text in texts)
