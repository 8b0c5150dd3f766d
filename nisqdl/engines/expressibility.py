"""Expressibility: how far a circuit's states are from Haar-random ones (Sim et al. 2019, §3.1).

The fidelity of two states with independent uniform weights has a distribution; that of two Haar
states of N dimensions has the density (N − 1)(1 − F)^(N − 2). Expressibility is the
Kullback-Leibler divergence of the first, as a histogram, from the second: 0 is Haar.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nisqdl.engines.contract import Array
from nisqdl.errors import InputError
from nisqdl.seeds import generator

if TYPE_CHECKING:
    from nisqdl.circuits.model import Model

_RESAMPLES = 400


@dataclass(frozen=True, eq=False)
class Expressibility:
    """What pairs of states told about a circuit.

    Attributes:
        divergence: KL divergence from Haar in nats; at least 0.
        stderr: Its standard error, by resampling the histogram.
        haar_floor: What pairs of Haar states would show on average instead of 0, for so many
            pairs and bins: smaller divergences cannot be told from Haar.
        haar_floor_sd: Standard deviation of that.
        histogram: Share of the fidelities in each bin, (bins,); the bins are equal in [0, 1].
        haar: Exact probability of each bin under Haar, (bins,).
        pairs: How many fidelities.
    """

    divergence: float
    stderr: float
    haar_floor: float
    haar_floor_sd: float
    histogram: Array
    haar: Array
    pairs: int


def expressibility(
    model: Model,
    seed: int,
    *,
    pairs: int = 5000,
    bins: int = 75,
    features: Array | None = None,
    threads: int | None = None,
) -> Expressibility:
    """The expressibility of a model's circuit over weights uniform on [0, 2π).

    Args:
        model: Its observables play no part.
        seed: Root of the weights' seed.
        pairs: Pairs of states.
        bins: Bins of the histogram of fidelities.
        features: What its features are, (F,); zeros if left out, with which the feature maps of
            rotations alone (``angle``, ``dense_angle``) leave the ansatz on |0…0⟩.
        threads: For the state vectors; ``None`` is one a core. Results do not depend on them.

    Raises:
        InputError: Fewer than one pair or two bins.
        CapacityError: The state vectors do not fit the memory.
    """
    from nisqdl.engines.statevector.ensemble import StateEnsemble

    if pairs < 1 or bins < 2:
        raise InputError(
            f"Expressibility needs at least 1 pair and 2 bins, but was given {pairs} and {bins}."
        )
    rng = generator(seed, "expressibility")
    first, second = rng.uniform(0.0, 2 * np.pi, (2, pairs, len(model.weights)))
    given = np.zeros(len(model.features)) if features is None else features
    fidelities = StateEnsemble.of(model, threads).fidelities(given, first, second)
    return divergence_from_haar(fidelities, model.num_qubits, bins, rng)


def divergence_from_haar(
    fidelities: Array, num_qubits: int, bins: int, rng: np.random.Generator
) -> Expressibility:
    """The expressibility that fidelities (R,) of pairs of states of n qubits show.

    Args:
        rng: For the standard error and the floor.
    """
    pairs = len(fidelities)
    counts = np.histogram(fidelities, bins, range=(0.0, 1.0))[0]
    log_haar = log_haar_masses(num_qubits, bins)
    haar = np.exp(log_haar)
    again = rng.multinomial(pairs, counts / pairs, _RESAMPLES)
    of_haar = rng.multinomial(pairs, haar / haar.sum(), _RESAMPLES)
    floor = _divergences(of_haar, log_haar)
    return Expressibility(
        divergence=float(_divergences(counts[np.newaxis], log_haar)[0]),
        stderr=float(_divergences(again, log_haar).std(ddof=1)),
        haar_floor=float(floor.mean()),
        haar_floor_sd=float(floor.std(ddof=1)),
        histogram=counts / pairs,
        haar=haar,
        pairs=pairs,
    )


def log_haar_masses(num_qubits: int, bins: int) -> Array:
    """log of P(a ≤ F < b) = (1 − a)^(N−1) − (1 − b)^(N−1) for each of the equal bins, (bins,).

    Logarithms, because the masses of the upper bins are too small for numbers from ten qubits on.
    """
    power = 2.0**num_qubits - 1.0
    edges = np.arange(bins + 1) / bins
    from_lower = power * np.log1p(-edges[:-1])
    with np.errstate(divide="ignore"):
        from_upper = power * np.log1p(-edges[1:])
    return from_lower + np.log(-np.expm1(from_upper - from_lower))


def _divergences(counts: np.ndarray[tuple[int, int], np.dtype[np.int64]], log_haar: Array) -> Array:
    """Of each row of counts (rows, bins) from Haar, (rows,); 0 log 0 is 0."""
    shares = counts / counts.sum(axis=1, keepdims=True)
    logs = np.log(np.where(counts > 0, shares, 1.0))
    found: Array = (shares * (logs - np.where(counts > 0, log_haar, 0.0))).sum(axis=1)
    return found
