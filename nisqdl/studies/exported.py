"""Trained points of a run as models that can be saved."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.circuits.build import encode
from nisqdl.datasets.split import load_scaling
from nisqdl.errors import InputError, NisqdlError
from nisqdl.noise.recipe import Recipe
from nisqdl.seeds import derive
from nisqdl.store.record import Record
from nisqdl.studies import preparation, qnn
from nisqdl.studies.contract import Study
from nisqdl.studies.data import dataset_options, split_of
from nisqdl.studies.named import recipe_named
from nisqdl.training.checkpoint import trained_from_bytes
from nisqdl.training.normalisation import statistics_of

if TYPE_CHECKING:
    from nisqdl.models.point import TrainedPoint

BEST = "best"
"""Instead of an id: the QNN of highest training accuracy, at the noise scale nearest to 1."""


def find_record(records: Sequence[Record], wanted: str) -> Record:
    """The trained point of this id, or of the only id that begins so, or the best.

    Raises:
        InputError: There is none, or several, or it is a classical learner.
    """
    trained = [record for record in records if record.point.settings.get("learner") == "qnn"]
    if not trained:
        raise InputError("The run has no trained QNN yet, so there is no model to save.")
    if wanted == BEST:
        scales = {float(record.point.settings["noise.scale"]) for record in trained}
        nearest = min(scales, key=lambda scale: (abs(scale - 1), scale))
        there = [r for r in trained if float(r.point.settings["noise.scale"]) == nearest]
        return max(there, key=lambda r: (float(r.values["train_accuracy"]), r.point.id))
    found = [record for record in records if record.point.id.startswith(wanted)]
    if len(found) != 1:
        many = "several points begin" if found else "no point begins"
        raise InputError(
            f"`--model` must be the id of a point, as `nisqdl export` lists them, or {BEST}, but "
            f"{many} with {wanted!r}."
        )
    if found[0] not in trained:
        raise InputError(
            f"Point {found[0].point.id} is {found[0].point.settings.get('learner')}, a classical "
            "learner; only trained QNNs are saved."
        )
    return found[0]


def model_of(study: Study, record: Record, artifact: Callable[[str], bytes]) -> TrainedPoint:
    """The model of a point, as it was trained and measured.

    Args:
        study: ``noise_accuracy``.
        record: Its record.
        artifact: From a step's key to what it made.

    Raises:
        InputError: The study trains no such models, or what it made is not there any more.
    """
    from nisqdl.models.point import TrainedPoint

    if study.name != "noise_accuracy":
        raise InputError(
            f"Models are saved from runs of noise_accuracy, but this one is of {study.name}."
        )
    settings = record.point.settings
    measure = next(s for s in study.steps([record.point]) if record.point in s.points)
    try:
        isa, weights = (artifact(key) for key in measure.needs[:2])
    except KeyError:
        raise InputError(
            f"The circuit or the weights of point {record.point.id} are not in this folder; "
            "resume the run with `nisqdl run`, or export it where it ran."
        ) from None
    split = split_of(settings)
    scaling = load_scaling(
        dataset_options(settings), derive(settings["root_seed"], "data", settings["seed"])
    )
    options = preparation.model_options(settings)
    model = TrainedPoint(
        backend=settings["target"],
        noise=_noise(settings["noise.recipe"], settings["noise.channels"]),
        noise_scale=float(settings["noise.scale"]),
        shots=settings["shots"],
        engine=settings["engine"],
        normalise=settings.get("training.normalise"),
    )
    model.circuit_ = json.dumps(
        {"options": options.model_dump(mode="json"), "edges": preparation.device_edges(settings)}
    )
    model.classes_ = np.array(split.class_names)
    model.n_features_in_ = len(scaling.centre)
    model.centre_, model.matrix_ = scaling.centre, scaling.matrix
    model.middle_, model.stretch_ = scaling.middle, scaling.stretch
    model.limit_ = min(scaling.limit, float(np.finfo(float).max))
    model.weights_ = trained_from_bytes(weights).weights
    model.seed_ = derive(settings["root_seed"], "shots", record.point.id) % 2**31
    model.kept_place()
    model.place_ = replace(model.place_, place=replace(model.place_.place, isa=isa))
    if model.normalise == "train":
        rows = encode(options, split.train_features)
        values = preparation.evaluator({**settings, "engine": "exact"}, isa).values(
            rows, model.weights_
        )
        found = statistics_of(values)
        model.value_mean_, model.value_spread_ = found.mean, found.spread
    _require_same(model, record)
    return model


def _noise(recipe: str, channels: Sequence[str] | None) -> Recipe | str:
    """The recipe's name, or the recipe with the channels that were switched on instead."""
    return recipe if channels is None else recipe_named(recipe).restricted(tuple(channels))


def _require_same(model: TrainedPoint, record: Record) -> None:
    """Refuse a model that does not reach the accuracy that was recorded for it.

    Raises:
        NisqdlError: The folder's parts do not belong together.
    """
    settings = record.point.settings
    if settings["shots"] is not None or settings["engine"] == "runtime":
        return
    split = split_of(settings)
    evaluator = preparation.evaluator(settings, model.place_.place.isa or b"")
    options = preparation.model_options(settings)
    values = evaluator.values(encode(options, split.test_features), model.weights_)
    train = evaluator.values(encode(options, split.train_features), model.weights_)
    found = qnn.scores(settings, split.test_labels, values, train)["accuracy"]
    if abs(found - float(record.values["accuracy"])) > 1e-9:
        raise NisqdlError(
            f"The model of point {record.point.id} has the accuracy {found}, but "
            f"{record.values['accuracy']} was recorded: the folder's parts do not belong together."
        )
