"""The steps of a reinforcement experiment: each training is one chain, whatever it is judged by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

from nisqdl.store.record import Json, Point
from nisqdl.studies import hardware, learning
from nisqdl.studies.contract import Step
from nisqdl.studies.named import recipe_named
from nisqdl.studies.settings import pick

STUDY = "reinforcement"
"""Its name."""

_LEARNER = (
    "learner", "kind", "ablation", "environment.", "data", "agent.", "model.", "critic.",
    "training.", "candidates", "episodes", "tuning.", "root_seed",
)  # fmt: skip
"""Settings that a training depends on, besides noise and seed."""

_CIRCUIT = ("environment.", "data", "agent.name", "model.", "ablation")
"""Settings that a circuit depends on, besides its target."""

_NOISE = ("target", "snapshot", "noise.recipe", "noise.channels", "recipe")


def steps_of(points: Sequence[Point]) -> list[Step]:
    """Transpile, try candidates and choose, learn link by link, and judge."""
    made: dict[str, Step] = {}
    judged: dict[tuple[str, ...], tuple[tuple[str, ...], list[Point]]] = {}
    heuristics = []
    for point in points:
        settings = point.settings
        if settings["kind"] in ("heuristic", "bound"):
            heuristics.append(_heuristic_step(point))
            continue
        isa = None
        if settings["target"] is not None:
            isa = _kept(made, transpile_step(settings))
        choice = _choice(made, settings)
        learned = _chain(made, settings, choice, isa)
        if settings.get("engine") == hardware.ENGINE:
            needs = _measured(made, settings, choice, learned)
        else:
            needs = (choice.key, learned.key, *([isa.key] if isa else []))
        judged.setdefault(needs, (needs, []))[1].append(point)
    return [
        *made.values(),
        *heuristics,
        *(_judge_step(needs, group) for needs, group in judged.values()),
    ]


def _measured(
    made: dict[str, Step], settings: Mapping[str, Json], choice: Step, learned: Step
) -> tuple[str, ...]:
    """The steps that measure a learned circuit; what judging it needs."""
    circuit = _kept(made, transpile_step(settings, waits=True))
    needs = [circuit.key, choice.key, learned.key]
    title = learning.title(settings)
    # The same circuit with other weights has the same layers: its noise is learned once.
    noise = hardware.learn_step(STUDY, settings, (), circuit, title)
    if noise is not None:
        needs.append(_kept(made, noise).key)
    live = hardware.is_live(settings["target"])
    asked = [*_CIRCUIT, "kind", "target", "snapshot", "shots", "seed", "execution."]
    if not live:
        asked += ["noise.", "recipe", "root_seed"]
    execute = Step(
        STUDY,
        "execute",
        pick(settings, asked),
        tuple(needs),
        title=f"run {title} on {settings['target']}, seed {settings['seed']}",
        remote=live,
    )
    return (circuit.key, choice.key, learned.key, _kept(made, execute).key, *needs[3:])


def transpile_step(settings: Mapping[str, Json], waits: bool = False) -> Step:
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
        STUDY,
        "transpile",
        {"kind": "quantum", **own},
        title=f"transpile the circuit of {settings['environment.name']}",
    )


def _choice(made: dict[str, Step], settings: Mapping[str, Json]) -> Step:
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
                STUDY,
                "try",
                {**asked, "candidate": candidate, "tuning_seed": seed},
                title=f"try {own['learner']} on {own['environment.name']}",
            )
            tries.append(_kept(made, step))
    return _kept(
        made,
        Step(
            STUDY,
            "choose",
            {"candidates": candidates},
            tuple(step.key for step in tries),
            title=f"choose {own['learner']} on {own['environment.name']}",
        ),
    )


def _chain(
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
            STUDY,
            "learn",
            {**own, "link": link},
            tuple(needs),
            title=f"train {learning.title(settings)}, seed {settings['seed']}, part {link + 1} "
            f"of {settings['training.links']}",
        )
        before = _kept(made, step)
    assert before is not None
    return before


def _judge_step(needs: tuple[str, ...], points: Sequence[Point]) -> Step:
    settings = points[0].settings
    measured = settings.get("engine") == hardware.ENGINE
    return Step(
        STUDY,
        "measure" if measured else "judge",
        {"episodes": settings["episodes"]},
        needs,
        tuple(points),
        f"judge {learning.title(settings)}, seed {settings['seed']}",
    )


def _heuristic_step(point: Point) -> Step:
    settings = point.settings
    return Step(
        STUDY,
        "play",
        settings,
        points=(point,),
        title=f"play {settings['learner']} on {settings['environment.name']}",
    )


def _kept(made: dict[str, Step], step: Step) -> Step:
    """The step of the same content that is already there, or this one."""
    return made.setdefault(step.key, step)
