"""YAML documents, loaded safely: a mapping, no duplicate keys, no aliases, of bounded size."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from nisqdl.errors import InputError

MAX_BYTES = 1_000_000
MAX_DEPTH = 20


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader that refuses duplicate keys and reads ``1e-3`` as a number."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            try:
                duplicate = key in seen
            except TypeError:
                raise _fault(key_node, "a key must be a plain word") from None
            if duplicate:
                raise _fault(key_node, f"the key {key!r} is given twice; keep one of them")
            seen.add(key)
        return super().construct_mapping(node, deep)


# YAML 1.1 wants a dot and a sign in floats: without this, 1e-3 would be a text.
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"^[-+]?[0-9][0-9_]*(\.[0-9_]*)?[eE][-+]?[0-9]+$"),
    list("-+0123456789"),
)


def read_mapping(path: Path) -> dict[str, Any]:
    """The mapping that a YAML file holds.

    Raises:
        InputError: The file cannot be read, is too large or too deep, is not YAML, uses aliases,
            gives a key twice, or is not a mapping.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from None
    if len(data) > MAX_BYTES:
        raise InputError(
            f"{path} has {len(data):,} bytes; a file of options has at most {MAX_BYTES:,}."
        )
    try:
        text = data.decode("utf-8")
        _check_shape(text)
        document = yaml.load(text, Loader=_Loader)
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text (byte {error.start}).") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f", line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise InputError(f"{path}{place}: {error.problem or error.context}.") from None
    except (yaml.YAMLError, ValueError) as error:
        raise InputError(f"{path} is not valid YAML: {str(error).splitlines()[0]}.") from None
    if not isinstance(document, dict):
        found = "empty" if document is None else f"a {type(document).__name__}"
        raise InputError(f"{path} must hold a mapping of options (key: value), but is {found}.")
    for key in document:
        if not isinstance(key, str):
            raise InputError(f"{path}: the key {key!r} must be a word.")
    return document


def _check_shape(text: str) -> None:
    """Bound the nesting before anything recursive reads it, and refuse aliases."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                raise _fault(event, f"options are nested deeper than {MAX_DEPTH} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent):
            raise _fault(event, "aliases (*name) are not used here; write the value out")


def _fault(place: Any, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=place.start_mark)
