"""Fold the angles of ``rzz`` into what hardware takes, for every row of bindings at once.

Devices calibrate rzz(θ) for 0 ≤ θ ≤ π/2 only; random weights, features and shifted parameters go
anywhere. Up to global phase

    rzz(θ + 2π) = rzz(θ),   rzz(θ + π) = (Z⊗Z) rzz(θ),   rzz(−θ) = (X⊗I) rzz(θ) (X⊗I),

so that each angle is one in the range, between Pauli gates: rz(π), which is free, on both qubits,
and rx(π) around it on one. Where rows differ, the Paulis' angles are parameters of their own, 0 or
π by row, and the circuit stays one broadcast circuit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.engines.angles import compile_angles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qiskit.circuit import Parameter, QuantumCircuit

    from nisqdl.engines.contract import Array

_SLACK = 1e-9
"""So far out of the range an angle may be by rounding; it is then put on its edge."""


@dataclass(frozen=True)
class Folded:
    """A circuit whose ``rzz`` angles are in range, and its bindings.

    Attributes:
        circuit: The circuit; its own parameters besides those that it had.
        parameters: The parameters that ``bindings`` has columns for, in order.
        bindings: Shape (B, P).
    """

    circuit: QuantumCircuit
    parameters: tuple[Parameter, ...]
    bindings: Array


def folded(circuit: QuantumCircuit, parameters: Sequence[Parameter], bindings: Array) -> Folded:
    """The same values at the same bindings, with every ``rzz`` angle in [0, π/2].

    Args:
        circuit: Any circuit.
        parameters: What the columns of the bindings are; some may be missing from the circuit.
        bindings: Shape (B, P).
    """
    from qiskit.circuit import Parameter

    gates = [i.operation.params[0] for i in circuit.data if i.operation.name == "rzz"]
    if not gates:
        return Folded(circuit, tuple(parameters), bindings)
    found = compile_angles(gates, parameters, ()).evaluate(bindings, np.zeros(0))
    columns: list[tuple[Parameter, Array]] = []

    def angle(name: str, values: Array) -> Parameter | float:
        """One number where all rows have the same, else a new parameter."""
        if np.all(values == values[0]):
            return float(values[0])
        columns.append((Parameter(name), values))
        return columns[-1][0]

    new = circuit.copy_empty_like()
    rows = iter(found)
    for instruction in circuit.data:
        if instruction.operation.name != "rzz":
            new.append(instruction)
            continue
        number = len(columns)
        signs, flips, inner = _parts(next(rows))
        if signs.any():
            turned = angle(f"fold_z{number}", np.pi * signs)
            for qubit in instruction.qubits:
                new.rz(turned, qubit)
        flipped = angle(f"fold_x{number}", np.pi * flips)
        if flips.any():
            new.rx(flipped, instruction.qubits[0])
        new.rzz(angle(f"fold_zz{number}", inner), *instruction.qubits)
        if flips.any():
            new.rx(flipped, instruction.qubits[0])
    names = (*parameters, *(parameter for parameter, _ in columns))
    added = [values[:, np.newaxis] for _, values in columns]
    return Folded(new, names, np.hstack([bindings, *added]))


def _parts(angles: Array) -> tuple[Array, Array, Array]:
    """Where Z⊗Z and X are needed, and the angles in [0, π/2] between them; each (B,)."""
    turns = np.mod(angles, 2 * np.pi)
    turns[turns > 2 * np.pi - _SLACK] = 0.0
    # 0 … π/2: as it is; … π: −(π − θ) + π; … 3π/2: (θ − π) + π; … 2π: −(2π − θ).
    quarter = np.floor(np.maximum(turns - _SLACK, 0.0) / (np.pi / 2)).astype(int)
    signs = (quarter == 1) | (quarter == 2)
    flips = (quarter == 1) | (quarter == 3)
    inner = np.choose(quarter, [turns, np.pi - turns, turns - np.pi, 2 * np.pi - turns])
    return signs, flips, np.clip(inner, 0.0, np.pi / 2)
