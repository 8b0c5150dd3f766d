"""The builder: feature map, ansatz, entangler and observables become one model."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.circuits.convolutional.block import MEASURE
from nisqdl.circuits.entanglers import Pair
from nisqdl.circuits.feature_maps import FEATURE_MAPS
from nisqdl.circuits.feature_maps.contract import FeatureMap
from nisqdl.circuits.layers import LaidPart, count_weights, laid_layers, read_qubits
from nisqdl.circuits.model import Model
from nisqdl.circuits.observables import observables_for
from nisqdl.circuits.options import ModelOptions
from nisqdl.errors import InputError

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit

Array: TypeAlias = npt.NDArray[np.float64]


def build_model(
    options: ModelOptions,
    num_features: int,
    num_classes: int | None,
    edges: Sequence[Pair] | None = None,
) -> Model:
    """The model of these options for data with F features and K classes.

    The feature map comes first, once, or with re-uploading before each layer of the ansatz. The
    circuit has no barriers, and no measurements but those that gates wait for; each angle is one
    parameter: ``x[i]``, the encoded features (see ``encode``), or ``w[i]``, the weights; or a
    number. Gates: h, x, s, sdg, rx, ry, rz, crx, crz, cx, cz.

    Args:
        options: What to build.
        num_features: Features F of a sample.
        num_classes: Classes K that the values are decoded to; ``None`` where nothing is decoded
            (gradient studies), so that any observables do.
        edges: Pairs of the model's qubits that the device couples; for the entangler ``device``,
            and for it alone.

    Raises:
        InputError: Options, features, classes or edges do not fit together.
        CapacityError: An observable has too many terms.
    """
    from qiskit.circuit import ParameterVector, QuantumCircuit

    feature_map = _feature_map(options, num_features)
    qubits = feature_map.num_qubits(num_features)
    read = read_qubits(options, qubits)
    observables = observables_for(options.observables, qubits, num_classes, read)
    features = tuple(ParameterVector("x", feature_map.num_encoded(num_features)))
    weights = tuple(ParameterVector("w", num_weights(options, num_features)))
    repetitions = options.feature_map.repetitions or feature_map.repetitions

    circuit = QuantumCircuit(qubits)
    for layer, parts in enumerate(laid_layers(options, qubits, edges)):
        if layer == 0 or options.feature_map.reupload:
            for _ in range(repetitions):
                feature_map.lay(circuit, features)
        _lay_all(circuit, parts, weights)
    return Model(circuit=circuit, features=features, weights=weights, observables=observables)


def build_without_features(
    options: ModelOptions, num_qubits: int, edges: Sequence[Pair] | None = None
) -> Model:
    """The model of these options with its ansatz alone: no feature map, F = 0.

    Args:
        options: What to build; the feature map is left out.
        num_qubits: Qubits n of the circuit, which begin in |0…0⟩.
        edges: As for :func:`build_model`.

    Raises:
        InputError: Options and edges do not fit together.
        CapacityError: An observable has too many terms.
    """
    from qiskit.circuit import ParameterVector, QuantumCircuit

    weights = tuple(ParameterVector("w", count_weights(options, num_qubits)))
    circuit = QuantumCircuit(num_qubits)
    for parts in laid_layers(options, num_qubits, edges):
        _lay_all(circuit, parts, weights)
    read = read_qubits(options, num_qubits)
    observables = observables_for(options.observables, num_qubits, None, read)
    return Model(circuit=circuit, features=(), weights=weights, observables=observables)


def num_qubits(options: ModelOptions, num_features: int) -> int:
    """Qubits of the model, without building it.

    Raises:
        InputError: The feature map does not take so few features.
    """
    return _feature_map(options, num_features).num_qubits(num_features)


def num_weights(options: ModelOptions, num_features: int) -> int:
    """Weights W of the model, without building it.

    Raises:
        InputError: The feature map does not take so few features.
    """
    return count_weights(options, num_qubits(options, num_features))


def encode(options: ModelOptions, features: Array) -> Array:
    """Rows of a data set (B, F) as values of the model's feature parameters (B, E), in radians.

    Raises:
        InputError: A row has no encoding: a value that is not finite, or only zeros where
            amplitudes are encoded.
        ValueError: ``features`` is not of shape (B, F).
    """
    rows = np.asarray(features, dtype=np.float64)
    if rows.ndim != 2:
        raise ValueError(f"`features` must have shape (samples, features), but has {rows.shape}.")
    wrong = np.argwhere(~np.isfinite(rows))
    if wrong.size:
        row, column = wrong[0]
        raise InputError(
            f"Features must be finite numbers, but column {column} of row {row} (counted from 0) "
            f"is {rows[row, column]}: fill or leave out such rows."
        )
    return _feature_map(options, rows.shape[1]).encode(rows)


def _feature_map(options: ModelOptions, num_features: int) -> FeatureMap:
    feature_map = FEATURE_MAPS[options.feature_map.name]
    if num_features < feature_map.min_features:
        raise InputError(
            f"Feature map {feature_map.name!r} needs at least {feature_map.min_features} "
            f"feature{'s' if feature_map.min_features > 1 else ''}, but the data has "
            f"{num_features}: take more features (dataset.features), or another feature map "
            "(model.feature_map.name)."
        )
    return feature_map


def _lay_all(
    circuit: QuantumCircuit, parts: Sequence[LaidPart], weights: Sequence[Parameter]
) -> None:
    """All parts, one after the other; neighbours that wait for one outcome wait together."""
    for waiting_for, group in groupby(parts, key=lambda part: part.when and part.when[0]):
        if waiting_for is None:
            for part in group:
                _lay(circuit, part, weights)
        else:
            _lay_waiting(circuit, waiting_for, tuple(group), weights)


def _lay_waiting(
    circuit: QuantumCircuit, measured: int, parts: Sequence[LaidPart], weights: Sequence[Parameter]
) -> None:
    """Parts that wait for the outcome of a measured qubit: one ``if_else`` for both outcomes."""
    bit = next(reg for reg in circuit.cregs if reg.name == _register_of(measured))[0]
    by_outcome = {
        value: [part for part in parts if part.when == (measured, value)] for value in (1, 0)
    }
    first, second = (1, 0) if by_outcome[1] else (0, 1)
    with circuit.if_test((bit, first)) as otherwise:
        for part in by_outcome[first]:
            _lay(circuit, part, weights)
    if by_outcome[second]:
        with otherwise:
            for part in by_outcome[second]:
                _lay(circuit, part, weights)


def _register_of(qubit: int) -> str:
    return f"read_{qubit}"


def _measure(circuit: QuantumCircuit, qubit: int) -> None:
    """Measure into a register of its own."""
    from qiskit.circuit import ClassicalRegister

    register = ClassicalRegister(1, _register_of(qubit))
    circuit.add_register(register)
    circuit.measure(qubit, register[0])


def _lay(circuit: QuantumCircuit, part: LaidPart, weights: Sequence[Parameter]) -> None:
    """Its gates, those with angles each with a weight."""
    if part.gate == MEASURE:
        for (qubit,) in part.places:
            _measure(circuit, qubit)
        return
    lay = {
        "h": circuit.h, "x": circuit.x, "s": circuit.s, "sdg": circuit.sdg,
        "rx": circuit.rx, "ry": circuit.ry, "rz": circuit.rz,
        "cx": circuit.cx, "cz": circuit.cz, "crx": circuit.crx, "crz": circuit.crz,
    }[part.gate]  # fmt: skip
    for number, place in enumerate(part.places):
        if part.angle is not None:
            lay(part.angle, *place)
        elif part.first_weight is None:
            lay(*place)
        else:
            lay(weights[part.first_weight + number], *place)
