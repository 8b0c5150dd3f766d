"""The sentence that a report prints for a question, with its rule and its numbers.

It never claims more than its intervals allow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nisqdl.analysis.intervals import Estimate


@dataclass(frozen=True)
class Verdict:
    """One sentence with what it rests on.

    Attributes:
        topic: What it is about, in a word or two.
        sentence: What is said.
        rule: What had to hold for it to be said.
        numbers: The estimates it rests on, by what they are.
    """

    topic: str
    sentence: str
    rule: str
    numbers: Mapping[str, Estimate]
