"""One hierarchy of errors; each is a sentence for the user and knows the command's exit code.

The grammar of a message is: which file and field, what it must be, what it is, what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from pydantic import ValidationError

FieldPath: TypeAlias = tuple[int | str, ...]
"""The names and list indices that lead to a field."""


class NisqdlError(Exception):
    """Something failed that the user should read about in one sentence (exit code 1)."""

    exit_code = 1


class InputError(NisqdlError):
    """The user's input is wrong: a name, a value, a file, a folder (exit code 2)."""

    exit_code = 2


class CapacityError(InputError):
    """The work asked for does not fit: qubits of the device, or memory of this machine."""


class TooEarlyError(InputError):
    """A run has too few records yet for what was asked of it."""


class PendingError(NisqdlError):
    """Work is still under way elsewhere (exit code 3)."""

    exit_code = 3


class AccountError(NisqdlError):
    """The account, the service or the way to it does not allow what was asked (exit code 4)."""

    exit_code = 4


class BudgetError(NisqdlError):
    """It would take more QPU time than was allowed, or than is left (exit code 5)."""

    exit_code = 5


def unknown_name(kind: str, name: object, valid: Iterable[str], where: str = "") -> InputError:
    """An error for a wrong name that lists the valid ones and the nearest match.

    Args:
        kind: What the name names, as the user calls it (``"ansatz"``).
        name: What was given.
        valid: All names that would do.
        where: The file and field, e.g. ``"noise.yaml: model.ansatz.name"``.
    """
    names = sorted(valid)
    near = difflib.get_close_matches(str(name), names, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    place = f" ({where})" if where else ""
    listing = ", ".join(names) if names else "there are none"
    return InputError(
        f"There is no {kind} named {str(name)!r}{place}.{hint} Valid names: {listing}."
    )


def dotted(path: FieldPath) -> str:
    """A field as files write it: ``"published.values[2].what"``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def invalid(
    error: ValidationError,
    where: str = "",
    field: Callable[[FieldPath], str] = dotted,
    hint: str = "",
) -> InputError:
    """An error for the first fault that pydantic found: where, field, rule, value.

    Args:
        error: What pydantic raised.
        where: The file, section or class that holds the values.
        field: How the user calls the field at a path.
        hint: How to come by a field that is missing.
    """
    fault = error.errors()[0]
    called, place = field(fault["loc"]), f"{where}: " if where else ""
    if fault["type"] == "missing":
        return InputError(f"{place}`{called}` is missing; add it{f' ({hint})' if hint else ''}.")
    if fault["type"] == "extra_forbidden":
        return InputError(f"{place}`{called}` is no option; leave it out.")
    if fault["type"] == "value_error":  # a rule of our own says by itself what it was given
        reason = str(fault["ctx"]["error"]).rstrip(".")
        return InputError(f"{place}`{called}`: {reason}." if called else f"{place}{reason}.")
    rule = fault["msg"].removeprefix("Input ")
    # YAML has lists: a tuple is ours.
    told = f"{rule[0].lower()}{rule[1:]}".replace("tuple", "list").replace("should", "must", 1)
    return InputError(f"{place}`{called}` {told}, but is {fault['input']!r}.")
