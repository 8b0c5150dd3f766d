"""What all learners of a federated study share: names, rows, and how they are scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.circuits.decoding import predicted_classes
from nisqdl.datasets.partition import dealt
from nisqdl.datasets.split import Split
from nisqdl.engines.contract import Array, Differentiable
from nisqdl.seeds import derive
from nisqdl.store.record import Json, Point, content_hash
from nisqdl.studies.named import device_named
from nisqdl.studies.provenance import provenance
from nisqdl.training.federated.rounds import Federated

FEDERATED, NOISELESS, ALIKE = "federated", "federated_noiseless", "federated_alike"
SEPARABLE, LOCAL = "federated_separable", "local"
POOLED, POOLED_NOISELESS = "pooled", "pooled_noiseless"
LOGISTIC, MLP = "logistic_regression", "mlp"

CLASSICAL = (LOGISTIC, MLP)

TITLES = {
    FEDERATED: "federated QNN",
    NOISELESS: "federated QNN, trained without noise",
    ALIKE: "federated QNN, all clients on one device",
    SEPARABLE: "federated QNN without entangler",
    LOCAL: "each client alone",
    POOLED: "QNN on pooled rows, first device",
    POOLED_NOISELESS: "QNN on pooled rows, trained without noise",
    LOGISTIC: "federated logistic regression",
    MLP: "federated MLP",
}

FLOAT_BYTES = 8
"""A number as it travels."""

Rightly: TypeAlias = npt.NDArray[np.bool_]
"""Which test rows are told rightly, (rows,)."""


def deal_of(settings: Mapping[str, Json], split: Split) -> tuple[npt.NDArray[np.int64], ...]:
    """The training rows of each client; the same for every learner of a seed."""
    return dealt(
        split.train_labels,
        len(settings["clients"]),
        settings["concentration"],
        derive(settings["root_seed"], "deal", settings["seed"]),
    )


def training_seed(settings: Mapping[str, Json]) -> int:
    """The root of a training's seeds."""
    return derive(settings["root_seed"], "training", settings["seed"])


def told_rightly(evaluator: Differentiable, rows: Array, weights: Array, split: Split) -> Rightly:
    """What a model's likeliest classes are worth, row by row of the test."""
    return np.asarray(predicted_classes(evaluator.values(rows, weights)) == split.test_labels)


def scores_of(
    paths: Sequence[Sequence[Rightly]], split: Split, settings: Mapping[str, Json]
) -> dict[str, Json]:
    """Accuracies from which test rows each client's model tells rightly after each round.

    ``own_accuracies`` weigh the classes as each client's own rows have them: the accuracy on new
    rows of its own kind.
    """
    curve = np.array([[np.mean(right) for right in path] for path in paths])
    found: dict[str, Json] = {
        "accuracy": float(curve[:, -1].mean()),
        "curve": curve.mean(axis=0).tolist(),
        "accuracies": curve[:, -1].tolist(),
        "rows": content_hash(split.test_features.tolist()),
    }
    if "concentration" not in settings:
        return found
    counts = [
        np.bincount(split.train_labels[part], minlength=split.num_classes)
        for part in deal_of(settings, split)
    ]
    recalls = [
        np.array([path[-1][split.test_labels == k].mean() for k in range(split.num_classes)])
        for path in paths
    ]
    own = [float(c @ r / c.sum()) for c, r in zip(counts, recalls, strict=True)]
    return {
        **found,
        "own_accuracies": own,
        "own_accuracy": float(np.mean(own)),
        "client_rows": [int(c.sum()) for c in counts],
        "client_classes": [c.tolist() for c in counts],
    }


def traffic_of(
    settings: Mapping[str, Json], results: Sequence[Federated], split: Split
) -> dict[str, Json]:
    """Bytes that travelled up to the end of each round: weights down and up; rows that are pooled
    travel once, features and class. A client alone sends nothing."""
    learner, result = settings["learner"], results[0]
    rounds = len(result.asked)
    if learner == LOCAL:
        return {"bytes_down": [0] * (rounds + 1), "bytes_up": [0] * (rounds + 1)}
    if learner in (POOLED, POOLED_NOISELESS):
        moved = len(split.train_labels) * (split.num_features + 1) * FLOAT_BYTES
        return {"bytes_down": [0] * (rounds + 1), "bytes_up": [moved] * (rounds + 1)}
    size = result.weights.shape[1] * FLOAT_BYTES
    return {
        name: [0, *(size * np.cumsum([len(some) for some in who])).tolist()]
        for name, who in (("bytes_down", result.asked), ("bytes_up", result.returned))
    }


def provenance_of(point: Point) -> dict[str, Json]:
    """The seeds of a record, and the snapshot of each client's device."""
    settings = point.settings
    root, seed = settings["root_seed"], settings["seed"]
    seeds = {
        "root": root,
        "data": derive(root, "data", seed),
        "deal": derive(root, "deal", seed),
        "training": training_seed(settings),
    }
    found: dict[str, Json] = provenance(seeds)
    if "snapshots" in settings:
        names = [device_named(target).name for target in settings["clients"]]
        found["snapshots"] = dict(zip(names, settings["snapshots"], strict=True))
    return found
