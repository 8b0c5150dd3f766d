"""What an experiment would take: circuits are transpiled, a few steps timed, nothing stored."""

from __future__ import annotations

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


def forecast(experiment: Experiment, workers: int) -> Forecast:
    """Plan an experiment; nothing is stored.

    Raises:
        InputError: A circuit or a step does not fit the device or this machine.
        NisqdlError: A step cannot be planned.
        Interrupted: Ctrl-C.
    """
    points = experiment.points()
    steps = plan_work(experiment.study, points).steps
    try:
        with Pool(experiment.study, workers) as pool:
            artifacts: dict[str, bytes] = {}
            chosen = [step for step in steps if step.kind == TRANSPILE]
            transpiling = _perform(pool, chosen, artifacts)
            costs = _costs(pool, steps, artifacts)
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


def prepared(experiment: Experiment, workers: int, kinds: Sequence[str]) -> dict[str, bytes]:
    """The artifacts of all steps of some kinds, by key; nothing is stored.

    Args:
        experiment: Whose steps they are.
        workers: How many run at once.
        kinds: The kinds, each needing only those before it.

    Raises:
        InputError: A circuit does not fit the device.
        Interrupted: Ctrl-C.
    """
    steps = plan_work(experiment.study, experiment.points()).steps
    artifacts: dict[str, bytes] = {}
    try:
        with Pool(experiment.study, workers) as pool:
            for kind in kinds:
                _perform(pool, [step for step in steps if step.kind == kind], artifacts)
    except InputError as error:
        raise experiment.blamed(error) from None
    except KeyboardInterrupt:
        raise Interrupted("Interrupted: nothing was stored.") from None
    return artifacts


def _perform(pool: Pool, steps: Sequence[Step], artifacts: dict[str, bytes]) -> float:
    """Do steps that make artifacts, which are added to the others; the seconds that they took."""
    seconds = 0.0
    for answer in _answers(pool, steps, lambda step: pool.perform(step, artifacts)):
        if isinstance(answer, Done):
            assert answer.outcome.artifact is not None
            artifacts[answer.step.key] = answer.outcome.artifact
            seconds += answer.seconds
    return seconds


def _costs(
    pool: Pool, steps: Sequence[Step], artifacts: Mapping[str, bytes]
) -> dict[str, list[Cost]]:
    """The costs of a few steps of each kind but the transpiling one."""
    chosen = [step for kind in {s.kind for s in steps} - {TRANSPILE} for step in _few(steps, kind)]
    costs: dict[str, list[Cost]] = {}
    for answer in _answers(pool, chosen, lambda step: pool.estimate(step, artifacts)):
        if isinstance(answer, Costed):
            costs.setdefault(answer.step.kind, []).append(answer.cost)
    return costs


def _few(steps: Sequence[Step], kind: str) -> list[Step]:
    """Some steps of a kind: in the order of their hashes, so that they are a fair sample."""
    return sorted((step for step in steps if step.kind == kind), key=lambda step: step.key)[
        :TIMED_STEPS
    ]


def _answers(
    pool: Pool, steps: Iterable[Step], start: Callable[[Step], None]
) -> Iterable[Done | Costed]:
    """Start the steps as there is room and give their answers as they come."""
    waiting = iter(steps)
    while True:
        for step in islice(waiting, pool.size - len(pool.running)):
            start(step)
        if not pool.running:
            return
        answer = pool.wait(1.0)
        if answer is not None:
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
