"""The cluster-Ising chain: its Hamiltonian, ground state, ground energy and order parameter.

H = −J Σ ZᵢXᵢ₊₁Zᵢ₊₂ − h₁ Σ Xᵢ − h₂ Σ XᵢXᵢ₊₁ with J = 1, on a ring or an open chain of n qubits
(Cong, Choi & Lukin 2019, arXiv:1810.03787, equation 4). Qubit 0 is the lowest bit of an index.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse.linalg import LinearOperator

Floats: TypeAlias = NDArray[np.float64]

TRANSITION = 1.0
"""h₁/J at which the gap of a long chain closes, at h₂ = 0: the cluster phase is below it."""

_DENSE_QUBITS = 6
"""Up to here the whole spectrum is as quick."""


def ground_state(
    qubits: int, field: float, coupling: float = 0.0, periodic: bool = True
) -> tuple[float, Floats]:
    """Ground energy and ground state (2^n,), real, of the chain at h₁ ``field``, h₂ ``coupling``.

    The amplitude of |0…0⟩ is positive. The ring's ground state is unique in a finite
    field; that of the open chain is fourfold degenerate at field 0, of which one is given.
    """
    hamiltonian = cluster_ising(qubits, field, coupling, periodic)
    if qubits <= _DENSE_QUBITS:
        energies, states = np.linalg.eigh(hamiltonian @ np.eye(2**qubits))
    else:
        from scipy.sparse.linalg import eigsh

        # A fixed start: the result must not depend on chance.
        start = np.random.default_rng(0).uniform(0.5, 1.0, 2**qubits)
        energies, states = eigsh(hamiltonian, k=1, which="SA", v0=start, tol=1e-12)
    state = np.asarray(states[:, 0], dtype=np.float64)
    state *= -1.0 if state[0] < 0 else 1.0
    return float(energies[0]), state


def cluster_ising(
    qubits: int, field: float, coupling: float = 0.0, periodic: bool = True
) -> LinearOperator:
    """The Hamiltonian as an operator on vectors (2^n,); J = 1."""
    from scipy.sparse.linalg import LinearOperator

    index = np.arange(2**qubits)
    last = qubits if periodic else qubits - 1
    flips: list[tuple[NDArray[np.int64], Floats]] = []
    ones = np.ones(2**qubits)
    for centre in range(0 if periodic else 1, last):
        left, right = (centre - 1) % qubits, (centre + 1) % qubits
        flips.append((index ^ (1 << centre), -_sign(index, left) * _sign(index, right)))
    flips += [(index ^ (1 << qubit), -field * ones) for qubit in range(qubits)]
    for qubit in range(last):
        pair = (1 << qubit) | (1 << (qubit + 1) % qubits)
        flips.append((index ^ pair, -coupling * ones))

    def apply(vector: Floats) -> Floats:
        result = np.zeros(vector.shape)
        for order, factor in flips:
            result += (factor if vector.ndim == 1 else factor[:, None]) * vector[order]
        return result

    size = 2**qubits
    return LinearOperator((size, size), matvec=apply, matmat=apply, dtype=np.float64)


def closed_ground_energy(qubits: int, field: float) -> float:
    """Ground energy of the ring at h₂ = 0: −Σₖ √(1 + h² − 2h cos 2k), k = (m + ½)·2π/n."""
    momenta = (np.arange(qubits) + 0.5) * 2 * np.pi / qubits
    return -float(np.sqrt(1 + field**2 - 2 * field * np.cos(2 * momenta)).sum())


def string_order(state: Floats, first: int, last: int) -> float:
    """⟨Z_a X_{a+1} X_{a+3} … X_{b−1} Z_b⟩, of order 1 in the cluster phase and 0 outside.

    Args:
        state: Real amplitudes, (2^n,).
        first, last: The string's ends a and b, with b − a even.
    """
    if (last - first) % 2 or last <= first:
        raise ValueError(f"The ends of the string must be an even number apart: {first}, {last}.")
    index = np.arange(len(state))
    mask = sum(1 << qubit for qubit in range(first + 1, last, 2))
    return float(state @ (_sign(index, first) * _sign(index, last) * state[index ^ mask]))


def _sign(index: NDArray[np.int64], qubit: int) -> Floats:
    """The eigenvalue of Z on a qubit for each basis state."""
    return np.asarray(1.0 - 2.0 * ((index >> qubit) & 1), dtype=np.float64)
