"""The classical baselines that stand beside every QNN, on the same features and splits."""

from __future__ import annotations

import time

from nisqdl.baselines.baseline import Refusal
from nisqdl.baselines.fit import fit_baseline
from nisqdl.errors import NisqdlError
from nisqdl.seeds import derive
from nisqdl.store.record import Point, Record
from nisqdl.studies.data import split_of
from nisqdl.studies.provenance import provenance


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
