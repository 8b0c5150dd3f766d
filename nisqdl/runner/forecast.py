"""What an experiment would take: circuits are transpiled, a few steps timed, nothing stored."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from nisqdl.accounts import redact
from nisqdl.errors import InputError, NisqdlError
from nisqdl.experiment import Experiment
from nisqdl.runner.interruption import Interrupted
from nisqdl.runner.message import Answer, Costed, Done, Failed, Refused
from nisqdl.runner.plan import plan_work
from nisqdl.runner.pool import Pool
from nisqdl.runner.progress import Progress
from nisqdl.runner.status import Status
from nisqdl.store.record import Json
from nisqdl.studies.contract import Cost, Step

TRANSPILE = "transpile"
"""Kind of the steps that a plan performs: their artifacts tell what the circuits cost."""

TIMED_STEPS = 8
"""So many steps of each kind are timed, spread over all of them."""

WORKER_MIB = 400
"""Memory of a worker that has loaded Qiskit, Aer, scikit-learn and Numba and done nothing yet."""


@dataclass(frozen=True)
class Forecast:
    """What an experiment would take.

    Attributes:
        points: Number of its points.
        steps: Number of its steps by kind.
        circuits: A row for each circuit: what it is, its depth, gates, duration, fidelity.
        workers: For how many workers the next two hold.
        seconds: Expected wall time.
        memory_mib: Expected peak memory of all workers together.
    """

    points: int
    steps: Mapping[str, int]
    circuits: tuple[Json, ...]
    workers: int
    seconds: float
    memory_mib: float


def forecast(experiment: Experiment, workers: int, progress: Progress) -> Forecast:
    """Plan an experiment; nothing is stored.

    Args:
        experiment: What is planned.
        workers: How many steps run at once.
        progress: Is told how far the trials are.

    Raises:
        InputError: A circuit or a step does not fit the device or this machine.
        NisqdlError: A step cannot be planned.
        Interrupted: Ctrl-C.
    """
    points = experiment.points()
    steps = plan_work(experiment.study, points).steps
    artifacts: dict[str, bytes] = {}
    circuits = [step for step in steps if step.kind == TRANSPILE]
    timed = [step for kind in {s.kind for s in steps} - {TRANSPILE} for step in _few(steps, kind)]
    trials = _Trials(experiment.name, len(circuits) + len(timed), progress)
    try:
        with trials, Pool(experiment.study, workers) as pool:
            transpiling = _perform(pool, circuits, artifacts, trials)
            costs = _costs(pool, timed, artifacts, trials)
    except InputError as error:
        raise experiment.blamed(error) from None
    except KeyboardInterrupt:
        raise Interrupted("Interrupted: nothing was stored.") from None
    kinds = Counter(step.kind for step in steps)
    work = transpiling + sum(
        kinds[kind] * sum(cost.seconds for cost in found) / len(found)
        for kind, found in costs.items()
    )
    most = max((cost.memory_mib for found in costs.values() for cost in found), default=0.0)
    busy = min(workers, len(steps))
    return Forecast(
        points=len(points),
        steps=dict(kinds),
        circuits=tuple(experiment.study.plan_rows(points, artifacts)),
        workers=workers,
        seconds=work / max(1, busy),
        memory_mib=busy * (WORKER_MIB + most),
    )


def prepared(
    experiment: Experiment, workers: int, kinds: Sequence[str], progress: Progress
) -> dict[str, bytes]:
    """The artifacts of all steps of some kinds, by key; nothing is stored.

    Args:
        experiment: Whose steps they are.
        workers: How many run at once.
        kinds: The kinds, each needing only those before it.
        progress: Is told how far it is.

    Raises:
        InputError: A circuit does not fit the device.
        Interrupted: Ctrl-C.
    """
    steps = plan_work(experiment.study, experiment.points()).steps
    artifacts: dict[str, bytes] = {}
    chosen = [[step for step in steps if step.kind == kind] for kind in kinds]
    trials = _Trials(experiment.name, sum(map(len, chosen)), progress)
    try:
        with trials, Pool(experiment.study, workers) as pool:
            for some in chosen:
                _perform(pool, some, artifacts, trials)
    except InputError as error:
        raise experiment.blamed(error) from None
    except KeyboardInterrupt:
        raise Interrupted("Interrupted: nothing was stored.") from None
    return artifacts


class _Trials:
    """Tells how many of the steps that are tried out have ended."""

    def __init__(self, title: str, steps: int, progress: Progress) -> None:
        self._title = title
        self._steps = steps
        self._progress = progress
        self._ended = 0
        self._start = time.monotonic()

    def __enter__(self) -> None:
        self._progress.begin(self._title, self._status(()))

    def __exit__(self, *_: object) -> None:
        self._progress.end()

    def ended(self, running: Sequence[Step]) -> None:
        """Another one ended."""
        self._ended += 1
        self.show(running)

    def show(self, running: Sequence[Step]) -> None:
        """Some time went by."""
        self._progress.show(self._status(running))

    def _status(self, running: Sequence[Step]) -> Status:
        return Status(
            done=self._ended,
            points=self._steps,
            steps_done=self._ended,
            steps=self._steps,
            seconds=time.monotonic() - self._start,
            rate=None,
            seconds_left=None,
            at_least=False,
            running=tuple(step.title or step.kind for step in running),
            what="steps tried out",
        )


def _perform(
    pool: Pool, steps: Sequence[Step], artifacts: dict[str, bytes], trials: _Trials
) -> float:
    """Do steps that make artifacts, which are added to the others; the seconds that they took."""
    seconds = 0.0
    for answer in _answers(pool, steps, lambda step: pool.perform(step, artifacts), trials):
        if isinstance(answer, Done):
            assert answer.outcome.artifact is not None
            artifacts[answer.step.key] = answer.outcome.artifact
            seconds += answer.seconds
    return seconds


def _costs(
    pool: Pool, steps: Sequence[Step], artifacts: Mapping[str, bytes], trials: _Trials
) -> dict[str, list[Cost]]:
    """The costs of steps by their kind."""
    costs: dict[str, list[Cost]] = {}
    for answer in _answers(pool, steps, lambda step: pool.estimate(step, artifacts), trials):
        if isinstance(answer, Costed):
            costs.setdefault(answer.step.kind, []).append(answer.cost)
    return costs


def _few(steps: Sequence[Step], kind: str) -> list[Step]:
    """Some steps of a kind: in the order of their hashes, so that they are a fair sample."""
    return sorted((step for step in steps if step.kind == kind), key=lambda step: step.key)[
        :TIMED_STEPS
    ]


def _answers(
    pool: Pool, steps: Iterable[Step], start: Callable[[Step], None], trials: _Trials
) -> Iterable[Done | Costed]:
    """Start the steps as there is room and give their answers as they come."""
    waiting = iter(steps)
    while True:
        for step in islice(waiting, pool.size - len(pool.running)):
            start(step)
        if not pool.running:
            return
        trials.show(pool.running)
        answer = pool.wait(1.0)
        if answer is not None:
            trials.ended(pool.running)
            yield _good(answer)


def _good(answer: Answer) -> Done | Costed:
    if isinstance(answer, Done | Costed):
        return answer
    if isinstance(answer, Refused):
        raise answer.error
    title = answer.step.title or answer.step.kind
    if isinstance(answer, Failed):
        raise NisqdlError(f"`{title}` cannot be planned: {redact(answer.summary)}.")
    raise NisqdlError(
        f"A worker ended (exit code {answer.status}) while it planned `{title}`; most likely "
        "memory ran out; plan with fewer `--workers`."
    )
