"""Where two documents differ first, said for a person."""

from __future__ import annotations

from nisqdl.store.record import Json

_MISSING = object()


def first_difference(theirs: Json, ours: Json) -> str | None:
    """The first place, by sorted dotted key, where two JSON documents differ.

    Args:
        theirs: What the run folder holds.
        ours: What was asked for now.

    Returns:
        ``"`training.steps` is 100 there, but 50 here"``; ``None`` if they are equal.
    """
    left, right = _leaves(theirs), _leaves(ours)
    for key in sorted(left.keys() | right.keys()):
        there, here = left.get(key, _MISSING), right.get(key, _MISSING)
        if there is _MISSING or here is _MISSING or _differ(there, here):
            return f"`{key}` is {_shown(there)} there, but {_shown(here)} here"
    return None


def _leaves(document: Json, prefix: str = "") -> dict[str, Json]:
    """Values by dotted key; a mapping inside that is empty is a leaf, and so is a list."""
    if not isinstance(document, dict) or (prefix and not document):
        return {prefix or "document": document}
    leaves: dict[str, Json] = {}
    for key, value in document.items():
        leaves |= _leaves(value, f"{prefix}.{key}" if prefix else str(key))
    return leaves


def _differ(there: Json, here: Json) -> bool:
    # In Python 1 == 1.0 == True; in an experiment they are other values of other options.
    return type(there) is not type(here) or bool(there != here)


def _shown(value: Json) -> str:
    if value is _MISSING:
        return "not given"
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."
