"""A made-up reinforcement run with the shape and the scatter of a real one, and nothing learnt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from nisqdl.store.record import Point, Record

HEURISTICS = {"random": 0.0, "lru": 0.55, "lfu": 1.0}
LEARNERS = {
    # learner: kind, normalised return
    "circuit": ("quantum", 0.85),
    "circuit without entangler": ("ablation", 0.7),
    "random circuit": ("ablation", 0.5),
    "no circuit": ("ablation", 0.45),
    "MLP": ("classical", 0.95),
    "linear policy": ("classical", 0.6),
}
SCALES = (0.0, 1.0, 2.0, 4.0)
GROUPS, EPISODES = 60, 20


@dataclass(frozen=True)
class SyntheticRun:
    """The fields of ``nisqdl.store.folder.RunView`` that a report reads."""

    experiment: dict[str, Any]
    study: str
    context: dict[str, Any]
    records: list[Record]
    created: str


def synthetic_arena(
    environments: tuple[str, ...] = ("caching",),
    scales: tuple[float, ...] = SCALES,
    shots: tuple[int | None, ...] = (None,),
    trainings: tuple[str, ...] = ("ideal", "target"),
    seeds: int = 5,
    returns: dict[str, float] | None = None,
    tried: int = 4,
    without: tuple[str, ...] = (),
    spread: float = 0.08,
    salt: int = 0,
) -> SyntheticRun:
    """A run over the full product of these.

    Args:
        returns: Normalised mean returns that differ from ``LEARNERS`` and ``HEURISTICS``.
        without: Learners that do not take part.
        spread: Standard deviation between seeds.
    """
    rng = np.random.default_rng(salt)
    middle = {**{k: v for k, (_, v) in LEARNERS.items()}, **HEURISTICS, **(returns or {})}
    records: list[Record] = []

    def played(settings: dict[str, Any], mean: float) -> None:
        values = 50 + 20 * (mean + 0.15 * rng.standard_normal(EPISODES))
        steps = np.linspace(0, mean, 50)
        episode = {
            "followed": (1 + np.sin(6 * steps)).tolist(),
            "return_so_far": (50 + 20 * steps).tolist(),
        }
        found = {
            "returns": values.tolist(), "return_mean": float(values.mean()),
            "steps": 200 * EPISODES, "episode": episode,
        }  # fmt: skip
        point = Point("reinforcement", {**settings, "measures": "acting"})
        records.append(Record(point, found, {"versions": {"nisqdl": "0.3"}}, 0.5))

    for name in environments:
        environment = {
            "environment.name": name, "environment.slots": 3, "place": f"key of {name}",
            "episodes": EPISODES, "root_seed": 0,
        }  # fmt: skip
        for seed in range(seeds):
            for label in HEURISTICS:
                own = {"learner": label, "kind": "heuristic", "seed": seed}
                played({**environment, **own}, middle[label] + 0.02 * rng.standard_normal())
            own = {"learner": "belady", "kind": "bound", "seed": seed}
            played({**environment, **own}, 2.0 + 0.02 * rng.standard_normal())
            for label, (kind, _) in LEARNERS.items():
                if label in without:
                    continue
                circuit = kind != "classical" and label != "no circuit"
                for training in trainings if circuit else ("ideal",):
                    top = middle[label] + spread * rng.standard_normal()
                    settings = {
                        **environment, "learner": label, "kind": kind, "seed": seed,
                        "agent.name": "reinforce", "training.noise": training,
                        "training.steps": 60_000, "tuning.candidates": tried, "acting": "greedy",
                    }  # fmt: skip
                    if kind != "classical":
                        settings |= {"model.layers": 3, "target": "fake_torino"}
                    values = _training(rng, top, circuit, tried)
                    point = Point("reinforcement", {**settings, "measures": "learning"})
                    records.append(Record(point, values, {"versions": {"nisqdl": "0.3"}}, 9.0))
                    if not circuit:
                        played(settings, top)
                        continue
                    for scale in scales:
                        loss = (0.02 if training == "target" else 0.06) * scale
                        for count in shots:
                            noise = {"noise.scale": scale, "shots": count}
                            played({**settings, **noise}, top - loss)
    context = {
        "devices": [],
        "environments": [
            {
                "key": f"key of {name}", "name": name, "summary": "a small cache", "source": "ours",
                "reward": "1 for a hit", "portrait": "hits so far",
            }
            for name in environments
        ],
    }  # fmt: skip
    options = {"environment": {"name": list(environments)}, "seeds": seeds}
    return SyntheticRun(
        {"options": options}, "reinforcement", context, records, "2026-11-25T15:00:00+00:00"
    )


def _training(rng: np.random.Generator, top: float, circuit: bool, tried: int) -> dict[str, Any]:
    steps = np.linspace(1000, 60_000, GROUPS)
    level = 50 + 20 * (top * (1 - np.exp(-steps / 12_000)) + 0.1 * rng.standard_normal(GROUPS))
    values: dict[str, Any] = {
        "curve": {
            "environment_steps": steps.tolist(),
            "circuit_evaluations": (40 * steps * circuit).tolist(),
            "returns": level.tolist(),
            "episodes": [5] * GROUPS,
        },
        "weights": 74 if circuit else 98, "tried": tried, "possible": 4,
        "chosen": {"rate": 1.0}, "circuits": int(2.4e6 * circuit),
        "tuning_circuits": int(9.6e6 * circuit),
    }  # fmt: skip
    if circuit:
        values |= {
            "qubits": 4, "two_qubit_gates": 24, "depth": 60, "duration_ns": 5200.0,
            "expected_fidelity": 0.9,
        }  # fmt: skip
    return values
