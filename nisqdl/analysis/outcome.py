"""One sentence over several settings, by what was shown in each."""

from __future__ import annotations

from collections.abc import Sequence

from nisqdl.analysis.intervals import Estimate
from nisqdl.analysis.verdict import Verdict
from nisqdl.analysis.words import listed


def outcome(
    topic: str,
    gains: Sequence[tuple[str, Estimate]],
    up: str,
    down: str,
    open_: str,
    rule: str,
) -> Verdict | None:
    """The verdict of these gains; ``None`` without any.

    Args:
        topic: What it is about.
        gains: What tells a setting from the others, and the gain there.
        up: What is said of gains whose whole interval is above 0; their sizes follow.
        down: The same below 0; sizes are told as costs.
        open_: What is said of the others.
        rule: What had to hold.
    """
    if not gains:
        return None
    alone = len(gains) == 1

    def named(title: str, gain: Estimate) -> str:
        return f"by {gain.text()}" if alone else f"by {gain.text()} ({title})"

    raised = [named(title, gain) for title, gain in gains if gain.above_zero]
    lowered = [named(title, gain.reversed()) for title, gain in gains if gain.below_zero]
    rest = [title for title, gain in gains if not gain.above_zero and not gain.below_zero]
    parts = []
    if raised:
        parts.append(f"{up} {listed(raised)}")
    if lowered:
        parts.append(f"{down} {listed(lowered)}")
    if rest:
        parts.append(open_ if len(rest) == len(gains) else f"{open_} ({'; '.join(rest)})")
    return Verdict(topic, sentence(parts), rule, dict(gains))


def sentence(parts: Sequence[str]) -> str:
    """Parts as one sentence."""
    text = "; ".join(parts)
    first = text[0].upper() if text[0].isascii() else text[0]  # λ and α stay what they are
    return f"{first}{text[1:]}."


def inner(text: str) -> str:
    """A sentence as a part of another one."""
    return f"{text[0].lower()}{text[1:]}".rstrip(".")
