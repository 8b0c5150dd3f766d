"""What a learning-rate schedule is: which share of the learning rate each step takes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar


class Rate(ABC):
    """A schedule of the learning rate; a member states its shape, warm-up is laid before it.

    It is a function of the step's number alone, so a resumed training takes the same steps.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    end: ClassVar[float | None] = None
    """The share that is left at the last step where the user says nothing; ``None`` for a schedule
    that has no end."""
    drops: ClassVar[int | None] = None
    """How often it falls where the user says nothing; ``None`` for one that does not fall so."""
    falls_to_zero: ClassVar[bool] = False
    """Whether the share at the end may be 0."""

    @abstractmethod
    def share(self, progress: float, end: float, drops: int) -> float:
        """The share of the learning rate, at most 1.

        Args:
            progress: From 0 at the first step after the warm-up to 1 at the last step.
            end: The share at the end.
            drops: How often it falls.
        """
