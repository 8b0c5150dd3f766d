"""The records of a QNN that a device has measured, or the client's local mode."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from nisqdl.circuits.build import encode
from nisqdl.circuits.decoding import predicted_classes
from nisqdl.datasets.scores import accuracy
from nisqdl.engines.runtime.request import measured_from_bytes
from nisqdl.store.record import Json, Point, Record
from nisqdl.studies import device_twin, hardware, preparation, qnn
from nisqdl.studies.data import split_of
from nisqdl.studies.named import device_named
from nisqdl.studies.provenance import provenance
from nisqdl.training.checkpoint import trained_from_bytes


def records(
    points: Sequence[Point],
    isa: bytes,
    weights: bytes,
    measured: bytes,
    learned: bytes | None = None,
) -> Iterator[Record]:
    """The record of a point that a device has measured.

    Its ``train_accuracy``, by which configurations are chosen, is what the exact engine predicts
    under the calibration that the circuit was made for; all else was measured.
    """
    settings = points[0].settings
    model = preparation.isa_model(isa)
    trained = trained_from_bytes(weights)
    found = measured_from_bytes(measured)
    split = split_of(settings)
    circuit = qnn.circuit_values(model, trained, device_named(settings["target"]))
    calibration = {
        "device": model.device,
        "snapshot": settings["snapshot"],
        **hardware.provenance_of(found),
        **hardware.learning_told(learned),
        "train_accuracy": "predicted by the exact engine",
    }
    rows = encode(preparation.model_options(settings), split.test_features)
    trained_s = trained.qpu_seconds
    training: dict[str, Json] = {} if trained_s is None else {"training_qpu_seconds": trained_s}
    for point in points:
        start = time.perf_counter()
        asked = point.settings
        scores = partial(qnn.scores, asked, split.test_labels)
        values = {
            "train_accuracy": _predicted_training_accuracy(asked, isa, weights),
            **scores(found.values),
            "stderr": device_twin.mean_error(found.stderr),  # corrected where there is a twin
            "unphysical": found.unphysical,
            "qpu_seconds": found.qpu_seconds,
            **training,
            **device_twin.paired(
                asked, model, rows, trained.weights, found, hardware.execution_of(asked), scores
            ),
        }
        yield Record(
            point,
            values={**values, **circuit},
            provenance=provenance(qnn.seeds_of(point), calibration),
            seconds=time.perf_counter() - start,
        )


def _predicted_training_accuracy(settings: Mapping[str, Json], isa: bytes, weights: bytes) -> float:
    split = split_of(settings)
    rows = encode(preparation.model_options(settings), split.train_features)
    evaluator = preparation.evaluator({**settings, "engine": "exact"}, isa)
    values = evaluator.values(rows, trained_from_bytes(weights).weights)
    return accuracy(split.train_labels, predicted_classes(qnn.read(settings, values, values)))
