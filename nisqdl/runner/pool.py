"""A pool of worker processes that can be ended at any moment, and tells which step one died in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import IO

from nisqdl.runner.frames import read_frame, write_frame
from nisqdl.runner.message import (
    Answer,
    Costed,
    Died,
    Done,
    Failed,
    Refused,
    error_from,
    outcome_from,
    step_document,
    study_reference,
)
from nisqdl.store.record import Json
from nisqdl.studies.contract import Cost, Step, Study

# `-P`: a user's own random.py in the current folder must not stand in for Python's.
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from nisqdl.runner.worker import main; main()"
)

_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "NUMBA_NUM_THREADS",
    "RAYON_NUM_THREADS",
)

_SECRETS = ("QISKIT_IBM_TOKEN", "QISKIT_IBM_INSTANCE")


class Pool:
    """Worker processes for one study; a context manager that leaves no process behind.

    Args:
        study: Whose steps are performed; a class that is made without arguments.
        workers: How many steps run at once; processes start as they are needed.
        log: File that takes what libraries print; ``None`` drops it.
    """

    def __init__(self, study: Study, workers: int, log: Path | None = None) -> None:
        self.size = workers
        self._study = study_reference(study)
        self._log = log
        self._free: list[_Worker] = []
        self._busy: dict[_Worker, Step] = {}
        self._answers: SimpleQueue[tuple[_Worker, Json, list[bytes]]] = SimpleQueue()

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        workers = [*self._free, *self._busy]
        for worker in workers:
            worker.end(at_once=kind is not None or worker in self._busy)
        if self._log is not None and self._log.exists() and self._log.stat().st_size == 0:
            self._log.unlink()

    @property
    def running(self) -> tuple[Step, ...]:
        """The steps that are under way."""
        return tuple(self._busy.values())

    @property
    def has_room(self) -> bool:
        """Whether another step can start now."""
        return len(self._busy) < self.size

    def perform(self, step: Step, artifacts: Mapping[str, bytes]) -> None:
        """Start a step; it gets the artifacts that it needs and no others."""
        self._ask("perform", step, [artifacts[key] for key in step.needs])

    def estimate(self, step: Step, artifacts: Mapping[str, bytes]) -> None:
        """Start to estimate a step's cost; artifacts that are not made yet are empty bytes."""
        self._ask("cost", step, [artifacts.get(key, b"") for key in step.needs])

    def wait(self, timeout: float) -> Answer | None:
        """The next answer; ``None`` if there is none within ``timeout`` seconds."""
        try:
            worker, content, blobs = self._answers.get(timeout=timeout)
        except Empty:
            return None
        if worker not in self._busy:  # it died while it had nothing to do: nothing is lost
            self._free.remove(worker)
            worker.end(at_once=True)
            return None
        step = self._busy.pop(worker)
        if content["is"] == "died":
            return Died(step, worker.end(at_once=False))
        self._free.append(worker)
        if content["is"] == "refused":
            return Refused(step, error_from(content["error"]))
        if content["is"] == "failed":
            return Failed(step, content["summary"], content["traceback"])
        if content["is"] == "costed":
            return Costed(step, Cost(content["seconds"], content["memory_mib"]))
        return Done(step, outcome_from(step, content["records"], blobs), content["seconds"])

    def _ask(self, what: str, step: Step, blobs: list[bytes]) -> None:
        worker = self._free.pop() if self._free else _Worker(self._log, self._answers)
        self._busy[worker] = step
        content = {"do": what, "study": self._study, "step": step_document(step)}
        with suppress(BrokenPipeError):  # it died while idle; its end is on the way as an answer
            write_frame(worker.requests, content, blobs)


class _Worker:
    """One worker process and the thread that listens to it."""

    def __init__(
        self, log: Path | None, answers: SimpleQueue[tuple[_Worker, Json, list[bytes]]]
    ) -> None:
        with (log or Path(os.devnull)).open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-c", _START, json.dumps(sys.path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=_environment(),
                start_new_session=True,
            )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.requests: IO[bytes] = self._process.stdin
        self._thread = threading.Thread(
            target=self._listen, args=(self._process.stdout, answers), daemon=True
        )
        self._thread.start()

    def _listen(
        self, stream: IO[bytes], answers: SimpleQueue[tuple[_Worker, Json, list[bytes]]]
    ) -> None:
        while (frame := read_frame(stream)) is not None:
            answers.put((self, *frame))
        answers.put((self, {"is": "died"}, []))

    def end(self, at_once: bool) -> int:
        """End the process and return its exit code."""
        if at_once:
            self._process.kill()
        with suppress(BrokenPipeError):
            self.requests.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._thread.join()
        assert self._process.stdout is not None
        self._process.stdout.close()
        return self._process.wait()


def _environment() -> dict[str, str]:
    """The runner's environment, with one thread a worker, and without what a worker must not know.

    The workers are the parallelism: libraries that start a thread a core inside each of them only
    slow one another down.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _SECRETS}
    environment.update(dict.fromkeys(_ONE_THREAD, "1"))
    environment["QISKIT_PARALLEL"] = "FALSE"
    return environment
