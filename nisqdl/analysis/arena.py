"""Records of reinforcement learning as arenas: who acted in an environment, and what they earned.

Every policy of a seed is judged on the same episodes, so that differences are paired over seeds;
another seed has another training and other episodes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from nisqdl.analysis.aggregate import pooled_iqm, rank_p
from nisqdl.analysis.intervals import Estimate, mean_over_seeds, p_above_zero, paired_difference
from nisqdl.store.record import Json, Record

QUANTUM, ABLATION, CLASSICAL, HEURISTIC, BOUND = (
    "quantum", "ablation", "classical", "heuristic", "bound",
)  # fmt: skip
KINDS = (QUANTUM, ABLATION, CLASSICAL, HEURISTIC, BOUND)

RANDOM = "random"
"""The heuristic whose return is 0 on the normalised scale."""

FEWEST = 5
"""Seeds below which nothing is shown."""

LEARNING = "learning"
"""``measures`` of records that hold a training's curve and cost; the others hold returns."""

NOISY = "target"
"""``training.noise`` of what is trained under the device's noise."""


@dataclass(frozen=True, order=True)
class Condition:
    """Under which noise and with how many shots a policy acted; both ``None`` without circuit.

    Attributes:
        scale: λ.
        shots: For each circuit; ``None`` for exact values.
    """

    scale: float | None = None
    shots: int | None = None


NO_CIRCUIT = Condition()


@dataclass(frozen=True)
class Player:
    """One way to act.

    Attributes:
        label: Its name in the report, unique in its arena.
        learner: What it is, alike for circuits that are trained differently: ``circuit``,
            ``MLP``, ``lru`` …
        kind: Quantum, ablation, classical, heuristic, or a bound that sees the future.
        model: What tells a player's circuit from the run's other circuits; "" where nothing does.
        place: What tells its device and shots of learning from the others'; "" where nothing does.
        noise_trained: Whether it learnt under the device's noise.
        returns: Returns of the judged episodes by condition and seed.
        trainings: What was found of each seed's training; empty for heuristics.
        episodes: One episode step by step, of the lowest seed, by condition.
        acting: Steps that the judged episodes took, by condition and seed.
    """

    label: str
    learner: str
    kind: str
    model: str
    place: str
    noise_trained: bool
    returns: Mapping[Condition, Mapping[int, Sequence[float]]]
    trainings: Mapping[int, Mapping[str, Json]]
    episodes: Mapping[Condition, Mapping[str, Json]]
    acting: Mapping[Condition, Mapping[int, int]]

    def scores(self, condition: Condition) -> dict[int, float]:
        """Mean return by seed; a player without circuit acts alike under every condition."""
        by_seed = self.returns.get(NO_CIRCUIT, self.returns.get(condition, {}))
        return {seed: float(np.mean(returns)) for seed, returns in sorted(by_seed.items())}

    @property
    def has_circuit(self) -> bool:
        return NO_CIRCUIT not in self.returns

    @property
    def learns(self) -> bool:
        return self.kind not in (HEURISTIC, BOUND)


@dataclass(frozen=True)
class Arena:
    """All players in one environment, with one kind of agent.

    Attributes:
        environment: The environment's settings.
        agent: The agent's settings, budget and tuning.
        players: By kind, then by label.
    """

    environment: Mapping[str, Json]
    agent: Mapping[str, Json]
    players: tuple[Player, ...]

    @property
    def name(self) -> str:
        """The environment's name."""
        return str(self.environment["environment.name"])

    @property
    def title(self) -> str:
        """The environment and the agent, for people."""
        return f"{self.name} with {self.agent_name}" if self.agent_name else self.name

    @property
    def agent_name(self) -> str:
        return str(self.agent.get("agent.name", ""))

    def of_kind(self, *kinds: str) -> tuple[Player, ...]:
        return tuple(player for player in self.players if player.kind in kinds)

    @cached_property
    def scales(self) -> tuple[float, ...]:
        """Every λ at which a circuit acted."""
        return tuple(sorted({c.scale for c in self._conditions if c.scale is not None}))

    @cached_property
    def shots(self) -> tuple[int | None, ...]:
        """Every number of shots, exact values last."""
        found = {condition.shots for condition in self._conditions}
        return tuple(sorted(found, key=lambda shots: (shots is None, shots or 0)))

    @cached_property
    def reference(self) -> Condition:
        """Where players are compared: λ = 1, or what is nearest to it; exact values, or the most
        shots."""
        if not self._conditions:
            return NO_CIRCUIT
        scale = min(self.scales, key=lambda value: (abs(value - 1), value))
        return Condition(scale, self.shots[-1])

    @cached_property
    def seeds(self) -> tuple[int, ...]:
        """Seeds that every player has."""
        shared = [set(player.scores(self.reference)) for player in self.players]
        return tuple(sorted(set.intersection(*shared))) if shared else ()

    @cached_property
    def random(self) -> float | None:
        """Mean return of acting at random: 0 on the normalised scale."""
        return self._mean(next((p for p in self.of_kind(HEURISTIC) if p.label == RANDOM), None))

    @cached_property
    def best_heuristic(self) -> Player | None:
        """The heuristic of the highest mean return: 1 on the normalised scale."""
        means = {p.label: self._mean(p) for p in self.of_kind(HEURISTIC) if p.label != RANDOM}
        told = {label: mean for label, mean in means.items() if mean is not None}
        best = max(told, key=lambda label: told[label], default=None)
        return next((p for p in self.of_kind(HEURISTIC) if p.label == best), None)

    def normalised(self, value: float) -> float | None:
        """A return on the scale from random (0) to the best heuristic (1).

        ``None`` where there is no heuristic that is better than random.
        """
        zero, one = self.random, self._mean(self.best_heuristic)
        if zero is None or one is None or one <= zero:
            return None
        return (value - zero) / (one - zero)

    def score(self, player: Player, condition: Condition | None = None) -> Estimate | None:
        """The interquartile mean of a player's returns over seeds."""
        found = player.scores(condition or self.reference)
        return pooled_iqm([list(found.values())]) if found else None

    def normalised_scores(self, player: Player) -> list[float] | None:
        """Normalised returns by seed in the reference condition."""
        found = [self.normalised(value) for value in player.scores(self.reference).values()]
        told = [value for value in found if value is not None]
        return told if told and len(told) == len(found) else None

    def difference(self, first: Player, second: Player, comparisons: int = 1) -> Estimate | None:
        """First minus second in mean return, paired over seeds, in the reference condition."""
        one, other = first.scores(self.reference), second.scores(self.reference)
        return paired_difference(one, other, comparisons=comparisons)

    def p_better(self, first: Player, second: Player) -> float:
        """One-sided p value of "the first is not better": see :func:`better_p`."""
        return better_p(first.scores(self.reference), second.scores(self.reference))

    @cached_property
    def _conditions(self) -> frozenset[Condition]:
        found = {c for player in self.players for c in player.returns}
        return frozenset(found - {NO_CIRCUIT})

    def _mean(self, player: Player | None) -> float | None:
        found = {} if player is None else player.scores(self.reference)
        return float(np.mean(list(found.values()))) if found else None


def better_p(first: Mapping[int, float], second: Mapping[int, float]) -> float:
    """One-sided p value of "the first is not better than the second", from scores by seed.

    The larger of two: Student's t test of the paired differences, which asks for a higher mean,
    and the exact rank-sum test, which asks that a training of the first tends to score higher.
    Returns of trainings are far from normal (some fail), and either test alone is fooled by
    that. 1 with fewer than five common seeds, and where all of them give the same difference.
    """
    shared = sorted(first.keys() & second.keys())
    if len(shared) < FEWEST:
        return 1.0
    one, other = [first[s] for s in shared], [second[s] for s in shared]
    paired = mean_over_seeds([a - b for a, b in zip(one, other, strict=True)])
    return max(p_above_zero(paired), rank_p(one, other))


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
    players = [_player(*key, group) for key, group in groups.items()]
    judged = [player for player in players if player.returns]
    # Records come as steps end: nothing told may depend on that.
    return tuple(sorted(judged, key=lambda player: (KINDS.index(player.kind), player.label)))


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


def _player(
    kind: str, learner: str, noisy: bool, model: str, place: str, records: Sequence[Record]
) -> Player:
    returns: dict[Condition, dict[int, Sequence[float]]] = {}
    acting: dict[Condition, dict[int, int]] = {}
    episodes: dict[Condition, tuple[int, Mapping[str, Json]]] = {}
    trainings: dict[int, Mapping[str, Json]] = {}
    for record in records:
        settings, values = record.point.settings, record.values
        seed = int(settings["seed"])
        if settings["measures"] == LEARNING:
            trainings[seed] = values
            continue
        condition = Condition(settings.get("noise.scale"), settings.get("shots"))
        returns.setdefault(condition, {})[seed] = values["returns"]
        acting.setdefault(condition, {})[seed] = int(values["steps"])
        if condition not in episodes or seed < episodes[condition][0]:
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
    )
