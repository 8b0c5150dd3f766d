"""The work on one learner: transpile its circuit, try candidates, learn link by link, be judged.

Functions of flat settings and artifacts: they run in any process, and what they prepare is kept
in the process for the next step on the same circuit or environment.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from nisqdl.agents.acting import actor
from nisqdl.agents.approximators import (
    ABLATIONS,
    Approximator,
    ApproximatorOptions,
    CircuitOptions,
    NetworkOptions,
    Shape,
    approximator,
    circuit_model,
    needs_evaluator,
)
from nisqdl.agents.checkpoint import (
    learned_from_bytes,
    learned_to_bytes,
    state_from_bytes,
    state_to_bytes,
)
from nisqdl.agents.contract import RoleName
from nisqdl.agents.curve import Curve
from nisqdl.agents.learn import Learned, Standing, learn
from nisqdl.agents.learner import Budget, LearningState
from nisqdl.engines import find_engine
from nisqdl.environments.policy import Act, episode_tape
from nisqdl.environments.summary import followed
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import IDEAL
from nisqdl.seeds import derive, generator
from nisqdl.store.record import Json, Point, Record
from nisqdl.studies.contract import Cost, Step
from nisqdl.studies.named import device_named, recipe_named
from nisqdl.studies.provenance import provenance
from nisqdl.studies.reinforcement_options import (
    Place,
    agent_of,
    agent_options,
    critic_role,
    environment_of,
    scaled,
)
from nisqdl.studies.settings import nested
from nisqdl.targets.cost import circuit_cost
from nisqdl.targets.serial import isa_from_bytes, isa_to_bytes
from nisqdl.targets.transpile import transpile_model

if TYPE_CHECKING:
    from nisqdl.engines.contract import Evaluator
    from nisqdl.targets.isa import IsaModel

CURVE_GROUPS = 250
"""A record's curve has at most so many groups of episodes."""

TRAINED_AT_SCALE = 1.0
"""λ of the noise that ``training.noise: target`` learns under."""

_STATE, _LEARNED = b"state\n", b"learned\n"
"""How the artifact of a link begins: it is under way, or done."""


@dataclass(frozen=True)
class Choice:
    """What tuning chose.

    Attributes:
        candidate: Its values by name.
        tried: How many candidates were tried.
        circuits: Circuits that a device would have run for it.
    """

    candidate: Mapping[str, Json]
    tried: int
    circuits: int


def transpile(settings: Mapping[str, Json]) -> bytes:
    """The ISA model of a circuit on its target, serialised."""
    isa = transpile_model(
        circuit_model(_circuit(settings), _shapes(settings)[agent_of(_agent(settings)).acts]),
        device_named(settings["target"]),
        schedule=settings["scheduled"],
        seed=derive(settings["root_seed"], "transpile") % 2**31,
    )
    return isa_to_bytes(isa)


def tried(settings: Mapping[str, Json]) -> bytes:
    """Learn with one candidate, without noise, and act in episodes that are not judged.

    Returns:
        JSON: the mean return, and the circuits that it took.
    """
    number = settings["tuning_seed"]
    seed = derive(settings["root_seed"], "tuning", number)
    learned = _learned(settings, settings["candidate"], None, seed)
    tape = episode_tape(
        _place(settings).rules, settings["episodes"], derive(seed, "validation") % 2**62
    )
    function = _functions(settings, settings["candidate"], None, None)[_acts(settings)]
    act = _actor(settings, function, learned, generator(seed, "acting"))
    played, _ = followed(_place(settings).about, _place(settings).rules, tape, act)
    found = {"score": float(played.returns.mean()), "circuits": learned.circuit_evaluations}
    return json.dumps(found).encode()


def chosen(candidates: Sequence[Mapping[str, Json]], tries: Sequence[bytes]) -> bytes:
    """The candidate of the highest mean return; of ties, the first.

    Args:
        candidates: All of them; one needs no tries.
        tries: What :func:`tried` gave, for each candidate all tuning seeds.
    """
    found = [json.loads(each) for each in tries]
    best = 0
    if found:
        scores = np.array([each["score"] for each in found]).reshape(len(candidates), -1)
        best = int(np.argmax(np.round(scores.mean(axis=1), 9)))
    document = {
        "candidate": candidates[best],
        "tried": len(candidates),
        "circuits": sum(each["circuits"] for each in found),
    }
    return json.dumps(document).encode()


def learn_link(
    settings: Mapping[str, Json], choice: bytes, before: bytes | None, isa: bytes | None
) -> bytes:
    """One link of a training: go on from the state before until its share of the budget is used.

    Args:
        settings: With ``link``, from 0.
        choice: What tuning chose.
        before: The link before; ``None`` for the first.
        isa: The transpiled circuit, to learn under its target's noise.
    """
    if before is not None and before.startswith(_LEARNED):
        return before
    state = None if before is None else state_from_bytes(before.removeprefix(_STATE))
    share = (settings["link"] + 1) / settings["training.links"]
    seed = derive(settings["root_seed"], "learning", settings["seed"])
    candidate = choice_of(choice).candidate
    try:
        learned = _learned(settings, candidate, isa, seed, state, lambda used: used >= share)
    except _Paused as paused:
        return _STATE + state_to_bytes(paused.state)
    return _LEARNED + learned_to_bytes(learned)


def choice_of(content: bytes) -> Choice:
    """The choice in an artifact."""
    found = json.loads(content)
    return Choice(found["candidate"], found["tried"], found["circuits"])


def judge(
    points: Sequence[Point], choice: bytes, learned: bytes, isa: bytes | None
) -> Iterator[Record]:
    """The records of one training: what it took, and what it earns under each noise and shots."""
    settings = points[0].settings
    result = learned_from_bytes(learned.removeprefix(_LEARNED))
    calibration: dict[str, Json] = {}
    if isa is not None:
        calibration = {"device": isa_model(isa).device, "snapshot": settings["snapshot"]}
    seeds = {
        "root": settings["root_seed"],
        "learning": derive(settings["root_seed"], "learning", settings["seed"]),
        "first episode": first_episode(settings),
    }
    for point in points:
        start = time.perf_counter()
        if point.settings["measures"] == "learning":
            values = _what_it_took(point.settings, choice_of(choice), result, isa)
        else:
            values = _earned(point, choice_of(choice), result, isa)
        yield Record(point, values, provenance(seeds, calibration), time.perf_counter() - start)


def first_episode(settings: Mapping[str, Json]) -> int:
    """The seed of the first of the episodes on which a seed's players are judged."""
    return int(settings["seed"]) * int(settings["episodes"])


def title(settings: Mapping[str, Json]) -> str:
    """A learner in a few words, for progress."""
    noise = f" under {settings['target']}" if settings["training.noise"] == "target" else ""
    return f"{settings['learner']} on {settings['environment.name']}{noise}"


def circuit_parameters(options: CircuitOptions, shape: Shape) -> int:
    """Parameters of a circuit with its input scaling and head."""
    return approximator(options, shape, _ideal(options, shape)).num_parameters


@lru_cache(maxsize=64)
def isa_model(isa: bytes) -> IsaModel:
    """The ISA model in an artifact, read once."""
    return isa_from_bytes(isa)


class _Paused(Exception):
    """A training stops here, before its budget is used."""

    def __init__(self, state: LearningState, used: float) -> None:
        super().__init__("paused")
        self.state = state
        self.used = used


Pause: TypeAlias = Callable[[float], bool]
"""Whether to stop, given the share of the budget that is used."""


def _learned(
    settings: Mapping[str, Json],
    candidate: Mapping[str, Json],
    isa: bytes | None,
    seed: int,
    state: LearningState | None = None,
    pause: Pause = lambda used: False,
) -> Learned:
    """Learn from a state to the end, or until it is time to pause.

    Raises:
        _Paused: It was, before the end.
    """
    episodes, steps = settings["training.episodes"], settings["training.steps"]

    def watch(standing: Standing) -> None:
        used = standing.episodes / episodes if episodes else standing.steps / steps
        if used < 1 and pause(used):
            raise _Paused(standing.state(), used)

    return learn(
        agent_of(_agent(settings)),
        scaled(agent_options(_agent(settings)), candidate["rate"]),
        _place(settings).rules,
        _functions(settings, candidate, isa, settings["training.shots"]),
        Budget(episodes=episodes, steps=steps),
        seed,
        watch,
        state,
        conditions={
            "environment": _place(settings).options,
            "noise": None if isa is None else [settings["target"], settings["noise.recipe"]],
        },
    )


def _what_it_took(
    settings: Mapping[str, Json], choice: Choice, learned: Learned, isa: bytes | None
) -> dict[str, Json]:
    acts = _acts(settings)
    values: dict[str, Json] = {
        "curve": thinned(learned.curve),
        "weights": sum(len(part) for part in learned.parameters.values()),
        "acting_weights": len(learned.parameters[acts]),
        "chosen": dict(choice.candidate),
        "tried": choice.tried,
        "possible": settings["possible"],
        "circuits": learned.circuit_evaluations,
        "tuning_circuits": choice.circuits,
        "steps": learned.environment_steps,
        "updates": learned.updates,
    }
    if isa is not None:
        cost = circuit_cost(isa_model(isa), device_named(settings["target"]))
        values |= {
            "qubits": cost.qubits,
            "two_qubit_gates": cost.two_qubit_gates,
            "depth": cost.depth,
            "two_qubit_depth": cost.two_qubit_depth,
            "duration_ns": cost.duration_ns,
            "expected_fidelity": cost.expected_fidelity,
            "readout_fidelity": cost.readout_fidelity,
            "physical_qubits": list(isa_model(isa).physical_qubits),
        }
    elif _has_circuit(settings):
        values["qubits"] = _circuit(settings).num_qubits(_shapes(settings)[acts].features)
    return values


def plan_row(settings: Mapping[str, Json], isa: bytes | None) -> Json:
    """A learner with its circuit, for plans."""
    row: dict[str, Json] = {
        "environment": settings["environment.name"],
        "agent": settings["agent.name"],
        "learner": settings["learner"],
        "candidates": len(settings["candidates"]),
    }
    if isa is not None:
        cost = circuit_cost(isa_model(isa), device_named(settings["target"]))
        row |= {
            "target": settings["target"],
            "qubits": list(isa_model(isa).physical_qubits),
            "depth": cost.depth,
            "two_qubit_gates": cost.two_qubit_gates,
            "duration_us": cost.duration_ns / 1000,
            "expected_fidelity": cost.expected_fidelity,
        }
    return row


def cost(step: Step, artifacts: Sequence[bytes]) -> Cost:
    """What a step is expected to take, from a second of it; artifacts not made yet are empty."""
    settings = step.settings
    if step.kind in ("try", "learn"):
        noisy = settings["training.noise"] == "target"
        seconds = _seconds_to_learn(settings, artifacts[-1] if noisy else None)
        return Cost(seconds / (settings["training.links"] if step.kind == "learn" else 1), 100)
    if step.kind == "judge":
        return Cost(sum(_seconds_to_act(p.settings, artifacts) for p in step.points), 100)
    return Cost(seconds=1.0, memory_mib=50)


def _seconds_to_learn(settings: Mapping[str, Json], isa: bytes | None) -> float:
    """Extrapolated from about a second; early episodes may be shorter than later ones."""
    candidate = settings.get("candidate", {"rate": 1.0, "hidden": [64]})

    def timed(seconds: float) -> float:
        started = time.perf_counter()

        def over(used: float) -> bool:
            return time.perf_counter() - started >= seconds

        try:
            _learned(settings, candidate, isa, 0, pause=over)
        except _Paused as paused:
            return (time.perf_counter() - started) / max(paused.used, 1e-6)
        return time.perf_counter() - started

    timed(0.0)  # the first call may compile
    return timed(1.0)


def _seconds_to_act(settings: Mapping[str, Json], artifacts: Sequence[bytes]) -> float:
    if settings["measures"] == "learning":
        return 0.01
    isa = artifacts[2] if len(artifacts) > 2 else None
    function = _acting_function(settings, {"rate": 1.0, "hidden": [64]}, isa)
    place, source = _place(settings), np.random.default_rng(0)
    parameters = function.first_parameters(source)
    rows = np.zeros(
        (settings["episodes"] * (place.rules.sizes.agents or 1), function.shape.features)
    )
    function.outputs(rows, parameters, source)
    started = time.perf_counter()
    function.outputs(rows, parameters, source)
    return (time.perf_counter() - started) * place.rules.sizes.horizon


def _earned(point: Point, choice: Choice, learned: Learned, isa: bytes | None) -> dict[str, Json]:
    """Returns of the judged episodes, and the first of them step by step."""
    settings = point.settings
    place = _place(settings)
    function = _acting_function(settings, choice.candidate, isa)
    source = generator(settings["root_seed"], "acting", point.id)
    act = _actor(settings, function, learned, source)
    return earned(place, settings, act)


def earned(place: Place, settings: Mapping[str, Json], act: Act) -> dict[str, Json]:
    """The values of a record that holds returns."""
    tape = episode_tape(place.rules, settings["episodes"], first_episode(settings))
    played, episode = followed(place.about, place.rules, tape, act)
    return {
        "returns": played.returns.tolist(),
        "return_mean": float(played.returns.mean()),
        "steps": int(played.lengths.sum()) * (place.rules.sizes.agents or 1),
        "episode": episode,
    }


def thinned(curve: Curve) -> dict[str, Json]:
    """A curve in groups of consecutive episodes, each with its mean return and its end."""
    size = max(1, -(-len(curve) // CURVE_GROUPS))
    ends = [*range(size, len(curve), size), len(curve)] if len(curve) else []
    starts = [0, *ends[:-1]] if ends else []
    returns = np.array(curve.returns)
    return {
        "environment_steps": [curve.environment_steps[end - 1] for end in ends],
        "circuit_evaluations": [curve.circuit_evaluations[end - 1] for end in ends],
        "returns": [
            float(returns[start:end].mean()) for start, end in zip(starts, ends, strict=True)
        ],
        "episodes": [end - start for start, end in zip(starts, ends, strict=True)],
    }


def _actor(
    settings: Mapping[str, Json], function: Approximator, learned: Learned, source: Any
) -> Act:
    return actor(function, learned.parameters[_acts(settings)], settings["acting"], source)


def _functions(
    settings: Mapping[str, Json],
    candidate: Mapping[str, Json],
    isa: bytes | None,
    shots: int | None,
) -> dict[str, Approximator]:
    """What an agent learns, by role: what acts under the noise, a critic without."""
    agent, shapes = agent_of(_agent(settings)), _shapes(settings)
    found: dict[str, Approximator] = {}
    for role, shape in shapes.items():
        options = _function_options(settings, candidate, role)
        if not needs_evaluator(options):
            found[role] = approximator(options, shape)
        elif role != agent.acts or isa is None:
            assert isinstance(options, CircuitOptions)
            found[role] = approximator(options, shape, _ideal(options, shape), shots)
        else:
            noisy = {**settings, "noise.scale": TRAINED_AT_SCALE}
            found[role] = approximator(options, shape, _noisy(noisy, isa), shots)
    return found


def _acting_function(
    settings: Mapping[str, Json], candidate: Mapping[str, Json], isa: bytes | None
) -> Approximator:
    """What acts, under the noise and with the shots of the judged episodes."""
    acts = _acts(settings)
    shape, options = _shapes(settings)[acts], _function_options(settings, candidate, acts)
    if not needs_evaluator(options):
        return approximator(options, shape)
    assert isinstance(options, CircuitOptions)
    prepared = _ideal(options, shape) if isa is None else _noisy(settings, isa)
    return approximator(options, shape, prepared, settings["shots"])


def _function_options(
    settings: Mapping[str, Json], candidate: Mapping[str, Json], role: RoleName
) -> ApproximatorOptions:
    if role == critic_role(agent_of(_agent(settings))):
        critic = nested(settings, "critic")
        if settings["kind"] == "classical" and critic["kind"] == "circuit":
            return NetworkOptions()  # a classical agent has no circuit anywhere
        return agent_of(_agent(settings)).read_approximator(role, critic)
    if settings["kind"] == "classical":
        return NetworkOptions(hidden=tuple(candidate.get("hidden", ())))
    return _circuit(settings)


def _circuit(settings: Mapping[str, Json]) -> CircuitOptions:
    """The circuit that acts; an ablation's is changed."""
    given = {**nested(settings, "model"), **ABLATIONS.get(settings["ablation"] or "", {})}
    return CircuitOptions.model_validate(given)


def _has_circuit(settings: Mapping[str, Json]) -> bool:
    return settings["kind"] != "classical" and _circuit(settings).circuit


@lru_cache(maxsize=32)
def _ideal(options: CircuitOptions, shape: Shape) -> Evaluator:
    return find_engine("statevector").prepare(circuit_model(options, shape), IDEAL)


def _noisy(settings: Mapping[str, Json], isa: bytes) -> Evaluator:
    channels = settings["noise.channels"]
    return _prepared(
        isa,
        settings["target"],
        settings["noise.recipe"],
        settings["noise.scale"],
        None if channels is None else tuple(channels),
    )


@lru_cache(maxsize=32)
def _prepared(
    isa: bytes, target: str, recipe: str, scale: float, channels: tuple[str, ...] | None
) -> Evaluator:
    model = isa_model(isa)
    noise = channels_for(
        recipe_named(recipe), device_named(target), model.physical_qubits, scale, channels
    )
    return find_engine("exact").prepare(model, noise)


def _place(settings: Mapping[str, Json]) -> Place:
    return environment_of(nested(settings, "environment"))


def _agent(settings: Mapping[str, Json]) -> dict[str, Any]:
    return nested(settings, "agent")


def _acts(settings: Mapping[str, Json]) -> RoleName:
    return agent_of(_agent(settings)).acts


def _shapes(settings: Mapping[str, Json]) -> dict[RoleName, Shape]:
    place = _place(settings)
    return agent_of(_agent(settings)).shapes(place.rules.sizes, place.encoding)
