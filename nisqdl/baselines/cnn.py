"""A small convolutional network for small images, as a scikit-learn classifier.

One convolution of 3 × 3 filters, a rectifier, a mean over squares of places, a linear layer into
softmax: as few weights as a QCNN has, or as many as an image needs. scikit-learn has none, and the
libraries that have one weigh gigabytes. Everything is a sum of at most a few thousand numbers for
each row, so that NumPy and L-BFGS do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

Floats: TypeAlias = npt.NDArray[np.float64]

_SIDE = 3


@dataclass(frozen=True)
class Network:
    """The network for images of one size: its weights in a row, values and derivatives.

    Attributes:
        height, width: Of the images.
        filters: Number of filters.
        classes: Number of classes K.
        pool: Places of a side over which the mean is taken.
    """

    height: int
    width: int
    filters: int
    classes: int
    pool: int = 2

    @property
    def side(self) -> tuple[int, int]:
        """Height and width of a filter: 3, or the image's where that is less."""
        return min(_SIDE, self.height), min(_SIDE, self.width)

    @property
    def pooled(self) -> tuple[int, int]:
        """Height and width of a filter's image after the mean; what is left over is dropped."""
        height, width = (
            size - side + 1 for size, side in zip((self.height, self.width), self.side, strict=True)
        )
        return max(1, height // self.pool), max(1, width // self.pool)

    @property
    def num_weights(self) -> int:
        values = self.filters * math.prod(self.pooled)
        return self.filters * (math.prod(self.side) + 1) + self.classes * (values + 1)

    def split(self, weights: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Filters (side, filters), their offsets, the linear layer (values, K), its offsets."""
        ends = np.cumsum(
            [
                self.filters * math.prod(self.side),
                self.filters,
                self.classes * self.filters * math.prod(self.pooled),
            ]
        )
        filters, offsets, layer, last = np.split(weights, ends)
        return filters.reshape(-1, self.filters), offsets, layer.reshape(-1, self.classes), last

    def patches(self, rows: Floats) -> Floats:
        """What each filter sees, (rows, pooled places, places of a mean, pixels of a filter)."""
        images = rows.reshape(-1, self.height, self.width)
        seen = np.lib.stride_tricks.sliding_window_view(images, self.side, axis=(1, 2))
        pool = tuple(min(self.pool, size) for size in seen.shape[1:3])
        height, width = self.pooled
        kept = seen[:, : height * pool[0], : width * pool[1]]
        parts = kept.reshape(len(rows), height, pool[0], width, pool[1], math.prod(self.side))
        return np.ascontiguousarray(parts.transpose(0, 1, 3, 2, 4, 5)).reshape(
            len(rows), height * width, pool[0] * pool[1], -1
        )

    def log_probabilities(self, weights: Floats, patches: Floats) -> Floats:
        """(rows, K)."""
        filters, offsets, layer, last = self.split(weights)
        values = np.maximum(patches @ filters + offsets, 0).mean(axis=2)
        return _log_softmax(values.reshape(len(patches), -1) @ layer + last)

    def loss(
        self, weights: Floats, patches: Floats, targets: Floats, alpha: float
    ) -> tuple[float, Floats]:
        """Mean cross-entropy plus alpha/2 · |weights that are no offsets|² / rows, and its slope.

        Args:
            targets: One-hot classes, (rows, K).
        """
        filters, offsets, layer, last = self.split(weights)
        rows = len(patches)
        seen = patches @ filters + offsets
        values = np.maximum(seen, 0).mean(axis=2).reshape(rows, -1)
        logs = _log_softmax(values @ layer + last)
        penalty = 0.5 * alpha * (np.sum(filters**2) + np.sum(layer**2))
        loss = (penalty - np.sum(targets * logs)) / rows
        by_score = (np.exp(logs) - targets) / rows
        by_value = (by_score @ layer.T).reshape(rows, -1, 1, self.filters)
        by_seen = (seen > 0) * by_value / patches.shape[2]
        slope = [
            np.tensordot(patches, by_seen, axes=([0, 1, 2], [0, 1, 2])) + alpha * filters / rows,
            by_seen.sum(axis=(0, 1, 2)),
            values.T @ by_score + alpha * layer / rows,
            by_score.sum(axis=0),
        ]
        return float(loss), np.concatenate([part.ravel() for part in slope])

    def first_weights(self, rng: np.random.RandomState) -> Floats:
        """Filters and layer by He et al. 2015 (arXiv:1502.01852): σ² = 2/inputs; offsets 0."""
        weights = np.zeros(self.num_weights)
        filters, _, layer, _ = self.split(weights)  # views
        filters[:] = rng.normal(0, math.sqrt(2 / len(filters)), filters.shape)
        layer[:] = rng.normal(0, math.sqrt(2 / len(layer)), layer.shape)
        return weights


def _log_softmax(scores: Floats) -> Floats:
    shifted = scores - scores.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def image_size(image: tuple[int, int] | None, pixels: int) -> tuple[int, int]:
    """Height and width of images of so many pixels; None is a square, or else one line.

    Raises:
        ValueError: The image has another number of pixels.
    """
    if image is None:
        side = math.isqrt(pixels)
        return (side, side) if side * side == pixels else (1, pixels)
    if math.prod(image) != pixels:
        raise ValueError(
            f"`image` must be height and width of images of {pixels} pixels, but is {image}."
        )
    return image


class CNNClassifier(ClassifierMixin, BaseEstimator):
    """The network, trained by L-BFGS.

    Parameters:
        image: Height and width of the images; None is a square, or one line where that does not
            fit.
        filters: Number of filters.
        pool: Places of a side over which the mean is taken.
        alpha: Strength of the penalty on large weights.
        max_iter: Most steps of L-BFGS.
        random_state: Of the first weights.
    """

    def __init__(
        self,
        image: tuple[int, int] | None = None,
        filters: int = 4,
        pool: int = 2,
        alpha: float = 0.1,
        max_iter: int = 500,
        random_state: Any = None,
    ) -> None:
        self.image = image
        self.filters = filters
        self.pool = pool
        self.alpha = alpha
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Train on rows (N, pixels), line by line, and their classes (N,)."""
        from scipy.optimize import minimize

        rows, given = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(given)
        self.classes_, labels = np.unique(given, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"A classifier needs at least 2 classes, but the data has one class: "
                f"{self.classes_[0]!r}."
            )
        self.mean_, self.scale_ = float(rows.mean()), float(rows.std()) or 1.0
        height, width = image_size(self.image, rows.shape[1])
        self.network_ = Network(height, width, self.filters, len(self.classes_), self.pool)
        targets = np.eye(len(self.classes_))[labels]
        patches = self.network_.patches(self._scaled(rows))
        found = minimize(
            self.network_.loss,
            self.network_.first_weights(check_random_state(self.random_state)),
            args=(patches, targets, self.alpha),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": self.max_iter},
        )
        self.weights_, self.n_iter_ = found.x, max(1, int(found.nit))
        return self

    def predict_proba(self, X: Any) -> Floats:
        """Probabilities of the classes, (B, K), in the order of ``classes_``."""
        check_is_fitted(self, "weights_")
        rows = self._scaled(validate_data(self, X, reset=False, dtype=np.float64))
        patches = self.network_.patches(rows)
        return np.asarray(np.exp(self.network_.log_probabilities(self.weights_, patches)))

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The likeliest class of each row, (B,)."""
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[np.argmax(probabilities, axis=1)])

    def _scaled(self, rows: Floats) -> Floats:
        """All pixels alike, so that neighbours stay comparable."""
        return (rows - self.mean_) / self.scale_
