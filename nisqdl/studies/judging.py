"""What judging a learner finds: what its training took, and what it earns under each noise."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from nisqdl.agents.acting import actor
from nisqdl.agents.curve import Curve
from nisqdl.agents.learn import Learned
from nisqdl.environments.policy import Act, episode_tape
from nisqdl.environments.summary import followed
from nisqdl.seeds import derive, generator
from nisqdl.store.record import Json, Point, Record
from nisqdl.studies.learning import Choice, choice_of, learned_of
from nisqdl.studies.named import device_named
from nisqdl.studies.provenance import provenance
from nisqdl.studies.reinforcement_functions import (
    acting_function,
    acting_role,
    circuit_of,
    has_circuit,
    isa_model,
    place_of,
    shapes_of,
)
from nisqdl.studies.reinforcement_parts import Place
from nisqdl.targets.cost import circuit_cost

CURVE_GROUPS = 250
"""A record's curve has at most so many groups of episodes."""


def judge(
    points: Sequence[Point], choice: bytes, learned: bytes, isa: bytes | None
) -> Iterator[Record]:
    """The records of one training: what it took, and what it earns under each noise and shots."""
    settings = points[0].settings
    result = learned_of(learned)
    calibration: dict[str, Json] = {}
    if isa is not None:
        calibration = {"device": isa_model(isa).device, "snapshot": settings["snapshot"]}
    seeds = seeds_of(settings)
    for point in points:
        start = time.perf_counter()
        if point.settings["measures"] == "learning":
            values = _what_it_took(point.settings, choice_of(choice), result, isa)
        else:
            values = _earned(point, choice_of(choice), result, isa)
        yield Record(point, values, provenance(seeds, calibration), time.perf_counter() - start)


def seeds_of(settings: Mapping[str, Json]) -> dict[str, int]:
    """The seeds of a learner's records, for their provenance."""
    return {
        "root": settings["root_seed"],
        "learning": derive(settings["root_seed"], "learning", settings["seed"]),
        "acting": derive(settings["root_seed"], "acting", settings["seed"]),
        "first episode": first_episode(settings),
    }


def first_episode(settings: Mapping[str, Json]) -> int:
    """The seed of the first of the episodes on which a seed's players are judged."""
    return int(settings["seed"]) * int(settings["episodes"])


def acting_source(settings: Mapping[str, Json]) -> np.random.Generator:
    """Chance of the judged episodes' actions and shots: the same for all learners of a seed and
    under every noise, so that differences are paired."""
    return generator(settings["root_seed"], "acting", settings["seed"])


def _what_it_took(
    settings: Mapping[str, Json], choice: Choice, learned: Learned, isa: bytes | None
) -> dict[str, Json]:
    acts = acting_role(settings)
    values: dict[str, Json] = {
        "curve": thinned(learned.curve),
        "best_ten": learned.curve.best(10),
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
    elif has_circuit(settings):
        values["qubits"] = circuit_of(settings).num_qubits(shapes_of(settings)[acts].features)
    return values


def _earned(point: Point, choice: Choice, learned: Learned, isa: bytes | None) -> dict[str, Json]:
    """Returns of the judged episodes, and the first of them step by step."""
    settings = point.settings
    place = place_of(settings)
    function = acting_function(settings, choice.candidate, isa)
    source = acting_source(settings)
    parameters = learned.parameters[acting_role(settings)]
    return earned(place, settings, actor(function, parameters, settings["acting"], source))


def earned(place: Place, settings: Mapping[str, Json], act: Act) -> dict[str, Json]:
    """The values of a record that holds returns."""
    tape = episode_tape(place.rules, settings["episodes"], first_episode(settings))
    played, episode = followed(place.about, place.rules, tape, act)
    return {
        "returns": played.returns.tolist(),
        "return_mean": float(played.returns.mean()),
        "steps": int(played.lengths.sum()) * (place.rules.sizes.agents or 1),
        # One is drawn; those of all seeds would be most of what a run weighs.
        **({"episode": episode} if settings["seed"] == 0 else {}),
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
