"""The work on one QNN: transpile it, measure its accuracy under noise, tell what it costs.

Functions of flat settings and artifacts: they run in any process. What they prepare is kept in
the process for the next step on the same circuit or data.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.circuits.ansatzes import ANSATZES
from nisqdl.circuits.build import encode, num_qubits, num_weights
from nisqdl.circuits.decoding import predicted_classes
from nisqdl.datasets.scores import accuracy, balanced_accuracy
from nisqdl.models.heads import Direct, Logits, Normalised
from nisqdl.seeds import derive, generator
from nisqdl.store.record import Json, Point, Record
from nisqdl.studies.contract import Cost, Step
from nisqdl.studies.data import split_of
from nisqdl.studies.named import device_named, recipe_hash, recipe_named, snapshot_of
from nisqdl.studies.preparation import (
    device_region,
    evaluator,
    isa_model,
    logical_model,
    model_options,
    switched,
)
from nisqdl.studies.provenance import provenance
from nisqdl.studies.qnn_training import trainer, training_options
from nisqdl.targets.cost import circuit_cost
from nisqdl.targets.serial import isa_to_bytes
from nisqdl.targets.transpile import transpile_model
from nisqdl.training.checkpoint import trained_from_bytes
from nisqdl.training.losses import LOSSES
from nisqdl.training.normalisation import statistics_of
from nisqdl.training.objective import loss_and_pull

if TYPE_CHECKING:
    import numpy.typing as npt

    from nisqdl.engines.contract import Array, Evaluator
    from nisqdl.targets.device import Device
    from nisqdl.targets.isa import IsaModel
    from nisqdl.training.state import Trained


def transpile(settings: Mapping[str, Json]) -> bytes:
    """The ISA model of these settings, serialised."""
    device = device_named(settings["target"])
    isa = transpile_model(
        logical_model(settings),
        device,
        schedule=settings["scheduled"],
        seed=derive(settings["root_seed"], "transpile") % 2**31,
        region=device_region(settings),
        shaped=ANSATZES[settings["model.ansatz.name"]].is_tree,
        fractional=settings.get("fractional", False),
    )
    return isa_to_bytes(isa)


def measure(points: Sequence[Point], isa: bytes, weights: bytes) -> Iterator[Record]:
    """A record for each point: one trained circuit at several noise scales and shots."""
    settings = points[0].settings
    model = isa_model(isa)
    trained = trained_from_bytes(weights)
    circuit = circuit_values(model, trained, device_named(settings["target"]))
    calibration = {"device": model.device, "snapshot": settings["snapshot"]}
    for point in points:
        start = time.perf_counter()
        values = _scores(point, evaluator(point.settings, isa), trained.weights)
        yield Record(
            point,
            values={**values, **circuit},
            provenance=provenance(seeds_of(point), calibration),
            seconds=time.perf_counter() - start,
        )


def circuit_values(model: IsaModel, trained: Trained, device: Device) -> dict[str, Json]:
    """What a record says of its circuit and training."""
    cost = circuit_cost(model, device)
    return {
        "weights": len(model.weights),
        "qubits": cost.qubits,
        "two_qubit_gates": cost.two_qubit_gates,
        "depth": cost.depth,
        "two_qubit_depth": cost.two_qubit_depth,
        "duration_ns": cost.duration_ns,
        "expected_fidelity": cost.expected_fidelity,
        "readout_fidelity": cost.readout_fidelity,
        "physical_qubits": list(model.physical_qubits),
        "training_steps": trained.steps,
    }


def seeds_of(point: Point) -> dict[str, int]:
    """The seeds of a record, by purpose."""
    root, seed = point.settings["root_seed"], point.settings["seed"]
    return {
        "root": root,
        "data": derive(root, "data", seed),
        "training": derive(root, "training", seed),
    }


def circuit_row(settings: Mapping[str, Json], isa: bytes) -> Json:
    """What one transpiled circuit costs, for plans."""
    model = isa_model(isa)
    cost = circuit_cost(model, device_named(settings["target"]))
    return {
        "model": title(settings),
        "target": settings["target"],
        "qubits": list(model.physical_qubits),
        "depth": cost.depth,
        "two_qubit_gates": cost.two_qubit_gates,
        "duration_us": cost.duration_ns / 1000,
        "expected_fidelity": cost.expected_fidelity,
    }


def cost(step: Step, artifacts: Sequence[bytes]) -> Cost:
    """What a training or measuring step is expected to take: one evaluation is timed."""
    settings = step.settings
    split = split_of(settings)
    rows = encode(model_options(settings), split.train_features)
    zeros = np.zeros(num_weights(model_options(settings), split.num_features))
    qubits = num_qubits(model_options(settings), split.num_features)
    if step.kind == "measure":
        prepared, times = evaluator(step.points[0].settings, artifacts[0]), 2 * len(step.points)
    else:
        options = training_options(settings)
        rows = rows[: options.batch or len(rows)]
        prepared = trainer(settings, artifacts[0] if artifacts else None)
        times = min(options.checkpoint_every or options.steps, options.steps)
    prepared.values(rows, zeros)  # the first call may compile
    started = time.perf_counter()
    if step.kind == "measure":
        prepared.values(rows, zeros)
    else:
        prepared.values_and_gradient(rows, zeros, np.ones_like)
    seconds = time.perf_counter() - started
    return Cost(seconds=seconds * times, memory_mib=4**qubits * len(rows) * 8 * 4 / 2**20)


def needs_schedule(settings: Mapping[str, Json]) -> bool:
    """Whether the noise acts during idle times, so that the circuit has to be scheduled."""
    if settings["engine"] == "runtime":
        return False  # the device waits by itself
    recipe = recipe_named(settings["noise.recipe"])
    return recipe.restricted(switched(settings)).needs_schedule


def identity(settings: Mapping[str, Json]) -> dict[str, Json]:
    """What stands behind the names in the settings: hashes of the recipe and the snapshot."""
    return {
        "recipe": recipe_hash(settings["noise.recipe"]),
        "snapshot": snapshot_of(settings["target"]),
    }


def title(settings: Mapping[str, Json]) -> str:
    """The model in a few words, for progress and plans."""
    return (
        f"{settings['model.ansatz.name']} ×{settings['model.ansatz.depth']} "
        f"{settings['model.entangler']}"
    )


def read(
    settings: Mapping[str, Json], values: Array, training_values: Array | None = None
) -> Array:
    """What is decoded of measured values (B, O): themselves, or their normalised logits.

    Args:
        training_values: Of the training rows, measured in the same way; needed where they give the
            statistics.
    """
    normalise = settings.get("training.normalise")
    if normalise is None:
        return values
    statistics = None
    if normalise == "train":
        assert training_values is not None
        statistics = statistics_of(training_values)
    return Normalised(Logits(Direct()), statistics).outputs(values, np.zeros(0))


def _scores(point: Point, evaluator: Evaluator, weights: Array) -> dict[str, Json]:
    settings = point.settings
    split = split_of(settings)
    options = model_options(settings)
    rng = generator(settings["root_seed"], "shots", point.id)
    found: dict[str, Json] = {}
    training_values = None
    for part, features, labels in (
        ("train", split.train_features, split.train_labels),
        ("test", split.test_features, split.test_labels),
    ):
        rows = encode(options, features)
        if settings["shots"] is None:
            values = evaluator.values(rows, weights)
        else:
            values = evaluator.estimates(rows, weights, settings["shots"], rng)
        if part == "train":
            training_values = values
            predicted = predicted_classes(read(settings, values, values))
            found["train_accuracy"] = accuracy(labels, predicted)
            continue
        found.update(scores(settings, labels, values, training_values))
    return found


def scores(
    settings: Mapping[str, Json],
    labels: npt.NDArray[np.intp],
    values: Array,
    training_values: Array | None = None,
) -> dict[str, Json]:
    """Accuracies and loss of the values (B, O) of the test rows; see :func:`read`."""
    loss, _ = loss_and_pull(LOSSES[settings["training.loss"]], labels)
    outputs = read(settings, values, training_values)
    predicted = predicted_classes(outputs)
    return {
        "accuracy": accuracy(labels, predicted),
        "balanced_accuracy": balanced_accuracy(labels, predicted),
        "loss": loss(outputs),
    }
