"""Typed content as bytes: JSON text with every float exact, and a checksum that damage breaks."""

from __future__ import annotations

import json
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from nisqdl.errors import InputError
from nisqdl.store.record import content_hash


class SealedText(BaseModel):
    """The fields of such a content; each kind is a class with a ``format`` of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid")


_SomeText = TypeVar("_SomeText", bound=SealedText)


def sealed(text: SealedText) -> bytes:
    """The fields and their checksum as UTF-8 JSON; the same fields give the same bytes."""
    # json writes a float as repr does: the shortest text that reads back as the same float.
    content = text.model_dump(mode="json")
    content["checksum"] = content_hash(content)
    return json.dumps(content, separators=(",", ":"), allow_nan=False).encode()


def unsealed(kind: type[_SomeText], content: bytes, where: str, remedy: str) -> _SomeText:
    """The fields that :func:`sealed` wrote.

    Args:
        kind: What they must be.
        content: The bytes.
        where: What or which file they are, for the error's sentence.
        remedy: What the user can do about a damaged one: ``"train again"``.

    Raises:
        InputError: They are damaged or something else.
    """
    try:
        fields = json.loads(content)
        if isinstance(fields, dict) and fields.pop("checksum", None) != content_hash(fields):
            raise damaged(where, "its checksum does not match", remedy)
        return kind.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the content"
        raise damaged(where, f"{field}: {first['msg']}", remedy) from error
    except (ValueError, RecursionError) as error:  # JSON and UTF-8 errors are ValueErrors
        raise damaged(where, f"it is not JSON text ({error})", remedy) from error


def damaged(where: str, what: str, remedy: str) -> InputError:
    """The sentence about a content that cannot be read."""
    return InputError(
        f"The {where} cannot be read: {what}. The content is damaged or was written by another "
        f"version; delete it and {remedy}."
    )
