"""Point and record: one independent unit of work and its result."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = Any
"""What JSON can hold: None, bool, int, float, str, list, dict with string keys."""


def content_hash(content: Json) -> str:
    """16 hexadecimal digits of SHA-256 over the canonical JSON text (sorted keys)."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Point:
    """One combination of the swept values and a seed.

    Attributes:
        study: Name of the study.
        settings: Flat mapping from dotted option names, as in the experiment file, to values
            (``{"model.ansatz.depth": 2, "noise.scale": 1.0, "seed": 0, ...}``).
    """

    study: str
    settings: Mapping[str, Json]

    @property
    def id(self) -> str:
        """Content hash: the same settings are the same point, in whatever order they are given."""
        return content_hash({"study": self.study, "settings": dict(self.settings)})


@dataclass(frozen=True)
class Record:
    """The result of one point.

    Attributes:
        point: What was asked.
        values: What was found: numbers, strings or lists by name; the same on every run.
        provenance: Seeds, versions, snapshot hash and calibration date.
        seconds: Wall time that this point took; not part of what must repeat.
    """

    point: Point
    values: Mapping[str, Json]
    provenance: Mapping[str, Json]
    seconds: float
