"""A made-up noise_accuracy run with the shape and the scatter of a real one, and no circuit run.

Accuracy rises and saturates with depth, falls towards the majority class as noise adds up over
two-qubit gates, and scatters as a test set of 200 samples does. The test modules get it from
their folder's ``conftest.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np

from nisqdl.store.record import Point, Record

DEVICES = {
    # name: processor, date, qubits' shape (columns, rows), two-qubit error, readout error
    "torino": ("Heron r1", "2025-02-26T10:00:00+00:00", (15, 7), 4.2e-3, 2.3e-2),
    "kingston": ("Heron r2", "2026-04-15T09:30:00+00:00", (16, 8), 1.8e-3, 9.5e-3),
    "sherbrooke": ("Eagle r3", "2025-02-26T10:00:00+00:00", (15, 7), 7.8e-3, 2.0e-2),
}
PAIRS = {"none": 0, "linear": 3, "circular": 4, "full": 6}
DEPTHS = (1, 2, 4, 6, 8)
SCALES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)


@dataclass(frozen=True)
class SyntheticRun:
    """The fields of ``nisqdl.store.folder.RunView`` that a report reads."""

    experiment: dict[str, Any]
    study: str
    context: dict[str, Any]
    records: list[Record]
    created: str


def synthetic_run(
    depths: tuple[int, ...] = DEPTHS,
    entanglers: tuple[str, ...] = tuple(PAIRS),
    targets: tuple[str, ...] = tuple(DEVICES),
    scales: tuple[float, ...] = SCALES,
    trainings: tuple[str, ...] = ("ideal", "target"),
    seeds: int = 5,
    datasets: tuple[str, ...] = ("breast_cancer",),
    learning_rates: tuple[float, ...] = (0.1,),
    baseline: float = 0.955,
    top: float = 0.95,
    salt: int = 0,
) -> SyntheticRun:
    """A run over the full product of these; ``baseline`` and ``top`` set who is better."""
    random = np.random.default_rng(salt)
    records: list[Record] = []
    for dataset in datasets:
        data = {
            "dataset.name": dataset,
            "dataset.features": 4,
            "dataset.train": 200,
            "dataset.test": 200,
            "data": f"{sum(dataset.encode()):016x}",
        }
        for seed in range(seeds):
            split = random.normal(0, 0.008)
            common = random.normal(0, 1, 200)  # how hard each test sample is, for every learner
            records += _baselines(random, common, data, seed, split, depths, baseline)
            for rate in learning_rates:
                for target in targets:
                    for entangler in entanglers:
                        for depth in depths:
                            for training in trainings:
                                start = random.normal(0, 0.012)
                                for scale in scales:
                                    values = _accuracy(
                                        random, common, target, entangler, depth, training, scale,
                                        top + split + start + (0.01 if rate > 0.05 else 0.0),
                                    )  # fmt: skip
                                    settings = {
                                        **data,
                                        **_qnn(entangler, depth, training, rate),
                                        "target": f"fake_{target}",
                                        "snapshot": f"{sum(target.encode()):016x}",
                                        "noise.scale": scale,
                                        "seed": seed,
                                    }
                                    records.append(_record(settings, values, target, seed))
    options = {
        "dataset": {"name": list(datasets), "features": 4, "train": 200, "test": 200},
        "model": {
            "feature_map": {"name": "angle"},
            "ansatz": {"name": "real_amplitudes", "depth": list(depths)},
            "entangler": list(entanglers),
        },
        "target": [f"fake_{t}" for t in targets],
        "noise": {"recipe": "calibrated", "scale": list(scales)},
        "training": {"optimizer": "adam", "learning_rate": list(learning_rates)},
        "seeds": seeds,
        "engine": "exact",
    }
    experiment = {"schema": 1, "study": "noise_accuracy", "options": options}
    context = {
        "devices": [device(name) for name in targets],
        "datasets": [
            {"name": d, "features": 4, "train": 200, "test": 200, "classes": ["benign", "malign"]}
            for d in datasets
        ],
    }
    return SyntheticRun(experiment, "noise_accuracy", context, records, "2026-10-02T08:00:00+00:00")


def _qnn(entangler: str, depth: int, training: str, rate: float) -> dict[str, Any]:
    return {
        "learner": "qnn",
        "model.feature_map.name": "angle",
        "model.feature_map.reupload": False,
        "model.ansatz.name": "real_amplitudes",
        "model.ansatz.depth": depth,
        "model.entangler": entangler,
        "noise.recipe": "calibrated",
        "training.noise": training,
        "training.optimizer": "adam",
        "training.learning_rate": rate,
        "shots": None,
        "engine": "exact",
        "recipe": "5ca1ab1e5ca1ab1e",
        "root_seed": 0,
    }


def _accuracy(
    random: np.random.Generator,
    common: Any,
    target: str,
    entangler: str,
    depth: int,
    training: str,
    scale: float,
    top: float,
) -> dict[str, Any]:
    *_, two_qubit, readout = DEVICES[target]
    gates = round(PAIRS[entangler] * depth * (1.5 if entangler in ("full", "circular") else 1))
    learned = 1 - math.exp(-(depth + 0.4) / 1.1)
    height = (top - 0.63) * (0.85 if entangler == "none" else 1.0) * learned
    lost = math.exp(-scale * (gates * two_qubit * 1.4 + 4 * readout * 0.5 + depth * 0.002))
    kept = lost ** (0.35 if training == "target" else 0.6)
    if training == "target" and scale == 0:
        kept -= 0.005
    chance = min(0.995, max(0.5, 0.63 + height * kept))
    return {
        "accuracy": _share(random, common, chance),
        "balanced_accuracy": chance - 0.01,
        "train_accuracy": random.binomial(200, min(0.999, chance + 0.008)) / 200,
        "loss": 1 - chance,
        "weights": 4 * (depth + 1),
        "qubits": 4,
        "two_qubit_gates": gates,
        "depth": 5 + 7 * depth,
        "duration_ns": 900.0 + 150.0 * gates,
        "expected_fidelity": (1 - two_qubit) ** gates,
        "readout_fidelity": (1 - readout) ** 4,
        "physical_qubits": [10, 11, 12, 18],
        "training_steps": 100,
    }


def _baselines(
    random: np.random.Generator,
    common: Any,
    data: dict[str, Any],
    seed: int,
    split: float,
    depths: tuple[int, ...],
    level: float,
) -> list[Record]:
    found = []
    learners: list[tuple[str, int | None, float, dict[str, Any]]] = [
        ("logistic_regression", None, -0.006, {"C": 1.0}),
        ("svc", None, 0.0, {"C": 10.0, "gamma": 0.1 if seed else 0.3}),
    ]
    learners += [("mlp", 4 * (d + 1), -0.01, {"hidden": 3, "alpha": 1e-3}) for d in depths]
    for learner, budget, shift, chosen in learners:
        settings: dict[str, Any] = {**data, "learner": learner, "seed": seed}
        if budget is not None:
            settings["baseline.budget"] = budget
        chance = min(0.995, level + shift + split)
        values = {
            "accuracy": _share(random, common, chance),
            "balanced_accuracy": chance,
            "train_accuracy": chance,
            "weights": budget or 5,
            "chosen": chosen,
        }
        found.append(_record(settings, values, None, seed))
    return found


def _share(random: np.random.Generator, common: Any, chance: float) -> float:
    """Share of right answers; learners agree on most samples of one test set, as real ones do."""
    own = random.normal(0, 1, len(common))
    return float(np.mean(0.93 * common + 0.37 * own < NormalDist().inv_cdf(chance)))


def _record(settings: dict[str, Any], values: dict[str, Any], target: Any, seed: int) -> Record:
    provenance: dict[str, Any] = {
        "versions": {"nisqdl": "0.1.0", "qiskit": "2.6.2", "numpy": "2.3.3"},
        "seeds": {"split": 1000 + seed, "weights": 2000 + seed},
    }
    if target is not None:
        provenance["device"] = f"{target}@{DEVICES[target][1][:10]}"
        provenance["snapshot"] = f"{sum(target.encode()):016x}"
    return Record(Point("noise_accuracy", settings), values, provenance, 0.25)


def device(name: str) -> dict[str, Any]:
    """A heavy-hex-like device with scatter in its errors and some faulty elements."""
    processor, date, (columns, rows), two_qubit, readout = DEVICES[name]
    random = np.random.default_rng(sum(name.encode()))
    place: dict[tuple[int, int], int] = {}
    for row in range(rows):
        for column in range(columns):
            place[(column, 2 * row)] = len(place)
        if row < rows - 1:
            for column in range(2 * (row % 2), columns, 4):
                place[(column, 2 * row + 1)] = len(place)
    edges: list[dict[str, Any]] = []
    for (x, y), q in place.items():
        for step in ((1, 0), (0, 1)):
            other = place.get((x + step[0], y + step[1]))
            if other is not None and (step == (0, 1) or y % 2 == 0):
                error = float(two_qubit * np.exp(random.normal(0, 0.5)))
                faulty = random.random() < 0.03
                edge = {"qubits": [q, other], "gate": "cz", "faulty": faulty}
                edges.append({**edge, "error": 1.0 if faulty else error})
    qubits = [
        {
            "index": q,
            "x": float(x),
            "y": float(y),
            "t1_us": None if q == 17 else float(random.normal(180, 40)),
            "t2_us": float(abs(random.normal(130, 50))),
            "readout_error": float(readout * np.exp(random.normal(0, 0.6))),
            "faulty": q == 17,
        }
        for (x, y), q in place.items()
    ]
    broken = [edge["qubits"] for edge in edges if edge["faulty"]]
    return {
        "target": f"fake_{name}",
        "name": name,
        "date": date,
        "processor": processor,
        "qubits": len(place),
        "basis_gates": ["cz", "id", "rz", "sx", "x"],
        "source": "a generator of made-up devices.",
        "snapshot_hash": f"{sum(name.encode()):016x}",
        "medians": {
            "two_qubit_error": two_qubit,
            "one_qubit_error": 3e-4,
            "readout_error": readout,
            "t1_us": 180.0,
            "t2_us": 130.0,
            "two_qubit_ns": 84.0,
            "one_qubit_ns": 32.0,
            "readout_ns": 1560.0,
        },
        "faulty": {
            "gates": [
                {"name": "cz", "qubits": pair, "reason": "its error is 1"} for pair in broken
            ],
            "qubits": [{"qubit": 17, "reason": "T1 is missing"}],
            "described": ["qubit 17: T1 is missing"]
            + [f"cz {a}-{b}: its error is 1" for a, b in broken],
        },
        "map": {"qubits": qubits, "edges": edges},
    }
