"""Records of reinforcement learning as arenas."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from nisqdl.analysis.arena import (
    ABLATION,
    BOUND,
    HEURISTIC,
    KINDS,
    LEARNING,
    NOISY,
    QUANTUM,
    Arena,
    Condition,
    OnDevice,
    Player,
)
from nisqdl.store.record import Json, Record


def arenas(records: Sequence[Record]) -> tuple[Arena, ...]:
    """An arena for each environment and agent of a run's records, in the order of their names."""
    found: dict[str, tuple[dict[str, Json], dict[str, Json], list[Record]]] = {}
    for record in records:
        settings = record.point.settings
        if settings["kind"] in (HEURISTIC, BOUND):
            continue
        environment, agent = _part(settings, ENVIRONMENT), _part(settings, AGENT)
        key = json.dumps([environment, agent], sort_keys=True)
        found.setdefault(key, (environment, agent, []))[2].append(record)
    heuristics = [r for r in records if r.point.settings["kind"] in (HEURISTIC, BOUND)]
    if not found:
        return tuple(
            Arena(environment, {}, _players(group))
            for environment, group in _by_environment(heuristics)
        )
    return tuple(
        Arena(
            environment,
            agent,
            _players(
                [
                    *learned,
                    *(r for r in heuristics if _part(r.point.settings, ENVIRONMENT) == environment),
                ]
            ),
        )
        for _, (environment, agent, learned) in sorted(found.items())
    )


ENVIRONMENT = ("environment.", "place", "episodes", "root_seed")
"""Settings that an environment's heuristics have, too."""

AGENT = ("agent.", "critic.", "training.steps", "training.episodes", "tuning.", "acting")
"""Settings of what learns that every learner of an arena shares."""


def _part(settings: Mapping[str, Json], names: Sequence[str]) -> dict[str, Json]:
    return {k: v for k, v in settings.items() if k.startswith(tuple(names))}


def _by_environment(records: Sequence[Record]) -> list[tuple[dict[str, Json], list[Record]]]:
    found: dict[str, tuple[dict[str, Json], list[Record]]] = {}
    for record in records:
        environment = _part(record.point.settings, ENVIRONMENT)
        key = json.dumps(environment, sort_keys=True)
        found.setdefault(key, (environment, []))[1].append(record)
    return list(found.values())


def _players(records: Sequence[Record]) -> tuple[Player, ...]:
    groups: dict[tuple[str, str, bool, str, str], list[Record]] = {}
    models, places = _words(records, _CIRCUIT), _words(records, _SETTING)
    for record in records:
        settings = record.point.settings
        noisy = settings.get("training.noise") == NOISY
        model, place = models.get(record.point.id, ""), places.get(record.point.id, "")
        key = (settings["kind"], settings["learner"], noisy, model, place)
        groups.setdefault(key, []).append(record)
    players = _told_apart([_player(*key, group) for key, group in groups.items()])
    judged = [player for player in players if player.returns]
    # Records come as steps end: nothing told may depend on that.
    return tuple(sorted(judged, key=lambda player: (KINDS.index(player.kind), player.label)))


def _told_apart(players: list[Player]) -> list[Player]:
    """Heuristics say that they are some where a learner's name begins alike."""
    learners = [player.label for player in players if player.learns]
    return [
        replace(player, label=f"{player.label} (heuristic)")
        if not player.learns and any(label.startswith(player.label) for label in learners)
        else player
        for player in players
    ]


_CIRCUIT = ("model.",)
_SETTING = ("target", "training.shots", "noise.recipe", "noise.channels")


def _words(records: Sequence[Record], names: Sequence[str]) -> dict[str, str]:
    """What tells a circuit's record from those of the run's other circuits, by these settings."""
    parts = {
        r.point.id: _part(r.point.settings, names)
        for r in records
        if r.point.settings["kind"] in (QUANTUM, ABLATION)
    }
    quantum = [parts[r.point.id] for r in records if r.point.settings["kind"] == QUANTUM]
    varied = sorted(
        name
        for name in {name for part in quantum for name in part}
        if len({json.dumps(part.get(name)) for part in quantum}) > 1
    )
    return {
        id_: ", ".join(
            f"{name.rpartition('.')[2]} {part[name]}"
            for name in varied
            if part.get(name) is not None
        )
        for id_, part in parts.items()
    }


def of_arena(records: Sequence[Record], arena: Arena) -> tuple[Record, ...]:
    """The records of an arena's learners."""
    wanted = {**arena.environment, **arena.agent}
    return tuple(r for r in records if all(r.point.settings.get(k) == v for k, v in wanted.items()))


def _on_device(values: Mapping[str, Json]) -> OnDevice:
    twin = values.get("twin") or {}
    return OnDevice(
        observations=int(values["observations"]),
        qpu_seconds=values["qpu_seconds"],
        predicted=twin.get("return_mean"),
        ideal=values.get("ideal_return_mean"),
    )


def _player(
    kind: str, learner: str, noisy: bool, model: str, place: str, records: Sequence[Record]
) -> Player:
    returns: dict[Condition, dict[int, Sequence[float]]] = {}
    acting: dict[Condition, dict[int, int]] = {}
    measured: dict[Condition, dict[int, OnDevice]] = {}
    episodes: dict[Condition, tuple[int, Mapping[str, Json]]] = {}
    trainings: dict[int, Mapping[str, Json]] = {}
    for record in records:
        settings, values = record.point.settings, record.values
        seed = int(settings["seed"])
        if settings["measures"] == LEARNING:
            trainings[seed] = values
            continue
        shots = values.get("shots", settings.get("shots"))
        condition = Condition(settings.get("noise.scale"), shots)
        if "observations" in values:
            measured.setdefault(condition, {})[seed] = _on_device(values)
        returns.setdefault(condition, {})[seed] = values["returns"]
        acting.setdefault(condition, {})[seed] = int(values["steps"])
        if "episode" in values and (condition not in episodes or seed < episodes[condition][0]):
            episodes[condition] = (seed, values["episode"])
    words = [word for word in (model, place, "noise-trained" if noisy else "") if word]
    return Player(
        label=f"{learner} ({', '.join(words)})" if words else learner,
        learner=learner,
        kind=kind,
        model=model,
        place=place,
        noise_trained=noisy,
        returns=returns,
        trainings=trainings,
        episodes={condition: episode for condition, (_, episode) in episodes.items()},
        acting=acting,
        measured=measured,
    )
