"""What guided walks say together: means, standard errors, bounds where nothing was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from nisqdl.engines.exact.ptm import Floats
from nisqdl.engines.pauli_paths.guide import TURN, Operations, guide, operations
from nisqdl.engines.pauli_paths.observable import constant, square_sum, support
from nisqdl.engines.pauli_paths.populations import Estimate, Populations
from nisqdl.engines.pauli_paths.spread import degrees_together, relative_errors, student
from nisqdl.engines.pauli_paths.steps import Lowered
from nisqdl.seeds import derive

POPULATIONS = 32
"""Independent ones, whose spread gives the standard errors; fewer where they would be small."""

SMALL = 4096
"""Walks in a population that tells enough by itself."""

FEWEST_POPULATIONS = 8
"""For each string of a sum, whose populations share out :data:`POPULATIONS`."""

MOST_PARTS = 512
"""Sums of more strings are walked together."""

TRIED = 4
"""Strings of a sum for which guides are tried."""

PILOTS = 8
"""Populations that try a guide."""

DENSITIES = (1.0, 0.85, 0.75, 0.7)
"""Guides that are tried; see :func:`nisqdl.engines.pauli_paths.guide.guide`."""

WORK = 12 * 10**9
"""Steps of walks that take some seconds on two cores; half of it where many strings begin anew."""

_NO_GRADIENTS = [False] * PILOTS


@dataclass(frozen=True, eq=False)
class Moments:
    """Second moments with standard errors.

    Attributes:
        second, second_stderr: E[C²]. Every standard error is such that 1.96 of them to both sides
            hold 95 %, for as few and as uneven populations as there are.
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

    Strings of a sum are walked apart, because a guide compares strings of different places badly;
    products of many strings are walked together.

    Args:
        walks: How many in all, rounded up to whole machine words in each population; ``None``
            takes as many as make :data:`WORK` steps, between 2^16 and 2^22.
        seed: The same seed gives the same numbers, whatever the number of threads.
    """
    ops = operations(lowered)
    parts = _parts(lowered)
    if walks is None:
        steps = (len(ops.kinds) + 20 * lowered.num_qubits) * min(2, len(parts))
        walks = min(2**22, max(2**16, WORK // steps))
    with ThreadPoolExecutor(threads) as pool:
        if len(parts) == 1:
            density = _best_density(parts[0], ops, walks, seed, pool.map)
            count = min(POPULATIONS, max(FEWEST_POPULATIONS, walks // SMALL))
            found = [_estimated(parts[0], ops, density, walks, count, (seed,), pool.map)]
        else:
            # A guide that suits some of them is taken for all.
            tried = parts[:: -(-len(parts) // TRIED)]
            densities = [_best_density(part, ops, walks, seed, pool.map) for part in tried]
            density = float(np.median(densities))
            share = -(-walks // len(parts))
            count = max(FEWEST_POPULATIONS, -(-POPULATIONS // len(parts)))
            jobs = [
                pool.submit(_estimated, part, ops, density, share, count, (seed, number), map)
                for number, part in enumerate(parts)
            ]
            found = [job.result() for job in jobs]
    return _together(lowered, ops, found)


def _parts(lowered: Lowered) -> list[Lowered]:
    """The observable without its constant, in parts that are walked apart."""
    terms = [term for term in lowered.products if term.factors]
    if len(terms) > MOST_PARTS or any(term.num_strings > 1 for term in terms) or not terms:
        return [lowered]
    return [replace(lowered, products=(term,)) for term in terms]


@dataclass(frozen=True, eq=False)
class _Part:
    """What the populations of one part say: means, variances of these, and bounds.

    Attributes:
        degrees: Of freedom of the variances.
    """

    second: float
    variance: float
    degrees: int
    largest: float
    kept: npt.NDArray[np.int64]
    gradient: Floats
    variances: Floats
    bounds: Floats
    unseen: bool


def _populations(
    part: Lowered, ops: Operations, density: float, words: int
) -> tuple[Populations, npt.NDArray[np.int64]]:
    felt, kept = ops.felt_by(support(part.products), part.num_qubits)
    return Populations(part, felt, guide(part, felt, density), words), kept


def _estimated(
    part: Lowered,
    ops: Operations,
    density: float,
    walks: int,
    count: int,
    purpose: tuple[int, ...],
    mapped: Callable[..., Iterable[Estimate]],
) -> _Part:
    """Run so many populations of one part."""
    populations, kept = _populations(part, ops, density, -(-walks // (64 * count)))
    root, *rest = purpose
    found = list(mapped(populations.run, [derive(root, "walk", *rest, k) for k in range(count)]))
    seconds = np.array([estimate.second for estimate in found])
    gradients = np.array([estimate.gradient for estimate in found])
    second, gradient = float(seconds.mean()), gradients.mean(axis=0)
    relative = float(relative_errors(seconds))
    variance = (second * relative) ** 2
    # Gradients are shares of the second moment: they miss what it misses.
    variances = (gradient * np.maximum(relative, relative_errors(gradients))) ** 2
    effective = np.sum([estimate.effective for estimate in found], axis=0)
    if second:
        # One walk more or less: what the spread does not show where few walks have contributed.
        one = _largest_slopes(populations.ops) * second
        variances += np.divide(one, effective, out=np.zeros_like(one), where=gradient > 0) ** 2
    limit = square_sum(part.products) - constant(part.products) ** 2
    bounds = np.full(len(gradient), limit)
    if second:
        # Three events are the 95 % bound where none was seen.
        seen = effective > 0
        bounds[seen] = np.minimum(limit, 3.0 * second / effective[seen])
    possible = populations.guide.possible & (not populations.are_empty)
    return _Part(
        second=second,
        variance=variance,
        degrees=count - 1,
        largest=max(estimate.second for estimate in found) / count,
        kept=kept,
        gradient=gradient,
        variances=variances,
        bounds=np.where(possible, bounds, 0.0),
        unseen=second == 0 and not populations.are_empty,
    )


def _together(lowered: Lowered, ops: Operations, parts: list[_Part]) -> Moments:
    """Sums over the parts, which are uncorrelated."""
    slots, bounds = np.zeros(ops.num_slots), np.zeros(ops.num_slots)
    variances = np.zeros((len(parts), ops.num_slots))
    for number, part in enumerate(parts):
        slots[part.kept] += part.gradient
        bounds[part.kept] += part.bounds
        variances[number, part.kept] = part.variances
    errors = _errors(variances, parts)
    size = lowered.num_parameters
    gradient, stderr = np.zeros(size), np.zeros(size)
    unresolved = np.zeros(size + 1, dtype=np.bool_)
    for slot, row, factor in ops.derivatives:
        gradient[row] = factor * slots[slot]
        stderr[row] = factor * errors[slot]
        if slots[slot] == 0 and bounds[slot] > 0:
            unresolved[row], stderr[row] = True, factor * bounds[slot]
    second = sum(part.second for part in parts)
    error = float(_errors(np.array([[part.variance] for part in parts]), parts)[0])
    if second == 0 and any(part.unseen for part in parts):
        unresolved[size], error = True, square_sum(lowered.products)
    return Moments(
        second=second + constant(lowered.products) ** 2,
        second_stderr=error,
        gradient=gradient,
        gradient_stderr=stderr,
        unresolved=unresolved,
        largest_share=max(part.largest for part in parts) / second if second else 0.0,
    )


def _errors(variances: Floats, parts: list[_Part]) -> Floats:
    """Standard errors of sums over the parts, (parts, .), with Student's factor."""
    degrees = degrees_together(variances, np.array([float(part.degrees) for part in parts]))
    return np.asarray(np.sqrt(variances.sum(axis=0)) * student(degrees))


def _largest_slopes(ops: Operations) -> Floats:
    """What the weight of a walk is multiplied by at most for each slot's gradient."""
    found = np.zeros(ops.num_slots)
    turns = (ops.slots >= 0) & (ops.kinds == TURN)
    pairs = (ops.slots >= 0) & (ops.kinds != TURN)
    found[ops.slots[turns]] = ops.slopes[ops.maps[turns]].max(axis=1)
    found[ops.slots[pairs]] = ops.pair_slopes[ops.maps[pairs]].max(axis=(1, 2))
    return found


def _best_density(
    part: Lowered,
    ops: Operations,
    walks: int,
    seed: int,
    mapped: Callable[..., Iterable[Estimate]],
) -> float:
    """The guide that finds most, by smaller populations that are then forgotten.

    The mean of the logarithm of unbiased estimates is below that of what they estimate, the more
    so the wider they scatter.
    """
    words = -(-walks // (64 * POPULATIONS * 4))
    pilots = [_populations(part, ops, density, words)[0] for density in DENSITIES]
    first = pilots[0].guide.weights
    if all(np.array_equal(other.guide.weights, first) for other in pilots):
        return DENSITIES[0]
    seeds = [derive(seed, "pilot", k) for k in range(PILOTS)]
    logs = np.empty((len(pilots), PILOTS))
    for row, pilot in enumerate(pilots):
        seconds = [estimate.second for estimate in mapped(pilot.run, seeds, _NO_GRADIENTS)]
        logs[row] = np.log(np.maximum(seconds, 1e-300))
    return DENSITIES[_chosen_row(logs)]


def _chosen_row(logs: Floats) -> int:
    """The steadiest of those that find no less than the best; the first unless it is worse."""
    means, spreads = logs.mean(axis=1), logs.std(axis=1, ddof=1)
    best = int(np.argmax(means))
    slack = 2.0 * np.sqrt((spreads**2 + spreads[best] ** 2) / logs.shape[1])
    spreads = np.where(means >= means[best] - slack, spreads, np.inf)
    return 0 if spreads[0] <= 1.5 * spreads.min() else int(np.argmin(spreads))
