"""The data re-uploading classifier of Pérez-Salinas et al. 2020 (arXiv:1907.02085).

As Bowles et al. 2024 (arXiv:2403.07059) run it: three features a qubit, each times a trained
weight, as the angles of RZ, RY, RZ; then a trained rotation of each qubit; CZ on pairs that
alternate from layer to layer; and the features once more at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from nisqdl.circuits.architectures.contract import (
    Architecture,
    Array,
    Measured,
    observables_of,
    require_count,
)
from nisqdl.circuits.layers import LaidPart
from nisqdl.circuits.model import Model
from nisqdl.circuits.structure import Structure, locality_of
from nisqdl.errors import InputError

if TYPE_CHECKING:
    from qiskit.circuit import QuantumCircuit

_PER_QUBIT = 3
_TURNS = ("rz", "ry", "rz")
_OBSERVED = ("single", "half", "full")


@dataclass(frozen=True)
class Reuploading(Architecture):
    """Data re-uploading.

    Attributes:
        layers: Layers with CZ gates; the features enter once more after them.
        observed: Whose Z is averaged: the first qubit, the first half of them, or all.
        entangled: Without, the CZ gates are left out.
    """

    layers: int = 4
    observed: Literal["single", "half", "full"] = "full"
    entangled: bool = True

    def __post_init__(self) -> None:
        require_count("layers", self.layers)
        if self.observed not in _OBSERVED:
            raise InputError(
                f"`observed` must be one of {', '.join(_OBSERVED)}, but is {self.observed!r}."
            )

    def num_qubits(self, num_features: int) -> int:
        return -(-num_features // _PER_QUBIT)

    def build(self, num_features: int, measured: Measured) -> Model:
        from qiskit.circuit import ParameterVector, QuantumCircuit

        size = self.num_qubits(num_features)
        features = tuple(ParameterVector("x", num_features))
        count = self.layers * (num_features + _PER_QUBIT * size) + num_features + _PER_QUBIT * size
        weights = tuple(ParameterVector("w", count))
        given = iter(weights)
        circuit = QuantumCircuit(size)
        for layer in range(self.layers):
            for qubit in range(size):
                scaled = _scaled(features, qubit, given)
                _rotate(circuit, qubit, scaled)
                _rotate(circuit, qubit, [next(given) for _ in range(_PER_QUBIT)])
            if self.entangled:
                for first in range(layer % 2, size - 1, 2):
                    circuit.cz(first, first + 1)
        for qubit in range(size):
            scaled = _scaled(features, qubit, given)
            offsets = [next(given) for _ in range(_PER_QUBIT)]
            sums = [angle + offset for angle, offset in zip(scaled, offsets, strict=False)]
            _rotate(circuit, qubit, [*sums, *offsets[len(sums) :]])
        observed = {"single": 1, "half": max(1, size // 2), "full": size}[self.observed]
        if not self.entangled:
            observed = size  # nothing brings the other qubits' features to those that are read
        return Model(circuit, features, weights, observables_of(measured, size, range(observed)))

    def structure(self, model: Model) -> Structure:
        """Turns by scaled features and by weights alone, each with its weight's number."""
        size, features = model.num_qubits, len(model.features)
        layers: list[tuple[LaidPart, ...]] = []
        first = 0
        for layer in range(self.layers + 1):
            parts: list[LaidPart] = []
            for qubit in range(size):
                scaled = min(_PER_QUBIT, features - _PER_QUBIT * qubit)
                for gate in (*_TURNS[:scaled], *_TURNS):
                    parts.append(LaidPart(gate, ((qubit,),), first))
                    first += 1
            if layer < self.layers:
                pairs = tuple((q, q + 1) for q in range(layer % 2, size - 1, 2))
                layers.append((*parts, *([LaidPart("cz", pairs, None)] if self.entangled else [])))
            else:
                layers[-1] += tuple(parts)
        return Structure(
            tuple(layers),
            locality_of(model),
            reuploads=True,
            closing=features + _PER_QUBIT * size,
            closing_leads=False,
        )

    def first_weights(self, count: int, rng: np.random.Generator) -> Array:
        """Uniform on [0, 1), as in the paper's own code."""
        return rng.uniform(0.0, 1.0, count)


def _scaled(features: tuple[Any, ...], qubit: int, weights: Iterator[Any]) -> list[Any]:
    """The qubit's features, at most three, each times the next weight."""
    own = features[_PER_QUBIT * qubit : _PER_QUBIT * (qubit + 1)]
    return [feature * next(weights) for feature in own]


def _rotate(circuit: QuantumCircuit, qubit: int, angles: list[Any]) -> None:
    """RZ, RY and RZ by these angles; with fewer than three, the first of them."""
    for turn, angle in zip((circuit.rz, circuit.ry, circuit.rz), angles, strict=False):
        turn(angle, qubit)
