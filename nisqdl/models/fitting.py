"""Training of trained circuits: from an estimator's parameters and rows to its fitted numbers."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from dataclasses import replace
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError
from sklearn.utils import check_random_state

from nisqdl.engines.contract import Array, Evaluator
from nisqdl.errors import InputError, invalid, unknown_name
from nisqdl.models.place import RUNTIME, Place, prepared, with_circuit
from nisqdl.seeds import generator
from nisqdl.training.growth import Growth
from nisqdl.training.initialisation import INITIALISATIONS
from nisqdl.training.loop import train
from nisqdl.training.normalisation import statistics_of
from nisqdl.training.options import TrainingOptions
from nisqdl.training.problem import Trainee
from nisqdl.training.schedule import require_growing

if TYPE_CHECKING:
    from nisqdl.circuits.structure import Structure
    from nisqdl.models.variational import Variational

TRAINING_NOISES = ("target", "injected", "ideal")


def fit(
    estimator: Variational,
    features: Array,
    labels: npt.NDArray[Any],
    classes: int | None,
    loss: str,
) -> None:
    """Fit to labels 0 … K − 1, or to real targets; None classes is a regression."""
    name = type(estimator).__name__
    shots = estimator.shots
    if shots is not None and not (isinstance(shots, int) and shots >= 1):
        raise InputError(f"`shots` must be at least 1 or None, but is {shots!r}.")
    estimator.seed_ = int(check_random_state(estimator.random_state).randint(2**31 - 1))
    if estimator.normalise not in (None, "batch", "train"):
        raise InputError(
            f"{name}: `normalise` must be None, 'batch' or 'train', but is {estimator.normalise!r}."
        )
    options = _options(estimator, loss)
    count = features.shape[1]
    structure = _structure(estimator, count, classes)
    estimator.scaler_ = estimator._scaler().fit(features)
    place = estimator._found_place(count, classes)
    training_place = _place_of(estimator, place)
    whole = _trainee(estimator, count, classes, training_place)
    model = estimator._model(count, classes, training_place)
    encoded = estimator._encoded(estimator.scaler_.transform(features))
    rng = generator(estimator.seed_, "weights")
    core = prepared(
        estimator._architecture(),
        estimator._width(count),
        estimator._observed(classes),
        training_place,
    )
    start = estimator._first_weights(
        model, _start(estimator, core.num_weights, structure, rng), rng
    )
    trained = train(
        whole.evaluator,
        encoded,
        labels,
        model.num_weights,
        options,
        estimator.seed_,
        structure=structure,
        start=start,
        circuit=whole.circuit,
        draws=whole.draws,
        cuts=lambda depth: _cut(estimator, depth, count, classes, place),
    )
    estimator.weights_ = trained.weights
    estimator.n_iter_ = max(1, trained.steps)
    estimator.loss_curve_ = list(trained.history)
    if estimator.normalise == "train":
        # A fit costs no time on a device: these statistics are the exact engine's.
        here = replace(place, engine=None if place.engine == RUNTIME else place.engine)
        circuit = estimator._model(count, classes, here)
        own = estimator.weights_[: circuit.circuit_weights]
        found = statistics_of(circuit.circuit.values(encoded, own))
        estimator.value_mean_, estimator.value_spread_ = found.mean, found.spread


def _real(value: Any) -> Any:
    """Any kind of number as a float; what is none is left to be refused."""
    return float(value) if isinstance(value, Real) else value


def _options(estimator: Variational, loss: str) -> TrainingOptions:
    grown = estimator.schedule == "layerwise"
    try:
        growth = None
        if grown:
            by = estimator.grow_by
            growth = Growth(first=by, add=by, train=by)
        return TrainingOptions(
            optimizer=estimator.optimizer,
            learning_rate=_real(estimator.learning_rate),
            steps=estimator.steps,
            batch=estimator.batch,
            patience=estimator.patience,
            validation=_real(estimator.validation),
            rate=estimator.rate,
            warmup=estimator.warmup,
            rate_end=estimator.rate_end,
            rate_drops=estimator.rate_drops,
            damping=_real(estimator.damping),
            schedule=estimator.schedule,
            growth=growth,
            loss=loss,
        )
    except ValidationError as error:
        raise invalid(error, type(estimator).__name__) from None


def _structure(estimator: Variational, count: int, classes: int | None) -> Structure | None:
    """The circuit's, where an initialisation or a schedule asks for it."""
    if estimator.initialisation is None and estimator.schedule == "all":
        return None
    name = type(estimator).__name__
    architecture = estimator._architecture()
    measured = estimator._observed(classes)
    structure = architecture.structure(architecture.build(estimator._width(count), measured))
    if estimator.schedule != "all":
        require_growing(structure, f"{name}: `schedule`")
    return structure


def _start(
    estimator: Variational, count: int, structure: Structure | None, rng: np.random.Generator
) -> Array:
    """The circuit's first weights."""
    if estimator.initialisation is None:
        return estimator._architecture().first_weights(count, rng)
    name = type(estimator).__name__
    chosen = INITIALISATIONS.find(estimator.initialisation, f"{name}: initialisation")
    try:
        return chosen.draw(count, rng, structure)
    except InputError as error:
        told = str(error).replace("training.initialisation", "`initialisation`")
        depth = f"`{estimator.depth_parameter}`"
        for theirs in ("`model.ansatz.depth`", "model.ansatz.depth"):
            told = told.replace(theirs, depth)
        raise InputError(f"{name}: {told}") from None


def _trainee(estimator: Variational, count: int, classes: int | None, place: Place) -> Trainee:
    model = estimator._model(count, classes, place)
    return Trainee(
        model, estimator._states_of(count, classes), _draws(estimator, count, classes, place)
    )


def _cut(
    estimator: Variational, depth: int, count: int, classes: int | None, place: Place
) -> Trainee:
    """The same model with only so many layers, transpiled by itself where there is a device."""
    fewer = copy(estimator).set_params(**{estimator.depth_parameter: depth})
    shallow = with_circuit(
        fewer._architecture(), fewer._width(count), fewer._observed(classes),
        replace(place, isa=None),
    )  # fmt: skip
    return _trainee(fewer, count, classes, _place_of(fewer, shallow))


def _place_of(estimator: Variational, place: Place) -> Place:
    """Where it is trained, from where it predicts."""
    name = type(estimator).__name__
    if estimator.training_noise not in TRAINING_NOISES:
        raise unknown_name(
            "noise of training", estimator.training_noise, TRAINING_NOISES,
            f"{name}: training_noise",
        )  # fmt: skip
    engine = None if place.engine == RUNTIME else place.engine
    if estimator.training_noise == "ideal":
        return Place(engine=None if place.device is not None else engine)
    if place.device is None:
        if estimator.training_noise == "injected" or estimator.training_scale is not None:
            named = "training_noise" if estimator.training_noise == "injected" else "training_scale"
            raise InputError(
                f"{name}: `{named}` is of a device's noise, but `backend` is None. Try "
                "backend='fake_torino'."
            )
        return replace(place, engine=engine)
    given = estimator.training_scale
    scale = place.scale if given is None else float(given)
    return replace(place, engine=engine, scale=scale)


def _draws(
    estimator: Variational, count: int, classes: int | None, place: Place
) -> Callable[[int], Evaluator] | None:
    """The model of each step where errors are injected."""
    if estimator.training_noise != "injected":
        return None
    architecture, width = estimator._architecture(), estimator._width(count)
    measured = estimator._observed(classes)
    core = prepared(architecture, width, measured, place)
    injection = place.injected(architecture.build(width, measured), architecture.is_tree)
    return lambda seed: estimator._headed(injection.drawn(seed), core, count, classes)
