"""What trained circuits share as scikit-learn estimators: parameters, fitting and predicting.

A model is an architecture (its circuit), a head (what becomes of the measured values) and the
training loop of :mod:`nisqdl.training`; this module only joins them in scikit-learn's manner.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler
from sklearn.utils import check_random_state
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from nisqdl.circuits.architectures.contract import Architecture, Measured
from nisqdl.circuits.decoding import probabilities
from nisqdl.circuits.model import Model
from nisqdl.engines.contract import Array
from nisqdl.errors import InputError
from nisqdl.models.heads import Direct, Head, Headed, Linear, Logits
from nisqdl.models.limits import with_limits
from nisqdl.models.place import Place, prepared
from nisqdl.noise.recipe import Recipe
from nisqdl.seeds import generator
from nisqdl.targets.device import Device
from nisqdl.training.loop import train
from nisqdl.training.optimizers import OPTIMIZERS
from nisqdl.training.options import TrainingOptions

_LARGEST_ANGLE = np.pi / 2


@dataclass(eq=False, repr=False, kw_only=True)
class Variational(BaseEstimator):
    """A trained circuit.

    Parameters:
        learning_rate, steps, batch, optimizer, patience, validation, rate, warmup, rate_end,
            rate_drops, damping: As in the ``training`` section of an experiment file
            (:class:`nisqdl.training.options.TrainingOptions`).
        backend: A device (``"fake_torino"``, ``"torino@2025-02-26"``, a snapshot's path, or a
            :class:`~nisqdl.targets.device.Device`): the circuit is transpiled for it, and it is
            trained and predicts under its noise. None is the ideal logical circuit.
        noise: The recipe of the noise; None is ``"calibrated"`` where there is a backend.
        noise_scale: λ, which multiplies all rates of the noise.
        shots: Outcomes from which each predicted value is estimated; None is exact. Training is
            always exact.
        engine: What evaluates; None is ``statevector`` without noise and ``exact`` with it.
        random_state: First weights, batches and shots.

    Attributes:
        weights_: Trained weights, the circuit's first.
        n_iter_: Steps done.
        loss_curve_: The loss that each step saw.
        scaler_: What the features go through before they are encoded: to [−π/2, π/2] on the
            training rows where they become angles. Rows beyond that range are not cut.
    """

    learning_rate: float = 0.05
    steps: int = 200
    batch: int | None = 32
    optimizer: str = "adam"
    patience: int | None = None
    validation: float = 0.0
    rate: str = "constant"
    warmup: int = 0
    rate_end: float | None = None
    rate_drops: int | None = None
    damping: float = 0.01
    backend: Device | str | None = None
    noise: Recipe | str | None = None
    noise_scale: float = 1.0
    shots: int | None = None
    engine: str | None = None
    random_state: Any = None

    @abstractmethod
    def _architecture(self) -> Architecture:
        """The circuit of these parameters."""

    def _value_head(self) -> Head:
        """What is laid on the architecture's own value, where two classes are told apart."""
        return Direct()

    def _measured(self) -> Measured:
        """What a linear layer sees where there are more classes, or a real target."""
        return "z"

    def _scaler(self) -> Any:
        if self._architecture().takes_angles:
            return MinMaxScaler((-_LARGEST_ANGLE, _LARGEST_ANGLE))
        return FunctionTransformer()

    def _model(self, num_features: int, classes: int | None) -> Headed:
        """Circuit and head; None classes is a regression."""
        measured = self._observed(classes)
        circuit = prepared(self._architecture(), num_features, measured, self._place())
        if classes == 2:
            head = self._value_head()
        elif classes is None:
            head = Linear(circuit.num_outputs, 1)
        else:
            head = Logits(Linear(circuit.num_outputs, classes))
        return Headed(circuit.evaluator, circuit.num_weights, head)

    def _observed(self, classes: int | None) -> Measured:
        return "value" if classes == 2 else self._measured()

    def _states_of(self, num_features: int, classes: int | None) -> Model | None:
        """The noise-free circuit of the rows as they are encoded, where the optimizer needs it."""
        if not OPTIMIZERS[self.optimizer].uses_geometry:
            return None
        return self._architecture().build(num_features, self._observed(classes))

    def _first_weights(self, model: Headed, rng: np.random.Generator) -> Array:
        circuit = self._architecture().first_weights(model.circuit_weights, rng)
        return np.concatenate([circuit, model.head.first_weights(rng)])

    def _encoded(self, scaled: Array) -> Array:
        return self._architecture().encode(scaled)

    def _place(self) -> Place:
        return Place.named(self.backend, self.noise, self.noise_scale, self.engine)

    def _trained(
        self, features: Array, labels: npt.NDArray[Any], classes: int | None, loss: str
    ) -> Self:
        """Fit to labels 0 … K − 1, or to real targets."""
        if self.shots is not None and not (isinstance(self.shots, int) and self.shots >= 1):
            raise InputError(f"`shots` must be at least 1 or None, but is {self.shots!r}.")
        self.seed_ = int(check_random_state(self.random_state).randint(2**31 - 1))
        options = self._training_options(loss)
        self.scaler_ = self._scaler().fit(features)
        model = self._model(features.shape[1], classes)
        trained = train(
            model,
            self._encoded(self.scaler_.transform(features)),
            labels,
            model.num_weights,
            options,
            self.seed_,
            start=self._first_weights(model, generator(self.seed_, "weights")),
            circuit=self._states_of(features.shape[1], classes),
        )
        self.weights_ = trained.weights
        self.n_iter_ = max(1, trained.steps)
        self.loss_curve_ = list(trained.history)
        return self

    def _training_options(self, loss: str) -> TrainingOptions:
        try:
            return TrainingOptions(
                optimizer=self.optimizer,
                learning_rate=float(self.learning_rate),
                steps=self.steps,
                batch=self.batch,
                patience=self.patience,
                validation=float(self.validation),
                rate=self.rate,
                warmup=self.warmup,
                rate_end=self.rate_end,
                rate_drops=self.rate_drops,
                damping=float(self.damping),
                loss=loss,
            )
        except ValidationError as error:
            fault = error.errors()[0]
            rule = str(fault["msg"]).removeprefix("Value error, ").replace("Input should", "must")
            if not fault["loc"]:  # options that do not go together
                raise InputError(f"{type(self).__name__}: {rule}.") from None
            raise InputError(
                f"{type(self).__name__}: `{fault['loc'][0]}`: {rule}, but it is {fault['input']!r}."
            ) from None

    def _outputs(self, X: Any, classes: int | None) -> Array:
        """What the fitted model puts out, (B, K)."""
        check_is_fitted(self, "weights_")
        rows = validate_data(self, X, reset=False, dtype=np.float64)
        model = self._model(rows.shape[1], classes)
        encoded = self._encoded(self.scaler_.transform(rows))
        if self.shots is None:
            return model.values(encoded, self.weights_)
        rng = generator(self.seed_, "shots")
        return model.estimates(encoded, self.weights_, self.shots, rng)


class VariationalClassifier(ClassifierMixin):
    """Fitting and predicting classes, beside :class:`Variational`.

    The loss is the attribute ``loss``, a member of :data:`nisqdl.training.losses.LOSSES`.
    """

    def __sklearn_tags__(self) -> Any:
        return with_limits(super().__sklearn_tags__(), self)

    def fit(self: Any, X: Any, y: Any) -> Any:
        """Train on rows (N, F) and their classes (N,)."""
        rows, given = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(given)
        self.classes_, labels = np.unique(given, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(
                f"A classifier needs at least 2 classes, but the data has one class: "
                f"{self.classes_[0]!r}."
            )
        return self._trained(rows, labels.astype(np.int64), len(self.classes_), self.loss)

    def predict_proba(self: Any, X: Any) -> Array:
        """Probabilities of the classes, (B, K), in the order of ``classes_``."""
        check_is_fitted(self, "weights_")
        return probabilities(self._outputs(X, len(self.classes_)))

    def predict(self: Any, X: Any) -> npt.NDArray[Any]:
        """The likeliest class of each row, (B,)."""
        check_is_fitted(self, "weights_")
        return np.asarray(self.classes_[np.argmax(self.predict_proba(X), axis=1)])


class VariationalRegressor(RegressorMixin):
    """Fitting and predicting real numbers, beside :class:`Variational`.

    Targets are standardised for training; a linear layer on the measured values predicts them.
    """

    def __sklearn_tags__(self) -> Any:
        return with_limits(super().__sklearn_tags__(), self)

    def fit(self: Any, X: Any, y: Any) -> Any:
        """Train on rows (N, F) and their targets (N,)."""
        rows, given = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        targets = np.asarray(given, dtype=np.float64)
        self.target_mean_ = float(targets.mean())
        self.target_scale_ = float(targets.std()) or 1.0
        scaled = (targets - self.target_mean_) / self.target_scale_
        return self._trained(rows, scaled, None, "squared")

    def predict(self: Any, X: Any) -> Array:
        """The target of each row, (B,)."""
        values = self._outputs(X, None)[:, 0]
        return np.asarray(self.target_mean_ + self.target_scale_ * values)
