"""Arguments that are one of a few names: a wrong one is answered with the nearest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from nisqdl.errors import unknown_name


class OneOf(click.Choice[str]):
    """A choice that the shell completes.

    Args:
        kind: What one of them is called.
        names: The valid names.
    """

    def __init__(self, kind: str, names: Sequence[str]) -> None:
        super().__init__(names)
        self._kind = kind

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name itself.

        Raises:
            InputError: It is not one of them.
        """
        if value not in self.choices:
            raise unknown_name(self._kind, value, self.choices)
        return str(value)
