"""Quantum kernels: of overlaps and of projections, without noise or on a device."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from nisqdl.circuits.architectures.contract import observables_of
from nisqdl.circuits.build import encode
from nisqdl.circuits.feature_maps import FEATURE_MAPS
from nisqdl.circuits.model import Model
from nisqdl.circuits.options import ModelOptions
from nisqdl.engines.contract import Array, Evaluator
from nisqdl.engines.gram import NoisyOverlap, compute_uncompute, ideal_gram
from nisqdl.errors import InputError
from nisqdl.models.files import ANGLE_RANGE, save_model
from nisqdl.models.place import Asked, Place, asked_key, find_place
from nisqdl.seeds import generator

SEPARABLE = {"iqp": "angle_z", "zz": "angle_z", "amplitude": "angle"}
"""Feature maps with two-qubit gates, and the map without that is their control."""


@dataclass(eq=False, repr=False, kw_only=True)
class QuantumKernel(BaseEstimator):
    """What estimators with a quantum kernel share.

    Parameters:
        feature_map: The map that encodes a row, as ``nisqdl list feature-maps`` shows them.
        repetitions: How often it is laid; None is the map's own number.
        C: Inverse strength of the penalty of the support vector machine.
        entangled: False is the separable control: the map's one-qubit gates only (``angle_z`` for
            ``iqp`` and ``zz``, ``angle`` for ``amplitude``; the others are separable already).
        backend, noise, noise_scale: As in :class:`~nisqdl.models.variational.Variational`.
        shots: Outcomes from which each entry of the kernel is estimated; None is exact.
        random_state: Shots, and the folds that calibrate probabilities.

    Attributes:
        rows_: The training rows, encoded.
        machine_: The fitted support vector machine.
    """

    feature_map: str = "iqp"
    repetitions: int | None = None
    C: float = 1.0
    entangled: bool = True
    backend: Any = None
    noise: Any = None
    noise_scale: float = 1.0
    shots: int | None = None
    random_state: Any = None

    def kernel_matrix(self, X: Any, Y: Any = None) -> Array:
        """The fitted model's kernel of rows (N, F) with rows (M, F), or with the training rows."""
        check_is_fitted(self, "machine_")
        rows = self._encoded(validate_data(self, X, reset=False, dtype=np.float64))
        if Y is None:
            return self._between(rows, self.rows_)
        return self._between(rows, self._encoded(validate_data(self, Y, reset=False)))

    def save(self, path: str | Path) -> None:
        """Write the fitted model to a file, which :func:`nisqdl.models.load` reads anywhere.

        Raises:
            InputError: It is not fitted, or the file cannot be written.
        """
        save_model(self, path)

    def check_loaded(self) -> None:
        """Refuse training rows that are not this model's.

        Raises:
            ValueError: They have too few or too many columns.
        """
        needed = len(encoding(self._options(), self.n_features_in_).features)
        if self.rows_.shape[1] != needed:
            raise ValueError(f"its rows must have {needed} columns, not {self.rows_.shape[1]}")

    def _prepare(self, features: Array) -> Array:
        """Scale and encode the training rows; their kernel matrix (N, N)."""
        if self.shots is not None and not (isinstance(self.shots, int) and self.shots >= 1):
            raise InputError(f"`shots` must be at least 1 or None, but is {self.shots!r}.")
        self.seed_ = int(check_random_state(self.random_state).randint(2**31 - 1))
        angles = self._map() != "amplitude"
        scaler = MinMaxScaler(ANGLE_RANGE) if angles else FunctionTransformer()
        self.scaler_ = scaler.fit(features)
        named = Place.named(self.backend, self.noise, self.noise_scale)
        self.place_ = Asked(self._key(), named.with_circuit(self._circuit()))
        self.rows_ = self._encoded(features)
        return self._among()

    def _encoded(self, features: Array) -> Array:
        return encode(self._options(), self.scaler_.transform(features))

    def _map(self) -> str:
        FEATURE_MAPS.find(self.feature_map, f"{type(self).__name__}: feature_map")
        return (
            self.feature_map
            if self.entangled
            else SEPARABLE.get(self.feature_map, self.feature_map)
        )

    def _options(self) -> ModelOptions:
        repetitions = self.repetitions
        if repetitions is not None and not (isinstance(repetitions, int) and repetitions >= 1):
            raise InputError(f"`repetitions` must be at least 1 or None, but is {repetitions!r}.")
        return ModelOptions.model_validate(
            {"feature_map": {"name": self._map(), "repetitions": repetitions}}
        )

    @abstractmethod
    def _circuit(self) -> Model:
        """What runs on a device."""

    def _key(self) -> str:
        """What tells the place and the circuit asked for from others."""
        circuit = f"{self._options()!r}, {self.n_features_in_}"
        return asked_key(self.backend, self.noise, circuit)

    def _place(self) -> Place:
        return find_place(
            self.place_, self._key(), self.backend, self.noise, self.noise_scale, None
        )

    @abstractmethod
    def _among(self) -> Array:
        """The kernel matrix of the training rows."""

    @abstractmethod
    def _between(self, rows: Array, others: Array) -> Array:
        """The kernel matrix of encoded rows (N, E) and encoded others (M, E)."""


@dataclass(eq=False, repr=False, kw_only=True)
class FidelityKernel(QuantumKernel):
    """The overlap of two encoded rows: P(0…0) of the circuit U(x), then U(y)†.

    On a device this is what is measured, with the noise of both halves and of the readout. Of the
    training rows' matrix a device measures the upper triangle; the diagonal is taken as 1.
    """

    def _circuit(self) -> Model:
        return compute_uncompute(encoding(self._options(), self.n_features_in_))

    def _among(self) -> Array:
        found = self._between(self.rows_, self.rows_)
        upper = np.triu(found, k=1)
        return np.asarray(upper + upper.T + np.eye(len(found)))

    def _between(self, rows: Array, others: Array) -> Array:
        place = self._place()
        options, features = self._options(), self.n_features_in_
        if place.device is None:
            found = ideal_gram(encoding(options, features), rows, others)
        else:
            found = _overlap(options, features, place).gram(rows, others)
        if self.shots is None:
            return found
        drawn = generator(self.seed_, "shots").binomial(self.shots, found)
        return np.asarray(drawn / self.shots, dtype=np.float64)


@dataclass(eq=False, repr=False, kw_only=True)
class ProjectedKernel(QuantumKernel):
    """exp(−γ Σ (⟨P_q⟩(x) − ⟨P_q⟩(y))²) over X, Y and Z of every qubit (Huang et al. 2021).

    Parameters:
        gamma_factor: γ times the number of features and the variance of the training rows' values;
            1 is the default of Bowles et al. 2024.
    """

    gamma_factor: float = 1.0

    def _circuit(self) -> Model:
        return _projected(self._options(), self.n_features_in_)

    def _among(self) -> Array:
        self.values_ = self._values(self.rows_)
        spread = float(self.values_.var())
        self.gamma_ = self.gamma_factor / (self.n_features_in_ * (spread or 1.0))
        return np.asarray(rbf_kernel(self.values_, gamma=self.gamma_))

    def _between(self, rows: Array, others: Array) -> Array:
        first = self._values(rows)
        second = self.values_ if others is self.rows_ else self._values(others)
        return np.asarray(rbf_kernel(first, second, gamma=self.gamma_))

    def _values(self, rows: Array) -> Array:
        """⟨X⟩, ⟨Y⟩ and ⟨Z⟩ of every qubit, (N, 3n)."""
        evaluator = _projections(self._options(), self.n_features_in_, self._place())
        if self.shots is None:
            return evaluator.values(rows, np.zeros(0))
        rng = generator(self.seed_, "shots", len(rows))
        return evaluator.estimates(rows, np.zeros(0), self.shots, rng)


@lru_cache(maxsize=64)
def encoding(options: ModelOptions, num_features: int) -> Model:
    """The feature map alone, for F features; Z of each qubit is observed."""
    from qiskit.circuit import ParameterVector, QuantumCircuit

    feature_map = FEATURE_MAPS[options.feature_map.name]
    if num_features < feature_map.min_features:
        raise InputError(
            f"Feature map {feature_map.name!r} needs at least {feature_map.min_features} features, "
            f"but the data has {num_features}: choose another feature map."
        )
    size = feature_map.num_qubits(num_features)
    features = tuple(ParameterVector("x", feature_map.num_encoded(num_features)))
    circuit = QuantumCircuit(size)
    for _ in range(options.feature_map.repetitions or feature_map.repetitions):
        feature_map.lay(circuit, features)
    return Model(circuit, features, (), observables_of("z", size, ()))


@lru_cache(maxsize=16)
def _overlap(options: ModelOptions, num_features: int, place: Place) -> NoisyOverlap:
    isa = place.transpiled(compute_uncompute(encoding(options, num_features)))
    return NoisyOverlap.of(isa, place.channels(isa))


@lru_cache(maxsize=16)
def _projections(options: ModelOptions, num_features: int, place: Place) -> Evaluator:
    return place.prepared(_projected(options, num_features))


def _projected(options: ModelOptions, num_features: int) -> Model:
    model = encoding(options, num_features)
    observables = observables_of("xyz", model.num_qubits, ())
    return Model(model.circuit, model.features, (), observables)
