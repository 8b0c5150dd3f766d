"""The options of an experiment file that hold several values: spread out and gathered again."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from itertools import product
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from nisqdl.errors import InputError, invalid, unknown_name

MAX_COMBINATIONS = 1_000_000

_EXAMPLE = "`nisqdl new` writes a complete example"


def spread(options: type[BaseModel], document: dict[str, Any], file: str) -> list[BaseModel]:
    """Every combination of a document's swept options, each validated.

    Any scalar option may be a list and is swept then; so may a mapping of options be a list of
    mappings. An option that is a list by its nature is swept by a list of lists.

    Args:
        options: The frozen pydantic model of one combination.
        document: What the file holds.
        file: Its name, for messages.
    """
    axes = list(_alternatives(options, document, file, ()))
    count = math.prod(map(len, axes))
    if count > MAX_COMBINATIONS:
        raise InputError(
            f"{file} asks for {count:,} combinations; at most {MAX_COMBINATIONS:,} can be planned. "
            "Shorten some of its lists."
        )
    try:
        return [options.model_validate(merged) for merged in _merged(axes)]
    except ValidationError as error:
        raise invalid(error, file, hint=_EXAMPLE) from None


def gather(documents: Sequence[dict[str, Any]]) -> Any:
    """One document of many: an option's value where all agree, else the list of its values.

    Where the documents are not all combinations of their options' values, they are listed whole.
    """
    # An option that is left out where it is unset is null.
    keys = dict.fromkeys(key for document in documents for key in document)
    return _gathered([{key: document.get(key) for key in keys} for document in documents])


def distinct(values: Sequence[Any]) -> list[Any]:
    """The different values, in their order."""
    return list({json.dumps(value, sort_keys=True): value for value in values}.values())


def _gathered(documents: Sequence[dict[str, Any]]) -> Any:
    if any(document.keys() != documents[0].keys() for document in documents):
        return distinct(documents)
    gathered: dict[str, Any] = {}
    combinations = 1
    for key in documents[0]:
        values = [document[key] for document in documents]
        different = distinct(values)
        combinations *= len(different)
        if all(isinstance(value, dict) for value in values):
            gathered[key] = _gathered(values)
        else:
            gathered[key] = different[0] if len(different) == 1 else different
    whole = distinct(documents)
    return gathered if combinations == len(whole) else whole


def _alternatives(
    options: type[BaseModel], document: Any, file: str, path: tuple[str, ...]
) -> Iterator[list[dict[str, Any]]]:
    """One axis for each field that the document sets: its alternative values."""
    where = ".".join(path)
    if not isinstance(document, dict):
        raise InputError(
            f"{file}: `{where}` must be a mapping of options "
            f"({', '.join(options.model_fields)}), but is {document!r}."
        )
    for key, value in document.items():
        if key not in options.model_fields:
            raise unknown_name(
                "option", key, options.model_fields, f"{file}: {where or 'top level'}"
            )
        inner = (*path, key)
        yield [{key: item} for item in _values(options.model_fields[key], value, file, inner)]


def _values(field: FieldInfo, value: Any, file: str, path: tuple[str, ...]) -> list[Any]:
    """The alternative values of one field."""
    nested = _nested_model(field.annotation)
    swept = isinstance(value, list) and _is_swept(field, value)
    items = value if swept else [value]
    if swept:
        _check_list(items, f"{file}: `{'.'.join(path)}`")
    if nested is None:
        return list(items)
    found: list[Any] = []
    for item in items:
        if item is None and type(None) in _members(field.annotation):
            found.append(None)
            continue
        found += _merged(list(_alternatives(nested, item, file, path)))
    return found


def _merged(axes: Sequence[list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """Every choice of one alternative of each axis, as one mapping."""
    for choice in product(*axes):
        yield {key: value for part in choice for key, value in part.items()}


def _is_swept(field: FieldInfo, value: list[Any]) -> bool:
    """Whether a list stands for alternatives, rather than being the value itself."""
    extra = field.json_schema_extra
    if isinstance(extra, dict) and extra.get("sweep") is False:
        return False
    if not _takes_list(field.annotation):
        return True
    return bool(value) and all(item is None or isinstance(item, list) for item in value)


def _check_list(items: list[Any], where: str) -> None:
    if not items:
        raise InputError(f"{where} is an empty list; it must hold at least one value.")
    for index, item in enumerate(items):
        if item in items[:index]:
            raise InputError(f"{where} holds {item!r} twice; name each value once.")


def _takes_list(annotation: Any) -> bool:
    return any(get_origin(kind) in {tuple, list} for kind in _members(annotation))


def _nested_model(annotation: Any) -> type[BaseModel] | None:
    for kind in _members(annotation):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            return kind
    return None


def _members(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, or the type itself, without what pydantic is told besides."""
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) not in {Union, UnionType}:
        return (annotation,)
    return tuple(kind for member in get_args(annotation) for kind in _members(member))
