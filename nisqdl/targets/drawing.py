"""Places for the qubits of a device that reports none: neighbours near, all apart."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Array: TypeAlias = npt.NDArray[np.float64]

_SWEEPS = 300


def drawn_coordinates(
    num_qubits: int, pairs: Iterable[Collection[int]]
) -> tuple[tuple[float, float], ...]:
    """(column, row) for each qubit, coupled ones about one unit apart.

    Stress majorization on the graph's distances (Gansner, Koren, North 2005), from a circle:
    the same graph gives the same drawing.

    Args:
        num_qubits: Number of qubits.
        pairs: The coupled qubits, two each.
    """
    if num_qubits == 1:
        return ((0.0, 0.0),)
    distances = _hops(num_qubits, pairs)
    wanted = -np.divide(1.0, distances, where=distances > 0, out=np.zeros_like(distances))
    weights = wanted**2
    laplacian = np.diag(weights.sum(axis=1)) - weights
    inverse = np.linalg.pinv(laplacian)
    places = _circle(num_qubits)
    for _ in range(_SWEEPS):
        places = inverse @ _pull(places, wanted) @ places
    places -= places.min(axis=0)
    return tuple((round(float(column), 3), round(float(row), 3)) for column, row in places)


def _hops(num_qubits: int, pairs: Iterable[Collection[int]]) -> Array:
    """Number of couplings between any two qubits; more than any path where there is none."""
    hops = np.full((num_qubits, num_qubits), float(num_qubits))
    np.fill_diagonal(hops, 0.0)
    for first, second in pairs:
        hops[first, second] = hops[second, first] = 1.0
    for middle in range(num_qubits):
        np.minimum(hops, hops[:, middle, None] + hops[None, middle, :], out=hops)
    return hops


def _circle(num_qubits: int) -> Array:
    angles = 2 * np.pi * np.arange(num_qubits) / num_qubits
    places: Array = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    places *= num_qubits / 6
    return places


def _pull(places: Array, wanted: Array) -> Array:
    """The majorizing Laplacian: off the diagonal −1 / (hops × distance)."""
    apart = np.linalg.norm(places[:, None] - places[None], axis=2)
    pull: Array = np.divide(wanted, apart, where=apart > 1e-9, out=np.zeros_like(apart))
    np.fill_diagonal(pull, -pull.sum(axis=1))
    return pull
