"""Entangling capability: the mean Meyer-Wallach entanglement of a circuit's states.

Meyer & Wallach 2002, as the mean linear entropy of the qubits (Brennen 2003):
Q = 2(1 − mean_k Tr ρ_k²) = 1 − mean_k |r_k|² with the Bloch vectors r_k; 0 for product states, 1
where every qubit is maximally mixed. Haar-random states of N dimensions have (N − 2)/(N + 1).
Sim et al. 2019 average it over weights uniform on [0, 2π).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nisqdl.engines.contract import Array
from nisqdl.errors import CapacityError, InputError
from nisqdl.seeds import generator

if TYPE_CHECKING:
    from nisqdl.circuits.model import Model

EXACT_QUBITS = 5
"""Most qubits of the exact mean: it carries 16^n numbers."""

_NODES = 24
"""Of the quadrature over an angle; frequencies up to 2 need fewer for an error of 1e-15."""


@dataclass(frozen=True)
class EntanglingCapability:
    """The mean Meyer-Wallach entanglement over weights.

    Attributes:
        mean: From 0 to 1.
        stderr: Standard error of ``mean``; 0 where it is exact.
        samples: States that it comes from; 0 where it is exact.
    """

    mean: float
    stderr: float
    samples: int


def entangling_capability(
    model: Model,
    seed: int,
    *,
    samples: int = 5000,
    features: Array | None = None,
    threads: int | None = None,
) -> EntanglingCapability:
    """The mean Meyer-Wallach entanglement over sampled weights.

    Args:
        model: Its observables play no part.
        seed: Root of the weights' seed.
        samples: States.
        features: What its features are, (F,); zeros if left out.
        threads: For the state vectors; ``None`` is one a core. Results do not depend on them.

    Raises:
        InputError: Fewer than two samples.
        CapacityError: The state vectors do not fit the memory.
    """
    from nisqdl.engines.statevector.ensemble import StateEnsemble

    if samples < 2:
        raise InputError(f"`samples` must be at least 2, but is {samples}.")
    rng = generator(seed, "entanglement")
    weights = rng.uniform(0.0, 2 * np.pi, (samples, len(model.weights)))
    given = np.zeros(len(model.features)) if features is None else features
    found = meyer_wallach(StateEnsemble.of(model, threads).bloch_vectors(given, weights))
    return EntanglingCapability(
        float(found.mean()), float(found.std(ddof=1) / np.sqrt(samples)), samples
    )


def meyer_wallach(bloch_vectors: Array) -> Array:
    """Meyer-Wallach entanglement (R,) of states with these Bloch vectors (R, n, 3)."""
    found: Array = 1.0 - (bloch_vectors**2).sum(axis=2).mean(axis=1)
    return found


def exact_entangling_capability(
    model: Model, features: Array | None = None
) -> EntanglingCapability:
    """The mean Meyer-Wallach entanglement over all weights, without sampling.

    E[⟨P⟩²] is linear in P ⊗ P, which each gate, averaged over its own angle, carries back to the
    start: 16^n numbers for Σ P ⊗ P over all one-qubit strings at once.

    Raises:
        CapacityError: More than five qubits.
        InputError: A weight turns more than one gate, or is not its angle itself.
    """
    size = model.num_qubits
    if size > EXACT_QUBITS:
        raise CapacityError(
            f"The exact mean takes 16^n numbers, at most for {EXACT_QUBITS} qubits, but the model "
            f"has {size}; use `entangling_capability`, which samples."
        )
    given = np.zeros(len(model.features)) if features is None else features
    circuit = model.circuit.assign_parameters(dict(zip(model.features, given, strict=True)))
    gates = [_checked(instruction) for instruction in circuit.data]
    _check_independent(circuit.data)
    averages: dict[object, Array] = {}
    moments = _one_qubit_strings(size)
    for instruction, key in zip(reversed(circuit.data), reversed(gates), strict=True):
        if key not in averages:
            averages[key] = _averaged(instruction.operation)
        places = [circuit.find_bit(qubit).index for qubit in instruction.qubits]
        moments = _apply(averages[key], places, moments)
    # |0…0⟩ has the value 1 for strings of I and Z, else 0.
    starts = np.zeros(16)
    starts[[4 * a + b for a in (0, 3) for b in (0, 3)]] = 1.0
    for _ in range(size):
        moments = starts @ moments.reshape(16, -1)
    return EntanglingCapability(1.0 - float(moments.item()) / size, 0.0, 0)


def _one_qubit_strings(size: int) -> Array:
    """Σ_k Σ_P P_k ⊗ P_k, (16,) · n; an axis is 4 · first letter + second, of I, X, Y, Z."""
    moments = np.zeros((16,) * size)
    for qubit in range(size):
        for letter in (1, 2, 3):
            place = [0] * size
            place[qubit] = 5 * letter
            moments[tuple(place)] = 1.0
    return moments


def _checked(instruction: Any) -> object:
    """What two instructions share that have the same average."""
    operation = instruction.operation
    if instruction.clbits or not hasattr(operation, "to_matrix"):
        raise InputError(
            f"The exact mean takes gates only, but the circuit holds {operation.name!r}."
        )
    free = [p for p in operation.params if getattr(p, "parameters", None)]
    if not free:
        return (operation.name, tuple(float(p) for p in operation.params))
    if len(operation.params) > 1 or not hasattr(free[0], "uuid"):
        raise InputError(
            "The exact mean takes weights that are the angle of a gate themselves, but "
            f"{operation.name!r} has the angle {free[0]}; use `entangling_capability`."
        )
    return (operation.name, None)


def _check_independent(data: Sequence[Any]) -> None:
    seen = set()
    for instruction in data:
        for angle in instruction.operation.params:
            for parameter in getattr(angle, "parameters", ()):
                if parameter in seen:
                    raise InputError(
                        f"The exact mean takes weights that turn one gate each, but {parameter} "
                        "turns several; use `entangling_capability`, which samples."
                    )
                seen.add(parameter)


def _averaged(gate: Any) -> Array:
    """E[R ⊗ R] over the gate's angle, of R with G†PG = Σ R[Q, P] Q; (16^k, 16^k).

    An index runs over the pairs of letters, qubit by qubit.
    """
    if not any(getattr(angle, "parameters", None) for angle in gate.params):
        matrices = [gate.to_matrix()]
        weights = np.ones(1)
    else:
        nodes, weights = np.polynomial.legendre.leggauss(_NODES)
        weights = weights / 2
        matrices = [type(gate)(np.pi * (node + 1)).to_matrix() for node in nodes]
    size = gate.num_qubits
    total = np.zeros((4**size, 4**size, 4**size, 4**size))
    for weight, matrix in zip(weights, matrices, strict=True):
        transfer = _transfer(matrix, size)
        total += weight * np.einsum("ab,cd->acbd", transfer, transfer)
    letters = total.reshape((4,) * (4 * size))
    # From (all first, all second) to (first, second) of each qubit, for rows and for columns.
    order = [
        half + copy * size + q for half in (0, 2 * size) for q in range(size) for copy in (0, 1)
    ]
    return np.ascontiguousarray(letters.transpose(order)).reshape(16**size, 16**size)


def _transfer(matrix: Any, size: int) -> Array:
    """R[Q, P] = Tr(Q G†PG)/2^k; strings by the letters of the gate's qubits, the first foremost."""
    letters = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])
    strings = np.ones((1, 1, 1))
    for _ in range(size):  # Qiskit's matrices have the later qubit's factor to the left
        width = 2 * strings.shape[1]
        pairs = np.einsum("aij,bkl->abkilj", strings, letters)
        strings = pairs.reshape(-1, width, width)
    turned = np.einsum("ji,pjk,kl->pil", matrix.conj(), strings, matrix)
    found: Array = np.einsum("qij,pji->qp", strings, turned).real / 2**size
    return found


def _apply(average: Array, places: Sequence[int], moments: Array) -> Array:
    size = len(places)
    front = np.moveaxis(moments, places, range(size))
    turned = (average @ front.reshape(16**size, -1)).reshape(front.shape)
    return np.moveaxis(turned, range(size), places)
