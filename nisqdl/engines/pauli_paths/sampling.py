"""What guided walks say together: means, standard errors, bounds where nothing was seen."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nisqdl.engines.exact.ptm import Floats
from nisqdl.engines.pauli_paths.guide import Operations, guide, operations
from nisqdl.engines.pauli_paths.observable import constant, square_sum
from nisqdl.engines.pauli_paths.populations import Populations
from nisqdl.engines.pauli_paths.steps import Lowered
from nisqdl.seeds import derive

POPULATIONS = 32
"""Independent ones, whose spread gives the standard errors."""

PILOTS = 8
"""Populations that try a guide."""

DENSITIES = (1.0, 0.85, 0.75, 0.7)
"""Guides that are tried; see :func:`nisqdl.engines.pauli_paths.guide.guide`."""

WORK = 4 * 10**9
"""Steps of walks that take some seconds on two cores."""

_NO_GRADIENTS = [False] * PILOTS


@dataclass(frozen=True, eq=False)
class Moments:
    """Second moments with standard errors.

    Attributes:
        second, second_stderr: E[C²].
        gradient, gradient_stderr: E[(∂C)²] of every parameter of the circuit.
        unresolved: Parameters that no walk contributed to though some could; their gradient is 0
            and their standard error a bound. The last entry is for E[C²].
        largest_share: Of one population in E[C²] without the constant's part; 1/32 if all agree,
            0 where exact.
    """

    second: float
    second_stderr: float
    gradient: Floats
    gradient_stderr: Floats
    unresolved: npt.NDArray[np.bool_]
    largest_share: float = 0.0


def walk_moments(lowered: Lowered, walks: int | None, seed: int, threads: int) -> Moments:
    """Sample the chain by guided walks.

    Args:
        walks: How many in all, rounded up to whole machine words in each population; ``None``
            takes as many as make :data:`WORK` steps, between 2^16 and 2^22.
        seed: The same seed gives the same numbers, whatever the number of threads.
    """
    ops = operations(lowered)
    if walks is None:
        steps = len(ops.kinds) + 20 * lowered.num_qubits
        walks = min(2**22, max(2**16, WORK // steps))
    words = -(-walks // (64 * POPULATIONS))
    with ThreadPoolExecutor(threads) as pool:
        populations = _best(lowered, ops, words, seed, pool)
        seeds = [derive(seed, "walk", k) for k in range(POPULATIONS)]
        found = list(pool.map(populations.run, seeds))
    size = lowered.num_parameters
    gradient, stderr = np.zeros(size), np.zeros(size)
    unresolved = np.zeros(size + 1, dtype=np.bool_)
    seconds = np.array([estimate.second for estimate in found])
    second, second_stderr = _mean(seconds)
    means, stderrs = _mean(np.array([estimate.gradient for estimate in found]))
    limit = square_sum(lowered.products)
    effective = np.sum([estimate.effective for estimate in found], axis=0)
    # Three events are the 95 % bound where none was seen.
    bounds = np.minimum(limit, 3.0 * second / effective) if second else np.full(len(means), limit)
    for slot, row, factor in ops.derivatives:
        gradient[row], stderr[row] = factor * means[slot], factor * stderrs[slot]
        if means[slot] == 0 and populations.guide.possible[slot] and not populations.are_empty:
            unresolved[row], stderr[row] = True, factor * bounds[slot]
    if second == 0 and not populations.are_empty:
        unresolved[size], second_stderr = True, np.asarray(limit)
    return Moments(
        second=float(second) + constant(lowered.products) ** 2,
        second_stderr=float(second_stderr),
        gradient=gradient,
        gradient_stderr=stderr,
        unresolved=unresolved,
        largest_share=float(seconds.max() / seconds.sum()) if second else 0.0,
    )


def _best(
    lowered: Lowered, ops: Operations, words: int, seed: int, pool: ThreadPoolExecutor
) -> Populations:
    """The guide that finds most, by smaller populations that are then forgotten.

    The mean of the logarithm of unbiased estimates is below that of what they estimate, the more
    so the wider they scatter.
    """
    guides = [guide(lowered, ops, density) for density in DENSITIES]
    if all(np.array_equal(other.weights, guides[0].weights) for other in guides):
        return Populations(lowered, ops, guides[0], words)
    pilots = [Populations(lowered, ops, found, -(-words // 4)) for found in guides]
    seeds = [derive(seed, "pilot", k) for k in range(PILOTS)]
    logs = np.empty((len(guides), PILOTS))
    for row, pilot in enumerate(pilots):
        seconds = [estimate.second for estimate in pool.map(pilot.run, seeds, _NO_GRADIENTS)]
        logs[row] = np.log(np.maximum(seconds, 1e-300))
    return Populations(lowered, ops, guides[_chosen_row(logs)], words)


def _chosen_row(logs: Floats) -> int:
    """The steadiest of those that find no less than the best; the first unless it is worse."""
    means, spreads = logs.mean(axis=1), logs.std(axis=1, ddof=1)
    best = int(np.argmax(means))
    slack = 2.0 * np.sqrt((spreads**2 + spreads[best] ** 2) / logs.shape[1])
    spreads = np.where(means >= means[best] - slack, spreads, np.inf)
    return 0 if spreads[0] <= 1.5 * spreads.min() else int(np.argmin(spreads))


def _mean(values: Floats) -> tuple[Floats, Floats]:
    spread = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return np.asarray(values.mean(axis=0)), np.asarray(spread)
