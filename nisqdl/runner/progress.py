"""Progress for people: a bar in a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TextIO

from nisqdl.runner.status import Status

if TYPE_CHECKING:
    from rich.live import Live
    from rich.progress import Progress as RichProgress


class Progress(Protocol):
    """What a run tells while it works."""

    def begin(self, title: str, status: Status) -> None:
        """The run begins."""
        ...

    def show(self, status: Status) -> None:
        """Something happened, or some time went by."""
        ...

    def end(self) -> None:
        """The run is over, well or not; called once, also where ``begin`` was not."""
        ...


class Silence:
    """Tells nothing."""

    def begin(self, title: str, status: Status) -> None:
        """Nothing."""

    def show(self, status: Status) -> None:
        """Nothing."""

    def end(self) -> None:
        """Nothing."""


class Lines:
    """Plain lines, at most one every few seconds.

    Args:
        stream: Where they go.
        every: Least seconds between two of them.
        clock: Seconds from any origin.
    """

    def __init__(
        self, stream: TextIO, every: float = 5.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stream = stream
        self._every = every
        self._clock = clock
        self._last = 0.0
        self._title = ""

    def begin(self, title: str, status: Status) -> None:
        self._title = title
        self._tell(status)

    def show(self, status: Status) -> None:
        if self._clock() - self._last >= self._every or status.steps_done == status.steps:
            self._tell(status)

    def end(self) -> None:
        """Nothing is left to tidy."""

    def _tell(self, status: Status) -> None:
        self._last = self._clock()
        print(f"{self._title}: {sentence(status)}", file=self._stream, flush=True)


class Bar:
    """A bar that is drawn again in its place, and below it what runs now; for terminals."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._live: Live | None = None
        self._bar: RichProgress | None = None

    def begin(self, title: str, status: Status) -> None:
        from rich.console import Console
        from rich.live import Live
        from rich.progress import BarColumn, Progress, TextColumn

        columns = (
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=None, complete_style="cyan", finished_style="green"),
            TextColumn("{task.fields[counts]}"),
        )
        self._bar = Progress(*columns, expand=True)
        self._bar.add_task(title, total=1, counts="")
        self._live = Live(console=Console(file=self._stream), refresh_per_second=4)
        self.show(status)
        self._live.start()

    def show(self, status: Status) -> None:
        from rich.console import Group
        from rich.text import Text

        if self._bar is None or self._live is None:
            return
        # Steps, not points: the first records may come late, and the bar should move before.
        self._bar.update(
            self._bar.task_ids[0],
            total=max(1, status.steps),
            completed=status.steps_done if status.steps else 1,
            counts=counts(status),
        )
        now = Text(running(status), style="dim", no_wrap=True, overflow="ellipsis")
        self._live.update(Group(self._bar, now) if status.running else self._bar)

    def end(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


def progress_for(stream: TextIO) -> Progress:
    """A bar where the stream is a terminal, else lines."""
    return Bar(stream) if stream.isatty() else Lines(stream)


def sentence(status: Status) -> str:
    """How far a run is, in one line of text."""
    return f"{counts(status)}; now: {running(status)}" if status.running else counts(status)


def running(status: Status) -> str:
    """What is under way: the oldest, and how many more."""
    more = f" and {len(status.running) - 1} more" if len(status.running) > 1 else ""
    return status.running[0] + more if status.running else ""


def counts(status: Status) -> str:
    """Points, rate and time left; before the first point the time so far."""
    parts = [f"{status.done} of {status.points} {status.what}"]
    if status.rate is not None:
        parts.append(f"{_rounded(status.rate)} a minute")
    elif status.seconds >= 1:
        parts.append(f"{duration(status.seconds)} so far")
    if status.seconds_left is not None and status.steps_done < status.steps:
        how = "at least" if status.at_least else "about"
        parts.append(f"{how} {duration(status.seconds_left)} left")
    return ", ".join(parts)


def _rounded(rate: float) -> str:
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.2g}"


def duration(seconds: float) -> str:
    """A time for people: ``"40 s"``, ``"3 min"``, ``"2 h 10 min"``, ``"3 d 4 h"``."""
    whole = round(seconds)
    if whole < 90:
        return f"{max(1, whole)} s"
    minutes = round(whole / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h"
