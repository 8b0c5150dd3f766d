"""Where shipped files are, and the explicit tables in which families of plug-ins are listed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Generic, TypeVar

from nisqdl.errors import InputError, unknown_name

T = TypeVar("T")

_PACKAGE = Path(__file__).parent


class Table(Mapping[str, T], Generic[T]):
    """A family's members by name, in the order in which they are listed.

    A new member is one file and one line in its family's table. A wrong name is answered with
    the valid ones and the nearest match.

    Args:
        kind: What one member is called, in the singular (``"ansatz"``).
        members: The members; each has a ``name``.
    """

    def __init__(self, kind: str, members: Mapping[str, T]) -> None:
        self.kind = kind
        self._members = dict(members)

    def __getitem__(self, name: str) -> T:
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def find(self, name: str, where: str = "") -> T:
        """The member of this name.

        Args:
            name: The name looked for.
            where: File and field, for the error's sentence.

        Raises:
            InputError: No member has this name.
        """
        if name not in self._members:
            raise unknown_name(self.kind, name, self._members, where)
        return self._members[name]


def checked(find: Callable[[str], object]) -> Callable[[str], str]:
    """A validator for option models: the name itself, if ``find`` knows it.

    Pydantic adds the field to a ``ValueError``, so an ``InputError`` becomes one.

    Args:
        find: Looks a name up, e.g. a :meth:`Table.find`.
    """

    def check(name: str) -> str:
        try:
            find(name)
        except InputError as error:
            raise ValueError(str(error)) from None
        return name

    return check


def shipped_folder(kind: str) -> Path:
    """The folder of shipped files: ``"backends"``, ``"noise_models"``, ``"experiments"`` or
    ``"reproductions"``.

    A checkout's own folders come first: an editable install would otherwise read a stale copy.
    """
    if kind in ("experiments", "reproductions"):
        return _PACKAGE / kind
    checkout = _PACKAGE.parent
    if (checkout / "pyproject.toml").is_file() and (checkout / kind).is_dir():
        return checkout / kind
    return _PACKAGE / "_shipped" / kind


def kernel_cache() -> Path:
    """Where compiled kernels are kept: ``NUMBA_CACHE_DIR``, else the user's cache folder."""
    chosen = os.environ.get("NUMBA_CACHE_DIR")
    if chosen:
        return Path(chosen)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nisqdl" / "numba"


def state_folder() -> Path:
    """Where nisqdl notes what must outlive a process: in the user's state folder."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "nisqdl"
