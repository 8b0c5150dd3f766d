"""Do circuits learn to act, what does device noise cost them, and is it worth it?

Points are combinations of environment, agent, circuit, training noise, noise scale, shots and
seed. Each training is one chain of steps, whatever its noise scales and shots. Beside every
circuit stand its ablations, a tuned classical twin, a linear policy, and the environment's own
heuristics; those that see what no one can are bounds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import product

from pydantic import BaseModel

from nisqdl.engines.runtime.request import Request
from nisqdl.environments.policy import episode_tape
from nisqdl.errors import InputError
from nisqdl.seeds import derive
from nisqdl.store.record import Json, Point, Record, content_hash
from nisqdl.studies import hardware, learning, learning_cost, measured_policy
from nisqdl.studies.contract import Cost, Outcome, Step
from nisqdl.studies.named import device_named, recipe_named
from nisqdl.studies.provenance import provenance
from nisqdl.studies.reinforcement_functions import isa_model
from nisqdl.studies.reinforcement_options import ReinforcementOptions
from nisqdl.studies.reinforcement_parts import Place, environment_of
from nisqdl.studies.reinforcement_points import all_settings
from nisqdl.studies.settings import nested, pick
from nisqdl.targets.summary import device_summary

_LEARNER = (
    "learner", "kind", "ablation", "environment.", "data", "agent.", "model.", "critic.",
    "training.", "candidates", "episodes", "tuning.", "root_seed",
)  # fmt: skip
"""Settings that a training depends on, besides noise and seed."""

_CIRCUIT = ("environment.", "data", "agent.name", "model.", "ablation")
"""Settings that a circuit depends on, besides its target."""

_NOISE = ("target", "snapshot", "noise.recipe", "noise.channels", "recipe")


class Reinforcement:
    """The study ``reinforcement``."""

    name = "reinforcement"
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
        made: dict[str, Step] = {}
        judged: dict[tuple[str, ...], tuple[tuple[str, ...], list[Point]]] = {}
        heuristics = []
        for point in points:
            settings = point.settings
            if settings["kind"] in ("heuristic", "bound"):
                heuristics.append(self._heuristic_step(point))
                continue
            isa = None
            if settings["target"] is not None:
                isa = _kept(made, self._transpile_step(settings))
            choice = self._choice(made, settings)
            learned = self._chain(made, settings, choice, isa)
            if settings.get("engine") == hardware.ENGINE:
                needs = self._measured(made, settings, choice, learned)
            else:
                needs = (choice.key, learned.key, *([isa.key] if isa else []))
            judged.setdefault(needs, (needs, []))[1].append(point)
        return [
            *made.values(),
            *heuristics,
            *(self._judge_step(needs, group) for needs, group in judged.values()),
        ]

    def _measured(
        self, made: dict[str, Step], settings: Mapping[str, Json], choice: Step, learned: Step
    ) -> tuple[str, ...]:
        """The steps that measure a learned circuit; what judging it needs."""
        circuit = _kept(made, self._transpile_step(settings, waits=True))
        needs = [circuit.key, choice.key, learned.key]
        title = learning.title(settings)
        # The same circuit with other weights has the same layers: its noise is learned once.
        noise = hardware.learn_step(self.name, settings, (), circuit, title)
        if noise is not None:
            needs.append(_kept(made, noise).key)
        live = hardware.is_live(settings["target"])
        asked = [*_CIRCUIT, "kind", "target", "snapshot", "shots", "seed", "execution."]
        if not live:
            asked += ["noise.", "recipe", "root_seed"]
        execute = Step(
            self.name,
            "execute",
            pick(settings, asked),
            tuple(needs),
            title=f"run {title} on {settings['target']}, seed {settings['seed']}",
            remote=live,
        )
        return (circuit.key, choice.key, learned.key, _kept(made, execute).key, *needs[3:])

    def _transpile_step(self, settings: Mapping[str, Json], waits: bool = False) -> Step:
        """The step that makes a circuit; for what ``waits`` by itself it is not scheduled."""
        own = pick(settings, (*_CIRCUIT, "target", "snapshot", "root_seed"))
        # A circuit that is not trained is the same circuit.
        if own["ablation"] == "random_circuit":
            own["ablation"] = None
        recipe = recipe_named(settings["noise.recipe"])
        channels = settings["noise.channels"]
        restricted = recipe.restricted(None if channels is None else tuple(channels))
        own["scheduled"] = restricted.needs_schedule and not waits
        own |= hardware.uses_fractional_gates(settings) if waits else {}
        return Step(
            self.name,
            "transpile",
            {"kind": "quantum", **own},
            title=f"transpile the circuit of {settings['environment.name']}",
        )

    def _choice(self, made: dict[str, Step], settings: Mapping[str, Json]) -> Step:
        """The step that says which candidate a learner takes; an ablation takes its circuit's."""
        own = {**pick(settings, _LEARNER), "training.noise": "ideal", "training.shots": None}
        if own["ablation"] is not None:
            own |= {"ablation": None, "kind": "quantum", "learner": "circuit"}
        candidates = own["candidates"]
        tries = []
        if len(candidates) > 1:
            left_out = ("candidates", "training.links")
            asked = {name: value for name, value in own.items() if name not in left_out}
            for candidate, seed in product(candidates, range(own["tuning.seeds"])):
                step = Step(
                    self.name,
                    "try",
                    {**asked, "candidate": candidate, "tuning_seed": seed},
                    title=f"try {own['learner']} on {own['environment.name']}",
                )
                tries.append(_kept(made, step))
        return _kept(
            made,
            Step(
                self.name,
                "choose",
                {"candidates": candidates},
                tuple(step.key for step in tries),
                title=f"choose {own['learner']} on {own['environment.name']}",
            ),
        )

    def _chain(
        self,
        made: dict[str, Step],
        settings: Mapping[str, Json],
        choice: Step,
        isa: Step | None,
    ) -> Step:
        """The links of a training, each after the one before; the last one's artifact is it."""
        noisy = settings["training.noise"] == "target"
        names = [*_LEARNER, "seed", *(_NOISE if noisy else ())]
        own = {k: v for k, v in pick(settings, names).items() if k != "candidates"}
        before: Step | None = None
        for link in range(settings["training.links"]):
            needs = [choice.key]
            needs += [before.key] if before else []
            needs += [isa.key] if noisy and isa else []
            step = Step(
                self.name,
                "learn",
                {**own, "link": link},
                tuple(needs),
                title=f"train {learning.title(settings)}, seed {settings['seed']}, part {link + 1} "
                f"of {settings['training.links']}",
            )
            before = _kept(made, step)
        assert before is not None
        return before

    def _judge_step(self, needs: tuple[str, ...], points: Sequence[Point]) -> Step:
        settings = points[0].settings
        measured = settings.get("engine") == hardware.ENGINE
        return Step(
            self.name,
            "measure" if measured else "judge",
            {"episodes": settings["episodes"]},
            needs,
            tuple(points),
            f"judge {learning.title(settings)}, seed {settings['seed']}",
        )

    def _heuristic_step(self, point: Point) -> Step:
        settings = point.settings
        return Step(
            self.name,
            "play",
            settings,
            points=(point,),
            title=f"play {settings['learner']} on {settings['environment.name']}",
        )

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
            return Outcome(records=tuple(learning.judge(step.points, choice, learned, isa)))
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
                isa = artifacts.get(self._transpile_step(settings).key)
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
    first = learning.first_episode(settings)
    tape = episode_tape(place.rules, settings["episodes"], first)
    seed = derive(settings["root_seed"], "heuristic", settings["learner"], settings["seed"])
    act = place.about.prepared(settings["learner"], place.rules, tape, seed)
    values = learning.earned(place, settings, act)
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


def _kept(made: dict[str, Step], step: Step) -> Step:
    """The step of the same content that is already there, or this one."""
    return made.setdefault(step.key, step)
