"""What a study is to the runner: points, and the steps of work that turn points into records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from pydantic import BaseModel

from nisqdl.store.record import Json, Point, Record, content_hash

if TYPE_CHECKING:
    from nisqdl.engines.runtime.request import Request


@dataclass(frozen=True)
class Step:
    """One unit of work for one worker: pure, and known by its content.

    A step either makes an artifact (bytes that later steps need: an ISA circuit, trained
    weights) or turns its points into records, never both.

    Attributes:
        study: Name of the study that performs it.
        kind: What is done, as a verb: ``"transpile"``, ``"train"``, ``"measure"``.
        settings: All that the result depends on, besides the artifacts it needs.
        needs: Keys of the steps whose artifacts it needs.
        points: The points it turns into records; empty for a step that makes an artifact.
        title: What is running, for people (``"train linear ×4 on torino, seed 3"``).
        remote: Whether a device makes the artifact, and not a worker: the study says what is
            asked, ``jobs`` submits it, and the artifact is what came back.
    """

    study: str
    kind: str
    settings: Mapping[str, Json]
    needs: tuple[str, ...] = ()
    points: tuple[Point, ...] = field(default=())
    title: str = ""
    remote: bool = False

    @cached_property
    def key(self) -> str:
        """Content hash of what is done, and of the points if there are any."""
        return content_hash(
            {
                "study": self.study,
                "kind": self.kind,
                "settings": dict(self.settings),
                "needs": list(self.needs),
                "points": [point.id for point in self.points],
            }
        )


@dataclass(frozen=True)
class Outcome:
    """What a step gave: an artifact, or a record for each of its points."""

    artifact: bytes | None = None
    records: tuple[Record, ...] = ()


@dataclass(frozen=True)
class Cost:
    """What one step is expected to take, for plans and progress.

    Attributes:
        seconds: Estimated time on one core of this machine.
        memory_mib: Estimated peak memory of the worker beyond its start.
    """

    seconds: float
    memory_mib: float


class Study(Protocol):
    """A kind of question. One file in ``nisqdl/studies/`` and one line in its table."""

    name: str
    summary: str
    Options: type[BaseModel]
    """The experiment file's fields with scalar values; any of them may be a list in a file."""

    def points(self, combinations: Sequence[BaseModel]) -> list[Point]:
        """The points of an experiment, from the options' combinations, in a stable order."""
        ...

    def steps(self, points: Sequence[Point]) -> list[Step]:
        """All steps that these points need, each after the steps that it needs itself."""
        ...

    def perform(self, step: Step, artifacts: Mapping[str, bytes]) -> Outcome:
        """Do one step, in any process; ``artifacts`` holds what it needs, by key."""
        ...

    def context(self, points: Sequence[Point]) -> Json:
        """What a report needs besides the records: devices' tables, the data sets' sizes …"""
        ...

    def plan_rows(self, points: Sequence[Point], artifacts: Mapping[str, bytes]) -> list[Json]:
        """A row for each circuit: model, target, depth, two-qubit gates, duration, fidelity."""
        ...

    def cost(self, step: Step, artifacts: Mapping[str, bytes]) -> Cost:
        """What the step is expected to take."""
        ...


@runtime_checkable
class RemoteStudy(Study, Protocol):
    """A study with remote steps."""

    def request(self, step: Step, artifacts: Mapping[str, bytes]) -> Request:
        """What a remote step asks of its device; ``artifacts`` holds what it needs, by key.

        What comes back is the step's artifact, for steps that need it:
        :func:`nisqdl.engines.runtime.request.measured_from_bytes` reads it.
        """
        ...
