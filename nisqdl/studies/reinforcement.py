"""Do circuits learn to act, what does device noise cost them, and is it worth it?

Points are combinations of environment, agent, circuit, training noise, noise scale, shots and
seed. Each training is one chain of steps, whatever its noise scales and shots. Beside every
circuit stand its ablations, a tuned classical twin, a linear policy, and the environment's own
heuristics; those that see what no one can are bounds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from pydantic import BaseModel

from nisqdl.engines.runtime.request import Request
from nisqdl.environments.policy import episode_tape
from nisqdl.errors import InputError
from nisqdl.seeds import derive
from nisqdl.store.record import Json, Point, Record, content_hash
from nisqdl.studies import hardware, judging, learning, learning_cost, measured_policy
from nisqdl.studies.contract import Cost, Outcome, Step
from nisqdl.studies.named import device_named
from nisqdl.studies.provenance import provenance
from nisqdl.studies.reinforcement_functions import isa_model
from nisqdl.studies.reinforcement_options import ReinforcementOptions
from nisqdl.studies.reinforcement_parts import Place, environment_of
from nisqdl.studies.reinforcement_points import all_settings
from nisqdl.studies.reinforcement_steps import STUDY, steps_of, transpile_step
from nisqdl.studies.settings import nested
from nisqdl.targets.summary import device_summary


class Reinforcement:
    """The study ``reinforcement``."""

    name = STUDY
    summary = "agents that learn to act: circuits, ablations and classical twins under device noise"
    Options: type[BaseModel] = ReinforcementOptions

    def points(self, combinations: Sequence[BaseModel]) -> list[Point]:
        """Circuits and ablations under each noise, classical learners, heuristics and bounds."""
        points: dict[str, Point] = {}
        _require_one_way(combinations)
        for options in combinations:
            if isinstance(options, ReinforcementOptions):
                for settings in all_settings(options):
                    point = Point(self.name, settings)
                    points.setdefault(point.id, point)
        return list(points.values())

    def steps(self, points: Sequence[Point]) -> list[Step]:
        """Transpile, try candidates and choose, learn link by link, and judge."""
        return steps_of(points)

    def perform(self, step: Step, artifacts: Mapping[str, bytes]) -> Outcome:
        """Do one step; see :mod:`nisqdl.studies.learning`."""
        needed = [artifacts[key] for key in step.needs]
        settings = step.settings
        if step.kind == "transpile":
            return Outcome(artifact=learning.transpile(settings))
        if step.kind == "try":
            return Outcome(artifact=learning.tried(settings))
        if step.kind == "choose":
            return Outcome(artifact=learning.chosen(settings["candidates"], needed))
        if step.kind == "learn":
            choice = needed.pop(0)
            before = needed.pop(0) if settings["link"] else None
            isa = needed.pop(0) if needed else None
            return Outcome(artifact=learning.learn_link(settings, choice, before, isa))
        if step.kind in ("execute", hardware.LEARN):
            asked = self.request(step, artifacts)
            return Outcome(artifact=hardware.run_here(settings, asked))
        if step.kind == "measure":
            return Outcome(records=tuple(measured_policy.judge(step.points, *needed)))
        if step.kind == "judge":
            choice, learned = needed[:2]
            isa = needed[2] if len(needed) > 2 else None
            return Outcome(records=tuple(judging.judge(step.points, choice, learned, isa)))
        return Outcome(records=tuple(_played(point) for point in step.points))

    def request(self, step: Step, artifacts: Mapping[str, bytes]) -> Request:
        """What a device is asked for: a learned circuit at all observations."""
        isa, *more = (artifacts[key] for key in step.needs if key in artifacts)
        if step.kind == hardware.LEARN:
            return hardware.learning_request(step.settings, isa_model(isa))
        choice, learned, *noise = more
        asked = measured_policy.request(step.settings, isa, choice, learned)
        return hardware.with_learned(asked, noise[0] if noise else None)

    def context(self, points: Sequence[Point]) -> Json:
        """The environments, and the devices' calibrations."""
        places = {
            str(point.settings["place"]): environment_of(nested(point.settings, "environment"))
            for point in points
        }
        targets = dict.fromkeys(
            str(t) for p in points if (t := p.settings.get("target")) is not None
        )
        return {
            "environments": [_described(key, place) for key, place in places.items()],
            "devices": [{"target": t, **device_summary(device_named(t))} for t in targets],
        }

    def plan_rows(self, points: Sequence[Point], artifacts: Mapping[str, bytes]) -> list[Json]:
        """A row for each learner, with its circuit where one is transpiled."""
        rows: dict[str, Json] = {}
        for point in points:
            settings = point.settings
            if settings["kind"] in ("heuristic", "bound"):
                continue
            isa = None
            if settings["target"] is not None:
                isa = artifacts.get(transpile_step(settings).key)
            row = learning_cost.plan_row(settings, isa)
            rows.setdefault(content_hash(row), row)
        return list(rows.values())

    def cost(self, step: Step, artifacts: Mapping[str, bytes]) -> Cost:
        """Estimated from a second of learning, or of acting."""
        return learning_cost.cost(step, [artifacts[key] for key in step.needs])


def _require_one_way(combinations: Sequence[BaseModel]) -> None:
    """Circuits of one run act in one way, since its report has no place for several.

    Raises:
        InputError: They act on several engines, or run on a device in several ways.
    """
    ways = [(o.engine, o.execution) for o in combinations if isinstance(o, ReinforcementOptions)]
    if any(way != ways[0] for way in ways):
        raise InputError(
            "`engine` and `execution` must have one value each in an experiment of the study "
            "'reinforcement', but have several; write a file for each."
        )


def _played(point: Point) -> Record:
    """A heuristic on its seed's episodes."""
    start = time.perf_counter()
    settings = point.settings
    place = environment_of(nested(settings, "environment"))
    first = judging.first_episode(settings)
    tape = episode_tape(place.rules, settings["episodes"], first)
    seed = derive(settings["root_seed"], "heuristic", settings["learner"], settings["seed"])
    act = place.about.prepared(settings["learner"], place.rules, tape, seed)
    values = judging.earned(place, settings, act)
    seeds = {"root": settings["root_seed"], "heuristic": seed, "first episode": first}
    return Record(point, values, provenance(seeds), time.perf_counter() - start)


def _described(key: str, place: Place) -> dict[str, Json]:
    return {
        "key": key,
        "name": place.about.name,
        "summary": place.about.summary,
        "source": place.about.source,
        "reward": place.about.reward,
        "portrait": place.about.portrait.label,
        "agents": place.rules.sizes.agents or 1,
        "baselines": {name: b.summary for name, b in place.about.baselines.items()},
    }
