"""The tree tensor network classifier (Zhang et al. 2020) as scikit-learn estimators."""

from __future__ import annotations

from dataclasses import dataclass

from nisqdl.circuits.architectures.tree_tensor import TreeTensor
from nisqdl.models.heads import Bias, Head
from nisqdl.models.tasks import VariationalClassifier, VariationalRegressor
from nisqdl.models.variational import Variational


@dataclass(eq=False, repr=False, kw_only=True)
class _TreeTensor(Variational):
    entangled: bool = True

    def _architecture(self) -> TreeTensor:
        return TreeTensor(self.entangled)

    def _value_head(self) -> Head:
        return Bias()


@dataclass(eq=False, repr=False, kw_only=True)
class TreeTensorClassifier(VariationalClassifier, _TreeTensor):
    """The row as amplitudes, a binary tree of RY and CNOT, Z of its root and a bias.

    More than two classes are read by a linear layer on Z of every qubit.

    Parameters:
        entangled: False is the separable control: rotations encode the features, there are no
            CNOTs, the mean of all Z is read.
        loss: A member of :data:`nisqdl.training.losses.LOSSES`.

    The others are those of :class:`~nisqdl.models.variational.Variational`.
    """

    loss: str = "squared"


@dataclass(eq=False, repr=False, kw_only=True)
class TreeTensorRegressor(VariationalRegressor, _TreeTensor):
    """The same circuit, with a linear layer on Z of every qubit for a real target."""
