"""Federated results as bytes: JSON text with every float exact."""

from __future__ import annotations

from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from nisqdl.store.sealed import SealedText, damaged, sealed, unsealed
from nisqdl.training.federated.rounds import Federated

_WHERE, _REMEDY = "federated weights", "train again"


class _Path(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: tuple[tuple[float, ...], ...]
    asked: tuple[tuple[int, ...], ...]
    returned: tuple[tuple[int, ...], ...]


class _Text(SealedText):
    format: Literal["nisqdl federated weights 1"]
    paths: tuple[_Path, ...]


def federated_to_bytes(results: tuple[Federated, ...]) -> bytes:
    """Results as UTF-8 JSON; the same results give the same bytes."""
    paths = tuple(
        _Path(
            weights=tuple(tuple(row) for row in result.weights.tolist()),
            asked=result.asked,
            returned=result.returned,
        )
        for result in results
    )
    return sealed(_Text(format="nisqdl federated weights 1", paths=paths))


def federated_from_bytes(content: bytes) -> tuple[Federated, ...]:
    """The results that :func:`federated_to_bytes` wrote.

    Raises:
        InputError: They are damaged or something else.
    """
    text = unsealed(_Text, content, _WHERE, _REMEDY)
    for path in text.paths:
        rounds = len(path.weights) - 1
        if len(path.asked) != rounds or len(path.returned) != rounds:
            raise damaged(_WHERE, "its parts do not have the same length", _REMEDY)
    return tuple(Federated(np.array(p.weights), p.asked, p.returned) for p in text.paths)
