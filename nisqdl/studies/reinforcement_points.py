"""The points of a reinforcement experiment: who takes part, with which candidates and noise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from nisqdl.agents.approximators.network import Network, NetworkOptions
from nisqdl.seeds import generator
from nisqdl.store.record import Json, content_hash
from nisqdl.studies.named import recipe_hash, snapshot_of
from nisqdl.studies.reinforcement_functions import circuit_parameters
from nisqdl.studies.reinforcement_options import ReinforcementOptions
from nisqdl.studies.reinforcement_parts import Place, agent_of, environment_of
from nisqdl.studies.settings import flatten

ABLATION_TITLES = {
    "no_entangler": "circuit without entangler",
    "random_circuit": "random circuit",
    "no_circuit": "no circuit",
}
"""Ablations as reports call them."""


def all_settings(options: ReinforcementOptions) -> Iterator[dict[str, Json]]:
    """Settings of every point of a combination."""
    place = environment_of(options.environment)
    data = place.data
    arena: dict[str, Json] = {
        **flatten({"environment": place.options}),
        "data": data,
        "place": content_hash([place.options, data]),
        "episodes": options.episodes,
        "root_seed": options.root_seed,
    }
    for seed in range(options.seeds):
        for learner in _learners(options, place):
            settings = {**arena, **learner, "seed": seed}
            yield {**settings, "measures": "learning"}
            yield {
                **settings,
                "measures": "acting",
                **(_judged(options) if _has_circuit(learner) else {}),
            }
        if "heuristics" in options.without:
            continue
        for baseline in place.about.baselines.values():
            kind = "bound" if baseline.is_bound else "heuristic"
            yield {
                **arena, "learner": baseline.name, "kind": kind, "seed": seed, "measures": "acting",
            }  # fmt: skip


def _has_circuit(learner: Mapping[str, Json]) -> bool:
    return not (learner["kind"] == "classical" or learner["ablation"] == "no_circuit")


def _judged(options: ReinforcementOptions) -> dict[str, Json]:
    found: dict[str, Json] = {"noise.scale": options.noise.scale, "shots": options.shots}
    if options.execution is None:
        return found
    execution = options.execution.model_dump(mode="json")
    return {**found, "engine": options.engine, **flatten({"execution": execution})}


def _learners(options: ReinforcementOptions, place: Place) -> Iterator[dict[str, Json]]:
    """Settings of the circuit, its ablations, its twin and the linear policy."""
    document = options.model_dump(
        mode="json", include={"agent", "critic", "tuning", "acting", "training"}
    )
    shared = flatten({name: part for name, part in document.items() if part is not None})
    model = flatten({"model": options.model.model_dump(mode="json")})
    circuits = [(None, "circuit"), *ABLATION_TITLES.items()]
    for ablation, learner in circuits:
        if ablation in options.without:
            continue
        found = {
            **shared, **model, "learner": learner, "ablation": ablation,
            "kind": "quantum" if ablation is None else "ablation",
            **_candidates(options, learner, {"rate": list(options.search.circuit.rate)}),
        }  # fmt: skip
        if ablation == "no_circuit":
            yield {**found, **_without_noise()}
        else:
            yield {**found, **_noise(options)}
    for name, learner, space in (
        ("mlp", "MLP", _network_space(options, place)),
        ("linear", "linear policy", {"rate": list(options.search.linear.rate)}),
    ):
        if name not in options.without:
            yield {
                **shared, "learner": learner, "kind": "classical", "ablation": None,
                **_candidates(options, learner, space), **_without_noise(),
            }  # fmt: skip


def _noise(options: ReinforcementOptions) -> dict[str, Json]:
    """Settings of a circuit's device, if there is one."""
    if options.target is None:
        return {"target": None}
    channels = options.noise.channels
    return {
        "target": options.target,
        "snapshot": snapshot_of(options.target),
        "noise.recipe": options.noise.recipe,
        "noise.channels": None if channels is None else list(channels),
        "recipe": recipe_hash(options.noise.recipe),
    }


def _without_noise() -> dict[str, Json]:
    return {"target": None, "training.noise": "ideal", "training.shots": None}


def _candidates(
    options: ReinforcementOptions, learner: str, space: Mapping[str, Sequence[Json]]
) -> dict[str, Json]:
    """As many candidates as the budget allows, drawn without replacement; all, if they are few."""
    names = sorted(space)
    possible = [
        dict(zip(names, values, strict=True)) for values in product(*(space[n] for n in names))
    ]
    budget = options.tuning.candidates
    if budget == 1:  # no tuning: what the file and the agent say
        plain = {"rate": 1.0, **({"hidden": possible[0]["hidden"]} if "hidden" in space else {})}
        return {"candidates": [plain], "possible": 1}
    kept = possible
    if len(possible) > budget:
        rng = generator(options.root_seed, "candidates", learner)
        kept = [possible[i] for i in sorted(rng.permutation(len(possible))[:budget].tolist())]
    return {"candidates": kept, "possible": len(possible)}


def _network_space(options: ReinforcementOptions, place: Place) -> dict[str, list[Json]]:
    """The MLP's search space, with the circuit's size as a number of units."""
    agent = agent_of(options.agent)
    shape = agent.shapes(place.rules.sizes, place.encoding)[agent.acts]
    sizes: list[Json] = []
    for hidden in options.search.network.hidden:
        units = list(hidden)
        if hidden == "equal":
            wanted = circuit_parameters(options.model, shape)
            units = [
                min(
                    range(1, 513),
                    key=lambda width: abs(
                        Network(NetworkOptions(hidden=(width,)), shape).num_parameters - wanted
                    ),
                )
            ]
        if units not in sizes:
            sizes.append(units)
    return {"rate": list(options.search.network.rate), "hidden": sizes}
