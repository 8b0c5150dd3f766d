"""Support vector machines on quantum kernels, as scikit-learn estimators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.svm import SVC, SVR
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from nisqdl.engines.contract import Array
from nisqdl.models.calibration import decision_probabilities, decision_temperature
from nisqdl.models.kernels import FidelityKernel, ProjectedKernel


class KernelClassifier(ClassifierMixin):
    """A support vector classifier on a quantum kernel, beside :class:`QuantumKernel`."""

    def fit(self: Any, X: Any, y: Any) -> Any:
        """Fit to rows (N, F) and their classes (N,)."""
        rows, labels = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(labels)
        self.classes_ = np.unique(labels)
        if len(self.classes_) < 2:
            raise ValueError(
                f"A classifier needs at least 2 classes, but the data has one class: "
                f"{self.classes_[0]!r}."
            )
        self.targets_ = labels
        kernel = self._prepare(rows)
        self.fit_machine(kernel)
        self.temperature_ = decision_temperature(self.machine_, kernel, labels, self.seed_)
        self.n_weights_ = int(self.machine_.dual_coef_.size + self.machine_.intercept_.size)
        return self

    def fit_machine(self: Any, kernel: Array) -> None:
        """Fit the support vector machine to the training rows' kernel (N, N)."""
        machine = SVC(kernel="precomputed", C=self.C, break_ties=True)
        self.machine_ = machine.fit(kernel, self.targets_)

    def decision_function(self: Any, X: Any) -> Array:
        """The machine's own, (B,) for two classes, else (B, K)."""
        check_is_fitted(self, "machine_")
        return np.asarray(self.machine_.decision_function(self.kernel_matrix(X)))

    def predict(self: Any, X: Any) -> npt.NDArray[Any]:
        """The class of each row, (B,)."""
        check_is_fitted(self, "machine_")
        return np.asarray(self.machine_.predict(self.kernel_matrix(X)))

    def predict_proba(self: Any, X: Any) -> Array:
        """Probabilities (B, K): the softmax of decision values over a temperature.

        The temperature gives the least log loss on held-out folds of the training rows.
        """
        check_is_fitted(self, "machine_")
        return decision_probabilities(self.decision_function(X), self.temperature_)


class KernelRegressor(RegressorMixin):
    """A support vector regressor on a quantum kernel, beside :class:`QuantumKernel`."""

    def fit(self: Any, X: Any, y: Any) -> Any:
        """Fit to rows (N, F) and their targets (N,)."""
        rows, targets = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        self.target_mean_ = float(np.mean(targets))
        self.target_scale_ = float(np.std(targets)) or 1.0
        kernel = self._prepare(rows)
        centred = np.asarray(targets, dtype=np.float64) - self.target_mean_
        self.targets_ = centred / self.target_scale_
        self.fit_machine(kernel)
        self.n_weights_ = int(self.machine_.dual_coef_.size + 1)
        return self

    def fit_machine(self: Any, kernel: Array) -> None:
        """Fit the support vector machine to the training rows' kernel (N, N)."""
        machine = SVR(kernel="precomputed", C=self.C, epsilon=self.epsilon)
        self.machine_ = machine.fit(kernel, self.targets_)

    def predict(self: Any, X: Any) -> Array:
        """The target of each row, (B,)."""
        check_is_fitted(self, "machine_")
        scaled = self.machine_.predict(self.kernel_matrix(X))
        return np.asarray(self.target_mean_ + self.target_scale_ * scaled)


@dataclass(eq=False, repr=False, kw_only=True)
class QuantumKernelClassifier(KernelClassifier, FidelityKernel):
    """A support vector classifier on the overlap of encoded rows (Havlíček et al. 2019)."""


@dataclass(eq=False, repr=False, kw_only=True)
class QuantumKernelRegressor(KernelRegressor, FidelityKernel):
    """A support vector regressor on the overlap of encoded rows.

    Parameters:
        epsilon: Errors below it, in standard deviations of the target, cost nothing.
    """

    epsilon: float = 0.1


@dataclass(eq=False, repr=False, kw_only=True)
class ProjectedKernelClassifier(KernelClassifier, ProjectedKernel):
    """A support vector classifier on one-qubit expectation values (Huang et al. 2021)."""


@dataclass(eq=False, repr=False, kw_only=True)
class ProjectedKernelRegressor(KernelRegressor, ProjectedKernel):
    """A support vector regressor on one-qubit expectation values.

    Parameters:
        epsilon: Errors below it, in standard deviations of the target, cost nothing.
    """

    epsilon: float = 0.1
