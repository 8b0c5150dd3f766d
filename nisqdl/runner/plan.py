"""Plan minus store = what is left to do, and in which order."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from nisqdl.store.record import Point
from nisqdl.studies.contract import Step, Study


@dataclass(frozen=True)
class WorkPlan:
    """What a run still has to do.

    Attributes:
        points: Points of the experiment.
        stored: How many of them have a record already.
        steps: The steps that this machine can do now, each after those that it needs.
        remote: The remote steps left, each after those that it needs.
        waiting: The steps that need what a remote step has not brought yet.
    """

    points: int
    stored: int
    steps: tuple[Step, ...]
    remote: tuple[Step, ...] = ()
    waiting: tuple[Step, ...] = ()


def plan_work(
    study: Study,
    points: Sequence[Point],
    ids: Collection[str] = frozenset(),
    keys: Collection[str] = frozenset(),
) -> WorkPlan:
    """The steps that turn the points without a record into records.

    Args:
        study: The kind of question.
        points: All points of the experiment.
        ids: Ids of points that have a record.
        keys: Keys of artifacts that are stored.
    """
    left = [point for point in points if point.id not in ids]
    steps = list(_needed(study.steps(left) if left else [], keys))
    behind: set[str] = set()
    for step in steps:
        if step.remote or not behind.isdisjoint(step.needs):
            behind.add(step.key)
    return WorkPlan(
        points=len(points),
        stored=len(points) - len(left),
        steps=tuple(step for step in steps if step.key not in behind),
        remote=tuple(step for step in steps if step.remote),
        waiting=tuple(step for step in steps if step.key in behind and not step.remote),
    )


def _needed(steps: Sequence[Step], keys: Collection[str]) -> Iterable[Step]:
    """The steps with points, and those that they need and that are not stored."""
    wanted: set[str] = set()
    chosen: list[Step] = []
    seen: set[str] = set()
    for step in reversed(steps):
        if step.key in seen or not (step.points or step.key in wanted):
            continue
        seen.add(step.key)
        chosen.append(step)
        wanted.update(key for key in step.needs if key not in keys)
    missing = wanted - seen
    if missing:
        raise RuntimeError(f"steps need {sorted(missing)}, which no earlier step makes")
    return reversed(chosen)


class Agenda:
    """Which step comes next: those whose needs are met, the ones that give records first.

    Among equals the order is that of the steps' keys, which are hashes: so the first few of a
    kind are a fair sample of it, for the time that is left and for a report on half a run.

    Args:
        steps: The steps to do, each after those that it needs.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        ours = {step.key for step in steps}
        self._waits = {step.key: {key for key in step.needs if key in ours} for step in steps}
        self._steps = {step.key: step for step in steps}
        self._dependents: dict[str, list[str]] = {}
        for step in steps:
            for key in self._waits[step.key]:
                self._dependents.setdefault(key, []).append(step.key)
        self._ready: list[tuple[bool, str]] = []
        for step in steps:
            if not self._waits[step.key]:
                self._offer(step.key)

    def next(self) -> Step | None:
        """Take the next step that can start; ``None`` if none can now."""
        return self._steps[heapq.heappop(self._ready)[1]] if self._ready else None

    def done(self, step: Step) -> None:
        """The step's outcome is stored: what waited for it alone can start."""
        for key in self._dependents.get(step.key, ()):
            self._waits[key].discard(step.key)
            if not self._waits[key]:
                self._offer(key)

    def _offer(self, key: str) -> None:
        heapq.heappush(self._ready, (not self._steps[key].points, key))
