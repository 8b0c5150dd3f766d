"""Data re-uploading (Pérez-Salinas et al. 2020) as scikit-learn estimators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nisqdl.circuits.architectures.contract import Measured
from nisqdl.circuits.architectures.reuploading import Reuploading
from nisqdl.models.tasks import VariationalClassifier, VariationalRegressor
from nisqdl.models.variational import Variational


@dataclass(eq=False, repr=False, kw_only=True)
class _DataReuploading(Variational):
    layers: int = 4
    observed: Literal["single", "half", "full"] = "full"
    entangled: bool = True

    def _architecture(self) -> Reuploading:
        return Reuploading(self.layers, self.observed, self.entangled)

    def _measured(self) -> Measured:
        # As in the paper, several classes are told apart by places on the whole Bloch sphere.
        return "xyz"


@dataclass(eq=False, repr=False, kw_only=True)
class DataReuploadingClassifier(VariationalClassifier, _DataReuploading):
    """Three features a qubit, scaled by trained weights and entered again in every layer.

    Two classes are read from the mean Z of the observed qubits, with the squared loss (the paper's
    class weights are left at 1); more from a linear layer on X, Y and Z of every qubit.

    Parameters:
        layers: Layers with CZ gates.
        observed: Whose Z tells two classes apart: ``single``, ``half`` or ``full``.
        entangled: False is the separable control: no CZ gates, all qubits observed.
        loss: A member of :data:`nisqdl.training.losses.LOSSES`.

    The others are those of :class:`~nisqdl.models.variational.Variational`.
    """

    loss: str = "squared"


@dataclass(eq=False, repr=False, kw_only=True)
class DataReuploadingRegressor(VariationalRegressor, _DataReuploading):
    """The same circuit, with a linear layer on X, Y and Z of every qubit for a real target."""
