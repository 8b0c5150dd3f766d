"""The functions that a learner's settings stand for: circuits on an engine, networks, noise."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

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
from nisqdl.agents.approximators.quantum import Quantum
from nisqdl.agents.contract import RoleName
from nisqdl.engines import find_engine
from nisqdl.noise.applied import channels_for
from nisqdl.noise.channels import IDEAL
from nisqdl.store.record import Json
from nisqdl.studies.named import device_named, recipe_named
from nisqdl.studies.reinforcement_parts import Place, agent_of, critic_role, environment_of
from nisqdl.studies.settings import nested
from nisqdl.targets.serial import isa_from_bytes

if TYPE_CHECKING:
    from nisqdl.engines.contract import Evaluator
    from nisqdl.targets.isa import IsaModel

TRAINED_AT_SCALE = 1.0
"""λ of the noise that ``training.noise: target`` learns under."""


def functions(
    settings: Mapping[str, Json],
    candidate: Mapping[str, Json],
    isa: bytes | None,
    shots: int | None,
) -> dict[str, Approximator]:
    """What an agent learns, by role: what acts under the noise, a critic without."""
    agent, shapes = agent_of(agent_section(settings)), shapes_of(settings)
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


def acting_function(
    settings: Mapping[str, Json], candidate: Mapping[str, Json], isa: bytes | None
) -> Approximator:
    """What acts, under the noise and with the shots of the judged episodes."""
    acts = acting_role(settings)
    shape, options = shapes_of(settings)[acts], _function_options(settings, candidate, acts)
    if not needs_evaluator(options):
        return approximator(options, shape)
    assert isinstance(options, CircuitOptions)
    prepared = _ideal(options, shape) if isa is None else _noisy(settings, isa)
    return approximator(options, shape, prepared, settings["shots"])


def circuit_function(settings: Mapping[str, Json], candidate: Mapping[str, Json]) -> Quantum:
    """The circuit that acts, for what is measured elsewhere: its inputs and its head."""
    acts = acting_role(settings)
    shape, options = shapes_of(settings)[acts], _function_options(settings, candidate, acts)
    assert isinstance(options, CircuitOptions)
    function = approximator(options, shape, _ideal(options, shape))
    assert isinstance(function, Quantum)
    return function


def _function_options(
    settings: Mapping[str, Json], candidate: Mapping[str, Json], role: RoleName
) -> ApproximatorOptions:
    if role == critic_role(agent_of(agent_section(settings))):
        critic = nested(settings, "critic")
        if settings["kind"] == "classical" and critic["kind"] == "circuit":
            return NetworkOptions()  # a classical agent has no circuit anywhere
        return agent_of(agent_section(settings)).read_approximator(role, critic)
    if settings["kind"] == "classical":
        return NetworkOptions(hidden=tuple(candidate.get("hidden", ())))
    return circuit_of(settings)


def circuit_of(settings: Mapping[str, Json]) -> CircuitOptions:
    """The circuit that acts; an ablation's is changed."""
    given = {**nested(settings, "model"), **ABLATIONS.get(settings["ablation"] or "", {})}
    return CircuitOptions.model_validate(given)


def has_circuit(settings: Mapping[str, Json]) -> bool:
    return settings["kind"] != "classical" and circuit_of(settings).circuit


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


def place_of(settings: Mapping[str, Json]) -> Place:
    return environment_of(nested(settings, "environment"))


def agent_section(settings: Mapping[str, Json]) -> dict[str, Any]:
    return nested(settings, "agent")


def acting_role(settings: Mapping[str, Json]) -> RoleName:
    return agent_of(agent_section(settings)).acts


def shapes_of(settings: Mapping[str, Json]) -> dict[RoleName, Shape]:
    place = place_of(settings)
    return agent_of(agent_section(settings)).shapes(place.rules.sizes, place.encoding)


def circuit_parameters(options: CircuitOptions, shape: Shape) -> int:
    """Parameters of a circuit with its input scaling and head."""
    return approximator(options, shape, _ideal(options, shape)).num_parameters


@lru_cache(maxsize=64)
def isa_model(isa: bytes) -> IsaModel:
    """The ISA model in an artifact, read once."""
    return isa_from_bytes(isa)
