"""Records of reinforcement learning as arenas: who acted in an environment, and what they earned.

Every policy of a seed is judged on the same episodes, so that differences are paired over seeds;
another seed has another training and other episodes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from nisqdl.analysis.aggregate import pooled_iqm, rank_p
from nisqdl.analysis.intervals import Estimate, mean_over_seeds, p_above_zero, paired_difference
from nisqdl.store.record import Json

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
class OnDevice:
    """What is known of a circuit's returns besides where a device has measured it.

    Attributes:
        observations: At how many it was measured, once.
        qpu_seconds: As the service counts; ``None`` where it did not say.
        predicted: Mean return by the values that the calibration of the run predicts.
        ideal: Mean return by the values without noise. Both ``None`` where there is no twin.
    """

    observations: int
    qpu_seconds: float | None
    predicted: float | None
    ideal: float | None


@dataclass(frozen=True)
class Player:
    """One way to act.

    Attributes:
        label: Its name in the report, unique in its arena.
        learner: What it is, alike for circuits that are trained differently: ``circuit``,
            ``MLP``, ``lru`` …
        kind: Quantum, ablation, classical, heuristic, or a bound that sees what no one can:
            hidden state or the future.
        model: What tells a player's circuit from the run's other circuits; "" where nothing does.
        place: What tells its device and shots of learning from the others'; "" where nothing does.
        noise_trained: Whether it learnt under the device's noise.
        returns: Returns of the judged episodes by condition and seed.
        trainings: What was found of each seed's training; empty for heuristics.
        episodes: One episode step by step, of the lowest seed, by condition.
        acting: Steps that the judged episodes took, by condition and seed.
        measured: What a device has measured instead, by condition and seed.
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
    measured: Mapping[Condition, Mapping[int, OnDevice]] = field(default_factory=dict)

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
        return self._mean(next((p for p in self.of_kind(HEURISTIC) if p.learner == RANDOM), None))

    @cached_property
    def best_heuristic(self) -> Player | None:
        """The heuristic of the highest mean return: 1 on the normalised scale."""
        means = {p.label: self._mean(p) for p in self.of_kind(HEURISTIC) if p.learner != RANDOM}
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
