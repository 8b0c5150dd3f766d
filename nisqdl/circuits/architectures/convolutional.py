"""A quantum convolutional network of named blocks, until one qubit is left or before."""

from __future__ import annotations

from dataclasses import dataclass, replace

from pydantic import ValidationError

from nisqdl.circuits.architectures.contract import Architecture, Array, Measured
from nisqdl.circuits.build import build_model, encode, num_qubits
from nisqdl.circuits.convolutional.tree import most_stages
from nisqdl.circuits.layers import read_qubits
from nisqdl.circuits.model import Model
from nisqdl.circuits.options import ModelOptions, parameter_of
from nisqdl.circuits.structure import Structure, structure_of
from nisqdl.errors import InputError, invalid


class TooFewFeatures(InputError, ValueError):
    """There is nothing to convolve; a ``ValueError`` too, as scikit-learn expects of estimators."""


@dataclass(frozen=True)
class Convolutional(Architecture):
    """A ``qcnn`` of any number of features.

    Attributes:
        feature_map, convolution, pooling, tree, boundary, final: Names, as in the experiment files.
        depth: Stages; None is as many as leave one qubit.
        shared: Whether all blocks of a stage have the same weights.
        entangled: Without, there are no gates on two qubits, and all qubits are read.
    """

    feature_map: str = "angle"
    convolution: str = "su4"
    pooling: str = "zx"
    depth: int | None = None
    tree: str = "inner"
    boundary: str = "open"
    shared: bool = True
    final: str = "full"
    entangled: bool = True

    @property
    def takes_angles(self) -> bool:  # type: ignore[override]
        return self.feature_map != "amplitude"

    @property
    def is_tree(self) -> bool:  # type: ignore[override]
        return self.entangled

    def num_qubits(self, num_features: int) -> int:
        return num_qubits(self._options(1), num_features)

    def build(self, num_features: int, measured: Measured) -> Model:
        """As the contract says; ``z`` and ``xyz`` are of the qubits that are left."""
        options = self.options(num_features)
        model = build_model(options, num_features, None)
        if measured == "value":
            return model
        from qiskit.quantum_info import SparsePauliOp

        read = read_qubits(options, model.num_qubits)
        observables = tuple(
            SparsePauliOp.from_sparse_list([(letter, [qubit], 1.0)], model.num_qubits)
            for letter in ("Z" if measured == "z" else "XYZ")
            for qubit in read
        )
        return replace(model, observables=observables)

    def structure(self, model: Model) -> Structure:
        qubits = model.num_qubits
        depth = most_stages(qubits) if self.depth is None else self.depth
        return structure_of(self._options(depth), model)

    def encode(self, rows: Array) -> Array:
        return encode(self.options(rows.shape[1]), rows)

    def options(self, num_features: int) -> ModelOptions:
        """The model's options for F features.

        Raises:
            TooFewFeatures: There is nothing to convolve.
            InputError: A name is wrong, or the depth.
        """
        qubits = self.num_qubits(num_features)
        if qubits < 2:
            raise TooFewFeatures(
                f"A convolutional network needs two qubits, but n_features = {num_features} "
                f"takes {qubits}: take more features."
            )
        return self._options(most_stages(qubits) if self.depth is None else self.depth)

    def _options(self, depth: int) -> ModelOptions:
        try:
            return ModelOptions.model_validate(
                {
                    "feature_map": {"name": self.feature_map},
                    "ansatz": {
                        "name": "qcnn",
                        "depth": depth,
                        "convolution": self.convolution,
                        "pooling": self.pooling,
                        "tree": self.tree,
                        "boundary": self.boundary,
                        "shared": self.shared,
                        "final": self.final,
                    },
                    "entangler": "own" if self.entangled else "none",
                }
            )
        except ValidationError as error:
            raise invalid(error, "QCNN", parameter_of) from None
