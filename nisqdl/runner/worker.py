"""A worker: a process of its own that performs steps until its runner is gone.

It reads requests on standard input and answers on standard output, in frames. It is in a session
of its own, so that Ctrl-C reaches the runner only; and when the runner dies, however it dies, the
input ends and the worker ends too, in the middle of a step if need be.
"""

from __future__ import annotations

import faulthandler
import os
import threading
import time
import traceback
from pathlib import Path
from queue import SimpleQueue
from typing import IO

from nisqdl.errors import NisqdlError
from nisqdl.runner.frames import read_frame, write_frame
from nisqdl.runner.message import (
    error_document,
    outcome_document,
    step_from,
    study_at,
)
from nisqdl.store.record import Json
from nisqdl.studies.contract import Step, Study

Request = tuple[Json, list[bytes]]


def main() -> None:
    """Answer requests until there are no more."""
    requests, answers = _pipes()
    faulthandler.enable()
    queue: SimpleQueue[Request | None] = SimpleQueue()
    busy = threading.Event()
    threading.Thread(target=_listen, args=(requests, queue, busy), daemon=True).start()
    studies: dict[str, Study] = {}
    while (request := queue.get()) is not None:
        busy.set()
        content, blobs = _answer(request, studies)
        try:
            write_frame(answers, content, blobs)
        except BrokenPipeError:
            os._exit(1)
        busy.clear()


def _pipes() -> tuple[IO[bytes], IO[bytes]]:
    """The frames' pipes; what a library prints goes to standard error, never between frames."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    os.dup2(2, 1)
    return requests, answers


def _listen(requests: IO[bytes], queue: SimpleQueue[Request | None], busy: threading.Event) -> None:
    while (request := read_frame(requests)) is not None:
        queue.put(request)
    queue.put(None)
    if busy.wait(0.2):  # the runner is gone: nobody waits for this step
        os._exit(1)


def _answer(request: Request, studies: dict[str, Study]) -> Request:
    content, blobs = request
    try:
        reference = content["study"]
        if reference not in studies:
            studies[reference] = study_at(reference)
        step = step_from(content["step"])
        artifacts = dict(zip(step.needs, blobs, strict=True))
        if content["do"] == "cost":
            cost = studies[reference].cost(step, artifacts)
            return {"is": "costed", "seconds": cost.seconds, "memory_mib": cost.memory_mib}, []
        return _performed(studies[reference], step, artifacts)
    except NisqdlError as error:
        return {"is": "refused", "error": error_document(error)}, []
    except Exception as error:
        summary = traceback.format_exception_only(error)[-1].strip()
        return {
            "is": "failed",
            "summary": " ".join(summary.split()),
            "traceback": traceback.format_exc(),
        }, []


def _performed(study: Study, step: Step, artifacts: dict[str, bytes]) -> Request:
    start = time.perf_counter()
    outcome = study.perform(step, artifacts)
    seconds = time.perf_counter() - start
    records, blobs = outcome_document(step, outcome)
    return {"is": "done", "seconds": seconds, "records": records}, blobs
