"""What a training is given: whether it fits together, and which training it makes."""

from __future__ import annotations

import hashlib

import numpy as np

from nisqdl.engines.contract import Array
from nisqdl.errors import InputError
from nisqdl.store.record import content_hash
from nisqdl.training.losses.contract import Labels
from nisqdl.training.options import TrainingOptions


def are_classes(labels: Labels | Array) -> bool:
    """Whether labels are integers; else they are the targets of a regression."""
    return bool(np.issubdtype(labels.dtype, np.integer))


def origin_of(
    features: Array,
    labels: Labels | Array,
    num_weights: int,
    options: TrainingOptions,
    seed: int,
    start: Array | None,
) -> str:
    """A hash that tells one training from others, for states that are to be resumed."""
    digest = hashlib.sha256()
    digest.update(np.ascontiguousarray(features, dtype=np.float64).tobytes())
    kind = np.int64 if are_classes(labels) else np.float64
    digest.update(np.ascontiguousarray(labels, dtype=kind).tobytes())
    if start is not None:
        digest.update(np.ascontiguousarray(start, dtype=np.float64).tobytes())
    return content_hash(
        {
            "options": options.model_dump(mode="json"),
            "seed": seed,
            "weights": num_weights,
            "shape": list(features.shape),
            "data": digest.hexdigest(),
        }
    )


def require_sound(
    features: Array, labels: Labels | Array, num_weights: int, options: TrainingOptions
) -> None:
    """Refuse data that do not fit together.

    Raises:
        InputError: They do not; the sentence says what.
    """
    if features.ndim != 2 or labels.ndim != 1 or len(features) != len(labels):
        raise InputError(
            "The training data must be features of shape (N, F) and labels of shape (N,), but "
            f"have the shapes {features.shape} and {labels.shape}."
        )
    if len(labels) == 0:
        raise InputError("The training data must have at least one sample, but have none.")
    if not np.isfinite(features).all():
        row = int(np.flatnonzero(~np.isfinite(features).all(axis=1))[0])
        raise InputError(
            f"The features must be finite, but those of sample {row} are not. Remove the sample "
            "or fill in its values."
        )
    if are_classes(labels):
        if labels.min() < 0:
            raise InputError(
                f"The labels must be integers from 0 upwards, but the smallest is {labels.min()}. "
                "Number the classes 0, 1, …"
            )
    elif options.loss != "squared":
        raise InputError(
            "The labels must be integers from 0 upwards, or real numbers if `training.loss` is "
            f"squared (a regression), but are {labels.dtype} with the loss {options.loss}. Number "
            "the classes 0, 1, …"
        )
    elif not np.isfinite(labels).all():
        raise InputError("The targets must be finite, but some are not: remove such samples.")
    if num_weights < 0:
        raise InputError(f"`num_weights` must be at least 0, but is {num_weights}.")
