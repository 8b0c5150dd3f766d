"""What a record says of one circuit: moments, where along it gradient is, what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.circuits.layers import laid_layers
from nisqdl.store.record import Json
from nisqdl.studies.moments import Moment
from nisqdl.studies.named import device_named
from nisqdl.studies.plateau import edges_of, isa_of, layers, model_of, options_of
from nisqdl.targets.cost import circuit_cost
from nisqdl.training.schedule import Mask

if TYPE_CHECKING:
    from nisqdl.engines.contract import Array

MOST_LISTED = 256
"""Up to so many parameters, a record lists each one's variance."""


def told(name: str, moment: Moment) -> dict[str, Json]:
    return {
        name: moment.mean,
        f"{name}_stderr": moment.stderr,
        f"{name}_low": moment.low,
        f"{name}_high": moment.high,
    }


def by_parameter(settings: Mapping[str, Json], variances: Array, trained: Mask) -> dict[str, Json]:
    """Where along the circuit, and on which qubits, gradient survives."""
    layer, qubit = _places(settings)
    found: dict[str, Json] = {
        "parameters": int(trained.sum()),
        "var_grad_max": float(variances[trained].max()),
        "var_grad_min": float(variances[trained].min()),
        "layer_variances": _means_by(layer, variances),
        "qubit_variances": _means_by(qubit, variances),
    }
    if len(variances) <= MOST_LISTED:
        found["parameter_variances"] = _rounded(variances)
    return found


def circuit_values(settings: Mapping[str, Json], isa: bytes | None) -> dict[str, Json]:
    if isa is None:
        circuit = model_of(settings).circuit
        pairs = sum(len(instruction.qubits) == 2 for instruction in circuit.data)
        return {"layers": layers(settings), "two_qubit_gates": pairs, "depth": circuit.depth()}
    model = isa_of(isa)
    device = device_named(settings["target"])
    found = circuit_cost(model, device)
    readout = [device.qubits[qubit].readout_ns for qubit in model.physical_qubits]
    known = [value for value in readout if value is not None]
    return {
        "layers": layers(settings),
        "two_qubit_gates": found.two_qubit_gates,
        "depth": found.depth,
        "duration_ns": found.duration_ns,
        "readout_ns": max(known, default=None),
        "rep_delay_us": device.rep_delay_us,
        "expected_fidelity": found.expected_fidelity,
        "physical_qubits": list(model.physical_qubits),
    }


def _means_by(group: Array, variances: Array) -> list[float]:
    """The mean over the parameters of each group 0, 1, …; 0 where a group has none."""
    counts = np.bincount(group.astype(int))
    return _rounded(np.bincount(group.astype(int), variances) / np.maximum(counts, 1))


def _rounded(values: Array) -> list[float]:
    return [float(f"{value:.4g}") for value in values]


def _places(settings: Mapping[str, Json]) -> tuple[Array, Array]:
    """Layer of each weight, from 0, and the qubit that its gate turns (the last one of a pair)."""
    found = []
    laid = laid_layers(options_of(settings), settings["qubits"], edges_of(settings))
    for layer, parts in enumerate(laid):
        for part in parts:
            if part.first_weight is not None:
                found += [(layer, place[-1]) for place in part.places]
    layer_of, qubit_of = np.array(found, dtype=float).T
    return layer_of, qubit_of
