"""The noise of a circuit's layers as a learning job found it: what PEC and PEA start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from nisqdl.store.record import Json

Term = tuple[str, tuple[int, ...], float]
"""Paulis, the layer's qubits that they act on, and their rate."""


@dataclass(frozen=True)
class LayerNoise:
    """A layer's Pauli-Lindblad model.

    Attributes:
        ref: The client's name of the layer, a hash of its gates and qubits.
        qubits: How many qubits the layer has.
        terms: Its generators that have a rate.
    """

    ref: str
    qubits: int
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class LayerModel:
    """What was learned for one circuit.

    Attributes:
        layers: Its distinct layers.
        gamma: The circuit's γ: cancelling all of this noise takes γ² times as many random circuits.
    """

    layers: tuple[LayerNoise, ...]
    gamma: float


def model_to_json(model: LayerModel) -> Json:
    """A model for JSON."""
    return {
        "gamma": model.gamma,
        "layers": [
            [layer.ref, layer.qubits, [[p, list(q), rate] for p, q, rate in layer.terms]]
            for layer in model.layers
        ],
    }


def model_from_json(document: Json) -> LayerModel:
    """What :func:`model_to_json` wrote."""
    return LayerModel(
        tuple(
            LayerNoise(ref, qubits, tuple((p, tuple(q), float(rate)) for p, q, rate in terms))
            for ref, qubits, terms in document["layers"]
        ),
        float(document["gamma"]),
    )


def told(model: LayerModel) -> Mapping[str, Json]:
    """What a record keeps of it."""
    return {"layers": len(model.layers), "gamma": round(model.gamma, 6)}
