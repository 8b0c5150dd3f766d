"""Seeds of the primitives: a fresh one for each evaluation, in the order of the calls."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from nisqdl.errors import InputError
from nisqdl.seeds import derive


@dataclass(frozen=True)
class Seeds:
    """Two calls never get the same numbers; the same root and order of calls repeat them.

    Attributes:
        root: What all seeds are derived from.
        purpose: Keeps the numbers of different primitives apart.
    """

    root: int
    purpose: str
    _calls: Any = field(default_factory=count)

    @classmethod
    def of(cls, seed: np.random.Generator | int | None, purpose: str) -> Seeds:
        """From a number, a generator, or the system's entropy.

        Raises:
            InputError: The seed is none of these, or negative.
        """
        if seed is None:
            return cls(secrets.randbits(63), purpose)
        if isinstance(seed, np.random.Generator):
            return cls(int(seed.integers(2**63 - 1)), purpose)
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            raise InputError(
                f"`seed` must be an integer of at least 0, a NumPy generator or None, but is "
                f"{seed!r}."
            )
        return cls(int(seed), purpose)

    def next_call(self) -> int:
        """The seed of one call."""
        return derive(self.root, self.purpose, next(self._calls))


def checked_shots(shots: object, name: str = "shots") -> int:
    """A number of shots.

    Raises:
        InputError: It is not an integer of at least 1.
    """
    if isinstance(shots, bool) or not isinstance(shots, int | np.integer) or shots < 1:
        raise InputError(f"`{name}` must be an integer of at least 1, but is {shots!r}.")
    return int(shots)
