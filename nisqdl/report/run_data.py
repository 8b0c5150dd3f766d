"""What a report reads of a run: the store's ``RunView`` is one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from nisqdl.store.record import Json, Record


class RunData(Protocol):
    """A run as it is told; see ``nisqdl.store.view.RunView`` for its fields."""

    @property
    def experiment(self) -> Json: ...
    @property
    def study(self) -> str: ...
    @property
    def context(self) -> Json: ...
    @property
    def records(self) -> Sequence[Record]: ...
    @property
    def created(self) -> str: ...
