"""Points labelled by the quantum map that they are made for (Havlíček et al. 2019, Nature 567).

x is uniform on [0, 2π)^n; the class is the sign of the parity of all qubits, measured after the
ZZ feature map (``zz``, two repetitions) and a Haar-random unitary V, which each seed draws anew.
Rows whose expectation is within ±0.6 · 2^(−n/2) are left out, so that the classes have a gap, and
a kernel of that feature map separates them.
"""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from nisqdl.datasets.dataset import Dataset, RawData
from nisqdl.datasets.drawing import even_rows
from nisqdl.datasets.options import DatasetOptions
from nisqdl.errors import InputError
from nisqdl.seeds import generator

_QUBITS = 2
_MOST_QUBITS = 10
_GAP = 0.3
"""On two qubits; expectations of random measurements shrink as 2^(−n/2), and the gap with them."""
_BATCH = 500

Floats: TypeAlias = NDArray[np.float64]


def _load(options: DatasetOptions, seed: int) -> RawData:
    qubits = options.qubits or _QUBITS
    if qubits > _MOST_QUBITS:
        raise InputError(
            f"`dataset.qubits` of ad_hoc must be at most {_MOST_QUBITS}, since the random unitary "
            f"behind it is a matrix of 2^n rows, but is {qubits}."
        )
    rng = generator(seed, "dataset", options.name)
    half = even_rows(options) // 2
    while True:  # an unlucky unitary may leave one class nearly empty: then another is drawn
        positive, negative = _sorted_rows(qubits, half, rng)
        if min(len(positive), len(negative)) == half:
            break
    rows = np.concatenate([positive, negative])
    return RawData(rows, np.repeat([0, 1], half), ("positive", "negative"))


def _sorted_rows(qubits: int, half: int, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """At most ``half`` points of each class, for one random measurement."""
    observable = _observable(qubits, rng)
    gap = _GAP * 2 ** (1 - qubits / 2)
    positive, negative = np.empty((0, qubits)), np.empty((0, qubits))
    for _ in range(20 + half):
        rows = rng.uniform(0, 2 * np.pi, (_BATCH, qubits))
        states = zz_states(rows)
        values = ((states @ observable.T) * states.conj()).sum(axis=1).real
        positive = np.concatenate([positive, rows[values > gap]])[:half]
        negative = np.concatenate([negative, rows[values < -gap]])[:half]
        if min(len(positive), len(negative)) == half:
            break
    return positive, negative


def zz_states(rows: Floats) -> NDArray[np.complex128]:
    """States (B, 2^n) of the ZZ feature map at points (B, n); qubit 0 is the lowest bit."""
    batch, qubits = rows.shape
    bits = (np.arange(2**qubits)[:, None] >> np.arange(qubits)) & 1
    signs = 1.0 - 2.0 * bits  # of Z, (2^n, n)
    first, second = np.triu_indices(qubits, k=1)
    # RZ(2x) is exp(−i x Z), and CX RZ(φ) CX is exp(−i φ ZZ/2).
    phases = rows @ signs.T
    pairs = (np.pi - rows[:, first]) * (np.pi - rows[:, second])
    phases = phases + pairs @ (signs[:, first] * signs[:, second]).T
    turned = np.exp(-1j * phases)
    states = np.full((batch, 2**qubits), 2.0 ** (-qubits / 2)) * turned
    return np.asarray(_hadamards(states, qubits) * turned, dtype=np.complex128)


def _hadamards(states: NDArray[np.complex128], qubits: int) -> NDArray[np.complex128]:
    for qubit in range(qubits):
        split = states.reshape(len(states), -1, 2, 2**qubit)
        low, high = split[:, :, 0], split[:, :, 1]
        states = np.stack([low + high, low - high], axis=2).reshape(len(states), -1) / np.sqrt(2)
    return states


def _observable(qubits: int, rng: np.random.Generator) -> NDArray[np.complex128]:
    """V† Z…Z V with V from the Haar measure (Mezzadri 2007, math-ph/0609050)."""
    size = 2**qubits
    gaussian = rng.normal(size=(size, size)) + 1j * rng.normal(size=(size, size))
    unitary, triangle = np.linalg.qr(gaussian)
    unitary = unitary * (np.diag(triangle) / np.abs(np.diag(triangle)))
    parity = 1.0 - 2.0 * (np.bitwise_count(np.arange(size)) % 2)
    return np.asarray(unitary.conj().T @ (parity[:, None] * unitary), dtype=np.complex128)


AD_HOC = Dataset(
    name="ad_hoc",
    summary="points labelled by a random measurement after the ZZ feature map (Havlíček 2019)",
    load=_load,
    accepts=("qubits",),
    scaling="none",
)
