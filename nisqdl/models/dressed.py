"""The dressed quantum circuit (Mari et al. 2020) as scikit-learn estimators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from sklearn.preprocessing import StandardScaler

from nisqdl.circuits.architectures.contract import require_count
from nisqdl.circuits.architectures.dressed import DressedCore
from nisqdl.circuits.model import Model
from nisqdl.engines.contract import Array
from nisqdl.errors import InputError
from nisqdl.models.dressing import DifferentiableEvaluator, Dressed
from nisqdl.models.heads import Headed, Linear, Logits
from nisqdl.models.place import prepared
from nisqdl.models.variational import Variational, VariationalClassifier, VariationalRegressor
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

    def _model(self, num_features: int, classes: int | None) -> Headed:
        qubits = num_features if self.qubits is None else self.qubits
        require_count("qubits", qubits)
        core = prepared(self._architecture(), qubits, "z", self._place())
        circuit = cast(DifferentiableEvaluator, core.evaluator)
        dressed = Dressed(circuit, core.num_weights, qubits, num_features)
        linear = Linear(core.num_outputs, classes or 1)
        head = linear if classes is None else Logits(linear)
        return Headed(dressed, dressed.num_weights, head)

    def _states_of(self, num_features: int, classes: int | None) -> Model | None:
        if not OPTIMIZERS[self.optimizer].uses_geometry:
            return None
        raise InputError(
            f"{type(self).__name__}: `optimizer` must be adam, sgd, spsa, cobyla or l_bfgs_b, but "
            f"is {self.optimizer}: what its circuit encodes is itself trained, so its weights have "
            "no metric of states."
        )

    def _first_weights(self, model: Headed, rng: np.random.Generator) -> Array:
        dressed = cast(Dressed, model.circuit)
        circuit = self._architecture().first_weights(dressed.circuit_weights, rng)
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
