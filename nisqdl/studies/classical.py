"""The classical baselines that stand beside every QNN, on the same features and splits."""

from __future__ import annotations

import time

from nisqdl.baselines import BASELINES
from nisqdl.baselines.baseline import Refusal
from nisqdl.baselines.fit import fit_baseline, refusal
from nisqdl.circuits.build import num_weights
from nisqdl.errors import NisqdlError
from nisqdl.seeds import derive
from nisqdl.store.record import Json, Point, Record
from nisqdl.studies.data import data_identity, data_shape, split_of
from nisqdl.studies.noise_accuracy_options import NoiseAccuracyOptions
from nisqdl.studies.provenance import provenance
from nisqdl.studies.settings import flatten


def settings_beside(options: NoiseAccuracyOptions) -> list[dict[str, Json]]:
    """Settings of the baselines that stand beside one combination's QNN, for each seed.

    Those with a budget have as many weights as the QNN; what cannot keep to it is left out.
    """
    shape = data_shape(options.dataset)
    budget = num_weights(options.model, shape.features)
    found: list[dict[str, Json]] = []
    for seed in range(options.seeds):
        for baseline in BASELINES.values():
            settings: dict[str, Json] = {
                "learner": baseline.name,
                **flatten({"dataset": options.dataset.model_dump(mode="json")}),
                "data": data_identity(options.dataset),
                "root_seed": options.root_seed,
                "seed": seed,
            }
            if baseline.budgeted:
                if refusal(baseline, shape, budget):
                    continue
                settings["baseline.budget"] = budget
            found.append(settings)
    return found


def fit(point: Point) -> Record:
    """Tune one baseline on the training rows, and score it on the test rows."""
    start = time.perf_counter()
    settings = point.settings
    root, seed = settings["root_seed"], settings["seed"]
    result = fit_baseline(
        settings["learner"],
        split_of(settings),
        derive(root, "baseline", seed),
        settings.get("baseline.budget"),
    )
    if isinstance(result, Refusal):  # points are only made for baselines that fit their budget
        raise NisqdlError(result.reason)
    return Record(
        point,
        values={
            "accuracy": result.accuracy,
            "train_accuracy": result.train_accuracy,
            "balanced_accuracy": result.balanced_accuracy,
            "validation_accuracy": result.validation_accuracy,
            "weights": result.weights,
            "chosen": dict(result.chosen),
            "converged": result.converged,
        },
        provenance=provenance({"root": root, "data": derive(root, "data", seed)}),
        seconds=time.perf_counter() - start,
    )
