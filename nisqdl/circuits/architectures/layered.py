"""Feature map, ansatz and entangler by name: the QNN of the experiment files."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nisqdl.circuits.architectures.contract import Architecture, Array, Measured, observables_of
from nisqdl.circuits.build import build_model, encode, num_qubits
from nisqdl.circuits.model import Model
from nisqdl.circuits.options import ModelOptions
from nisqdl.circuits.structure import Structure, structure_of


@dataclass(frozen=True)
class Layered(Architecture):
    """A model of these options.

    Attributes:
        options: Its observables are the architecture's own value; left out, the mean of all Z.
    """

    options: ModelOptions

    @property
    def takes_angles(self) -> bool:  # type: ignore[override]
        return self.options.feature_map.name != "amplitude"

    def num_qubits(self, num_features: int) -> int:
        return num_qubits(self.options, num_features)

    def build(self, num_features: int, measured: Measured) -> Model:
        model = build_model(self.options, num_features, None)
        if measured == "value":
            return model
        return replace(model, observables=observables_of(measured, model.num_qubits, ()))

    def structure(self, model: Model) -> Structure:
        return structure_of(self.options, model)

    def encode(self, rows: Array) -> Array:
        return encode(self.options, rows)
