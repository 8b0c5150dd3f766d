"""The dressed quantum circuit (Mari et al. 2020) as scikit-learn estimators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from sklearn.preprocessing import StandardScaler

from nisqdl.circuits.architectures.contract import Measured, require_count
from nisqdl.circuits.architectures.dressed import DressedCore
from nisqdl.circuits.model import Model
from nisqdl.engines.contract import Array, Evaluator
from nisqdl.errors import InputError
from nisqdl.models.dressing import DifferentiableEvaluator, Dressed
from nisqdl.models.heads import Head, Headed, Linear, Logits
from nisqdl.models.tasks import VariationalClassifier, VariationalRegressor
from nisqdl.models.variational import Variational
from nisqdl.training.optimizers import OPTIMIZERS


@dataclass(eq=False, repr=False, kw_only=True)
class _DressedCircuit(Variational):
    layers: int = 1
    qubits: int | None = None
    entangled: bool = True

    def _architecture(self) -> DressedCore:
        return DressedCore(self.layers, self.entangled)

    def _scaler(self) -> Any:
        return StandardScaler()

    def _width(self, num_features: int) -> int:
        qubits = num_features if self.qubits is None else self.qubits
        require_count("qubits", qubits)
        return qubits

    def _observed(self, classes: int | None) -> Measured:
        return "z"

    def _around(
        self, evaluator: Evaluator, weights: int, num_features: int
    ) -> tuple[Evaluator, int]:
        circuit = cast(DifferentiableEvaluator, evaluator)
        dressed = Dressed(circuit, weights, self._width(num_features), num_features)
        return dressed, dressed.num_weights

    def _head(self, outputs: int, classes: int | None) -> Head:
        return Linear(outputs, 1) if classes is None else Logits(Linear(outputs, classes))

    def _states_of(self, num_features: int, classes: int | None) -> Model | None:
        if not OPTIMIZERS[self.optimizer].uses_geometry:
            return None
        raise InputError(
            f"{type(self).__name__}: `optimizer` must be adam, sgd, spsa, cobyla or l_bfgs_b, but "
            f"is {self.optimizer}: what its circuit encodes is itself trained, so its weights have "
            "no metric of states."
        )

    def _first_weights(self, model: Headed, circuit: Array, rng: np.random.Generator) -> Array:
        dressed = cast(Dressed, model.circuit)
        return np.concatenate([circuit, dressed.first_weights(rng), model.head.first_weights(rng)])

    def _encoded(self, scaled: Array) -> Array:
        return scaled


@dataclass(eq=False, repr=False, kw_only=True)
class DressedCircuitClassifier(VariationalClassifier, _DressedCircuit):
    """A circuit between two trained classical layers: tanh before it, softmax after it.

    Most of its weights are classical: an MLP of the same size is its fairest rival.

    Parameters:
        layers: Of RY and a ring of CNOTs.
        qubits: Width of the circuit; None is one for each feature.
        entangled: False is the separable control: no CNOTs.
        loss: A member of :data:`nisqdl.training.losses.LOSSES`.

    The others are those of :class:`~nisqdl.models.variational.Variational`.
    """

    loss: str = "cross_entropy"


@dataclass(eq=False, repr=False, kw_only=True)
class DressedCircuitRegressor(VariationalRegressor, _DressedCircuit):
    """The same circuit, with a linear layer for a real target."""
