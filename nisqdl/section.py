"""A section of an experiment file that holds the options of one member of a family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from nisqdl.errors import InputError, unknown_name

Options = TypeVar("Options", bound=BaseModel)


def read_section(
    model: type[Options], given: Mapping[str, object], name: str, where: str = ""
) -> Options:
    """The options of a member, from what a file or a caller gives.

    Args:
        model: The options with their defaults and rules.
        given: Option names and values; defaults fill in what is missing.
        name: The member's name, for the error's sentence.
        where: File and section, for the error's sentence.

    Raises:
        InputError: An option does not exist or has a wrong value.
    """
    place = f"{where}: " if where else ""
    for option in given:
        if option not in model.model_fields:
            raise unknown_name(f"option of {name}", option, model.model_fields, where)
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        fault = error.errors()[0]
        field = ".".join(map(str, fault["loc"]))
        if fault["type"] == "extra_forbidden":
            raise InputError(f"{place}`{name}.{field}` is no option: leave it out.") from None
        # YAML has lists: a tuple is ours.
        told = fault["msg"].removeprefix("Value error, ").replace("tuple", "list").rstrip(".")
        called = f"`{name}.{field}`" if field else f"`{name}`"
        # A rule of our own says by itself what it was given.
        value = f", but is {fault['input']!r}" if fault["type"] != "value_error" else ""
        raise InputError(f"{place}{called}: {told[0].lower()}{told[1:]}{value}.") from None
