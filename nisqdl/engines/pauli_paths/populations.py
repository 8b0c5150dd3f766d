"""Populations of walks: where they begin, how they are run, and what they say together."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from nisqdl.engines.exact.ptm import Floats
from nisqdl.engines.pauli_paths.guide import (
    BRANCH_PAIR,
    PERMUTE_PAIR,
    Guide,
    Operations,
    guide,
    operations,
)
from nisqdl.engines.pauli_paths.observable import Product
from nisqdl.engines.pauli_paths.steps import Lowered
from nisqdl.engines.pauli_paths.walk import collect, walk
from nisqdl.seeds import derive, generator

POPULATIONS = 32
"""Independent ones, whose spread gives the standard errors."""

PILOTS = 8
"""Populations that try a guide."""

DENSITIES = (1.0, 0.85, 0.75, 0.7)
"""Guides that are tried; see :func:`nisqdl.engines.pauli_paths.guide.guide`."""

MOST_DRAWINGS = 512
"""Past so many, weights are carried on as they are."""

Bits = npt.NDArray[np.uint64]


@dataclass(frozen=True, eq=False)
class Moments:
    """Second moments with standard errors.

    Attributes:
        second, second_stderr: E[C²].
        gradient, gradient_stderr: E[(∂C)²] of every parameter of the circuit.
        unresolved: Parameters that no walk contributed to though some could; their gradient is 0
            and their standard error a bound. The last entry is for E[C²].
        largest_share: Of one population in E[C²] without the constant's part; 1/32 if all agree.
    """

    second: float
    second_stderr: float
    gradient: Floats
    gradient_stderr: Floats
    unresolved: npt.NDArray[np.bool_]
    largest_share: float = 0.0


def walk_moments(lowered: Lowered, walks: int, seed: int, threads: int) -> Moments:
    """Sample the chain by guided walks.

    Args:
        walks: How many in all, rounded up to whole machine words in each population.
        seed: The same seed gives the same numbers, whatever the number of threads.
    """
    ops = operations(lowered)
    words = -(-walks // (64 * POPULATIONS))
    with ThreadPoolExecutor(threads) as pool:
        walked = _best(lowered, ops, words, seed, pool)
        runs = pool.map(walked.population, (derive(seed, "walk", k) for k in range(POPULATIONS)))
        found = list(runs)
    seconds = np.array([second for second, _ in found])
    slots = np.array([gradient for _, gradient in found])
    return _moments(walked, seconds, slots)


def _best(
    lowered: Lowered, ops: Operations, words: int, seed: int, pool: ThreadPoolExecutor
) -> _Walked:
    """The guide that finds most, by smaller populations that are then forgotten.

    The mean of the logarithm of unbiased estimates is below that of what they estimate, the more
    so the wider they scatter.
    """
    guides = [guide(lowered, ops, density) for density in DENSITIES]
    if all(np.array_equal(other.weights, guides[0].weights) for other in guides):
        return _Walked(lowered, ops, guides[0], words)
    pilots = [_Walked(lowered, ops, found, -(-words // 4)) for found in guides]
    scores = []
    for pilot in pilots:
        seeds = [derive(seed, "pilot", k) for k in range(PILOTS)]
        seconds = np.array([second for second, _ in pool.map(pilot.population, seeds)])
        scores.append(float(np.log(np.maximum(seconds, 1e-300)).mean()))
    return _Walked(lowered, ops, guides[int(np.argmax(scores))], words)


def _moments(walked: _Walked, seconds: Floats, slots: Floats) -> Moments:
    size = walked.lowered.num_parameters
    gradient, stderr = np.zeros(size), np.zeros(size)
    unresolved = np.zeros(size + 1, dtype=np.bool_)
    second, second_stderr = _mean(seconds)
    means, stderrs = _mean(slots)
    # Three events are the 95 % bound where none was seen.
    bound = 3.0 / (POPULATIONS * walked.size) * float(second or walked.bound)
    for slot, row, factor in walked.ops.derivatives:
        gradient[row], stderr[row] = factor * means[slot], factor * stderrs[slot]
        if means[slot] == 0 and walked.guide.possible[slot]:
            unresolved[row], stderr[row] = True, factor * bound
    if second == 0 and walked.bound:
        unresolved[size], second_stderr = True, np.asarray(bound)
    return Moments(
        float(second) + walked.constant**2, float(second_stderr), gradient, stderr, unresolved,
        float(seconds.max(initial=0.0) / seconds.sum()) if second else 0.0,
    )  # fmt: skip


def _mean(values: Floats) -> tuple[Floats, Floats]:
    spread = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    return np.asarray(values.mean(axis=0)), np.asarray(spread)


class _Walked:
    """A circuit ready for populations of ``64 · words`` walks."""

    def __init__(self, lowered: Lowered, ops: Operations, guide: Guide, words: int) -> None:
        self.lowered, self.ops, self.guide, self.words = lowered, ops, guide, words
        self.size = 64 * words
        self.constant = sum(p.coefficient for p in lowered.products if not p.factors)
        self._terms = [p for p in lowered.products if p.factors]
        self._shares = np.array([_share(term, guide.top) for term in self._terms])
        self.bound = float(self._shares.sum())
        self._weighed = int((ops.kinds >= PERMUTE_PAIR).sum())
        self._pairs = int((ops.kinds == BRANCH_PAIR).sum())
        slopes = ops.slopes
        self._moves = bool((slopes[:, 0] != slopes[:, 1]).any())

    def population(self, seed: int) -> tuple[float, Floats]:
        """One estimate of E[C²] without the constant's part, and of each slot's gradient."""
        ops, guide, slots = self.ops, self.guide, self.ops.num_slots
        gradient = np.zeros(slots)
        if not self.bound:
            return 0.0, gradient
        rng = generator(seed, "letters")
        x, z, weights = self._begin(rng)
        noted = np.zeros((slots + 1, self.words), dtype=np.uint64)
        moved = np.zeros((slots + 1 if self._moves else 1, self.words), dtype=np.uint64)
        noted_pairs = np.zeros((max(1, self._pairs), self.size), dtype=np.uint8)
        ancestors = np.empty((min(MOST_DRAWINGS, self._weighed), self.size), dtype=np.int32)
        redrawn = np.empty(len(ops.kinds), dtype=np.int64)
        state = rng.integers(0, 2**64, size=4, dtype=np.uint64)
        scale = walk(
            ops.kinds, ops.qubits, ops.maps, ops.slots, ops.axes, ops.linear, guide.chances,
            guide.weights, guide.outcomes, guide.places, guide.outcome_places, _INTERVAL, x, z,
            weights, state, noted, moved, noted_pairs, ancestors, redrawn,
        )  # fmt: skip
        weights *= np.exp(scale) / self.size
        second = float(weights.sum())
        collect(
            ops.kinds, ops.maps, ops.slots, guide.outcome_places, ops.slopes, ops.pair_slopes,
            weights, noted, moved, noted_pairs, ancestors, redrawn, np.empty(self.size), gradient,
        )  # fmt: skip
        return second, gradient

    def _begin(self, rng: np.random.Generator) -> tuple[Bits, Bits, Floats]:
        """Strings of the observable in proportion to what the guide expects of them."""
        total = self._shares.sum()
        places = (np.arange(self.size) + rng.random()) / self.size
        chosen = np.searchsorted(np.cumsum(self._shares) / total, places, side="right")
        chosen = np.minimum(chosen, len(self._terms) - 1)
        letters = np.zeros((self.lowered.num_qubits, self.size), dtype=np.uint8)
        for number in np.unique(chosen).tolist():
            lanes = np.flatnonzero(chosen == number)
            for qubit, factor in self._terms[number].factors.items():
                chances = np.cumsum(np.array(factor) ** 2 * self.guide.top[qubit])
                drawn = rng.random(len(lanes)) * chances[-1]
                letters[qubit, lanes] = np.searchsorted(chances, drawn, side="right")
        weights = np.full(self.size, total) * self._overlaps(letters)
        x, z = (letters == 1) | (letters == 2), letters >= 2
        return _packed(x), _packed(z), np.where((x | z).any(axis=0), weights, 0.0)

    def _overlaps(self, letters: npt.NDArray[np.uint8]) -> Floats:
        """(Σ of the terms' components)² over the Σ of their squares, for each string."""
        if all(term.num_strings == 1 for term in self._terms):
            return np.ones(self.size)
        total, squares = np.zeros(self.size), np.zeros(self.size)
        for term in self._terms:
            component = np.full(self.size, term.coefficient)
            for qubit in range(self.lowered.num_qubits):
                factor = np.array(term.factors.get(qubit, (1.0, 0.0, 0.0, 0.0)))
                component *= factor[letters[qubit]]
            total += component
            squares += component**2
        return np.divide(total**2, squares, out=np.zeros(self.size), where=squares > 0)


_INTERVAL = 8
"""Weights are looked at after so many operations that change them."""


def _share(term: Product, top: Floats) -> float:
    """What the guide expects of a term's strings."""
    share = term.coefficient**2
    for qubit, factor in term.factors.items():
        share *= float(np.array(factor) ** 2 @ top[qubit])
    # Elsewhere the letter is I, whose guide need not be 1.
    elsewhere = [q for q in range(len(top)) if q not in term.factors]
    return share * float(np.prod(top[elsewhere, 0]))


def _packed(bits: npt.NDArray[np.bool_]) -> Bits:
    """Bits of each qubit's walks, (n, 64 W), as words (n, W)."""
    return np.ascontiguousarray(np.packbits(bits, axis=1, bitorder="little").view(np.uint64))
