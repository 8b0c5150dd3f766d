"""Steps: a circuit as maps of Pauli letters, in order of time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from nisqdl.engines.exact.ptm import Floats
from nisqdl.engines.exact.unroll import Qubits
from nisqdl.engines.pauli_paths.maps import LocalMap
from nisqdl.engines.pauli_paths.observable import Product, written_out


@dataclass(frozen=True, eq=False)
class Step:
    """A fixed map (gates, noise) or a random one (rotations by parameters).

    Attributes:
        qubits: One or two.
        matrix: The transfer matrix of a fixed map; ``None`` for a random one.
        random: The random map; ``None`` for a fixed one.
        derivatives: (parameter's row, factor): E[(∂C)²] of that parameter is the factor times
            that of the step's angle.
        is_noise: Whether it is noise, not a gate.
    """

    qubits: Qubits
    matrix: Floats | None
    random: LocalMap | None
    derivatives: tuple[tuple[int, float], ...] = ()
    is_noise: bool = False

    @cached_property
    def map(self) -> LocalMap:
        if self.random is not None:
            return self.random
        assert self.matrix is not None
        return LocalMap.fixed(self.matrix)


@dataclass(frozen=True, eq=False)
class Lowered:
    """What a circuit's observable feels, on the n qubits of its causal cone.

    Attributes:
        qubits: The circuit's index of each of the n qubits.
        steps: In order of time; qubits count from 0 to n − 1.
        start: ⟨I⟩, ⟨X⟩, ⟨Y⟩, ⟨Z⟩ of each qubit before the first step, (n, 4).
        products: The observable as read, on the n qubits.
        num_parameters: Of the circuit.
    """

    qubits: Qubits
    steps: tuple[Step, ...]
    start: Floats
    products: tuple[Product, ...]
    num_parameters: int

    @property
    def num_qubits(self) -> int:
        return len(self.qubits)


def collected_start(lowered: Lowered) -> Lowered:
    """Fixed one-qubit maps that come first on their qubit are taken into the product start."""
    start = lowered.start.copy()
    touched: set[int] = set()
    rest = []
    for step in lowered.steps:
        if step.matrix is not None and len(step.qubits) == 1 and step.qubits[0] not in touched:
            start[step.qubits[0]] = step.matrix @ start[step.qubits[0]]
        else:
            touched.update(step.qubits)
            rest.append(step)
    start[np.abs(start) < 1e-13] = 0.0
    return replace(lowered, start=start, steps=tuple(rest))


def without_idle_qubits(lowered: Lowered) -> Lowered:
    """Factors of the observable on qubits without steps have one value, which is taken in."""
    busy = {qubit for step in lowered.steps for qubit in step.qubits}
    products = []
    for term in lowered.products:
        coefficient, factors = term.coefficient, {}
        for qubit, factor in term.factors.items():
            if qubit in busy:
                factors[qubit] = factor
            else:
                coefficient *= float(np.dot(factor, lowered.start[qubit]))
        products.append(Product(coefficient, factors))
    return replace(lowered, products=written_out(products))
