"""Settings: the flat mapping from dotted option names to values that points and steps carry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nisqdl.store.record import Json


def flatten(document: Mapping[str, Json], prefix: str = "") -> dict[str, Json]:
    """``{"model": {"depth": 2}}`` becomes ``{"model.depth": 2}``."""
    flat: dict[str, Json] = {}
    for key, value in document.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{key}."))
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def nested(settings: Mapping[str, Json], room: str) -> dict[str, Any]:
    """The options of one room, nested again: ``nested(settings, "model")``."""
    document: dict[str, Any] = {}
    for name, value in settings.items():
        path = name.split(".")
        if path[0] != room or len(path) == 1:
            continue
        place = document
        for part in path[1:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = value
    return document


def pick(settings: Mapping[str, Json], names: Iterable[str]) -> dict[str, Json]:
    """The settings of these names; a name that ends in a dot takes all below it."""
    wanted = tuple(names)
    return {
        name: value
        for name, value in settings.items()
        if any(name == want or (want.endswith(".") and name.startswith(want)) for want in wanted)
    }
