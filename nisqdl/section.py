"""A section of an experiment file that holds the options of one member of a family."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from nisqdl.errors import dotted, invalid, unknown_name

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
    for option in given:
        if option not in model.model_fields:
            raise unknown_name(f"option of {name}", option, model.model_fields, where)
    try:
        return model.model_validate(dict(given))
    except ValidationError as error:
        raise invalid(error, where, lambda path: dotted((name, *path))) from None
