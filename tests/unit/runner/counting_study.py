"""A tiny study with the shape of a real one: transpile → train → measure, in milliseconds.

Its numbers are hashes of what they come from, so a wrong artifact gives a wrong record. With
``trouble`` one of its steps behaves badly. Run as a script it runs itself into a folder.
"""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel

from nisqdl.errors import CapacityError, NisqdlError
from nisqdl.experiment import Experiment
from nisqdl.store.record import Json, Point, Record
from nisqdl.studies.contract import Cost, Outcome, Step

SCALES = (0.0, 1.0, 2.0)


class Options(BaseModel):
    depth: int
    seed: int
    pause: float = 0.0
    trouble: str = ""


class CountingStudy:
    name = "counting"
    summary = "counts"
    Options: type[BaseModel] = Options

    def points(self, combinations: Sequence[BaseModel]) -> list[Point]:
        return [
            Point(self.name, {**combination.model_dump(), "scale": scale})
            for combination in combinations
            for scale in SCALES
        ]

    def steps(self, points: Sequence[Point]) -> list[Step]:
        transpile: dict[str, Step] = {}
        train: dict[str, Step] = {}
        measure: list[Step] = []
        groups: dict[str, list[Point]] = {}
        for point in points:
            s = point.settings
            circuit = Step(self.name, "transpile", {"depth": s["depth"], "pause": s["pause"]})
            transpile[circuit.key] = circuit
            settings = {key: s[key] for key in ("depth", "seed", "pause", "trouble")}
            trained = Step(
                self.name, "train", settings, (circuit.key,), title=f"train ×{s['depth']}"
            )
            train[trained.key] = trained
            groups.setdefault(trained.key, []).append(point)
        for key, group in groups.items():
            needs = (*train[key].needs, key)
            measure.append(
                Step(self.name, "measure", train[key].settings, needs, tuple(group), "measure")
            )
        return [*transpile.values(), *train.values(), *measure]

    def perform(self, step: Step, artifacts: Mapping[str, bytes]) -> Outcome:
        assert set(artifacts) == set(step.needs)
        time.sleep(step.settings["pause"])
        print("a library prints this")
        if step.kind == "transpile":
            return Outcome(artifact=_digest("circuit", step.settings["depth"]).encode())
        if step.kind == "train":
            _misbehave(step.settings["trouble"])
            circuit = artifacts[step.needs[0]].decode()
            return Outcome(artifact=_digest(circuit, step.settings["seed"]).encode())
        circuit, weights = (artifacts[key].decode() for key in step.needs)
        return Outcome(
            records=tuple(
                Record(
                    point,
                    {"accuracy": _digest(circuit, weights, point.settings["scale"])},
                    {"threads": os.environ["OMP_NUM_THREADS"]},
                    time.time() % 1,
                )
                for point in reversed(step.points)
            )
        )

    def context(self, points: Sequence[Point]) -> Json:
        return {"count": len(points)}

    def plan_rows(self, points: Sequence[Point], artifacts: Mapping[str, bytes]) -> list[Json]:
        steps = [step for step in self.steps(points) if step.kind == "transpile"]
        return [
            {"depth": step.settings["depth"], "circuit": artifacts[step.key].decode()}
            for step in steps
        ]

    def cost(self, step: Step, artifacts: Mapping[str, bytes]) -> Cost:
        if step.kind == "measure":
            assert artifacts[step.needs[0]]
        return Cost(seconds=2.0 if step.kind == "train" else 0.5, memory_mib=100.0)


def experiment(
    depths: int = 3, seeds: int = 2, pause: float = 0.0, trouble: str = ""
) -> Experiment:
    """``depths × seeds × 3`` points; ``trouble`` befalls the training of depth 0, seed 0."""
    combinations = [
        Options(depth=d, seed=s, pause=pause, trouble=trouble if d == s == 0 else "")
        for d in range(depths)
        for s in range(seeds)
    ]
    return Experiment("counting", Path("counting.yaml"), CountingStudy(), tuple(combinations))


def expected(exp: Experiment) -> dict[str, str]:
    """The accuracy of each point, worked out without a runner."""
    found = {}
    for point in exp.points():
        circuit = _digest("circuit", point.settings["depth"])
        weights = _digest(circuit, point.settings["seed"])
        found[point.id] = _digest(circuit, weights, point.settings["scale"])
    return found


def _digest(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def _misbehave(trouble: str) -> None:
    if trouble == "raise":
        raise ValueError(f"the token is {os.environ.get('SPOKEN', 'unknown')}")
    if trouble == "refuse":
        raise CapacityError("`features` must be at most 12 on this machine, but is 40")
    if trouble == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if trouble == "exit":
        os._exit(3)


def main() -> int:
    """``counting_study.py FOLDER WORKERS DEPTHS PAUSE``: run, tell the error, give its code."""
    from nisqdl.runner.progress import Lines
    from nisqdl.runner.run import run

    folder, workers, depths, pause = sys.argv[1:5]
    asked = experiment(depths=int(depths), pause=float(pause))
    # As everywhere: the study of a script is not importable as `__main__` in its workers.
    CountingStudy.__module__ = "counting_study"
    try:
        run(asked, Path(folder), int(workers), Lines(sys.stderr, every=0.0))
    except NisqdlError as error:
        print(error)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
