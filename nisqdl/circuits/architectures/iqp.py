"""The variational IQP classifier of Havlíček et al. 2019 (Nature 567, 209).

An IQP map, strongly entangling layers with CZ, and Z₀Z₁, as Bowles et al. 2024 run it.
"""

from __future__ import annotations

from dataclasses import dataclass

from nisqdl.circuits.architectures.contract import (
    Architecture,
    Array,
    Measured,
    observables_of,
    require_count,
)
from nisqdl.circuits.architectures.layered import Layered
from nisqdl.circuits.model import Model
from nisqdl.circuits.options import ModelOptions
from nisqdl.circuits.structure import Structure


@dataclass(frozen=True)
class IqpVariational(Architecture):
    """An IQP encoding before strongly entangling layers.

    Attributes:
        layers: Of the ansatz.
        repetitions: How often the map is laid.
        entangled: Without, the map has its one-qubit gates only, nothing couples the qubits, and
            the mean of all Z is read.
    """

    layers: int = 10
    repetitions: int = 1
    entangled: bool = True

    def __post_init__(self) -> None:
        require_count("layers", self.layers)
        require_count("repetitions", self.repetitions)

    def num_qubits(self, num_features: int) -> int:
        return num_features

    def build(self, num_features: int, measured: Measured) -> Model:
        model = self._layered.build(num_features, "z")
        if measured == "z":
            return model
        pair = self.entangled and num_features > 1
        own = (0, 1) if pair else range(num_features)
        observables = observables_of(measured, num_features, own, product=pair)
        return Model(model.circuit, model.features, model.weights, observables)

    def structure(self, model: Model) -> Structure:
        return self._layered.structure(model)

    def encode(self, rows: Array) -> Array:
        return self._layered.encode(rows)

    @property
    def _layered(self) -> Layered:
        return Layered(
            ModelOptions.model_validate(
                {
                    "feature_map": {
                        "name": "iqp" if self.entangled else "angle_z",
                        "repetitions": self.repetitions,
                    },
                    "ansatz": {"name": "strongly_entangling", "depth": self.layers, "gate": "cz"},
                    "entangler": "own" if self.entangled else "none",
                }
            )
        )
