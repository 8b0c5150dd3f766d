"""The circuits of the models by name, to be looked at and measured."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from nisqdl.circuits.model import Model
from nisqdl.models.kernels import FidelityKernel, QuantumKernel, encoding
from nisqdl.models.place import Place
from nisqdl.models.variational import Variational


def circuit_of(estimator: Any, num_features: int) -> Model:
    """The circuit that an estimator runs for one row of F features.

    Of a dressed circuit it is the part between the classical layers, of a kernel one row's
    encoding.

    Args:
        estimator: A quantum model of :mod:`nisqdl.models`, fitted or not.
    """
    if isinstance(estimator, QuantumKernel):
        return encoding(estimator._options(), num_features)
    assert isinstance(estimator, Variational)
    qubits = getattr(estimator, "qubits", None)
    return estimator._architecture().build(qubits or num_features, "value")


def classifier_named(name: str) -> Any:
    """The classifier class of a model's short name (``"QNN"``)."""
    return getattr(import_module("nisqdl.models"), f"{name}Classifier")


def has_size(classifier: type) -> bool:
    """Whether a model's number of weights is known before it is fitted."""
    return issubclass(classifier, Variational)


def weight_count(estimator: Any, num_features: int, classes: int) -> int:
    """Weights that a trained circuit has for rows of F features in K classes."""
    assert isinstance(estimator, Variational)
    return estimator._model(num_features, classes, Place()).num_weights


def needs_whole_state(estimator: Any) -> bool:
    """Whether a model depends on the whole state and not on a few observables."""
    return isinstance(estimator, FidelityKernel)
