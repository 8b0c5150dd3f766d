"""What is known of a model besides its circuit: its layers, and how local its observables are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.circuits.ansatzes import ANSATZES
from nisqdl.circuits.entanglers import Pair
from nisqdl.circuits.layers import Layer, closing_weights, count_laid, laid_layers

if TYPE_CHECKING:
    from nisqdl.circuits.model import Model
    from nisqdl.circuits.options import ModelOptions


Places: TypeAlias = npt.NDArray[np.int64]
"""Numbers of weights."""


@dataclass(frozen=True)
class Structure:
    """A model as initialisations and schedules see it.

    Attributes:
        layers: The ansatz's layers, in time order; the last one has what closes the circuit, too.
        locality: The most qubits that a term of an observable acts on, S; at least 1.
        reuploads: Whether features enter between the layers.
        is_tree: Whether the layers are stages of a tree, each on the qubits that the one before
            left: then the circuit cannot be cut to the first of them.
        closing: Weights that close the circuit after its last layer, at any depth.
        closing_leads: Whether they are the first weights of the next layer in a deeper circuit,
            whose rotations stand in the same place; else they stay the last ones at any depth.
    """

    layers: tuple[Layer, ...]
    locality: int
    reuploads: bool
    is_tree: bool = False
    closing: int = 0
    closing_leads: bool = True

    @property
    def depth(self) -> int:
        return len(self.layers)

    @property
    def num_weights(self) -> int:
        return count_laid(self.layers)

    def cut(self, depth: int) -> Places:
        """Which of the weights the same circuit of only so many layers has, in its own order."""
        count = count_laid(self.layers[:depth])
        if depth == self.depth:
            return np.arange(count)
        if self.closing_leads:
            return np.arange(count + self.closing)
        ends = np.arange(self.num_weights - self.closing, self.num_weights)
        return np.concatenate([np.arange(count), ends])

    @property
    def always_last(self) -> Places:
        """The closing weights that are the last ones at any depth."""
        count = 0 if self.closing_leads else self.closing
        return np.arange(self.num_weights - count, self.num_weights)


def structure_of(
    options: ModelOptions, model: Model, edges: Sequence[Pair] | None = None
) -> Structure:
    """The structure of a model that was built from these options and edges.

    Raises:
        InputError: Edges are missing, not wanted, or outside of the circuit.
    """
    return Structure(
        layers=laid_layers(options, model.num_qubits, edges),
        locality=locality_of(model),
        reuploads=options.feature_map.reupload and options.ansatz.depth > 1,
        is_tree=ANSATZES[options.ansatz.name].is_tree,
        closing=closing_weights(options, model.num_qubits),
    )


def locality_of(model: Model) -> int:
    """The most qubits that a term of an observable acts on; at least 1."""
    paulis = [observable.paulis for observable in model.observables]
    supports = [int((p.x | p.z).sum(axis=1).max(initial=0)) for p in paulis]
    return max([1, *supports])
