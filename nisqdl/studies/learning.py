"""The work on one learner: transpile its circuit, try candidates, learn link by link.

Functions of flat settings and artifacts: they run in any process, and what they prepare is kept
in the process for the next step on the same circuit or environment.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from nisqdl.agents.acting import actor
from nisqdl.agents.approximators import circuit_model
from nisqdl.agents.checkpoint import (
    learned_from_bytes,
    learned_to_bytes,
    state_from_bytes,
    state_to_bytes,
)
from nisqdl.agents.learn import Learned, Standing, learn
from nisqdl.agents.learner import Budget, LearningState
from nisqdl.environments.policy import episode_tape
from nisqdl.environments.summary import followed
from nisqdl.seeds import derive, generator
from nisqdl.store.record import Json
from nisqdl.studies.named import device_named
from nisqdl.studies.reinforcement_functions import (
    acting_role,
    agent_section,
    circuit_of,
    functions,
    place_of,
    shapes_of,
)
from nisqdl.studies.reinforcement_parts import agent_of, agent_options, scaled
from nisqdl.targets.serial import isa_to_bytes
from nisqdl.targets.transpile import transpile_model

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
        circuit_model(circuit_of(settings), shapes_of(settings)[acting_role(settings)]),
        device_named(settings["target"]),
        schedule=settings["scheduled"],
        seed=derive(settings["root_seed"], "transpile") % 2**31,
    )
    return isa_to_bytes(isa)


def tried(settings: Mapping[str, Json]) -> bytes:
    """Learn with one candidate, without noise, and act in episodes that are not judged.

    It acts in the manner for which the agent learns, however judged episodes are acted in.

    Returns:
        JSON: the mean return, and the circuits that it took.
    """
    seed = derive(settings["root_seed"], "tuning", settings["tuning_seed"])
    result = train(settings, settings["candidate"], None, seed)
    tape = episode_tape(
        place_of(settings).rules, settings["episodes"], derive(seed, "validation") % 2**62
    )
    function = functions(settings, settings["candidate"], None, None)[acting_role(settings)]
    parameters = result.parameters[acting_role(settings)]
    manner = agent_of(agent_section(settings)).manner
    act = actor(function, parameters, manner, generator(seed, "acting"))
    played, _ = followed(place_of(settings).about, place_of(settings).rules, tape, act)
    found = {"score": float(played.returns.mean()), "circuits": result.circuit_evaluations}
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
        result = train(settings, candidate, isa, seed, state, lambda used: used >= share)
    except Paused as paused:
        return _STATE + state_to_bytes(paused.state)
    return _LEARNED + learned_to_bytes(result)


def choice_of(content: bytes) -> Choice:
    """The choice in an artifact."""
    found = json.loads(content)
    return Choice(found["candidate"], found["tried"], found["circuits"])


def is_learned(content: bytes) -> bool:
    """Whether a link's artifact is a training that is done."""
    return content.startswith(_LEARNED)


def learned_of(content: bytes) -> Learned:
    """What was learned, from the last link's artifact."""
    return learned_from_bytes(content.removeprefix(_LEARNED))


def title(settings: Mapping[str, Json]) -> str:
    """A learner in a few words, for progress."""
    noise = f" under {settings['target']}" if settings["training.noise"] == "target" else ""
    return f"{settings['learner']} on {settings['environment.name']}{noise}"


class Paused(Exception):
    """A training stops here, before its budget is used."""

    def __init__(self, state: LearningState, used: float) -> None:
        super().__init__("paused")
        self.state = state
        self.used = used


Pause: TypeAlias = Callable[[float], bool]
"""Whether to stop, given the share of the budget that is used."""


def train(
    settings: Mapping[str, Json],
    candidate: Mapping[str, Json],
    isa: bytes | None,
    seed: int,
    state: LearningState | None = None,
    pause: Pause = lambda used: False,
) -> Learned:
    """Learn from a state to the end, or until it is time to pause.

    Raises:
        Paused: It was, before the end.
    """
    episodes, steps = settings["training.episodes"], settings["training.steps"]

    def watch(standing: Standing) -> None:
        used = standing.episodes / episodes if episodes else standing.steps / steps
        if used < 1 and pause(used):
            raise Paused(standing.state(), used)

    return learn(
        agent_of(agent_section(settings)),
        scaled(agent_options(agent_section(settings)), candidate["rate"]),
        place_of(settings).rules,
        functions(settings, candidate, isa, settings["training.shots"]),
        Budget(episodes=episodes, steps=steps),
        seed,
        watch,
        state,
        conditions={
            "environment": place_of(settings).options,
            "noise": None if isa is None else [settings["target"], settings["noise.recipe"]],
        },
    )
