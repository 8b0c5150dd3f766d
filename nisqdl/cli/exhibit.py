"""One thing, ready to be shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from nisqdl.store.record import Json


@dataclass(frozen=True)
class Exhibit:
    """One thing, ready to be shown.

    Attributes:
        document: What is known of it.
        show: Prints it for people.
    """

    document: Mapping[str, Json]
    show: Callable[[], None]
