"""Quantum states of little or of much entanglement, told apart by it alone.

Each state is cos θ|0…0⟩ + sin θ|1…1⟩ with every qubit turned by RY of a random angle, which
leaves entanglement as it is. The classes differ in the concentratable entanglement of Beckey et
al. 2021 (arXiv:2104.06923), CE = 1 − 2^(−n) Σ_A Tr ρ_A² over all sets A of qubits, which is
(½ − 2^(−n)) sin² 2θ here. As in the NTangled data of Schatzki et al. 2021 (arXiv:2109.03400) the
classes on four qubits have CE 0.12 and 0.43; other numbers of qubits take the same shares of the
largest CE of this family. One family of states, so an easier task than theirs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nisqdl.datasets.dataset import Dataset, RawData
from nisqdl.datasets.drawing import even_rows
from nisqdl.datasets.options import DatasetOptions
from nisqdl.seeds import generator

_QUBITS = 4
_SHARES = (0.12 / 0.4375, 0.43 / 0.4375)
"""sin² 2θ of the two classes: CE over its largest value, that of a GHZ state."""


def _load(options: DatasetOptions, seed: int) -> RawData:
    qubits = options.qubits or _QUBITS
    rng = generator(seed, "dataset", options.name)
    half = even_rows(options) // 2
    states = [_states(share, half, qubits, rng) for share in _SHARES]
    return RawData(np.concatenate(states), np.repeat([0, 1], half), ("little", "much"))


def _states(share: float, rows: int, qubits: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Real amplitudes, (rows, 2^n)."""
    half_angle = np.arcsin(np.sqrt(share)) / 2
    turns = rng.uniform(0, 2 * np.pi, (rows, qubits)) / 2
    ones = np.ones((rows, 1))
    zeros_part, ones_part = np.cos(half_angle) * ones, np.sin(half_angle) * ones
    for qubit in range(qubits):
        cos, sin = np.cos(turns[:, qubit, None]), np.sin(turns[:, qubit, None])
        # Qubit q becomes bit q: it stands before the bits that are there.
        zeros_part = np.concatenate([cos * zeros_part, sin * zeros_part], axis=1)
        ones_part = np.concatenate([-sin * ones_part, cos * ones_part], axis=1)
    return np.asarray(zeros_part + ones_part, dtype=np.float64)


ENTANGLEMENT = Dataset(
    name="entanglement",
    summary="quantum states of little or much concentratable entanglement (Schatzki et al. 2021)",
    load=_load,
    accepts=("qubits",),
    scaling="none",
    kind="states",
)
