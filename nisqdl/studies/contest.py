"""The work of a comparison: tune one learner on one split's training rows, fit it, score it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from typing import Any, Self

import numpy as np

from nisqdl.baselines.contender import IMAGE
from nisqdl.baselines.contenders import CONTENDERS
from nisqdl.baselines.equal_size import SIZE, Size
from nisqdl.datasets.scores import accuracy, balanced_accuracy
from nisqdl.datasets.split import Split
from nisqdl.seeds import derive, generator
from nisqdl.store.record import Json, Point, Record, content_hash
from nisqdl.studies.data import split_of
from nisqdl.studies.provenance import provenance

Chosen = Mapping[str, Any]


@dataclass(frozen=True)
class Tuned:
    """What tuning chose on one split.

    Attributes:
        chosen: The candidate of the best mean accuracy over the folds.
        validated: That accuracy; None where there was nothing to choose.
        weights: How many weights a trained circuit of it has; None of the others.
        seconds: Wall time.
    """

    chosen: Chosen
    validated: float | None
    weights: int | None
    seconds: float

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self)).encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        return cls(**json.loads(content))


def tune(settings: Mapping[str, Json], model: Tuned | None = None) -> Tuned:
    """Choose among the candidates of a learner.

    Args:
        settings: A point's.
        model: What was chosen for the quantum model whose size the learner has.
    """
    from threadpoolctl import threadpool_limits

    start = time.perf_counter()
    split = split_of(settings)
    with threadpool_limits(limits=1):
        sized = _sized(settings, split, model)
        chosen, validated = _choose(settings, drawn_candidates(settings), split, sized)
    weights = None
    if settings["kind"] == "quantum":
        weights = _circuit_weights(settings, chosen, split)
    return Tuned(chosen, validated, weights, time.perf_counter() - start)


def compete(point: Point, tuned: Tuned, model: Tuned | None = None) -> Record:
    """Fit the learner of a point as it was tuned, and score it.

    Args:
        point: The learner and the split.
        tuned: What :func:`tune` chose for it.
        model: As there.
    """
    from threadpoolctl import threadpool_limits

    start = time.perf_counter()
    settings = point.settings
    root, seed = settings["root_seed"], settings["seed"]
    split = split_of(settings)
    with threadpool_limits(limits=1):
        chosen = {**tuned.chosen, **_sized(settings, split, model)}
        fitted = _made(settings, chosen, _state(settings, "fit"))
        _fit(fitted, split.train_features, split.train_labels)
        predicted = fitted.predict(split.test_features)
        trained = fitted.predict(split.train_features)
    values: dict[str, Json] = {
        "accuracy": accuracy(split.test_labels, predicted),
        "balanced_accuracy": balanced_accuracy(split.test_labels, predicted),
        "train_accuracy": accuracy(split.train_labels, trained),
        "validation_accuracy": tuned.validated,
        "chosen": dict(tuned.chosen),
        "tried": len(drawn_candidates(settings)),
        "possible": len(all_candidates(settings["search"])),
        "weights": _weights(settings, fitted),
        "leaked": leaked_rows(split),
        "rows": content_hash(split.test_features.tolist()),
        **_circuit(settings, fitted, split.num_features),
    }
    seeds = {"root": root, "data": derive(root, "data", seed)}
    seconds = tuned.seconds + time.perf_counter() - start
    return Record(point, values, provenance(seeds), seconds)


def all_candidates(search: Mapping[str, Sequence[Json]]) -> list[dict[str, Json]]:
    """Every combination of a search space, names in alphabetical order."""
    names = sorted(search)
    return [
        dict(zip(names, values, strict=True)) for values in product(*(search[n] for n in names))
    ]


def drawn_candidates(settings: Mapping[str, Json]) -> list[dict[str, Json]]:
    """As many candidates as the budget allows, drawn without replacement; all, if they are few."""
    possible = all_candidates(settings["search"])
    budget = settings["tuning.candidates"]
    if len(possible) <= budget:
        return possible
    rng = generator(settings["root_seed"], "candidates", settings["learner"], settings["seed"])
    return [possible[i] for i in np.sort(rng.permutation(len(possible))[:budget]).tolist()]


def leaked_rows(split: Split) -> int:
    """Test rows that are, number for number, also training rows."""
    known = {row.tobytes() for row in split.train_features}
    return sum(row.tobytes() in known for row in split.test_features)


def _choose(
    settings: Mapping[str, Json], candidates: list[dict[str, Json]], split: Split, sized: Chosen
) -> tuple[Chosen, float | None]:
    """The candidate of the best mean accuracy over folds; of ties, the first."""
    from sklearn.model_selection import StratifiedKFold

    if len(candidates) == 1:
        return candidates[0], None
    folds = min(settings["tuning.folds"], int(np.bincount(split.train_labels).min()))
    if folds < 2:
        return candidates[0], None
    # The same folds for every learner of a split.
    state = derive(settings["root_seed"], "folds", settings["seed"]) % 2**32
    parts = list(
        StratifiedKFold(folds, shuffle=True, random_state=state).split(
            split.train_features, split.train_labels
        )
    )
    scores = []
    for candidate in candidates:
        found = []
        for seen, held_out in parts:
            model = _made(settings, {**candidate, **sized}, _state(settings, "tune"))
            _fit(model, split.train_features[seen], split.train_labels[seen])
            predicted = model.predict(split.train_features[held_out])
            found.append(accuracy(split.train_labels[held_out], predicted))
        scores.append(float(np.mean(found)))
    best = int(np.argmax(np.round(scores, 9)))
    return candidates[best], scores[best]


def _sized(settings: Mapping[str, Json], split: Split, model: Tuned | None) -> Chosen:
    """The size of a learner of equal size; nothing of the others."""
    if settings["kind"] != "classical" or not CONTENDERS[settings["model"]].equal_size:
        return {}
    assert model is not None
    assert model.weights is not None
    features = split.num_features
    image = settings["search"].get(IMAGE, [[1, features]])[0]  # rows that are no images are a line
    shape = None if image is None else (int(image[0]), int(image[1]))
    return {SIZE: Size(model.weights, features, split.num_classes, shape)}


def _circuit_weights(settings: Mapping[str, Json], chosen: Chosen, split: Split) -> int | None:
    from nisqdl.models.gallery import classifier_named, has_size, weight_count

    if not has_size(classifier_named(settings["model"])):
        return None
    model = _made({**settings, "backend": None}, chosen, 0)
    return weight_count(model, split.num_features, split.num_classes)


def _made(settings: Mapping[str, Json], chosen: Chosen, random_state: int) -> Any:
    if settings["kind"] == "classical":
        return CONTENDERS[settings["model"]].make(chosen, random_state)
    from nisqdl.models.gallery import classifier_named

    given = dict(chosen)
    if settings["kind"] == "control":
        given["entangled"] = False
    if settings["backend"] is not None:
        given |= {
            "backend": settings["backend"],
            "noise": settings["noise"],
            "noise_scale": settings["noise_scale"],
        }
    return classifier_named(settings["model"])(**given, random_state=random_state)


def _fit(model: Any, features: Any, labels: Any) -> None:
    """Fit; that a classical learner stops at its limit of steps is no news here."""
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features, labels)


def _weights(settings: Mapping[str, Json], model: Any) -> int:
    if settings["kind"] == "classical":
        return CONTENDERS[settings["model"]].weights(model)
    return int(model.n_weights_ if hasattr(model, "n_weights_") else model.weights_.size)


def _circuit(settings: Mapping[str, Json], model: Any, num_features: int) -> dict[str, Json]:
    """Bounds on what simulating the fitted model's circuit takes."""
    if settings["kind"] == "classical":
        return {}
    from nisqdl.circuits.simulability import simulability
    from nisqdl.models.gallery import circuit_of, needs_whole_state

    found = simulability(circuit_of(model, num_features), needs_whole_state(model))
    return {
        "qubits": found.qubits,
        "two_qubit_gates": found.two_qubit_gates,
        "cone": found.cone,
        "log2_bond": found.log2_bond,
    }


def _state(settings: Mapping[str, Json], purpose: str) -> int:
    return derive(settings["root_seed"], purpose, settings["learner"], settings["seed"]) % 2**31


def timed_fit(settings: Mapping[str, Json]) -> None:
    """One fit with the first candidate, for plans."""
    split = split_of(settings)
    chosen: Chosen = drawn_candidates(settings)[0]
    if "size_of" in settings:
        model = {**settings, **settings["size_of"]}
        first = drawn_candidates(model)[0]
        weights = _circuit_weights(model, first, split)
        chosen = {**chosen, **_sized(settings, split, Tuned(first, None, weights, 0.0))}
    _fit(_made(settings, chosen, 0), split.train_features, split.train_labels)
