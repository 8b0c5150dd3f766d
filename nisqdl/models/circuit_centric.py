"""The circuit-centric classifier (Schuld et al. 2020) as scikit-learn estimators."""

from __future__ import annotations

from dataclasses import dataclass

from nisqdl.circuits.architectures.circuit_centric import CircuitCentric
from nisqdl.models.heads import Bias, Head
from nisqdl.models.tasks import VariationalClassifier, VariationalRegressor
from nisqdl.models.variational import Variational


@dataclass(eq=False, repr=False, kw_only=True)
class _CircuitCentric(Variational):
    layers: int = 4
    copies: int = 2
    entangled: bool = True

    def _architecture(self) -> CircuitCentric:
        return CircuitCentric(self.layers, self.copies, self.entangled)

    def _value_head(self) -> Head:
        return Bias()


@dataclass(eq=False, repr=False, kw_only=True)
class CircuitCentricClassifier(VariationalClassifier, _CircuitCentric):
    """Copies of the row as amplitudes, strongly entangling layers, Z of qubit 0 and a bias.

    More than two classes are read by a linear layer on Z of every qubit.

    Parameters:
        layers: Of the ansatz.
        copies: Of the encoded row.
        entangled: False is the separable control: rotations encode the features, nothing couples
            the qubits, the mean of all Z is read.
        loss: A member of :data:`nisqdl.training.losses.LOSSES`.

    The others are those of :class:`~nisqdl.models.variational.Variational`.
    """

    loss: str = "squared"


@dataclass(eq=False, repr=False, kw_only=True)
class CircuitCentricRegressor(VariationalRegressor, _CircuitCentric):
    """The same circuit, with a linear layer on Z of every qubit for a real target."""
