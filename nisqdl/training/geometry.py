"""How far apart a circuit's states are: the metric and the fidelities that some optimizers use.

Both are means over the samples that a step sees. The loss is a mean over them too, and the metric
of several independent states together is the sum of theirs (Stokes et al. 2020, arXiv:1909.02108),
so a natural gradient has the same size whatever the batch. They are those of the noise-free
circuit, also where a training is under noise: of mixed states there is no Fubini-Study metric, and
the noise of a device changes the directions in which states move little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.engines.contract import Array

if TYPE_CHECKING:
    from qiskit.circuit import Parameter, QuantumCircuit

    from nisqdl.circuits.model import Model
    from nisqdl.engines.statevector.ensemble import StateEnsemble

Blocks: TypeAlias = npt.NDArray[np.int64]


class Geometry(Protocol):
    """Of the states at features (B, F), as functions of the weights (W,)."""

    @property
    def blocks(self) -> Blocks:
        """The layer of each weight, (W,): weights of one layer turn the state one after another
        without a fixed gate or another weight's gate between them on the same qubit."""
        ...

    def metric(self, features: Array, weights: Array) -> Array:
        """The Fubini-Study metric (W, W), mean over the samples."""
        ...

    def fidelities(self, features: Array, first: Array, second: Array) -> Array:
        """|⟨ψ(first)|ψ(second)⟩|², (R,), of pairs of weights (R, W); mean over the samples."""
        ...


@dataclass(frozen=True, eq=False)
class CircuitGeometry:
    """The geometry of a logical circuit, and of classical weights after it.

    Attributes:
        circuit: The noise-free circuit.
        num_weights: W. Weights beyond the circuit's own belong to classical layers: their metric is
            the identity, and they make a block of their own.
    """

    circuit: Model
    num_weights: int

    @cached_property
    def blocks(self) -> Blocks:
        own = weight_layers(self.circuit.circuit, self.circuit.weights)
        classical = np.full(self.num_weights - len(own), -1)
        return np.concatenate([own, classical]).astype(np.int64)

    def metric(self, features: Array, weights: Array) -> Array:
        from nisqdl.engines.statevector.geometry import quantum_fisher

        own = len(self.circuit.weights)
        metric = np.eye(self.num_weights)
        fisher = quantum_fisher(self._weighted, features, weights[:own])
        metric[:own, :own] = fisher.mean(axis=0) / 4.0
        return metric

    def fidelities(self, features: Array, first: Array, second: Array) -> Array:
        own, samples = len(self.circuit.weights), len(features)

        def rows(weights: Array) -> Array:
            return np.hstack(
                [
                    np.tile(features, (len(weights), 1)),
                    np.repeat(weights[:, :own], samples, axis=0),
                ]
            )

        found = self._bound.fidelities(np.empty(0), rows(first), rows(second))
        means: Array = found.reshape(len(first), samples).mean(axis=1)
        return means

    @cached_property
    def _weighted(self) -> StateEnsemble:
        from nisqdl.engines.statevector.ensemble import StateEnsemble

        return StateEnsemble.of(self.circuit)

    @cached_property
    def _bound(self) -> StateEnsemble:
        """The same circuit with features and weights as the weights: every row has its own."""
        from nisqdl.circuits.model import Model
        from nisqdl.engines.statevector.ensemble import StateEnsemble

        model = self.circuit
        everything = (*model.features, *model.weights)
        return StateEnsemble.of(Model(model.circuit, (), everything, model.observables))


def weight_layers(circuit: QuantumCircuit, weights: Sequence[Parameter]) -> Blocks:
    """The layer of each weight, (W,), from 0 in the order of their first gates.

    A gate with weights is in the layer after the last one that its qubits have been through, and
    every gate on two qubits makes them level. A weight in several layers joins them to one.
    """
    column = {parameter: i for i, parameter in enumerate(weights)}
    reached = dict.fromkeys(circuit.qubits, 0)
    places: list[set[int]] = [set() for _ in weights]
    for instruction in circuit.data:
        own = [
            column[parameter]
            for angle in instruction.operation.params
            for parameter in getattr(angle, "parameters", ())
            if parameter in column
        ]
        layer = max((reached[qubit] for qubit in instruction.qubits), default=0)
        for weight in own:
            places[weight].add(layer)
        for qubit in instruction.qubits:
            reached[qubit] = layer + bool(own)
    return _joined(places)


def _joined(places: Sequence[set[int]]) -> Blocks:
    """One number a weight; layers that share a weight have the same."""
    parent: dict[int, int] = {}

    def root(layer: int) -> int:
        while parent.setdefault(layer, layer) != layer:
            layer = parent[layer]
        return layer

    for layers in places:
        roots = sorted(root(layer) for layer in layers)
        for other in roots[1:]:
            parent[root(other)] = root(roots[0])
    # A weight that no gate has changes nothing: its derivative is 0 in whatever block it stands.
    return np.array([root(min(layers)) if layers else 0 for layers in places], dtype=np.int64)
