"""The variational IQP classifier (Havlíček et al. 2019) as scikit-learn estimators."""

from __future__ import annotations

from dataclasses import dataclass

from nisqdl.circuits.architectures.iqp import IqpVariational
from nisqdl.models.tasks import VariationalClassifier, VariationalRegressor
from nisqdl.models.variational import Variational


@dataclass(eq=False, repr=False, kw_only=True)
class _IqpVariational(Variational):
    layers: int = 5
    repetitions: int = 1
    entangled: bool = True

    def _architecture(self) -> IqpVariational:
        return IqpVariational(self.layers, self.repetitions, self.entangled)


@dataclass(eq=False, repr=False, kw_only=True)
class IQPVariationalClassifier(VariationalClassifier, _IqpVariational):
    """An IQP encoding, strongly entangling layers with CZ, and Z₀Z₁.

    More than two classes are read by a linear layer on Z of every qubit.

    Parameters:
        layers: Of the ansatz.
        repetitions: How often the IQP map is laid.
        entangled: False is the separable control: the map's one-qubit gates only, no CZ, the mean
            of all Z.
        loss: A member of :data:`nisqdl.training.losses.LOSSES`; for two classes ``hinge`` is twice
            the probability of a wrong answer, the paper's loss.

    The others are those of :class:`~nisqdl.models.variational.Variational`.
    """

    loss: str = "hinge"


@dataclass(eq=False, repr=False, kw_only=True)
class IQPVariationalRegressor(VariationalRegressor, _IqpVariational):
    """The same circuit, with a linear layer on Z of every qubit for a real target."""
