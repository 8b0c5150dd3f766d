"""How far a run is, counted from what its steps have taken so far."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from nisqdl.runner.plan import WorkPlan
from nisqdl.studies.contract import Step


@dataclass(frozen=True)
class Status:
    """How far a run is.

    Attributes:
        done, points: Points with a record, and all of them.
        steps_done, steps: Steps of this session that ended, and all of them.
        seconds: Wall time of this session so far.
        rate: Records a minute in this session; ``None`` before the first.
        seconds_left: Expected wall time left; ``None`` before the first step ended.
        at_least: Whether it takes longer: some kind of step that is left was not seen yet, and is
            not counted.
        running: Titles of the steps under way.
        what: What the points are, for people.
    """

    done: int
    points: int
    steps_done: int
    steps: int
    seconds: float
    rate: float | None
    seconds_left: float | None
    at_least: bool
    running: tuple[str, ...]
    what: str = "points"


class Tally:
    """Counts what ended, and how long each kind of step takes.

    Args:
        plan: What is to be done.
        workers: How many steps run at once.
        clock: Seconds from any origin.
    """

    def __init__(
        self, plan: WorkPlan, workers: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._plan = plan
        self._workers = workers
        self._clock = clock
        self._start = clock()
        self._left = Counter(step.kind for step in plan.steps)
        self._seconds: dict[str, float] = {}
        self._ended: Counter[str] = Counter()
        self._added = 0

    def ended(self, step: Step, seconds: float) -> None:
        """A step ended after ``seconds`` of work."""
        self._left[step.kind] -= 1
        self._ended[step.kind] += 1
        self._seconds[step.kind] = self._seconds.get(step.kind, 0.0) + seconds
        self._added += len(step.points)

    def dropped(self, step: Step) -> None:
        """A step will not be done."""
        self._left[step.kind] -= 1

    def status(self, running: tuple[Step, ...]) -> Status:
        """How far the run is now."""
        seconds = self._clock() - self._start
        kinds = [kind for kind, count in self._left.items() if count > 0]
        return Status(
            done=self._plan.stored + self._added,
            points=self._plan.points,
            steps_done=sum(self._ended.values()),
            steps=len(self._plan.steps),
            seconds=seconds,
            rate=60 * self._added / seconds if self._added and seconds > 0 else None,
            seconds_left=self._seconds_left(kinds),
            at_least=any(not self._ended[kind] for kind in kinds),
            running=tuple(step.title or step.kind for step in running),
        )

    def _seconds_left(self, kinds: Sequence[str]) -> float | None:
        if not self._ended:
            return None
        seen = [kind for kind in kinds if self._ended[kind]]
        work = sum(self._left[kind] * self._seconds[kind] / self._ended[kind] for kind in seen)
        return work / self._workers
