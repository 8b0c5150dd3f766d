"""What a worker is asked and what it answers, to and from JSON."""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from nisqdl import errors
from nisqdl.errors import NisqdlError
from nisqdl.store.record import Json, Point, Record
from nisqdl.studies.contract import Cost, Outcome, Step, Study

_ERRORS: dict[str, type[NisqdlError]] = {
    kind.__name__: kind
    for kind in (
        errors.NisqdlError,
        errors.InputError,
        errors.CapacityError,
        errors.PendingError,
    )
}


@dataclass(frozen=True)
class Done:
    """A step's outcome, and the wall time that it took."""

    step: Step
    outcome: Outcome
    seconds: float


@dataclass(frozen=True)
class Costed:
    """What a step is expected to take."""

    step: Step
    cost: Cost


@dataclass(frozen=True)
class Refused:
    """A step that ended with a sentence for the user."""

    step: Step
    error: NisqdlError


@dataclass(frozen=True)
class Failed:
    """A step that ended with any other exception.

    Attributes:
        summary: The exception in one line.
        traceback: The whole of it, for the log.
    """

    step: Step
    summary: str
    traceback: str


@dataclass(frozen=True)
class Died:
    """A step whose worker ended without an answer.

    Attributes:
        status: The process's exit code; negative is minus the signal that killed it.
    """

    step: Step
    status: int


Answer = Done | Costed | Refused | Failed | Died


def study_reference(study: Study) -> str:
    """Where another process finds the study: ``module:Class``, made without arguments."""
    kind = type(study)
    return f"{kind.__module__}:{kind.__qualname__}"


def study_at(reference: str) -> Study:
    """The study that :func:`study_reference` named."""
    module, _, name = reference.partition(":")
    study: Study = getattr(importlib.import_module(module), name)()
    return study


def step_document(step: Step) -> Json:
    """A step as JSON."""
    return {
        "study": step.study,
        "kind": step.kind,
        "settings": dict(step.settings),
        "needs": list(step.needs),
        "points": [{"study": p.study, "settings": dict(p.settings)} for p in step.points],
        "title": step.title,
        "remote": step.remote,
    }


def step_from(document: Json) -> Step:
    """The step that :func:`step_document` described."""
    return Step(
        study=document["study"],
        kind=document["kind"],
        settings=document["settings"],
        needs=tuple(document["needs"]),
        points=tuple(Point(p["study"], p["settings"]) for p in document["points"]),
        title=document["title"],
        remote=document["remote"],
    )


def outcome_document(step: Step, outcome: Outcome) -> tuple[Json, list[bytes]]:
    """An outcome as JSON and bytes.

    Raises:
        ValueError: It is not what the step was to give: an artifact, or a record a point.
    """
    if step.points:
        found = sorted(record.point.id for record in outcome.records)
        if found != sorted(point.id for point in step.points) or outcome.artifact is not None:
            raise ValueError("a step with points must give one record for each of them")
    elif outcome.artifact is None or outcome.records:
        raise ValueError("a step without points must give an artifact")
    records = [
        {
            "point": record.point.id,
            "values": dict(record.values),
            "provenance": dict(record.provenance),
            "seconds": float(record.seconds),
        }
        for record in outcome.records
    ]
    return records, [] if outcome.artifact is None else [outcome.artifact]


def outcome_from(step: Step, records: Json, blobs: list[bytes]) -> Outcome:
    """The outcome that :func:`outcome_document` described."""
    points = {point.id: point for point in step.points}
    return Outcome(
        artifact=blobs[0] if blobs else None,
        records=tuple(
            Record(points[r["point"]], r["values"], r["provenance"], r["seconds"]) for r in records
        ),
    )


def error_document(error: NisqdlError) -> Json:
    """A sentence for the user, with its kind."""
    names = [kind.__name__ for kind in type(error).__mro__ if kind.__name__ in _ERRORS]
    return {"kind": names[0], "sentence": str(error)}


def error_from(document: Json) -> NisqdlError:
    """The error that :func:`error_document` described."""
    return _ERRORS[document["kind"]](document["sentence"])
