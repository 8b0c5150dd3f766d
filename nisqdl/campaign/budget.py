"""Money: what would be spent is counted, bounded and agreed to before anything is sent."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from nisqdl.errors import BudgetError
from nisqdl.jobs.intending import Intended
from nisqdl.store.ledger import JobRow
from nisqdl.targets.service import Usage, require_time

Ask = Callable[[str], bool]


@dataclass(frozen=True)
class Terms:
    """On which terms jobs are sent.

    Attributes:
        ask: Shows what would be spent; whether the user agrees.
        max_qpu_seconds: Most time on the device for the whole run, all its jobs together;
            ``None`` is no bound but the instance's own.
    """

    ask: Ask
    max_qpu_seconds: int | None = None


def spent_s(jobs: Sequence[JobRow], used: dict[str, float]) -> float:
    """What a run's jobs have taken, and at most will take.

    Args:
        jobs: All jobs of the run.
        used: Seconds that the service counted, by tag, of those that are done.
    """
    total = 0.0
    for job in jobs:
        if job.tag in used:
            total += used[job.tag]
        elif job.state in ("sending", "submitted", "done"):
            total += job.cap_s if job.cap_s is not None else job.estimate_s
    return total


def bounded(intended: Intended, terms: Terms, usage: Usage, spent: float) -> Intended:
    """The intents, each with its bound on the device, if there is time for them all.

    Where a bound is set, what is left of it is shared out in proportion to the estimates, so that
    all jobs together cannot exceed it, whatever each takes.

    Raises:
        BudgetError: The estimate exceeds what is left of the bound, or of the instance's time.
    """
    seconds = intended.seconds
    require_time(usage, seconds)
    if terms.max_qpu_seconds is None:
        return intended
    left = terms.max_qpu_seconds - spent
    if seconds > left:
        before = f", of which {spent:.0f} s are spent or promised" if spent else ""
        raise BudgetError(
            f"It would take about {math.ceil(seconds)} s on the device, but --max-qpu-seconds is "
            f"{terms.max_qpu_seconds}{before}; nothing was sent. Ask for fewer points, samples or "
            "shots, or raise the bound."
        )
    jobs = []
    for job in intended.jobs:
        share = max(1, math.floor(left * job.estimate_s / seconds))
        asked = job.execution.get("max_execution_time")
        jobs.append(replace(job, cap_s=share if asked is None else min(share, int(asked))))
    return replace(intended, jobs=tuple(jobs))


def offer(intended: Intended, usage: Usage, backend: str) -> str:
    """What would be sent and spent, in a sentence or two."""
    jobs, pubs = len(intended.jobs), sum(len(job.pieces) for job in intended.jobs)
    seconds = intended.seconds
    share = ""
    if usage.remaining_s:
        share = (
            f", {100 * seconds / usage.remaining_s:.0f} % of the {usage.remaining_s:.0f} s that "
            "the instance has left"
        )
    again = [job for job in intended.jobs if job.attempt > 1]
    repeated = ""
    if again:
        one = len(again) == 1
        repeated = f" {len(again)} of the jobs {'was' if one else 'were'} sent before and failed."
    return (
        f"{backend}: {_count(jobs, 'job')} with {_count(pubs, 'circuit')}, "
        f"{intended.executions:,} executions; about {max(1, math.ceil(seconds))} s on the "
        f"device{share}.{repeated}"
    )


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
