"""What a figure is: a name, a title, and a function from what was found to a drawing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from nisqdl.report.style import Drawing

F = TypeVar("F")
"""What a study's analysis found."""


@dataclass(frozen=True)
class FigureKind(Generic[F]):
    """One member of a study's family of figures.

    Attributes:
        name: Also the name of its files.
        title: Its heading.
        draw: From what was found, and the number of panels a row: 2 for wide pages and files, 1
            for phones. Gives ``None`` where the run has no such axis; called within
            ``style.look``.
    """

    name: str
    title: str
    draw: Callable[[F, int], Drawing | None]
