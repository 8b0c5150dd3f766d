"""A trained point of a run as a model: it takes rows of the data set's own columns."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from nisqdl.circuits.build import build_model, encode
from nisqdl.circuits.decoding import probabilities
from nisqdl.circuits.model import Model
from nisqdl.circuits.options import ModelOptions
from nisqdl.engines.contract import Array
from nisqdl.errors import InputError
from nisqdl.models.files import save_model
from nisqdl.models.heads import Direct, Logits, Normalised
from nisqdl.models.place import Asked, Place, asked_key, find_place
from nisqdl.seeds import generator
from nisqdl.training.normalisation import Statistics


@dataclass(eq=False, repr=False, kw_only=True)
class TrainedPoint(ClassifierMixin, BaseEstimator):
    """A QNN that a run of ``noise_accuracy`` has trained; ``nisqdl export --model`` writes it.

    Parameters:
        backend, noise, noise_scale, shots, engine, normalise: As in
            :class:`~nisqdl.models.variational.Variational`; at first those of the point.
        random_state: Not used; shots are drawn by the point's own seed.

    Attributes:
        circuit_: The model's options, classes and device edges, as JSON text.
        classes_: Names of the classes.
        centre_, matrix_, middle_, stretch_, limit_: From columns to features; see
            :class:`nisqdl.datasets.scaling.Scaling`.
        weights_: Trained weights.
        value_mean_, value_spread_: Of the training rows' values, where they are normalised by them.
        place_: The device, its noise, and the transpiled circuit.
    """

    backend: Any = None
    noise: Any = None
    noise_scale: float = 1.0
    shots: int | None = None
    engine: str | None = None
    normalise: str | None = None
    random_state: Any = None

    def fit(self, X: Any, y: Any) -> Any:
        """A point of a run is trained by the run.

        Raises:
            InputError: Always.
        """
        raise InputError(
            "A point of a run has been trained by its run; fit a nisqdl.models.QNNClassifier to "
            "train a model on other rows."
        )

    def predict_proba(self, X: Any) -> Array:
        """Probabilities of the classes, (B, K), in the order of ``classes_``."""
        check_is_fitted(self, "weights_")
        rows = validate_data(self, X, reset=False, dtype=np.float64)
        evaluator = self._place().prepared(self._model())
        encoded = self._encoded(rows)
        if self.shots is None:
            values = evaluator.values(encoded, self.weights_)
        else:
            rng = generator(self.seed_, "shots")
            values = evaluator.estimates(encoded, self.weights_, self.shots, rng)
        return probabilities(self._read(values))

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The likeliest class of each row, (B,)."""
        return np.asarray(self.classes_[np.argmax(self.predict_proba(X), axis=1)])

    def save(self, path: str | Path) -> None:
        """Write it to a file, which :func:`nisqdl.models.load` reads anywhere."""
        save_model(self, path)

    def check_loaded(self) -> None:
        """Refuse parts that do not belong together.

        Raises:
            ValueError: They do not.
        """
        model = self._model()
        if len(self.weights_) != len(model.weights):
            raise ValueError(f"it must have {len(model.weights)} weights, not {len(self.weights_)}")
        columns, features = self.matrix_.shape
        sizes = (len(self.centre_), len(self.middle_), len(self.stretch_))
        if columns != self.n_features_in_ or sizes != (columns, features, features):
            raise ValueError("its columns and features do not match")

    def kept_place(self) -> None:
        """Keep the place that is named now, with the circuit that it has."""
        named = Place.named(self.backend, self.noise, self.noise_scale, self.engine)
        self.place_ = Asked(self._key(), named)

    def _key(self) -> str:
        return asked_key(self.backend, self.noise, self.circuit_)

    def _place(self) -> Place:
        return find_place(
            self.place_, self._key(), self.backend, self.noise, self.noise_scale, self.engine
        )

    def _model(self) -> Model:
        document = json.loads(self.circuit_)
        edges = document["edges"]
        return build_model(
            self._options(), self.matrix_.shape[1], len(self.classes_),
            None if edges is None else [(int(a), int(b)) for a, b in edges],
        )  # fmt: skip

    def _options(self) -> ModelOptions:
        return ModelOptions.model_validate(json.loads(self.circuit_)["options"])

    def _encoded(self, rows: Array) -> Array:
        features = ((rows - self.centre_) @ self.matrix_ - self.middle_) * self.stretch_
        clipped = np.clip(features, -self.limit_, self.limit_)
        return encode(self._options(), np.ascontiguousarray(clipped))

    def _read(self, values: Array) -> Array:
        if self.normalise is None:
            return values
        statistics = None
        if self.normalise == "train":
            check_is_fitted(self, "value_mean_")
            statistics = Statistics(self.value_mean_, self.value_spread_)
        return Normalised(Logits(Direct()), statistics).outputs(values, np.zeros(0))
