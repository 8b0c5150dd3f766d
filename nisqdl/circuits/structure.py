"""What is known of a model besides its circuit: its layers, and how local its observables are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nisqdl.circuits.entanglers import Pair
from nisqdl.circuits.layers import Layer, count_laid, laid_layers

if TYPE_CHECKING:
    from nisqdl.circuits.model import Model
    from nisqdl.circuits.options import ModelOptions


@dataclass(frozen=True)
class Structure:
    """A model as initialisations see it.

    Attributes:
        layers: The ansatz's layers, in time order.
        locality: The most qubits that a term of an observable acts on, S; at least 1.
        reuploads: Whether features enter between the layers.
    """

    layers: tuple[Layer, ...]
    locality: int
    reuploads: bool

    @property
    def depth(self) -> int:
        return len(self.layers)

    @property
    def num_weights(self) -> int:
        return count_laid(self.layers)

    @property
    def shares_weights(self) -> bool:
        """Whether one weight turns several gates."""
        turned = sum(part.num_weights for layer in self.layers for part in layer)
        return turned > self.num_weights


def structure_of(
    options: ModelOptions, model: Model, edges: Sequence[Pair] | None = None
) -> Structure:
    """The structure of a model that was built from these options and edges.

    Raises:
        InputError: Edges are missing, not wanted, or outside of the circuit.
    """
    paulis = [observable.paulis for observable in model.observables]
    supports = [int((p.x | p.z).sum(axis=1).max(initial=0)) for p in paulis]
    return Structure(
        layers=laid_layers(options, model.num_qubits, edges),
        locality=max([1, *supports]),
        reuploads=options.feature_map.reupload and options.ansatz.depth > 1,
    )
