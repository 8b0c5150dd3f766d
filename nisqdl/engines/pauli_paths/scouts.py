"""Scouts: small populations that are sent ahead and then forgotten. They find the guide that suits,
and where the walks of a sum of strings are worth most.

Of a sum over a whole noisy device a few strings, those on its best qubits, hold nearly all of the
second moment. The error of the whole is least where each string gets walks in proportion to what
it holds (Neyman 1934); a part of the walks is shared equally, because scouts err. That the scouts'
own values are forgotten keeps the estimates unbiased.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from nisqdl.engines.exact.ptm import Floats
from nisqdl.engines.pauli_paths.guide import Operations, guide
from nisqdl.engines.pauli_paths.observable import support
from nisqdl.engines.pauli_paths.populations import Populations
from nisqdl.engines.pauli_paths.spread import scatter_of
from nisqdl.engines.pauli_paths.steps import Lowered
from nisqdl.seeds import derive

DENSITIES = (1.0, 0.75)
"""Guides that are tried; see :func:`nisqdl.engines.pauli_paths.guide.guide`."""

_SCOUTS = 8
"""Populations that try a guide."""

_AHEAD = 3
"""Populations that are sent along each string of a sum, of one machine word."""

_COST = 0.125
"""Part of the walks that the scouts of each guide take."""

_EQUAL = 0.25
"""Part of the walks that is shared equally between the strings of a sum."""

_LOST = 10.0
"""Logarithms that are lower than what was found by so much say no more than that."""

Mapped: TypeAlias = Callable[..., Iterable[Any]]
"""Like :func:`map`."""


@dataclass(frozen=True, eq=False)
class Plan:
    """What scouts advise.

    Attributes:
        density: Of the guide.
        shares: Of the walks, for each part; they add to 1.
        scatter, words: Of the logarithms of scouts' estimates, with so many words each.
    """

    density: float
    shares: Floats
    scatter: float
    words: int

    def scatter_at(self, words: int) -> float:
        """Expected of populations of this size."""
        return self.scatter * float(np.sqrt(self.words / words))


def populations_of(
    part: Lowered, ops: Operations, density: float, words: int
) -> tuple[Populations, npt.NDArray[np.int64]]:
    """A part's populations, and its slots among those of ``ops``."""
    felt, kept = ops.felt_by(support(part.products), part.num_qubits)
    return Populations(part, felt, guide(part, felt, density), words), kept


def plan(parts: list[Lowered], ops: Operations, walks: int, seed: int, mapped: Mapped) -> Plan:
    """Send scouts along every part, and with each guide along the one that holds most."""
    shares, first = np.ones(1), 0
    if len(parts) > 1:

        def found_along(number: int) -> float:
            populations, _ = populations_of(parts[number], ops, DENSITIES[-1], 1)
            return float(np.mean(_seconds(populations, _AHEAD, seed, number)))

        # Scouts err by a factor: the root gives strings that hold little more than their due.
        worth = np.sqrt(list(mapped(found_along, range(len(parts)))))
        first, total = int(np.argmax(worth)), worth.sum()
        held = worth / total if total else np.full(len(parts), 1.0 / len(parts))
        shares = _EQUAL / len(parts) + (1.0 - _EQUAL) * held
    words = max(1, int(_COST * shares[first] * walks / (64 * _SCOUTS)))

    def found_with(density: float) -> list[float]:
        populations, _ = populations_of(parts[first], ops, density, words)
        return _seconds(populations, _SCOUTS, seed)

    seconds = np.array(list(mapped(found_with, DENSITIES)))
    steadier = _steadier(seconds)
    return Plan(DENSITIES[steadier], shares, scatter_of(seconds[steadier]), words)


def _seconds(populations: Populations, count: int, *purpose: int) -> list[float]:
    root, *rest = purpose
    seeds = [derive(root, "scout", *rest, number) for number in range(count)]
    return [populations.run(seed, False).second for seed in seeds]


def _steadier(seconds: Floats) -> int:
    """The guide whose estimates, (guides, scouts), scatter less; the first unless clearly so.

    The mean of the logarithm of unbiased estimates is below that of what they estimate, the more
    so the wider they scatter: a guide that finds clearly less is not steady but blind.
    """
    mean = seconds.mean()
    if not mean:
        return 0
    logs = np.log(np.maximum(seconds / mean, np.exp(-_LOST)))
    means, spreads = logs.mean(axis=1), logs.std(axis=1, ddof=1)
    best = int(np.argmax(means))
    slack = 2.0 * np.sqrt((spreads**2 + spreads[best] ** 2) / logs.shape[1])
    spreads = np.where(means >= means[best] - slack, spreads, np.inf)
    return 0 if spreads[0] <= 1.5 * spreads.min() else int(np.argmin(spreads))
