"""The classical learners of a federated study: networks in the same rounds, on the same rows."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from nisqdl.baselines.network import Network
from nisqdl.circuits.decoding import predicted_classes
from nisqdl.datasets.split import Split
from nisqdl.seeds import derive, generator
from nisqdl.store.record import Json, Point, Record
from nisqdl.studies.data import split_of
from nisqdl.studies.federated_scores import (
    LOGISTIC,
    MLP,
    deal_of,
    provenance_of,
    scores_of,
    told_rightly,
    traffic_of,
    training_seed,
)
from nisqdl.studies.settings import nested
from nisqdl.training.batches import hold_out_rows
from nisqdl.training.federated.options import ClientTraining, Rounds
from nisqdl.training.federated.rounds import Client, Federated, federate

GRIDS: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    LOGISTIC: tuple({"hidden": 0, "learning_rate": r} for r in (0.01, 0.03, 0.1, 0.3)),
    MLP: tuple({"hidden": h, "learning_rate": r} for h in (4, 16) for r in (0.01, 0.03, 0.1, 0.3)),
}
"""What the classical learners are tuned over; the quantum one has what the file says."""

HELD_OUT = 0.25
"""Share of each client's rows on which the classical learners' candidates are compared."""


def fitted(point: Point) -> Record:
    """The record of a classical learner: tuned, trained in the same rounds, and judged."""
    start = time.perf_counter()
    settings = point.settings
    split = split_of(settings)
    parts = deal_of(settings, split)
    grid = GRIDS[settings["learner"]]
    scores = [_validated(settings, candidate, split, parts) for candidate in grid]
    chosen = grid[int(np.argmax(scores))]  # of equally good ones, the first
    network, result = _networked(settings, chosen, split, parts)
    path = [told_rightly(network, split.test_features, w, split) for w in result.weights]
    values: dict[str, Json] = {
        **scores_of([path] * len(parts), split, settings),
        "weights": network.num_weights,
        "chosen": dict(chosen),
        "tried": len(scores),
        "validation_accuracy": max(scores),
        **traffic_of(settings, (result,), split),
    }
    return Record(point, values, provenance_of(point), time.perf_counter() - start)


def _validated(
    settings: Mapping[str, Json],
    candidate: Mapping[str, Any],
    split: Split,
    parts: Sequence[npt.NDArray[np.int64]],
) -> float:
    """Accuracy on the held-out rows of all clients, trained on the others."""
    seed = training_seed(settings)
    kept, held = [], []
    for number, part in enumerate(parts):
        keep, hold = hold_out_rows(len(part), HELD_OUT, derive(seed, "held", number))
        kept.append(part[keep])
        held.append(part[hold])
    network, result = _networked(settings, candidate, split, kept)
    rows = np.concatenate(held)
    values = network.values(split.train_features[rows], result.weights[-1])
    return float(np.mean(predicted_classes(values) == split.train_labels[rows]))


def _networked(
    settings: Mapping[str, Json],
    candidate: Mapping[str, Any],
    split: Split,
    parts: Sequence[npt.NDArray[np.int64]],
) -> tuple[Network, Federated]:
    """A network trained in the study's rounds on these parts of the training rows."""
    seed = training_seed(settings)
    network = Network(split.num_features, candidate["hidden"], split.num_classes)
    training = ClientTraining.model_validate(
        {**nested(settings, "training"), "learning_rate": candidate["learning_rate"]}
    )
    clients = [
        Client(
            network,
            split.train_features[part],
            split.train_labels[part],
            float(len(part)),
            derive(seed, "client", number),
        )
        for number, part in enumerate(parts)
    ]
    first = network.first_weights(generator(seed, "weights"))
    rounds = Rounds.model_validate(nested(settings, "federation"))
    return network, federate(clients, first, training, rounds, seed)
