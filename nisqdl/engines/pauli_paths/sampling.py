"""What guided walks say together: means, standard errors, bounds where nothing was seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from nisqdl.engines.exact.ptm import Floats
from nisqdl.engines.pauli_paths.guide import TURN, Operations, operations
from nisqdl.engines.pauli_paths.observable import constant, square_sum
from nisqdl.engines.pauli_paths.populations import Estimate
from nisqdl.engines.pauli_paths.scouts import plan, populations_of
from nisqdl.engines.pauli_paths.spread import (
    degrees_together,
    reaching_up,
    relative_errors,
    student,
)
from nisqdl.engines.pauli_paths.steps import Lowered
from nisqdl.seeds import derive

POPULATIONS = 32
"""Independent ones, whose spread gives the standard errors; fewer where they would be small."""

SMALL = 4096
"""Walks in a population that tells enough by itself."""

FEWEST_POPULATIONS = 8
"""What tells a spread."""

FEWEST_OF_A_STRING = 4
"""Of a string of a sum that holds little of it."""

MOST_PARTS = 512
"""Sums of more strings are walked together."""

OPEN = 0.5
"""Where the standard error of E[C²] is a larger part of it, even its order of magnitude is open."""

WORK = 12 * 10**9
"""Steps of walks that take some seconds on two cores; half of it where many strings begin anew."""


@dataclass(frozen=True, eq=False)
class Moments:
    """Second moments with standard errors.

    Attributes:
        second, second_stderr: E[C²]. Every standard error is such that 1.96 of them to both sides
            hold 95 %, for as few and as uneven populations as there are.
        gradient, gradient_stderr: E[(∂C)²] of every parameter of the circuit.
        unresolved: Parameters that no walk contributed to though some could; their gradient is 0
            and their standard error a bound. The last entry is for E[C²]: the same, or populations
            that disagree by more than :data:`OPEN`.
        squared_norm, squared_norm_stderr: The sum of ``gradient``, whose error the errors of single
            ones, which share walks, do not tell.
        disagreement: The standard error of E[C²] over E[C²], without the constant's part; 0 where
            exact or where no walk contributed.
    """

    second: float
    second_stderr: float
    gradient: Floats
    gradient_stderr: Floats
    unresolved: npt.NDArray[np.bool_]
    squared_norm: float
    squared_norm_stderr: float
    disagreement: float = 0.0


def walk_moments(lowered: Lowered, walks: int | None, seed: int, threads: int) -> Moments:
    """Sample the chain by guided walks.

    Strings of a sum are walked apart, because a guide compares strings of different places badly,
    more walks along those that hold more; products of many strings are walked together.

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
        advice = plan(parts, ops, walks, seed, pool.map)
        if len(parts) == 1:
            count = _count(walks)
            least = advice.scatter_at(_words(walks, count))
            found = [
                _estimated(parts[0], ops, advice.density, walks, count, (seed,), pool.map, least)
            ]
        else:
            jobs = [
                pool.submit(
                    _estimated, part, ops, advice.density, int(share * walks),
                    _count_of_a_string(int(share * walks)), (seed, number), map,
                )
                for number, (part, share) in enumerate(zip(parts, advice.shares, strict=True))
            ]  # fmt: skip
            found = [job.result() for job in jobs]
    return _together(lowered, ops, found)


def _count(walks: int) -> int:
    """How many populations share the walks."""
    return min(POPULATIONS, max(FEWEST_POPULATIONS, walks // SMALL))


def _count_of_a_string(walks: int) -> int:
    """The same for a string of a sum, whose populations are smaller."""
    if walks < 64 * FEWEST_POPULATIONS:
        return FEWEST_OF_A_STRING
    return min(POPULATIONS, max(FEWEST_POPULATIONS, 2 * walks // SMALL))


def _words(walks: int, count: int) -> int:
    """Machine words of each population, at least one."""
    return max(1, -(-walks // (64 * count)))


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
    kept: npt.NDArray[np.int64]
    gradient: Floats
    variances: Floats
    bounds: Floats
    norm: float
    norm_variance: float
    unseen: bool


def _estimated(
    part: Lowered,
    ops: Operations,
    density: float,
    walks: int,
    count: int,
    purpose: tuple[int, ...],
    mapped: Callable[..., Iterable[Estimate]],
    least: float = 0.0,
) -> _Part:
    """Run so many populations of one part; ``least`` is the least that they scatter by."""
    populations, kept = populations_of(part, ops, density, _words(walks, count))
    root, *rest = purpose
    found = list(mapped(populations.run, [derive(root, "walk", *rest, k) for k in range(count)]))
    seconds = np.array([estimate.second for estimate in found])
    gradients = np.array([estimate.gradient for estimate in found])
    second, gradient = float(seconds.mean()), gradients.mean(axis=0)
    relative = float(relative_errors(seconds, least))
    variance = (second * relative) ** 2
    # Gradients are shares of the second moment: they miss what it misses.
    variances = (gradient * np.maximum(relative, relative_errors(gradients))) ** 2
    effective = np.sum([estimate.effective for estimate in found], axis=0)
    if second:
        # One walk more or less: what the spread does not show where few walks have contributed.
        one = _largest_slopes(populations.ops) * second
        variances += np.divide(one, effective, out=np.zeros_like(one), where=gradient > 0) ** 2
    norms = gradients @ _factors(ops)[kept]
    norm, of_norm = float(norms.mean()), max(relative, float(relative_errors(norms, least)))
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
        kept=kept,
        gradient=gradient,
        variances=variances,
        bounds=np.where(possible, bounds, 0.0),
        norm=norm,
        norm_variance=(norm * of_norm) ** 2,
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
    errors = _errors(slots, variances, parts)
    size = lowered.num_parameters
    gradient, stderr = np.zeros(size), np.zeros(size)
    unresolved = np.zeros(size + 1, dtype=np.bool_)
    for slot, row, factor in ops.derivatives:
        gradient[row] = factor * slots[slot]
        stderr[row] = factor * errors[slot]
        if slots[slot] == 0 and bounds[slot] > 0:
            unresolved[row], stderr[row] = True, factor * bounds[slot]
    second = sum(part.second for part in parts)
    norm = sum(part.norm for part in parts)
    of_parts = np.array([[part.variance, part.norm_variance] for part in parts])
    error, norm_error = map(float, _errors(np.array([second, norm]), of_parts, parts))
    disagreement = error / second if second else 0.0
    if second == 0 and any(part.unseen for part in parts):
        unresolved[size], error = True, square_sum(lowered.products)
    elif disagreement > OPEN:
        unresolved[size] = True
    return Moments(
        second=second + constant(lowered.products) ** 2,
        second_stderr=error,
        gradient=gradient,
        gradient_stderr=stderr,
        unresolved=unresolved,
        squared_norm=norm,
        squared_norm_stderr=norm_error,
        disagreement=disagreement,
    )


def _errors(values: Floats, variances: Floats, parts: list[_Part]) -> Floats:
    """Standard errors of sums over the parts, whose variances are (parts, .), with Student's
    factor, and reaching up as far as such values may lie."""
    degrees = degrees_together(variances, np.array([float(part.degrees) for part in parts]))
    errors = np.sqrt(variances.sum(axis=0)) * student(degrees)
    relative = np.divide(errors, values, out=np.zeros_like(errors), where=values > 0.0)
    return np.asarray(values * reaching_up(relative))


def _factors(ops: Operations) -> Floats:
    """What each slot's gradient counts in the sum over parameters."""
    found = np.zeros(ops.num_slots)
    for slot, _, factor in ops.derivatives:
        found[slot] += factor
    return found


def _largest_slopes(ops: Operations) -> Floats:
    """What the weight of a walk is multiplied by at most for each slot's gradient."""
    found = np.zeros(ops.num_slots)
    turns = (ops.slots >= 0) & (ops.kinds == TURN)
    pairs = (ops.slots >= 0) & (ops.kinds != TURN)
    found[ops.slots[turns]] = ops.slopes[ops.maps[turns]].max(axis=1)
    found[ops.slots[pairs]] = ops.pair_slopes[ops.maps[pairs]].max(axis=(1, 2))
    return found
