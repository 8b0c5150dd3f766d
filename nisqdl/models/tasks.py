"""What trained circuits are asked for: classes, or real numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from nisqdl.circuits.decoding import probabilities
from nisqdl.engines.contract import Array
from nisqdl.models.fitting import fit
from nisqdl.models.limits import with_limits


class VariationalClassifier(ClassifierMixin):
    """Fitting and predicting classes, beside :class:`~nisqdl.models.variational.Variational`.

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
        fit(self, rows, labels.astype(np.int64), len(self.classes_), self.loss)
        return self

    def predict_proba(self: Any, X: Any) -> Array:
        """Probabilities of the classes, (B, K), in the order of ``classes_``."""
        check_is_fitted(self, "weights_")
        return probabilities(self._outputs(X, len(self.classes_)))

    def predict(self: Any, X: Any) -> npt.NDArray[Any]:
        """The likeliest class of each row, (B,)."""
        check_is_fitted(self, "weights_")
        return np.asarray(self.classes_[np.argmax(self.predict_proba(X), axis=1)])


class VariationalRegressor(RegressorMixin):
    """Fitting and predicting real numbers, beside :class:`~nisqdl.models.variational.Variational`.

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
        fit(self, rows, scaled, None, "squared")
        return self

    def predict(self: Any, X: Any) -> Array:
        """The target of each row, (B,)."""
        values = self._outputs(X, None)[:, 0]
        return np.asarray(self.target_mean_ + self.target_scale_ * values)
